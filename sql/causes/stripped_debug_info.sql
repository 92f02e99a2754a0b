-- SPDX-License-Identifier: GPL-2.0-only
-- title: the program has no debug information
-- meaning: The program was linked with -ldflags="-s -w", or stripped afterwards. A debugger finds no lines,
--   no inlined copies and no variables in it. (Go's own table of functions and lines stays in every program;
--   gotrace reads it, and some debuggers do so in part.)
-- proves: the binary was read and has no .debug_info or .debug_line section.
-- rules out: the binary has them.
-- what to do: Build without -ldflags=-s and -w and do not strip, or keep the unstripped file and ingest
--   with --binary FILE (it must have the same build id).
-- order: 10
-- verdict: impossible

-- Some debuggers find a function by Go's own table. A line none does, but one that stops in the program
-- all the same may have been told the address.
SELECT s.breakpoint_id,
	CASE WHEN EXISTS (SELECT 1 FROM source_line AS l WHERE l.binary_id = t.id) AND (s.kind <> 'line'
			OR EXISTS (SELECT 1 FROM temp.trap)) THEN 'likely'
		ELSE 'proved' END,
	printf('%s has no debug information (built with -ldflags="-s -w", or stripped), so a debugger finds no '
		|| 'lines in it.', t.path),
	'binary', t.id, 'the binary was read: no DWARF' || CASE t.has_symtab
		WHEN 0 THEN ' and no symbol table' ELSE '' END
FROM temp.spec AS s
JOIN temp.target AS t ON t.has_dwarf = 0
JOIN temp.ledger AS g ON g.breakpoint_id = s.breakpoint_id AND (g.reached = 0 OR g.trapped < g.reached)
WHERE s.kind <> 'address'
	AND NOT EXISTS (SELECT 1 FROM temp.target AS o WHERE o.has_dwarf = 1);
