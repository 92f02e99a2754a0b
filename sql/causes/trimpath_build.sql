-- SPDX-License-Identifier: GPL-2.0-only
-- title: the paths of the source files were cut off at build time
-- meaning: Built with -trimpath, the program names its files by module ("example.com/app/main.go",
--   "golang.org/x/net@v0.1.0/http.go"). A debugger that is given the path of the file on disk finds none.
-- proves: the build settings have -trimpath=true, and the path given agrees with a stored one only at its end.
-- rules out: the build settings have no -trimpath, or the path is stored as given.
-- what to do: Give the path as it is stored, map it in the debugger (Delve: substitute-path), or build
--   without -trimpath (see GOFLAGS).
-- order: 30

WITH matched AS (
	SELECT DISTINCT m.breakpoint_id, m.file_id, m.path, spec.file, t.id AS binary_id, t.path AS program, t.trimmed
	FROM temp.file_match AS m
	JOIN temp.spec USING (breakpoint_id)
	JOIN source_line AS s ON s.file_id = m.file_id
	JOIN temp.target AS t ON t.id = s.binary_id
	WHERE m.level >= 3
)
SELECT m.breakpoint_id,
	CASE WHEN m.path LIKE '/%' THEN 'ruled_out' WHEN m.trimmed THEN 'proved' ELSE 'likely' END,
	CASE WHEN m.path LIKE '/%' THEN printf('%s stores whole paths: %s.', m.program, m.path)
		ELSE printf('%s was built with its paths cut off%s: "%s" is stored as %s.', m.program,
			CASE WHEN m.trimmed THEN ' (-trimpath)' ELSE '' END, m.file, m.path) END,
	e.table_name, e.row_id, e.sentence
FROM matched AS m
JOIN (
	SELECT file_id, 'source_file' AS table_name, file_id AS row_id, printf('stored as %s', path) AS sentence
	FROM matched
	UNION
	SELECT file_id, 'binary', binary_id, CASE WHEN trimmed THEN 'its build settings have -trimpath=true'
		ELSE 'its build settings have no -trimpath' END
	FROM matched
) AS e ON e.file_id = m.file_id;
