-- The panic that a program died of is fatal, unless more than that is not known, and of the same goroutine.
-- needs: fatal_error
SELECT f.id FROM fatal_error f JOIN panic p ON p.id = f.panic_id
WHERE p.pid <> f.pid OR p.goid IS NOT f.goid OR p.ts > f.ts OR p.outcome IN ('recovered', 'goexit')
	OR (f.kind = 'panic' AND p.outcome NOT IN ('fatal', 'unknown'));
