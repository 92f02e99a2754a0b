-- What a blind window misses is a number of events, and all of them together are not more than the ledgers say.
-- needs: blind_window lost
SELECT id FROM blind_window WHERE lost_events < 0
UNION ALL
SELECT sum(b.lost_events) FROM blind_window b WHERE b.cause = 'lost' AND b.source_id IS NULL
HAVING sum(b.lost_events) > max(
	(SELECT coalesce(sum(count), 0) FROM lost WHERE kind = 'lost'),
	(SELECT coalesce(sum(count), 0) FROM lost WHERE kind = 'lost_samples'));
