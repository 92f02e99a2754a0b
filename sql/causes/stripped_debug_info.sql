-- SPDX-License-Identifier: GPL-2.0-only
-- title: the program has no debug information
-- meaning: The program was linked with -ldflags="-s -w", or stripped afterwards. Nothing in it ties
--   addresses to files and lines, so a debugger can place no breakpoint by line or by function.
-- proves: the binary was read and has no .debug_info or .debug_line section.
-- rules out: the binary has them.
-- what to do: Build without -ldflags=-s and -w and do not strip, or keep the unstripped file and ingest
--   with --binary FILE (it must have the same build id).
-- verdict: impossible

SELECT s.breakpoint_id, 'proved',
	printf('%s has no debug information (built with -ldflags="-s -w", or stripped), so no debugger can '
		|| 'find a line or a function in it.', t.path),
	'binary', t.id, 'the binary was read: no DWARF' || CASE t.has_symtab
		WHEN 0 THEN ' and no symbol table' ELSE '' END
FROM temp.spec AS s JOIN temp.target AS t ON t.has_dwarf = 0
WHERE s.kind <> 'address'
	AND NOT EXISTS (SELECT 1 FROM temp.target AS o WHERE o.has_dwarf = 1);
