-- A slice begins at its first event and ends at its last one, and both are about that goroutine.
-- needs: goroutine_slice event
SELECT s.id FROM goroutine_slice s JOIN event e ON e.id = s.first_event
WHERE s.certainty = 'proved' AND (e.ts <> s.ts OR e.pid <> s.pid OR e.goid <> s.goid)
UNION ALL
SELECT s.id FROM goroutine_slice s JOIN event e ON e.id = s.last_event
WHERE s.certainty = 'proved' AND (e.ts <> s.ts_end OR e.pid <> s.pid OR e.goid <> s.goid);
