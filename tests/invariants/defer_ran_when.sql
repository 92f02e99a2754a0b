-- A deferred call that is proved to have run says when, and one that did not run does not.
-- needs: defer
SELECT id FROM defer
WHERE (outcome LIKE 'ran%') <> (ran_ts IS NOT NULL) AND kind <> 'open' AND certainty = 'proved';
