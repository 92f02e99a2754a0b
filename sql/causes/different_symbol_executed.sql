-- SPDX-License-Identifier: GPL-2.0-only
-- title: another symbol of that name was executed
-- meaning: The compiler makes several functions of one name: instances of a generic function (F[...]),
--   methods of T and of *T, method values (F-fm), wrappers of defer and go statements (F.deferwrap1, F.gowrap1), ABI wrappers
--   (F.abi0), loop bodies (F-range1). The one that was asked for was not executed, a sibling was.
-- proves: events at the sibling while the place was watched and silent.
-- rules out: only one symbol of that name, or an execution of the one asked for.
-- what to do: Ask for the sibling by its full name.
-- order: 110

WITH wanted AS (
	SELECT DISTINCT l.breakpoint_id, l.binary_id, l.function AS name
	FROM temp.breakpoint_location AS l
	JOIN temp.ledger AS g ON g.breakpoint_id = l.breakpoint_id AND g.reached = 0
	WHERE l.function IS NOT NULL
),
-- What was executed: by uprobes in it, or by the stacks of events.
executed AS (
	SELECT p.binary_id, p.function AS name, 'source' AS table_name, p.id AS row_id,
		printf('%d hits of %s', p.events, p.name) AS sentence
	FROM source AS p WHERE p.is_uprobe = 1 AND p.events > 0 AND p.function IS NOT NULL
	UNION ALL
	SELECT f.binary_id, n.name, 'frame', min(f.id), printf('%s is on a stack that was recorded', n.name)
	FROM frame AS f JOIN function AS n ON n.id = f.function_id
	WHERE f.id IN (SELECT frame_id FROM stack)
	GROUP BY f.binary_id, n.name
),
sibling AS (
	SELECT w.breakpoint_id, w.name AS wanted, e.*
	FROM wanted AS w JOIN executed AS e ON e.binary_id = w.binary_id AND e.name <> w.name
	WHERE (function_level(e.name, w.name) = 3
		OR substr(e.name, 1, length(w.name)) = w.name AND (
			substr(e.name, length(w.name) + 1) = '-fm'
			OR substr(e.name, length(w.name) + 1) GLOB '-range[0-9]*'
			OR substr(e.name, length(w.name) + 1) GLOB '.deferwrap[0-9]*'
			OR substr(e.name, length(w.name) + 1) GLOB '.gowrap[0-9]*'
			OR substr(e.name, length(w.name) + 1) GLOB '[.·]dwrap[.·][0-9]*'))
	-- not one that is asked for as well
	AND NOT EXISTS (SELECT 1 FROM wanted AS o WHERE o.breakpoint_id = w.breakpoint_id AND o.name = e.name)
)
SELECT breakpoint_id, 'likely', printf('%s was executed, and no execution of %s was seen.', name, wanted),
	table_name, row_id, sentence
FROM sibling
UNION ALL
-- Siblings that are there and were not seen either.
SELECT w.breakpoint_id, 'ruled_out', printf('no symbol but %s was seen to be executed under this name.', w.name),
	'function', min(f.id), printf('%s is in the program, and nothing shows that it ran', f.name)
FROM wanted AS w JOIN function AS f ON f.binary_id = w.binary_id AND f.name <> w.name AND f.addr IS NOT NULL
	AND function_level(f.name, w.name) = 3
WHERE NOT EXISTS (SELECT 1 FROM sibling AS s WHERE s.breakpoint_id = w.breakpoint_id)
	AND NOT EXISTS (SELECT 1 FROM wanted AS o WHERE o.breakpoint_id = w.breakpoint_id AND o.name = f.name)
GROUP BY w.breakpoint_id, w.name;
