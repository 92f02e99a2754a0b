-- SPDX-License-Identifier: GPL-2.0-only
-- title: who carried a profiler label from when to when, and what it did and suffered meanwhile
-- arguments: KEY VALUE
--
-- Calls that left this label as it was are one stretch.
WITH carried AS (
	SELECT *, ts IS NOT lag(ts_end) OVER w AS begins
	FROM goroutine_label WHERE key = ?1 AND value = ?2
	WINDOW w AS (PARTITION BY pid, goid ORDER BY ts, id)
),
numbered AS (
	SELECT *, sum(begins) OVER (PARTITION BY pid, goid ORDER BY ts, id) AS stretch FROM carried
),
stretch AS (
	SELECT pid, goid, min(ts) AS ts, CASE WHEN count(*) = count(ts_end) THEN max(ts_end) END AS ts_end,
		CASE WHEN max(how = 'inherited') THEN 'inherited' ELSE 'set' END AS how, max(cut) AS cut,
		CASE min(CASE certainty WHEN 'proved' THEN 3 WHEN 'likely' THEN 2 ELSE 1 END)
			WHEN 3 THEN 'proved' WHEN 2 THEN 'likely' ELSE 'possible' END AS certainty
	FROM numbered GROUP BY pid, goid, stretch
)
SELECT s.pid, s.goid, s.ts, s.ts_end, s.how, s.cut, s.certainty,
	(SELECT sum(min(g.ts_end, coalesce(s.ts_end, g.ts_end)) - max(g.ts, s.ts)) FROM goroutine_slice AS g
		WHERE g.pid = s.pid AND g.goid = s.goid AND g.state = 'running' AND g.ts_end > s.ts
		AND (s.ts_end IS NULL OR g.ts < s.ts_end)) AS running_ns,
	(SELECT count(*) FROM goroutine_slice AS g
		WHERE g.pid = s.pid AND g.goid = s.goid AND (g.ts_end IS NULL OR g.ts_end > s.ts)
		AND (s.ts_end IS NULL OR g.ts < s.ts_end)) AS slices,
	(SELECT count(*) FROM panic AS p
		WHERE p.pid = s.pid AND p.goid = s.goid AND p.ts >= s.ts
		AND (s.ts_end IS NULL OR p.ts < s.ts_end)) AS panics,
	(SELECT g.start_function FROM goroutine AS g WHERE g.pid = s.pid AND g.goid = s.goid
		ORDER BY g.id LIMIT 1) AS start_function
FROM stretch AS s ORDER BY s.ts, s.pid, s.goid;
