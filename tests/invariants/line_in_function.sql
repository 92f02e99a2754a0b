-- The address of a line that is not inlined lies in its function.
-- needs: source_line function
SELECT l.rowid FROM source_line l JOIN function n ON n.id = l.function_id
WHERE l.inlined_into IS NULL AND n.addr IS NOT NULL AND n.size > 0 AND (l.pc < n.addr OR l.pc >= n.addr + n.size);
