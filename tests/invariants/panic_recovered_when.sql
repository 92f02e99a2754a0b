-- A panic says when it was recovered exactly when it was.
-- needs: panic
SELECT id FROM panic WHERE (outcome = 'recovered') <> (recovered_ts IS NOT NULL);
