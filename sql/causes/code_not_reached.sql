-- SPDX-License-Identifier: GPL-2.0-only
-- title: the program never came there
-- meaning: The line exists, and the program did not execute it: a condition was false, a function
--   returned early or was never called.
-- proves: at every place of the breakpoint (or at the entry of the function around it) a uprobe waited
--   from before the process began, for all its threads, writing every hit; there was no hit, and
--   perf's ledger says that none was lost.
-- rules out: any hit at the place.
-- what to do: Look at the condition before it: put a breakpoint further up and follow from there.
-- order: 280
-- verdict: not_reached

WITH
-- A place is silent when one uprobe heard all of every process.
silent AS (
	SELECT h.location_id, h.breakpoint_id, h.source_id, h.kind,
		min(h.good AND s.events = 0 AND s.lost_events IS 0) AS good
	FROM temp.listener AS h JOIN source AS s ON s.id = h.source_id
	GROUP BY h.location_id, h.source_id, h.kind
),
answer AS (
	SELECT g.breakpoint_id,
		count(DISTINCT s.location_id) FILTER (WHERE s.good = 1) = g.places
			AND (SELECT has_ledger FROM recording) = 1
			AND (SELECT truncated FROM recording) IS NOT 1
			AND (SELECT overwrite FROM recording) IS NOT 1 AS covered
	FROM temp.ledger AS g LEFT JOIN silent AS s ON s.breakpoint_id = g.breakpoint_id
	WHERE g.places > 0 AND g.reached = 0 AND g.trapped = 0
	GROUP BY g.breakpoint_id
)
SELECT a.breakpoint_id, 'proved',
	CASE s.kind WHEN 'exact'
		THEN printf('a uprobe (%s) waited at 0x%x all the time that the program ran, and it was never hit; '
			|| 'perf lost none of its events.', source.name, l.pc)
		WHEN 'beside' THEN printf('a uprobe (%s) waited at 0x%x, which is executed whenever the place at 0x%x is, '
			|| 'all the time that the program ran, and it was never hit; perf lost none of its events.',
			source.name, source.pc, l.pc)
		ELSE printf('a uprobe (%s) waited at the entry of %s all the time that the program ran, and the '
			|| 'function was never called; perf lost none of its events.', source.name,
			coalesce(f.name, 'the function')) END,
	e.table_name, e.row_id, e.sentence
FROM answer AS a
JOIN silent AS s ON s.breakpoint_id = a.breakpoint_id AND s.good = 1
JOIN source ON source.id = s.source_id
JOIN temp.breakpoint_location AS l ON l.id = s.location_id
LEFT JOIN function AS f ON f.id = l.container_id
JOIN (
	SELECT source_id AS id, 'source' AS table_name, source_id AS row_id,
		'complete, 0 events, 0 lost' AS sentence, NULL AS breakpoint_id FROM silent
	UNION
	SELECT NULL, 'process', process_id, 'process ' || pid || ' was recorded from its beginning'
		|| CASE WHEN ts_end IS NULL THEN '' ELSE ' to its end' END, breakpoint_id FROM temp.life
) AS e ON e.id = s.source_id OR e.breakpoint_id = a.breakpoint_id
WHERE a.covered
UNION ALL
SELECT a.breakpoint_id, 'possible',
	'no execution was seen, but the recording cannot exclude one.', NULL, NULL, NULL
FROM answer AS a WHERE NOT a.covered
UNION ALL
SELECT g.breakpoint_id, 'ruled_out',
	printf('the place was executed: %d %s seen.', g.reached,
		CASE g.reached WHEN 1 THEN 'execution was' ELSE 'executions were' END), NULL, NULL, NULL
FROM temp.ledger AS g WHERE g.reached > g.trapped;
