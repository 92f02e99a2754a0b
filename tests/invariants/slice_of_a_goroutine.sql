-- Every slice belongs to a goroutine that stands in its table.
-- needs: goroutine_slice goroutine
SELECT id FROM goroutine_slice s WHERE NOT EXISTS (SELECT 1 FROM goroutine g WHERE g.pid = s.pid AND g.goid = s.goid);
