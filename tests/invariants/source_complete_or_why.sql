-- A source that is not complete says why.
-- needs: source
SELECT id FROM source WHERE complete = 0 AND coalesce(sampled_reason, '') = '' OR complete IS NULL;
