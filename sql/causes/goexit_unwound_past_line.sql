-- SPDX-License-Identifier: GPL-2.0-only
-- title: runtime.Goexit ended the goroutine before the line
-- meaning: The function was called and stood at an earlier line when runtime.Goexit was called, there or in
--   something that it had called; t.FailNow, t.Fatal and t.Skip of package testing do that. Only deferred
--   calls were made after it.
-- proves: a stack on which runtime.Goexit was called by the function, or below it, at a line above the one
--   asked for. Goexit does not return.
-- rules out: no such stack.
-- what to do: Put the breakpoint on runtime.Goexit, or into a deferred function.
-- order: 240

WITH gone AS (
	SELECT i.breakpoint_id, i.location_id, i.line, n.event_id, n.table_name, n.goid,
		row_number() OVER (PARTITION BY i.location_id, n.pid, n.goid, n.tid ORDER BY n.event_id) AS first
	FROM temp.ending AS n JOIN temp.inside AS i ON i.stack_id = n.stack_id
	WHERE n.what = 'runtime.Goexit'
),
times AS (
	SELECT *, count(*) OVER (PARTITION BY location_id) AS times,
		row_number() OVER (PARTITION BY location_id ORDER BY event_id) AS n,
		first_value(line) OVER (PARTITION BY location_id ORDER BY event_id) AS at
	FROM gone WHERE first = 1
)
SELECT t.breakpoint_id, 'proved',
	printf('runtime.Goexit ended %s while %s stood at line %d, so line %d was not come to.',
		CASE t.times WHEN 1 THEN coalesce('goroutine ' || t.goid, 'a goroutine')
			ELSE t.times || ' goroutines' END, l.function, t.at, l.line),
	t.table_name, t.event_id,
	printf('inside runtime.Goexit, with %s at line %d on the stack', l.function, t.line)
FROM times AS t JOIN temp.breakpoint_location AS l ON l.id = t.location_id
WHERE t.n <= 5;
