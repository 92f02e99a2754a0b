-- SPDX-License-Identifier: GPL-2.0-only
-- title: the line has no code in this build
-- meaning: A comment, a brace, a declaration, or a branch that can never be taken: the compiler made no
--   instruction for the line, so there is nothing that a breakpoint could stand on.
-- proves: the file is in the line table, other lines of it have code, and this line has none.
-- rules out: the line table has a row for the line.
-- what to do: Put the breakpoint on the next line that has code; the sentence names it.
-- order: 70
-- verdict: impossible

-- A line of an optimised function may have been optimised away: that is another cause.
SELECT c.breakpoint_id,
	CASE WHEN NOT coalesce(c.ours, 0) THEN 'likely'
		WHEN c.function IS NOT NULL AND c.optimised IS NOT 0 THEN 'possible'
		ELSE 'proved' END,
	printf('%s has no code for line %d%s; %s', c.path, c.line,
		CASE WHEN c.optimised = 0 THEN ', although it was built without optimisations (-N)' ELSE '' END,
		CASE WHEN c.behind IS NOT NULL THEN printf('the next line that has is %d.', c.behind)
			ELSE printf('the last line that has is %d.', c.before) END),
	n.table_name, n.row_id, n.sentence
FROM temp.codeless AS c
JOIN (
	SELECT breakpoint_id, file_id, 'source_file' AS table_name, file_id AS row_id,
		'the file is in the line table' AS sentence FROM temp.codeless
	UNION ALL
	SELECT o.breakpoint_id, o.file_id, 'source_line', min(s.id),
		printf('line %d has code, and line %d has none', s.line, o.line)
	FROM temp.codeless AS o
	JOIN source_line AS s ON s.file_id = o.file_id AND s.line IN (o.before, o.behind)
	GROUP BY o.breakpoint_id, o.file_id, s.line
) AS n ON n.breakpoint_id = c.breakpoint_id AND n.file_id = c.file_id;
