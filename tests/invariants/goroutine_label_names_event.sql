-- A label names the call or the go statement that gave it, at that time; behind a hole it is only possible.
-- needs: goroutine_label
SELECT l.id FROM goroutine_label AS l LEFT JOIN event AS e ON e.id = l.event_id
WHERE e.id IS NULL OR e.pid <> l.pid OR e.ts > l.ts OR (e.ts < l.ts AND l.certainty <> 'possible');
