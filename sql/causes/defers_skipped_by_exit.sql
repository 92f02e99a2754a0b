-- SPDX-License-Identifier: GPL-2.0-only
-- title: the program was ended with the deferred call pending
-- meaning: The place is in a deferred function. os.Exit, log.Fatal, a throw, and a panic or a return from
--   main.main in another goroutine end the process without making the deferred calls that are pending.
-- proves: the deferred call was registered, and is known to have been pending when the process ended.
-- rules out: the deferred call was made.
-- what to do: Return from main.main instead of calling os.Exit, or call the function before it. A call that
--   the compiler made open-coded is registered nowhere; then only the stack at the exit tells.
-- order: 250

WITH
-- Functions that were active when their process was ended, by the stack of the exit or of the wait.
active AS (
	SELECT n.pid, n.event_id, n.table_name, n.stack_id, n.goid, 'was active at the exit' AS why
	FROM temp.ending AS n WHERE n.what <> 'runtime.Goexit'
	UNION
	SELECT g.pid, e.id, s.table_name, e.stack_id, g.goid,
		printf('was on the stack of goroutine %d, which still waited at the exit', g.goid)
	FROM goroutine AS g
	JOIN temp.process_end AS x ON x.pid = g.pid
	JOIN goroutine_slice AS w ON w.id = (SELECT max(o.id) FROM goroutine_slice AS o
		WHERE o.pid = g.pid AND o.goid = g.goid AND (g.created_ts IS NULL OR o.ts >= g.created_ts))
	JOIN event AS e ON e.id = w.first_event
	JOIN source AS s ON s.id = e.source_id
	WHERE g.end_reason = 'exit' AND w.state = 'waiting' AND w.last_event IS NULL
		AND g.goid IS NOT x.goid
),
walked AS (
	WITH RECURSIVE walk (pid, event_id, table_name, why, stack_id, depth) AS (
		SELECT pid, event_id, table_name, why, stack_id, 0 FROM active WHERE stack_id IS NOT NULL
		UNION ALL
		SELECT w.pid, w.event_id, w.table_name, w.why, s.parent_id, w.depth + 1
		FROM walk AS w JOIN stack AS s ON s.id = w.stack_id
		WHERE s.parent_id IS NOT NULL AND w.depth < 10000
	)
	SELECT DISTINCT w.pid, w.event_id, w.table_name, w.why, f.name, f.binary_id
	FROM walk AS w JOIN stack AS s ON s.id = w.stack_id JOIN frame AS r ON r.id = s.frame_id
	JOIN function AS f ON f.id = r.function_id
	WHERE f.name NOT LIKE 'runtime.%' AND f.name NOT IN ('os.Exit', 'syscall.Exit')
),
silent AS (
	SELECT DISTINCT l.breakpoint_id, l.binary_id, l.function,
		-- the package: up to the first dot behind the last slash
		substr(l.function, 1, length(rtrim(l.function, replace(l.function, '/', '')))
			+ instr(substr(l.function, length(rtrim(l.function, replace(l.function, '/', ''))) + 1),
				'.')) AS package,
		EXISTS (SELECT 1 FROM function AS n JOIN frame AS f ON f.function_id = n.id
			WHERE n.name = l.function AND n.binary_id = l.binary_id
				AND f.id IN (SELECT frame_id FROM stack)) AS seen
	FROM temp.breakpoint_location AS l
	JOIN temp.ledger AS g ON g.breakpoint_id = l.breakpoint_id AND g.reached = 0
	WHERE l.inlined_into IS NULL
),
registered AS (
	SELECT s.breakpoint_id, s.function, d.id, d.certainty, d.site_function, d.site_line, d.goid, d.first_event,
		row_number() OVER (PARTITION BY s.breakpoint_id ORDER BY d.id) AS n,
		count(*) OVER (PARTITION BY s.breakpoint_id) AS times,
		min(CASE d.certainty WHEN 'proved' THEN 2 WHEN 'likely' THEN 1 ELSE 0 END)
			OVER (PARTITION BY s.breakpoint_id) AS sure
	FROM silent AS s JOIN defer AS d ON d.fn = s.function AND d.outcome = 'skipped_by_exit'
)
SELECT r.breakpoint_id, CASE r.sure WHEN 2 THEN 'proved' WHEN 1 THEN 'likely' ELSE 'possible' END,
	printf('%d deferred %s of %s pending when the process was ended, and never made.', r.times,
		CASE r.times WHEN 1 THEN 'call' ELSE 'calls' END,
		r.function || CASE WHEN r.sure = 0 THEN ' can have been' WHEN r.times = 1 THEN ' was' ELSE ' were' END),
	'defer', r.id, printf('deferred by %s, line %s', coalesce(r.site_function, 'a function not known'),
		coalesce(r.site_line, 'not known'))
FROM registered AS r WHERE r.n <= 10
UNION ALL
-- A function literal inside of one that was active; it may be what that one deferred.
SELECT s.breakpoint_id, 'likely',
	printf('%s is a function inside of %s, which was active when the process was ended: if it is deferred '
		|| 'there, the call was never made.', s.function, w.name),
	w.table_name, w.event_id, printf('%s %s', w.name, w.why)
FROM silent AS s
JOIN walked AS w ON w.binary_id = s.binary_id
	AND substr(s.function, 1, length(w.name) + 1) = w.name || '.'
WHERE NOT s.seen AND s.breakpoint_id NOT IN (SELECT breakpoint_id FROM registered)
UNION ALL
-- A function of the same package that was never on a stack and is no goroutine's. main.main is active at
-- each exit.
SELECT s.breakpoint_id, 'possible',
	printf('%s was active when the process was ended: what it had deferred was never made, and an '
		|| 'open-coded deferred call leaves no trace before it is made.', w.name),
	w.table_name, w.event_id, printf('%s %s', w.name, w.why)
FROM silent AS s
JOIN walked AS w ON w.binary_id = s.binary_id AND w.name <> 'main.main' AND w.name <> s.function
	AND substr(w.name, 1, length(s.package)) = s.package
	AND substr(s.function, 1, length(w.name) + 1) <> w.name || '.'
	AND w.why = 'was active at the exit'
WHERE NOT s.seen AND s.breakpoint_id NOT IN (SELECT breakpoint_id FROM registered)
	AND s.function NOT IN (SELECT start_function FROM goroutine WHERE start_function IS NOT NULL);
