-- SPDX-License-Identifier: GPL-2.0-only
-- title: the code is not Go's
-- meaning: The place is in C or assembly that cgo or the linker brought into the program, or on a thread that
--   Go does not manage. A debugger for Go knows no goroutine there, and often not even the lines.
-- proves: the address is outside of the code that Go's compiler made, or the file is not Go's.
-- rules out: the address is among Go's code.
-- what to do: Use a debugger for C (gdb, lldb) for that part; for gotrace, probe the address.
-- order: 150

SELECT l.breakpoint_id, 'proved',
	printf('0x%x (%s) is not code that Go''s compiler made.', l.pc,
		coalesce(l.file, l.function, 'no function is known')),
	'binary', t.id, printf('Go''s code is [0x%x, 0x%x)', t.go_text, t.go_text_end)
FROM temp.breakpoint_location AS l JOIN temp.target AS t ON t.id = l.binary_id
WHERE t.go_text IS NOT NULL AND NOT (l.pc >= t.go_text AND l.pc < t.go_text_end)
UNION ALL
SELECT l.breakpoint_id, 'ruled_out', printf('0x%x is code that Go''s compiler made.', l.pc),
	'binary', t.id, printf('Go''s code is [0x%x, 0x%x)', t.go_text, t.go_text_end)
FROM temp.breakpoint_location AS l
JOIN temp.target AS t ON t.id = l.binary_id
JOIN temp.spec AS s ON s.breakpoint_id = l.breakpoint_id AND s.kind = 'address'
WHERE l.pc >= t.go_text AND l.pc < t.go_text_end
UNION ALL
SELECT s.breakpoint_id, 'likely',
	printf('"%s" is not a source file of Go, and only lines of Go code are known.', s.file), NULL, NULL, NULL
FROM temp.spec AS s
WHERE s.kind = 'line' AND NOT EXISTS (SELECT 1 FROM temp.every_location AS l WHERE l.breakpoint_id = s.breakpoint_id)
	AND replace(s.file, rtrim(s.file, replace(s.file, '.', '')), '') IN ('c', 'h', 'cc', 'cpp', 'cxx', 'hpp', 'm', 'S');
