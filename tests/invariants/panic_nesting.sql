-- A panic is nested in an earlier one of the same goroutine.
-- needs: panic
SELECT p.id FROM panic p LEFT JOIN panic o ON o.id = p.nested_in
WHERE p.nested_in IS NOT NULL AND (o.id IS NULL OR o.pid <> p.pid OR o.goid <> p.goid OR o.ts > p.ts OR o.id = p.id);
