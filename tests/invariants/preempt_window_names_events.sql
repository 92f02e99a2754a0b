-- The events that a row names as its origin are there.
-- needs: preempt_window event
SELECT id FROM preempt_window
WHERE first_event IS NOT NULL AND first_event NOT IN (SELECT id FROM event)
	OR last_event IS NOT NULL AND last_event NOT IN (SELECT id FROM event);
