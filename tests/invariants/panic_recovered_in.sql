-- Who called recover() is told of recovered panics only, and what he did with the value only with him.
-- needs: panic
SELECT id FROM panic
WHERE (recovered_in IS NOT NULL AND outcome <> 'recovered')
	OR (recovered_in IS NULL AND (value_dropped IS NOT NULL OR recover_file IS NOT NULL));
