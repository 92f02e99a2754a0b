-- SPDX-License-Identifier: GPL-2.0-only
-- title: the line was entered at another address
-- meaning: A debugger plants one trap for each copy of a line, at the lowest statement address. Optimised
--   code of one line lies in several stretches, and control can come into another one directly.
-- proves: another stretch of the line was executed, while a uprobe that tells each execution of the place was
--   silent, and nothing was lost.
-- rules out: the code of the line is one stretch, or the place itself was executed.
-- what to do: Set breakpoints on the other addresses too (gotrace lists them), or build with
--   -gcflags='all=-N -l'.
-- order: 100

WITH
silent AS (
	SELECT breakpoint_id, places = sure_places AND sure_complete = 1 AND sure_lost = 0 AS sure
	FROM temp.ledger WHERE kind = 'line' AND places > 0 AND reached = 0
),
-- Uprobes at, or beside, the other stretches; and samples and callers in their midst.
seen AS (
	SELECT o.breakpoint_id, o.pc, 'source' AS table_name, s.id AS row_id,
		printf('%d hits of %s, at 0x%x', s.events, s.name, s.pc) AS sentence
	FROM temp.other_location AS o
	JOIN source AS s ON s.events > 0 AND s.is_uprobe = 1 AND s.is_return_probe IS NOT 1
		AND (s.binary_id = o.binary_id AND s.pc = o.pc
		OR s.id IN (SELECT source_id FROM probe_place AS p WHERE p.binary_id = o.binary_id AND p.pc = o.pc))
	UNION ALL
	SELECT o.breakpoint_id, o.pc, 'frame', f.id, printf('0x%x is on a stack that was recorded', f.pc)
	FROM temp.other_location AS o
	JOIN line_pc AS l ON l.id = o.line_pc_id
	JOIN frame AS f ON f.binary_id = o.binary_id AND f.pc > l.pc AND f.pc < l.pc_end
	WHERE f.id IN (SELECT frame_id FROM stack)
)
SELECT s.breakpoint_id, CASE WHEN q.sure THEN 'proved' ELSE 'possible' END,
	printf('the line was executed at 0x%x, where no debugger stops, and %s.', s.pc,
		CASE WHEN q.sure THEN 'never at its place' ELSE 'not seen to be at its place' END),
	s.table_name, s.row_id, s.sentence
FROM seen AS s JOIN silent AS q USING (breakpoint_id)
UNION ALL
SELECT q.breakpoint_id, 'ruled_out', 'all code of the line is one stretch, which begins at its place.',
	'line_pc', min(s.id), 'the only stretch'
FROM silent AS q
JOIN temp.breakpoint_location AS l USING (breakpoint_id)
JOIN line_pc AS s ON s.binary_id = l.binary_id AND s.pc = l.pc AND s.line = l.line
WHERE NOT EXISTS (SELECT 1 FROM temp.other_location AS o WHERE o.breakpoint_id = q.breakpoint_id)
GROUP BY q.breakpoint_id HAVING count(DISTINCT l.id) = (SELECT places FROM temp.ledger AS g
	WHERE g.breakpoint_id = q.breakpoint_id);
