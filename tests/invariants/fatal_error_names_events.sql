-- A death begins with an event of its thread, and does not end before it begins.
-- needs: fatal_error
SELECT f.id FROM fatal_error f LEFT JOIN event e ON e.id = f.first_event
WHERE e.id IS NULL OR e.pid <> f.pid OR e.ts <> f.ts OR f.last_event < f.first_event;
