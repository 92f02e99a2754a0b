-- SPDX-License-Identifier: GPL-2.0-only
-- title: the optimiser left no code for the line
-- meaning: The build is optimised, and the line is in the middle of a function without having code of
--   its own: a dead store, a folded constant, a branch never taken, code merged into another line.
-- proves: the compiler's flags lack -N, and lines before and behind it in the same function have code.
-- rules out: built with -N, or the line table has a row for the line.
-- what to do: Build with -gcflags='all=-N -l' to debug. A comment or a lone brace has no code in any
--   build: then move the breakpoint to the next line that has.
-- order: 80
-- verdict: impossible

SELECT c.breakpoint_id,
	CASE WHEN c.optimised = 0 THEN 'ruled_out'
		WHEN c.ours = 1 AND c.optimised = 1 THEN 'proved' ELSE 'possible' END,
	CASE WHEN c.optimised = 0
		THEN printf('%s was built without optimisations (-N).', t.path)
		ELSE printf('this optimised build has no code for line %d of %s, while lines %d and %d of the same '
			|| 'function (%s) have.', c.line, c.path, c.before, c.behind, c.function) END,
	n.table_name, n.row_id, n.sentence
FROM temp.codeless AS c
LEFT JOIN temp.target AS t ON t.id = c.binary_id
JOIN (
	SELECT o.breakpoint_id, o.file_id, 'binary' AS table_name, o.binary_id AS row_id,
		CASE o.optimised WHEN 1 THEN 'its build flags have no -N' WHEN 0 THEN 'its build flags have -N'
			ELSE 'its build flags are not known' END AS sentence
	FROM temp.codeless AS o
	UNION ALL
	SELECT o.breakpoint_id, o.file_id, 'source_line', min(s.id),
		printf('line %d of %s has code', s.line, o.function)
	FROM temp.codeless AS o
	JOIN source_line AS s ON s.file_id = o.file_id AND s.line IN (o.before, o.behind)
		AND s.function_id = o.function_id
	GROUP BY o.breakpoint_id, o.file_id, s.line
) AS n ON n.breakpoint_id = c.breakpoint_id AND n.file_id = c.file_id
WHERE c.function IS NOT NULL;
