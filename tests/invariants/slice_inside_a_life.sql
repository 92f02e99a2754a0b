-- A goroutine does something only while it lives.
-- needs: goroutine_slice goroutine
SELECT s.id FROM goroutine_slice s
WHERE NOT EXISTS (
	SELECT 1 FROM goroutine g
	WHERE g.pid = s.pid AND g.goid = s.goid
		AND (g.created_ts IS NULL OR g.created_ts <= s.ts)
		AND (g.ended_ts IS NULL OR (g.ended_ts >= s.ts AND g.ended_ts >= s.ts_end)));
