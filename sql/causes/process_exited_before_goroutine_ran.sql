-- SPDX-License-Identifier: GPL-2.0-only
-- title: the process ended before the goroutine ran
-- meaning: The go statement was executed, and the new goroutine was still waiting for its turn when
--   main.main returned, os.Exit was called or the program died.
-- proves: the goroutine was created with the place's function, no runtime.execute came for it, every
--   runtime.execute was to be written and none was lost, and the end of the process was seen.
-- rules out: the goroutine was seen to run.
-- what to do: Wait for the goroutine before the program ends (sync.WaitGroup, a channel).
-- order: 220

WITH
-- Where each execution of a goroutine was to be written: only there is none a fact.
told AS (
	SELECT EXISTS (SELECT 1 FROM source WHERE function = 'runtime.execute' AND is_uprobe = 1
		AND is_return_probe IS NOT 1 AND function_offset IS 0 AND complete = 1 AND lost_events = 0) AS told
),
born AS (
	SELECT DISTINCT l.breakpoint_id, l.function AS place, g.id, g.pid, g.goid, g.start_function, g.first_event,
		g.certainty, g.end_reason,
		NOT EXISTS (SELECT 1 FROM goroutine_slice AS s WHERE s.pid = g.pid AND s.goid = g.goid
			AND s.state NOT IN ('runnable', 'unknown') AND s.ts >= g.created_ts
			AND (g.ended_ts IS NULL OR s.ts <= g.ended_ts)) AS never_ran,
		(SELECT p.id FROM process AS p WHERE p.pid = g.pid AND p.ts_end >= g.created_ts
			ORDER BY p.ts_end LIMIT 1) AS process_id
	FROM temp.breakpoint_location AS l
	LEFT JOIN function AS f ON f.id = l.container_id
	JOIN goroutine AS g ON g.start_function IN (f.name, l.function) AND g.created_ts IS NOT NULL
	JOIN temp.life ON life.pid = g.pid AND life.binary_id = l.binary_id
		AND life.breakpoint_id = l.breakpoint_id
	JOIN temp.ledger AS k ON k.breakpoint_id = l.breakpoint_id AND k.reached = 0
),
sums AS (
	SELECT breakpoint_id, start_function, count(*) AS born,
		sum(never_ran AND process_id IS NOT NULL) AS unborn,
		min(certainty = 'proved') AS sure
	FROM born GROUP BY breakpoint_id, start_function
)
SELECT s.breakpoint_id,
	CASE WHEN NOT told.told THEN 'possible' WHEN s.unborn = s.born AND s.sure THEN 'proved' ELSE 'likely' END,
	printf('%s with %s created and %s run before the process ended%s.',
		CASE s.born WHEN 1 THEN '1 goroutine' ELSE s.born || ' goroutines' END,
		s.start_function || CASE s.born WHEN 1 THEN ' was' ELSE ' were' END,
		CASE WHEN s.unborn < s.born THEN s.unborn || ' of them did not'
			WHEN s.born = 1 THEN 'did not' ELSE 'none of them was seen to' END,
		coalesce((SELECT CASE e.how WHEN 'panic' THEN ' by a panic' WHEN 'throw' THEN ' by a fatal error' END
			FROM born AS b JOIN temp.process_end AS e ON e.pid = b.pid
			WHERE b.breakpoint_id = s.breakpoint_id), '')),
	e.table_name, e.row_id, e.sentence
FROM sums AS s, told
JOIN (
	SELECT breakpoint_id, start_function, 'goroutine' AS table_name, id AS row_id,
		printf('goroutine %d was created and never executed', goid) AS sentence
	FROM born WHERE never_ran AND process_id IS NOT NULL
	UNION
	SELECT breakpoint_id, start_function, 'process', process_id, printf('process %d ended', pid)
	FROM born WHERE never_ran AND process_id IS NOT NULL
	UNION
	SELECT b.breakpoint_id, b.start_function, e.table_name, e.event_id, 'how it ended'
	FROM born AS b JOIN temp.process_end AS e ON e.pid = b.pid WHERE b.never_ran
) AS e ON e.breakpoint_id = s.breakpoint_id AND e.start_function = s.start_function
WHERE s.unborn > 0;
