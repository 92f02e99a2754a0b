-- What is called proved is proved by a row.
-- needs: verdict_cause evidence
SELECT id FROM verdict_cause c WHERE strength = 'proved'
	AND NOT EXISTS (SELECT 1 FROM evidence e WHERE e.verdict_cause_id = c.id);
