-- What never ran has no hits, and what was hit has some.
-- needs: verdict
SELECT breakpoint_id FROM verdict
WHERE verdict IN ('not_reached', 'impossible') AND (reached > 0 OR trapped > 0) OR verdict = 'hit' AND reached + trapped = 0;
