-- SPDX-License-Identifier: GPL-2.0-only
-- title: a panic left the function before the line
-- meaning: The function was called and stood at an earlier line when a panic rose, there or in something
--   that it had called. A recover in it or in a caller hid the panic (or nobody recovered it), and what
--   follows that line was not executed.
-- proves: the stack of a panic holds the function at a line above the one asked for, and the panic was
--   recovered there or further out, ended by Goexit, or fatal.
-- rules out: no panic while the function was active above the line.
-- what to do: Put the breakpoint on panic (runtime.gopanic), or into the deferred function that recovers.
-- order: 230

WITH RECURSIVE
-- Only the panics that have the function on their stack.
risen AS (
	SELECT i.breakpoint_id, i.location_id, i.line, min(i.depth) AS depth, p.id, p.outcome, p.goid,
		p.function, p.line AS panic_line, p.recovered_by, p.stack_id, p.first_event, p.last_event
	FROM panic AS p JOIN temp.inside AS i ON i.stack_id = p.stack_id
	WHERE p.outcome IN ('recovered', 'fatal', 'goexit')
	GROUP BY i.location_id, i.line, p.id
	UNION ALL
	-- Its own panic: the caller of runtime.gopanic is not on the stack at its entry.
	SELECT l.breakpoint_id, l.id, p.line, -1, p.id, p.outcome, p.goid, p.function, p.line, p.recovered_by,
		p.stack_id, p.first_event, p.last_event
	FROM panic AS p
	JOIN temp.breakpoint_location AS l ON l.function = p.function AND l.file = p.file AND p.line < l.line
	JOIN temp.ledger AS g ON g.breakpoint_id = l.breakpoint_id AND g.reached = 0
	WHERE p.outcome IN ('recovered', 'fatal', 'goexit') AND l.is_entry IS NOT 1
		AND NOT EXISTS (SELECT 1 FROM temp.inside AS i
			WHERE i.location_id = l.id AND i.stack_id = p.stack_id)
),
-- How far from the leaf the recovering function is: the innermost frame of that name.
walk (id, recovered_by, stack_id, depth) AS (
	SELECT DISTINCT id, recovered_by, stack_id, 0 FROM risen
	WHERE outcome = 'recovered' AND stack_id IS NOT NULL
	UNION ALL
	SELECT w.id, w.recovered_by, s.parent_id, w.depth + 1
	FROM walk AS w JOIN stack AS s ON s.id = w.stack_id
	WHERE s.parent_id IS NOT NULL AND w.depth < 10000
),
saviour AS (
	SELECT w.id, min(w.depth) AS depth
	FROM walk AS w JOIN stack AS s ON s.id = w.stack_id JOIN frame AS f ON f.id = s.frame_id
	JOIN function AS n ON n.id = f.function_id AND n.name = w.recovered_by
	GROUP BY w.id
),
through AS (
	SELECT r.*, row_number() OVER (PARTITION BY r.location_id ORDER BY r.id) AS n,
		count(*) OVER (PARTITION BY r.location_id) AS times,
		1 + (min(r.line) OVER (PARTITION BY r.location_id)
			< max(r.line) OVER (PARTITION BY r.location_id)) AS lines
	FROM risen AS r
	LEFT JOIN saviour AS s ON s.id = r.id
	JOIN temp.breakpoint_location AS l ON l.id = r.location_id
	-- the function itself recovered it, or one further out
	WHERE r.outcome <> 'recovered' OR r.depth <= s.depth OR r.recovered_by = l.function
)
SELECT t.breakpoint_id, 'proved',
	printf('%s left %s at line %d%s, so that line %d was not come to: %s%s.',
		CASE t.times WHEN 1 THEN 'a panic' ELSE t.times || ' panics' END, l.function, f.line,
		CASE WHEN t.lines > 1 THEN ' or at another line above' ELSE '' END, l.line,
		CASE t.times WHEN 1 THEN 'it rose in ' ELSE 'the first rose in ' END
			|| coalesce(f.function, 'a function not known')
			|| coalesce(printf(' at line %d', f.panic_line), ''),
		CASE f.outcome WHEN 'recovered' THEN ' and was recovered in ' || coalesce(f.recovered_by, 'a caller')
			WHEN 'fatal' THEN ' and was recovered by nobody' ELSE ' and was ended by Goexit' END),
	e.table_name, e.row_id, e.sentence
FROM through AS t
JOIN through AS f ON f.location_id = t.location_id AND f.n = 1
JOIN temp.breakpoint_location AS l ON l.id = t.location_id
JOIN (
	SELECT location_id, n, 'panic' AS table_name, id AS row_id,
		printf('a panic with %s at line %d on its stack', (SELECT function FROM temp.breakpoint_location AS b
			WHERE b.id = through.location_id), line) AS sentence
	FROM through
	UNION ALL
	SELECT r.location_id, r.n, s.table_name, e.id, CASE e.id WHEN r.first_event THEN 'it rises'
		ELSE CASE r.outcome WHEN 'recovered' THEN 'it is recovered' ELSE 'it ends' END END
	FROM through AS r JOIN event AS e ON e.id IN (r.first_event, r.last_event)
	JOIN source AS s ON s.id = e.source_id
	WHERE r.n <= 3
) AS e ON e.location_id = t.location_id AND e.n = t.n
WHERE t.n <= 5;
