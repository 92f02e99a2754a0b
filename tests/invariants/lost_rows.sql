-- A loss counts something, and has a time exactly when its ledger has times.
-- needs: lost
SELECT id FROM lost WHERE count < 1 OR (kind = 'lost') <> (ts IS NOT NULL);
