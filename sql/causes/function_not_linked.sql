-- SPDX-License-Identifier: GPL-2.0-only
-- title: the function is not in the program
-- meaning: Nothing calls it, so the linker left it out; or the name is written differently.
-- proves: the program has a symbol table, debug information or Go's own table, other functions of the package are in
--   it, and this one is not, nor an inlined copy of it.
-- rules out: a symbol or an inlined copy of that name.
-- what to do: Check the spelling (package.(*Type).Method); see that something calls the function.
-- order: 60
-- verdict: impossible

WITH wanted AS (
	SELECT s.breakpoint_id, s.spec AS name,
		-- the package: up to the first dot behind the last slash
		substr(s.spec, 1, length(rtrim(s.spec, replace(s.spec, '/', ''))) + instr(substr(s.spec,
			length(rtrim(s.spec, replace(s.spec, '/', ''))) + 1), '.')) AS package
	FROM temp.spec AS s
	WHERE s.kind = 'function'
		AND NOT EXISTS (SELECT 1 FROM temp.function_match AS m WHERE m.breakpoint_id = s.breakpoint_id)
),
sibling AS (
	SELECT w.breakpoint_id, w.name, w.package, t.path, t.module, min(l.id) AS row_id, f.name AS function
	FROM wanted AS w
	JOIN function AS f ON substr(f.name, 1, length(w.package)) = w.package
	JOIN temp.target AS t ON t.id = f.binary_id AND (t.has_dwarf = 1 OR t.has_symtab = 1 OR t.has_pclntab = 1)
	JOIN source_line AS l ON l.function_id = f.id
	GROUP BY w.breakpoint_id, t.id
)
-- All functions of the main module are stored; of other packages some may be missing here.
SELECT breakpoint_id,
	CASE WHEN package = 'main.' OR substr(package, 1, length(module)) = module
		THEN 'proved' ELSE 'possible' END,
	printf('%s holds functions of package %s, but no %s, not even an inlined copy.', path,
		rtrim(package, '.'), name),
	'source_line', row_id, printf('%s is in the program', function)
FROM sibling;
