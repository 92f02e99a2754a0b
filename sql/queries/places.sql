-- SPDX-License-Identifier: GPL-2.0-only
-- title: where a breakpoint on a line of a file would land
-- arguments: FILE LINE
SELECT f.name AS function, i.name AS inlined_into, s.line, printf('0x%x', s.pc) AS pc, s.is_stmt, s.is_entry,
	p.path AS file, b.path AS binary
FROM source_line AS s
JOIN source_file AS p ON p.id = s.file_id
JOIN binary AS b ON b.id = s.binary_id
LEFT JOIN function AS f ON f.id = s.function_id
LEFT JOIN function AS i ON i.id = s.inlined_into
WHERE (p.path = ?1 OR substr(p.path, -length(?1) - 1) = '/' || ?1) AND s.line = ?2
ORDER BY s.binary_id, s.pc;
