-- That a place never ran, or cannot, is said only with a proved cause.
-- needs: verdict verdict_cause
SELECT breakpoint_id FROM verdict v WHERE verdict IN ('not_reached', 'impossible')
	AND NOT EXISTS (SELECT 1 FROM verdict_cause c WHERE c.breakpoint_id = v.breakpoint_id AND c.strength = 'proved');
