-- SPDX-License-Identifier: GPL-2.0-only
-- title: one call was counted twice
-- meaning: A function's prologue can run again: it finds the stack too small, or a preemption asked for,
--   leaves for the runtime, and the function begins anew. At its first instruction this looks like
--   two calls.
-- proves: two hits at the entry by one goroutine and no event of the function's body between, while the
--   runtime was seen to make the stack larger or to take the goroutine off its thread.
-- rules out: an event of the function's body between the two hits.
-- what to do: Count behind the prologue, where a debugger puts its breakpoint.
-- order: 300

WITH entry AS (
	SELECT w.breakpoint_id, w.source_id, s.table_name, s.name
	FROM temp.watcher AS w
	JOIN temp.breakpoint_location AS l ON l.id = w.location_id
	JOIN function AS f ON f.id = l.container_id AND f.addr = l.pc
	JOIN source AS s ON s.id = w.source_id
	WHERE w.kind = 'exact'
),
restart AS (
	SELECT e.*, r.id, r.first_event, r.second_event, r.certainty,
		row_number() OVER (PARTITION BY e.breakpoint_id, r.certainty ORDER BY r.id) AS n,
		count(*) OVER (PARTITION BY e.breakpoint_id, e.source_id, r.certainty) AS times
	FROM entry AS e JOIN call_restart AS r ON r.source_id = e.source_id AND NOT r.repeated
)
SELECT r.breakpoint_id, r.certainty,
	printf('%d of the hits of %s, at the first instruction of the function, %s a second hit of the same call, '
		|| 'whose prologue ran again.', r.times, r.name, CASE r.certainty
		WHEN 'proved' THEN CASE r.times WHEN 1 THEN 'is' ELSE 'are each' END ELSE 'may be' END),
	e.table_name, e.row_id, e.sentence
FROM restart AS r
JOIN (
	SELECT id, 'call_restart' AS table_name, id AS row_id, 'two hits of one call' AS sentence FROM restart
	UNION ALL SELECT id, table_name, first_event, 'the call' FROM restart
	UNION ALL SELECT id, table_name, second_event, 'the same call again' FROM restart
) AS e ON e.id = r.id
WHERE r.n <= 5;
