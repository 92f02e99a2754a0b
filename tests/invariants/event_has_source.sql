-- Every event has a source, and a time unless the recording gave it none.
-- needs: event source
SELECT id FROM event WHERE source_id IS NULL OR source_id NOT IN (SELECT id FROM source) OR ts = 0;
