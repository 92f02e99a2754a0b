-- The events that a row names as its origin are there.
-- needs: processor_slice event
SELECT id FROM processor_slice
WHERE first_event IS NOT NULL AND first_event NOT IN (SELECT id FROM event)
	OR last_event IS NOT NULL AND last_event NOT IN (SELECT id FROM event);
