-- A slice begins at its first event and ends at its last one.
-- needs: thread_slice event
SELECT s.id FROM thread_slice s JOIN event e ON e.id = s.first_event WHERE e.ts <> s.ts
UNION ALL
SELECT s.id FROM thread_slice s JOIN event e ON e.id = s.last_event WHERE e.ts <> s.ts_end;
