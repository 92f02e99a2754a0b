-- The open-coded defers of a function have a slot each, the first 8 at most, and others have none.
-- needs: defer_site
SELECT max(id) FROM defer_site WHERE kind = 'open' GROUP BY binary_id, deferreturn, slot
HAVING count(*) > 1 OR slot IS NULL OR slot NOT BETWEEN 0 AND 7
UNION ALL
SELECT id FROM defer_site WHERE kind <> 'open' AND slot IS NOT NULL;
