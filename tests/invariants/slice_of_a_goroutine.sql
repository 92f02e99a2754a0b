-- Every slice belongs to a goroutine that stands in its table.
-- needs: goroutine_slice goroutine
SELECT id FROM goroutine_slice WHERE (pid, goid) NOT IN (SELECT pid, goid FROM goroutine);
