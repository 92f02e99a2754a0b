-- A defer statement, and where it is run, lie in the code of its function.
-- needs: defer_site function
SELECT d.id FROM defer_site d JOIN function n ON n.id = d.function_id
WHERE n.addr IS NOT NULL AND n.size > 0 AND (d.pc < n.addr OR d.pc >= n.addr + n.size
	OR d.deferreturn < n.addr OR d.deferreturn >= n.addr + n.size);
