-- The events that a row names as its origin are there.
-- needs: goroutine_slice event
SELECT id FROM goroutine_slice
WHERE first_event IS NOT NULL AND first_event NOT IN (SELECT id FROM event)
	OR last_event IS NOT NULL AND last_event NOT IN (SELECT id FROM event);
