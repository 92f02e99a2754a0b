-- Nothing registers an open-coded defer; that it ran was seen at a time, by an event.
-- needs: defer
SELECT id FROM defer WHERE kind = 'open' AND (seq IS NOT NULL OR registered_ts IS NOT NULL OR first_event IS NOT NULL
	OR (outcome LIKE 'ran%') <> (ran_ts IS NOT NULL) OR last_event IS NULL);
