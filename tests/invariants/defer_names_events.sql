-- A defer is registered at its first event and runs by its last one, in that goroutine.
-- needs: defer_call event
SELECT d.id FROM defer_call d LEFT JOIN event e ON e.id = d.first_event
WHERE d.first_event IS NOT NULL AND (e.id IS NULL OR e.ts <> d.registered_ts OR e.pid <> d.pid OR e.goid <> d.goid)
UNION ALL
SELECT d.id FROM defer_call d LEFT JOIN event e ON e.id = d.last_event
WHERE d.last_event IS NOT NULL AND (e.id IS NULL OR e.pid <> d.pid OR e.goid <> d.goid);
