-- SPDX-License-Identifier: GPL-2.0-only
-- title: a uprobe at the same address swallowed the breakpoint
-- meaning: A uprobe and a debugger's breakpoint are the same trap instruction. Where both sit at one
--   address the kernel takes every trap for its uprobe's, and the debugger never hears of it.
-- proves: a uprobe sits at the very address of the breakpoint, it was hit, and no trap reached a
--   debugger there, although a debugger was at work.
-- rules out: a trap at that address, or no uprobe at it.
-- what to do: Move the uprobe to the next statement of the function, or record without it.
-- order: 290

WITH at_place AS (
	SELECT w.breakpoint_id, w.location_id, w.source_id, l.pc, s.name, s.table_name, w.lost_hits AS lost_events,
		(SELECT count(*) FROM temp.breakpoint_hit AS h
			WHERE h.location_id = w.location_id AND h.kind = 'reached') AS reached,
		(SELECT count(*) FROM temp.breakpoint_hit AS h
			WHERE h.location_id = w.location_id AND h.kind = 'trapped') AS trapped
	FROM temp.watcher AS w
	JOIN source AS s ON s.id = w.source_id
	JOIN temp.breakpoint_location AS l ON l.id = w.location_id
	WHERE w.kind = 'exact' AND w.counts
),
hit AS (
	SELECT h.location_id, h.event_id, row_number() OVER (PARTITION BY h.location_id ORDER BY h.id) AS n
	FROM temp.breakpoint_hit AS h WHERE h.kind = 'reached'
)
SELECT p.breakpoint_id,
	CASE WHEN p.trapped > 0 THEN 'ruled_out'
		WHEN EXISTS (SELECT 1 FROM temp.debugger) THEN 'proved'
		-- Nobody was there whom it could have silenced, as far as is known.
		WHEN (SELECT known FROM temp.trap_ledger) THEN 'possible' ELSE 'likely' END,
	CASE WHEN p.trapped > 0
		THEN printf('a debugger''s trap fired at 0x%x in spite of the uprobe %s there.', p.pc, p.name)
		ELSE printf('the uprobe %s sits at 0x%x, the very address of the breakpoint: %s went '
			|| 'to the uprobe, and the kernel let no trap through to %s.', p.name, p.pc,
			CASE max(p.reached, coalesce(p.lost_events, 0)) WHEN 1 THEN 'the one execution'
			ELSE printf('all %d executions', max(p.reached, coalesce(p.lost_events, 0))) END, CASE WHEN EXISTS (SELECT 1 FROM temp.debugger)
			THEN 'the debugger' ELSE 'any debugger' END) END,
	e.table_name, e.row_id, e.sentence
FROM at_place AS p
JOIN (
	SELECT location_id, 'source' AS table_name, source_id AS row_id,
		printf('the uprobe is at 0x%x', pc) AS sentence FROM at_place
	UNION ALL
	SELECT p.location_id, p.table_name, h.event_id, 'a hit of the uprobe without a trap'
	FROM hit AS h JOIN at_place AS p ON p.location_id = h.location_id
	JOIN event AS e ON e.id = h.event_id AND e.source_id = p.source_id
	WHERE h.n <= 5 AND p.trapped = 0
	UNION ALL
	SELECT p.location_id, d.table_name, d.row_id, d.sentence
	FROM at_place AS p, temp.debugger AS d WHERE p.trapped = 0
) AS e ON e.location_id = p.location_id
WHERE p.reached > 0 OR p.lost_events > 0
UNION ALL
-- A uprobe elsewhere that tells about the place: at the entry of its function, or beside it.
SELECT w.breakpoint_id, 'ruled_out',
	printf('the uprobe %s sits at 0x%x, %d bytes %s the place of the breakpoint: it lets a trap there through.',
		s.name, w.pc, abs(l.pc - w.pc), CASE WHEN w.pc < l.pc THEN 'before' ELSE 'behind' END),
	'source', s.id, printf('the uprobe is at 0x%x, the breakpoint at 0x%x', w.pc, l.pc)
FROM temp.watcher AS w
JOIN source AS s ON s.id = w.source_id
JOIN temp.breakpoint_location AS l ON l.id = w.location_id
WHERE w.kind <> 'exact' AND w.counts AND s.events > 0;
