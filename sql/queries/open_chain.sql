-- SPDX-License-Identifier: GPL-2.0-only
-- title: open-coded defer statements that can have been pending in the frames of a panic, innermost first
-- arguments: PANIC_ID
-- Those whose code lies before the place where the frame was. The function that panicked is not on the stack
-- that is recorded at the entry of gopanic: it is known by name, and the place by its line.
WITH RECURSIVE walk (depth, stack_id) AS (
	SELECT 1, stack_id FROM panic WHERE id = ?1 AND stack_id IS NOT NULL
	UNION ALL
	SELECT w.depth + 1, s.parent_id FROM walk AS w JOIN stack AS s ON s.id = w.stack_id
	WHERE s.parent_id IS NOT NULL AND w.depth < 10000
),
framed AS (
	SELECT w.depth, r.function_id, r.pc, NULL AS line FROM walk AS w
	JOIN stack AS s ON s.id = w.stack_id
	JOIN frame AS r ON r.id = s.frame_id AND r.inlined = 0
),
frames AS (
	SELECT depth, function_id, pc, line FROM framed
	UNION ALL
	SELECT 0, n.id, NULL, p.line FROM panic AS p JOIN function AS n ON n.name = p.function
	WHERE p.id = ?1 AND n.id NOT IN (SELECT function_id FROM framed WHERE depth <= 2 AND function_id IS NOT NULL)
)
SELECT f.depth, d.function, d.file, d.line, d.slot
FROM frames AS f JOIN defer_site AS d ON d.function_id = f.function_id AND d.kind = 'open'
WHERE d.pc < f.pc OR (f.pc IS NULL AND d.line <= f.line)
ORDER BY f.depth, d.slot DESC;
