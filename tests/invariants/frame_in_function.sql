-- The address of a frame lies in its function, or just behind it: that of a caller is the return
-- address.
-- needs: frame function
SELECT f.id FROM frame f JOIN function n ON n.id = f.function_id
WHERE f.inlined = 0 AND n.addr IS NOT NULL AND n.size > 0 AND (f.pc < n.addr OR f.pc > n.addr + n.size);
