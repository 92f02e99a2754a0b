-- SPDX-License-Identifier: GPL-2.0-only
-- title: the code lies in a library that is loaded later, or never
-- meaning: The place is in a plugin or shared object. Until the program has loaded it, there is nothing that
--   a trap could be written into; a debugger keeps such a breakpoint pending, or refuses it.
-- proves: no process mapped the file while it was recorded.
-- rules out: it was mapped before the program's first own event.
-- what to do: Set the breakpoint after the library was loaded (stop at plugin.Open or dlopen first).
-- order: 160

WITH library AS (
	SELECT DISTINCT l.breakpoint_id, b.id, b.path
	FROM temp.breakpoint_location AS l JOIN binary AS b ON b.id = l.binary_id
	WHERE b.path LIKE '%.so' OR b.path LIKE '%.so.%' OR b.flags LIKE '%-buildmode=plugin%'
		OR b.flags LIKE '%-buildmode=c-shared%' OR b.flags LIKE '%-buildmode=shared%'
),
loaded AS (
	SELECT y.breakpoint_id, y.id, min(m.id) AS mapping_id, min(m.ts) AS ts, min(m.ts - p.ts) AS after
	FROM library AS y
	JOIN mapping AS m ON m.binary_id = y.id AND m.executable IS NOT 0
	LEFT JOIN process AS p ON p.pid = m.pid AND p.ts <= m.ts AND (p.ts_end IS NULL OR m.ts <= p.ts_end)
	GROUP BY y.breakpoint_id, y.id
)
SELECT y.breakpoint_id, 'proved', printf('no process loaded %s while it was recorded.', y.path),
	'binary', y.id, 'no mapping of it was recorded'
FROM library AS y
WHERE NOT EXISTS (SELECT 1 FROM loaded AS o WHERE o.id = y.id)
	AND (SELECT complete FROM recording) = 1
UNION ALL
SELECT y.breakpoint_id, CASE WHEN o.after > 100000000 THEN 'possible' ELSE 'ruled_out' END,
	CASE WHEN o.after > 100000000
		THEN printf('%s was loaded only %.3f s after the program began.', y.path, o.after / 1e9)
		ELSE printf('%s was loaded when the program began.', y.path) END,
	'mapping', o.mapping_id, 'its first mapping'
FROM library AS y JOIN loaded AS o ON o.breakpoint_id = y.breakpoint_id AND o.id = y.id
WHERE o.after IS NOT NULL;
