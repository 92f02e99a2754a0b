-- A source counts the events that the view of all events has of it.
-- needs: source event
SELECT s.id FROM source s LEFT JOIN (SELECT source_id, count(*) AS n FROM event GROUP BY source_id) e ON e.source_id = s.id
WHERE s.events <> coalesce(e.n, 0);
