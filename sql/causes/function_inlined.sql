-- SPDX-License-Identifier: GPL-2.0-only
-- title: the function was inlined into its callers
-- meaning: Calls of it are copies of its code inside the callers. A breakpoint or uprobe on the
--   function's own symbol sees only the calls that were not inlined, perhaps none.
-- proves: the debug information has inlined copies, and the function has no code of its own, or its own
--   entry was watched and never executed while a copy was.
-- rules out: no inlined copy.
-- what to do: Probe the copies (gotrace lists their addresses), mark the function //go:noinline, or build
--   with -gcflags='all=-l'. Delve sets a breakpoint in all copies; GDB and perf probe may not.

WITH copies AS (
	SELECT l.breakpoint_id, l.function, count(*) AS copies, count(DISTINCT l.inlined_into) AS callers
	FROM temp.breakpoint_location AS l WHERE l.inlined_into IS NOT NULL
	GROUP BY l.breakpoint_id, l.function
),
own AS (
	SELECT DISTINCT l.breakpoint_id, l.function, f.addr IS NOT NULL AS exists_alone
	FROM temp.breakpoint_location AS l
	JOIN source_line AS s ON s.id = l.source_line_id
	JOIN function AS f ON f.id = s.function_id
),
hits AS (
	SELECT l.breakpoint_id, l.function,
		count(h.id) FILTER (WHERE l.inlined_into IS NOT NULL) AS in_copies,
		count(h.id) FILTER (WHERE l.inlined_into IS NULL) AS alone
	FROM temp.breakpoint_location AS l
	LEFT JOIN temp.breakpoint_hit AS h ON h.location_id = l.id AND h.kind = 'reached'
	GROUP BY l.breakpoint_id, l.function
)
SELECT c.breakpoint_id,
	CASE WHEN NOT own.exists_alone OR hits.in_copies > 0 AND hits.alone = 0 THEN 'proved'
		ELSE 'possible' END,
	printf('%s was inlined: %d %s of its code in %d %s%s.', c.function, c.copies,
		CASE c.copies WHEN 1 THEN 'copy' ELSE 'copies' END, c.callers,
		CASE c.callers WHEN 1 THEN 'function' ELSE 'functions' END,
		CASE WHEN NOT own.exists_alone THEN ', and no code of its own: its symbol cannot be probed'
			WHEN hits.in_copies > 0 AND hits.alone = 0 THEN ', and only copies were executed'
			ELSE ' beside its own code' END),
	'source_line', l.source_line_id, printf('a copy in %s at 0x%x', l.inlined_into, l.pc)
FROM copies AS c
JOIN own USING (breakpoint_id, function)
JOIN hits USING (breakpoint_id, function)
JOIN temp.breakpoint_location AS l ON l.breakpoint_id = c.breakpoint_id AND l.function = c.function
	AND l.inlined_into IS NOT NULL
JOIN temp.ledger AS g ON g.breakpoint_id = c.breakpoint_id
WHERE g.trapped < g.reached OR g.reached = 0;
