-- A hole names the last event of its CPU before it and the first one after it.
-- needs: blind_window event
SELECT b.id FROM blind_window AS b
LEFT JOIN event AS f ON f.id = b.first_event
LEFT JOIN event AS l ON l.id = b.last_event
WHERE (b.first_event IS NOT NULL AND f.id IS NULL) OR (b.last_event IS NOT NULL AND l.id IS NULL)
	OR f.ts > b.ts OR l.ts < b.ts_end OR b.first_event >= b.last_event
	OR (b.cause = 'lost' AND (b.cpu <> f.cpu OR b.cpu <> l.cpu OR EXISTS (SELECT 1 FROM event AS e
		WHERE e.id > b.first_event AND e.id < b.last_event AND e.cpu = b.cpu)));
