-- A stretch of a line's code has bytes, and lies in the function that holds it.
-- needs: line_pc function
SELECT l.id FROM line_pc l LEFT JOIN function n ON n.id = coalesce(l.inlined_into, l.function_id)
WHERE l.line < 1 OR l.pc_end <= l.pc
	OR n.addr IS NOT NULL AND n.size > 0 AND (l.pc < n.addr OR l.pc_end > n.addr + n.size);
