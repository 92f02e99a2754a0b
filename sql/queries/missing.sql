-- SPDX-License-Identifier: GPL-2.0-only
-- title: at most how many events of a source are missing between two times on a CPU ("all": on any)
-- arguments: SOURCE_NAME CPU FROM TO
WITH asked AS (
	SELECT id, lost_events FROM source WHERE name = ?1
),
-- A lost event can bear the very time of the record after it.
met AS (
	SELECT m.source_id, m.blind_window_id, m.at_most, b.cause, b.lost_events
	FROM missing_bound AS m JOIN blind_window AS b ON b.id = m.blind_window_id
	WHERE m.source_id IN (SELECT id FROM asked) AND (m.cpu IS NULL OR ?2 = 'all' OR m.cpu = ?2)
		AND (m.ts IS NULL OR m.ts < ?4) AND (m.ts_end IS NULL OR m.ts_end >= ?3)
),
bound AS (
	SELECT coalesce(sum(at_most), 0) AS at_most FROM (
		SELECT min(sum(m.at_most), coalesce(a.lost_events, sum(m.at_most))) AS at_most
		FROM met AS m JOIN asked AS a ON a.id = m.source_id GROUP BY a.id)
),
of_cpu AS (
	SELECT cpu FROM cpu WHERE ?2 = 'all' OR cpu = ?2
),
-- Why there is no bound, the plainest first.
no_bound (rank, reason) AS (
	SELECT 1, printf('the recording is from %d to %d', ts, ts_end) FROM recording
	WHERE ts IS NULL OR ?3 < ts OR ?4 > ts_end
	UNION ALL
	SELECT 2, 'the CPU was not recorded' WHERE ?2 <> 'all' AND NOT EXISTS (SELECT 1 FROM of_cpu)
	UNION ALL
	SELECT 3, printf('nothing of CPU %d is there, so it is not known when it was recorded', min(cpu))
	FROM of_cpu WHERE NOT EXISTS (SELECT 1 FROM event AS e WHERE e.cpu = of_cpu.cpu) HAVING count(*) > 0
	UNION ALL
	SELECT 4, sentence FROM data_quality WHERE name IN ('records_damaged', 'samples_without_source')
	UNION ALL
	SELECT CASE cause WHEN 'sampled' THEN 5 WHEN 'truncated' THEN 6 WHEN 'overwritten' THEN 7
			WHEN 'throttled' THEN 8 ELSE 9 END,
		printf('%s: blind_window %d', replace(cause, '_', ' '), min(blind_window_id))
	FROM met WHERE at_most IS NULL GROUP BY cause
	UNION ALL
	SELECT 10, 'there is no ledger, and what was lost after the last event of a CPU was told nowhere'
	WHERE (SELECT has_ledger FROM recording) IS NOT 1 AND EXISTS (SELECT 1 FROM event
		WHERE ?2 = 'all' OR cpu = ?2 GROUP BY cpu HAVING max(ts) < ?4)
)
SELECT ?1 AS source, ?2 AS cpu, ?3 AS ts, ?4 AS ts_end,
	CASE WHEN NOT EXISTS (SELECT 1 FROM no_bound) THEN bound.at_most END AS at_most,
	coalesce((SELECT reason FROM no_bound ORDER BY rank LIMIT 1),
		CASE bound.at_most WHEN 0 THEN 'nothing of it was lost there' ELSE
			(SELECT printf('%d holes, in which %d events of all sources were lost',
				count(*), sum(lost_events))
			FROM (SELECT DISTINCT blind_window_id, lost_events FROM met)) END) AS reason
FROM bound WHERE EXISTS (SELECT 1 FROM asked);
