-- The lost events of a source are the sum of its ledger.
-- needs: source lost
SELECT id FROM source s
WHERE lost_events <> (SELECT coalesce(sum(count), 0) FROM lost l WHERE l.source_id = s.id AND kind = 'lost_samples');
