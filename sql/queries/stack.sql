-- SPDX-License-Identifier: GPL-2.0-only
-- title: the frames of a stack, innermost first
-- arguments: STACK_ID
WITH RECURSIVE walk (depth, stack_id, parent_id, frame_id) AS (
	SELECT 0, id, parent_id, frame_id FROM stack WHERE id = ?1
	UNION ALL
	SELECT w.depth + 1, s.id, s.parent_id, s.frame_id FROM walk AS w JOIN stack AS s ON s.id = w.parent_id
	WHERE w.depth < 10000
)
SELECT w.depth, f.name AS function, r.file, r.line, b.path AS binary, printf('0x%x', r.pc) AS pc, r.inlined
FROM walk AS w
JOIN frame AS r ON r.id = w.frame_id
LEFT JOIN function AS f ON f.id = r.function_id
LEFT JOIN binary AS b ON b.id = r.binary_id
ORDER BY w.depth;
