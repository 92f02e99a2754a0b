-- What a goroutine was seen to do, it did before its end.
-- needs: goroutine event
SELECT g.id FROM goroutine g JOIN event e ON e.id = g.last_event
WHERE g.ended_ts < e.ts;
