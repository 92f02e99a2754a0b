-- goroutine_cpu cuts the time of each slice into pieces, and leaves none of it out.
-- needs: goroutine_cpu goroutine_slice recording
SELECT g.id FROM goroutine_slice AS g LEFT JOIN
	(SELECT slice_id, sum(ts_end - ts) AS ns, min(ts) AS ts, max(ts_end) AS ts_end, count(*) AS pieces,
		count(DISTINCT ts) AS begins FROM goroutine_cpu GROUP BY slice_id) AS c ON c.slice_id = g.id
WHERE g.state IN ('running', 'syscall') AND g.tid IS NOT NULL
	AND coalesce(g.ts_end, (SELECT ts_end FROM recording)) > g.ts
	AND (c.ns, c.ts, c.ts_end, c.begins) IS NOT
		(coalesce(g.ts_end, (SELECT ts_end FROM recording)) - g.ts, g.ts,
			coalesce(g.ts_end, (SELECT ts_end FROM recording)), c.pieces);
