-- SPDX-License-Identifier: GPL-2.0-only
-- title: the compiler was told that the code comes from another file
-- meaning: A generator (goyacc, templ, qtc, cgo) wrote //line directives into the Go file: its code counts as
--   lines of the generator's input. A breakpoint in the Go file finds no code, or other lines.
-- proves: nothing in a program: it does not hold the directives. Likely where the line has no code, and a
--   function of the file given has code in a file that is not Go's.
-- rules out: the line has code in the file given.
-- what to do: Put the breakpoint into the file that the generator read, or generate without //line
--   directives (goyacc -l).
-- order: 50

WITH
alien AS (
	SELECT id, path, substr(path, length(rtrim(path, replace(path, '/', ''))) + 1) AS base FROM source_file
	WHERE path NOT LIKE '%.go' AND path NOT LIKE '%.s' AND path LIKE '%.%'
),
wanted AS (
	SELECT s.breakpoint_id, s.file, s.line,
		substr(s.file, length(rtrim(s.file, replace(s.file, '/', ''))) + 1) AS base
	FROM temp.spec AS s WHERE s.kind = 'line' AND s.file LIKE '%.go'
		AND NOT EXISTS (SELECT 1 FROM temp.every_location AS l WHERE l.breakpoint_id = s.breakpoint_id)
),
-- A function that begins in the file, or has other lines there.
shared AS (
	SELECT m.breakpoint_id, o.file_id, min(o.id) AS row_id
	FROM temp.file_match AS m
	JOIN source_line AS s ON s.file_id = m.file_id AND s.inlined_into IS NULL
	JOIN source_line AS o ON o.function_id = s.function_id AND o.file_id IN (SELECT id FROM alien)
	GROUP BY m.breakpoint_id, o.file_id
	UNION
	SELECT m.breakpoint_id, o.file_id, min(o.id)
	FROM temp.file_match AS m
	JOIN function AS f ON f.file_id = m.file_id
	JOIN source_line AS o ON o.function_id = f.id AND o.file_id IN (SELECT id FROM alien)
	GROUP BY m.breakpoint_id, o.file_id
)
SELECT w.breakpoint_id, 'likely',
	printf('%s has no code for line %d, and the compiler was told that parts of it come from %s.', w.file, w.line,
		a.path),
	'source_line', s.row_id, printf('a line of %s in a function of %s', a.path, w.file)
FROM wanted AS w JOIN shared AS s USING (breakpoint_id) JOIN alien AS a ON a.id = s.file_id
UNION ALL
SELECT w.breakpoint_id, 'possible',
	printf('%s has no code for line %d, and the program has lines of %s, from which it may be generated.', w.file,
		w.line, a.path),
	'source_file', a.id, 'not a Go file, and it has lines'
FROM wanted AS w
-- "x.go", "x.qtpl.go", "x_templ.go", "x.y.go" of "x.y", "x.qtpl", "x.templ"
JOIN alien AS a ON w.base IN (a.base || '.go', replace(a.base, '.', '_') || '.go',
	substr(a.base, 1, length(rtrim(a.base, replace(a.base, '.', ''))) - 1) || '.go')
WHERE NOT EXISTS (SELECT 1 FROM shared AS s WHERE s.breakpoint_id = w.breakpoint_id);
