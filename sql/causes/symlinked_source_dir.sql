-- SPDX-License-Identifier: GPL-2.0-only
-- title: the path given leads through a symbolic link
-- meaning: The compiler stored the path of the folder that it worked in; the path given reaches the same
--   file through a symbolic link. A debugger compares letters, and finds no such file.
-- proves: without its symbolic links (as they are on this machine) the path given is a stored one, and as it
--   was given it is not.
-- rules out: the path is stored as given.
-- what to do: Open the folder under its real path, or map the path in the debugger (Delve: substitute-path).
-- order: 40

SELECT m.breakpoint_id, 'proved',
	printf('"%s" is %s through a symbolic link, and the program knows only the latter.', s.file, s.resolved),
	'source_file', m.file_id, printf('stored as %s', m.path)
FROM temp.file_match AS m JOIN temp.spec AS s USING (breakpoint_id)
WHERE m.linked AND m.level < 3
UNION ALL
SELECT m.breakpoint_id, 'ruled_out',
	printf('"%s" is %s through a symbolic link, and the program knows the former.', s.file, s.resolved),
	'source_file', m.file_id, printf('stored as %s', m.path)
FROM temp.file_match AS m JOIN temp.spec AS s USING (breakpoint_id)
WHERE NOT m.linked AND m.level < 3 AND s.resolved <> s.file;
