-- SPDX-License-Identifier: GPL-2.0-only
-- title: the function was inlined into its callers
-- meaning: Calls of it are copies of its code inside the callers. A breakpoint or uprobe on the
--   function's own symbol sees only the calls that were not inlined, perhaps none.
-- proves: the debug information has inlined copies, and the function has no code of its own, or its own
--   entry was watched and never executed while a copy was.
-- rules out: no inlined copy.
-- what to do: Probe the copies (gotrace lists their addresses), mark the function //go:noinline, or build
--   with -gcflags='all=-l'. Delve sets a breakpoint in all copies; GDB and perf probe may not.
-- order: 90

WITH own AS (
	-- The functions that are meant, with what the binary says of copies in all of its code.
	SELECT l.breakpoint_id, l.function, l.binary_id, max(f.addr IS NOT NULL) AS exists_alone,
		max(f.inlined_copies) AS stored,
		count(DISTINCT l.id) FILTER (WHERE l.inlined_into IS NOT NULL) AS copies,
		count(DISTINCT l.inlined_into) AS callers
	FROM temp.breakpoint_location AS l
	JOIN source_line AS s ON s.id = l.source_line_id
	JOIN function AS f ON f.id = s.function_id
	GROUP BY l.breakpoint_id, l.function, l.binary_id
),
hits AS (
	SELECT l.breakpoint_id, l.function, l.binary_id,
		count(h.id) FILTER (WHERE l.inlined_into IS NOT NULL) AS in_copies,
		count(h.id) FILTER (WHERE l.inlined_into IS NULL) AS alone
	FROM temp.breakpoint_location AS l
	LEFT JOIN temp.breakpoint_hit AS h ON h.location_id = l.id AND h.kind = 'reached'
	GROUP BY l.breakpoint_id, l.function, l.binary_id
),
answer AS (
	SELECT o.*, max(coalesce(o.stored, 0), o.copies) AS all_copies,
		NOT o.exists_alone AND o.copies > 0 OR h.in_copies > 0 AND h.alone = 0 AS certain, h.in_copies
	FROM own AS o
	JOIN hits AS h USING (breakpoint_id, function, binary_id)
	JOIN temp.ledger AS g ON g.breakpoint_id = o.breakpoint_id
	WHERE g.trapped < g.reached OR g.reached = 0
)
SELECT a.breakpoint_id, CASE WHEN a.certain THEN 'proved' ELSE 'possible' END,
	printf('%s was inlined: %d %s of its code in %s%s.', a.function, a.all_copies,
		CASE a.all_copies WHEN 1 THEN 'copy' ELSE 'copies' END,
		CASE a.callers WHEN 0 THEN 'other functions' WHEN 1 THEN '1 function'
			ELSE a.callers || ' functions' END,
		CASE WHEN NOT a.exists_alone THEN ', and no code of its own: its symbol cannot be probed'
			WHEN a.certain THEN ', and only copies were executed'
			ELSE ' beside its own code' END),
	CASE WHEN l.id IS NULL THEN 'function' ELSE 'source_line' END, coalesce(l.source_line_id, f.id),
	CASE WHEN l.id IS NULL THEN printf('%d inlined copies', a.stored)
		ELSE printf('a copy in %s at 0x%x', l.inlined_into, l.pc) END
FROM answer AS a
LEFT JOIN temp.breakpoint_location AS l ON l.breakpoint_id = a.breakpoint_id AND l.function = a.function
	AND l.binary_id = a.binary_id AND l.inlined_into IS NOT NULL
LEFT JOIN function AS f ON f.binary_id = a.binary_id AND f.name = a.function
WHERE a.all_copies > 0
UNION ALL
-- Said where the question was for a function, and the binary knows.
SELECT a.breakpoint_id, 'ruled_out', printf('%s was inlined nowhere.', a.function), 'function', f.id,
	'0 inlined copies'
FROM answer AS a
JOIN temp.spec AS s ON s.breakpoint_id = a.breakpoint_id AND s.kind = 'function'
JOIN function AS f ON f.binary_id = a.binary_id AND f.name = a.function
WHERE a.all_copies = 0 AND a.stored = 0;
