-- A value has a type, at most 64 bytes of text, and all of it where there are no more.
-- needs: panic
SELECT id FROM panic
WHERE (value_text IS NULL) <> (value_size IS NULL) OR (value_text IS NOT NULL AND value_type IS NULL)
	OR (value_size > 0 AND value_text = '');
