-- SPDX-License-Identifier: GPL-2.0-only
-- title: the program knows the file under another path
-- meaning: The path given is not the one that the compiler stored (built in a container, on another
--   machine, by bazel, with -trimpath, through a symbolic link). A debugger finds no such file and sets
--   no breakpoint, or leaves it pending.
-- proves: the path is not in the line table, nor the end of one there; a file of the same base name is.
-- rules out: the path, or a path that ends like it, is in the line table.
-- what to do: Use the stored path, or map paths in the debugger (Delve: substitute-path).
-- order: 20

SELECT m.breakpoint_id, 'proved',
	printf('the program knows no file "%s"; what comes nearest is %s, and that is where events were '
		|| 'counted.', spec.file, (SELECT group_concat(path, ', ') FROM temp.file_match AS o
		WHERE o.breakpoint_id = m.breakpoint_id)),
	'source_file', m.file_id, printf('the line table has %s', m.path)
FROM temp.file_match AS m JOIN temp.spec USING (breakpoint_id)
WHERE m.level >= 3
UNION ALL
SELECT m.breakpoint_id, 'ruled_out', printf('the program knows the file under this path: %s.', m.path),
	'source_file', m.file_id, printf('the line table has %s', m.path)
FROM temp.file_match AS m JOIN temp.spec USING (breakpoint_id)
WHERE m.level < 3 AND NOT m.linked AND instr(spec.file, '/')
UNION ALL
-- No file of that name at all, although lines are stored.
SELECT s.breakpoint_id, 'possible',
	printf('no source file called "%s" is stored for %s; stored are those of its main module, such as %s.',
		s.file, t.path, (SELECT path FROM source_file ORDER BY id LIMIT 1)),
	'binary', t.id, 'its source files were read'
FROM temp.spec AS s JOIN temp.target AS t
WHERE s.kind = 'line' AND EXISTS (SELECT 1 FROM source_line AS l WHERE l.binary_id = t.id)
	AND NOT EXISTS (SELECT 1 FROM temp.file_match AS m WHERE m.breakpoint_id = s.breakpoint_id);
