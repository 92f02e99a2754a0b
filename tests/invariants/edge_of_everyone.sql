-- Every goroutine and every thread stands at the edges once, and none before its process was there.
-- needs: edge goroutine thread
SELECT 1 WHERE (SELECT count(*) FROM edge) <> (SELECT count(*) FROM goroutine) + (SELECT count(*) FROM thread)
UNION ALL
SELECT goid FROM edge AS e WHERE alive_before = 1 AND kind = 'goroutine' AND EXISTS (
	SELECT 1 FROM process AS p WHERE p.pid = e.pid) AND NOT EXISTS (
	SELECT 1 FROM process AS p WHERE p.pid = e.pid AND p.ts IS NULL)
UNION ALL
SELECT goid FROM edge WHERE alive_before IS NULL AND before_certainty IS NOT NULL;
