-- mpg has every running goroutine all the time, and tells a processor only where a processor_slice does.
-- needs: mpg goroutine_slice processor_slice recording
SELECT g.id FROM goroutine_slice AS g LEFT JOIN
	(SELECT slice_id, sum(ts_end - ts) AS ns FROM mpg GROUP BY slice_id) AS c ON c.slice_id = g.id
WHERE g.state = 'running' AND g.tid IS NOT NULL
	AND coalesce(g.ts_end, (SELECT ts_end FROM recording)) > g.ts
	AND c.ns IS NOT coalesce(g.ts_end, (SELECT ts_end FROM recording)) - g.ts
UNION ALL
SELECT m.slice_id FROM mpg AS m WHERE m.p IS NOT NULL AND NOT EXISTS (SELECT 1 FROM processor_slice AS s
	WHERE s.tid = m.tid AND s.p = m.p AND s.ts <= m.ts AND coalesce(s.ts_end, m.ts_end) >= m.ts_end);
