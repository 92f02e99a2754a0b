-- A panic rises at its first event, in that goroutine.
-- needs: panic event
SELECT p.id FROM panic p LEFT JOIN event e ON e.id = p.first_event
WHERE p.first_event IS NOT NULL AND (e.id IS NULL OR e.ts <> p.ts OR e.pid <> p.pid OR e.goid <> p.goid)
UNION ALL
SELECT p.id FROM panic p LEFT JOIN event e ON e.id = p.last_event
WHERE p.last_event IS NOT NULL AND (e.id IS NULL OR e.ts <> p.recovered_ts);
