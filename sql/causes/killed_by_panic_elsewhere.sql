-- SPDX-License-Identifier: GPL-2.0-only
-- title: another goroutine's panic or fatal error ended the program
-- meaning: A panic that nobody recovers, or a fatal error of the runtime, ends all goroutines at once. One
--   that was on its way to the place was cut off.
-- proves: a goroutine stood in the place's function above the line, waiting, and was never seen again; and
--   a fatal panic or a throw of another goroutine ended the process.
-- rules out: the process went on, or no other goroutine failed.
-- what to do: Look at that panic (gotrace explain fatal), or stop there: breakpoint on runtime.fatalpanic.
-- order: 260

SELECT i.breakpoint_id, 'proved',
	printf('goroutine %d waited in %s at line %d when %s of goroutine %s ended the program.', s.goid, l.function,
		i.line, CASE x.how WHEN 'panic' THEN 'the panic' ELSE 'a fatal error' END, x.goid),
	e.table_name, e.row_id, e.sentence
FROM temp.stranded AS s
JOIN temp.process_end AS x ON x.pid = s.pid AND x.how IN ('panic', 'throw') AND x.goid IS NOT NULL
	-- goroutine 0 is the runtime's own: a fatal error there is not another goroutine's
	AND x.goid NOT IN (s.goid, 0) AND x.ts >= s.ts
JOIN temp.inside AS i ON i.stack_id = s.stack_id
JOIN temp.breakpoint_location AS l ON l.id = i.location_id
JOIN (
	SELECT slice_id AS id, 'goroutine_slice' AS table_name, slice_id AS row_id,
		'it waited and was not seen again' AS sentence FROM temp.stranded
	UNION ALL
	SELECT s.slice_id, x.table_name, x.event_id, 'the other goroutine''s end'
	FROM temp.stranded AS s JOIN temp.process_end AS x ON x.pid = s.pid
) AS e ON e.id = s.slice_id
GROUP BY i.breakpoint_id, s.slice_id, e.table_name, e.row_id;
