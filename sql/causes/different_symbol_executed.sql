-- SPDX-License-Identifier: GPL-2.0-only
-- title: another symbol of that name was executed
-- meaning: The compiler makes several functions of one name: instances of a generic function (F[...]),
--   method values (F-fm), wrappers of defer and go statements (F.deferwrap1, F.gowrap1), ABI wrappers
--   (F.abi0), loop bodies (F-range1). The one that was asked for was not executed, a sibling was.
-- proves: events at the sibling while the place was watched and silent.
-- rules out: only one symbol of that name, or an execution of the one asked for.
-- what to do: Ask for the sibling by its full name.

WITH wanted AS (
	SELECT DISTINCT l.breakpoint_id, l.binary_id, l.function AS name
	FROM temp.breakpoint_location AS l
	JOIN temp.ledger AS g ON g.breakpoint_id = l.breakpoint_id AND g.reached = 0
	WHERE l.function IS NOT NULL
),
sibling AS (
	SELECT w.breakpoint_id, w.name AS wanted, f.id AS function_id, f.name, f.binary_id
	FROM wanted AS w
	JOIN function AS f ON f.binary_id = w.binary_id AND f.name <> w.name
		AND (substr(f.name, 1, length(w.name)) = w.name AND (substr(f.name, length(w.name) + 1) IN ('-fm', '.abi0')
			OR substr(f.name, length(w.name) + 1) GLOB '-range[0-9]*'
			OR substr(f.name, length(w.name) + 1) GLOB '.deferwrap[0-9]*'
			OR substr(f.name, length(w.name) + 1) GLOB '.gowrap[0-9]*')
		-- two instances of one generic function
		OR w.name LIKE '%]' AND f.name LIKE '%]' AND substr(f.name, 1, instr(f.name, '[')) =
			substr(w.name, 1, instr(w.name, '[')))
	-- not one that is asked for as well
	WHERE NOT EXISTS (SELECT 1 FROM wanted AS o WHERE o.breakpoint_id = w.breakpoint_id AND o.name = f.name)
)
SELECT DISTINCT s.breakpoint_id, 'likely',
	printf('%s was executed, and no execution of %s was seen.', s.name, s.wanted), 'source', p.id,
	printf('%d hits of %s', p.events, p.name)
FROM sibling AS s JOIN source AS p ON p.binary_id = s.binary_id AND p.function = s.name AND p.events > 0
	AND p.is_uprobe = 1
UNION
SELECT DISTINCT s.breakpoint_id, 'likely',
	printf('%s was executed, and no execution of %s was seen.', s.name, s.wanted), 'frame', f.id,
	printf('%s is on a stack that was recorded', s.name)
FROM sibling AS s JOIN frame AS f ON f.function_id = s.function_id
	AND f.id IN (SELECT frame_id FROM stack);
