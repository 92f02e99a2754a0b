-- SPDX-License-Identifier: GPL-2.0-only
--
-- The rows that the causes yielded, as causes with their evidence, the surest first, and of equals the one
-- that is to be looked at first (order: what the program is, how well it was recorded, what it did). A cause
-- that is called proved and names no row is only likely.

INSERT INTO temp.verdict_cause (breakpoint_id, cause, strength, sentence)
SELECT breakpoint_id, cause,
	CASE WHEN strength = 'proved' AND count(row_id) = 0 THEN 'likely' ELSE strength END, sentence
FROM temp.cause_row
WHERE strength IS NOT NULL AND sentence IS NOT NULL
GROUP BY breakpoint_id, cause, strength, sentence
ORDER BY breakpoint_id, CASE strength
	WHEN 'proved' THEN 1 WHEN 'likely' THEN 2 WHEN 'possible' THEN 3 ELSE 4 END,
	(SELECT CAST(text AS INTEGER) FROM temp.cause_head AS h
		WHERE h.cause = cause_row.cause AND h.key = 'order') NULLS LAST, cause;

INSERT INTO temp.evidence (verdict_cause_id, table_name, row_id, sentence)
SELECT c.id, r.table_name, r.row_id, r.evidence_sentence
FROM temp.cause_row AS r
JOIN temp.verdict_cause AS c USING (breakpoint_id, cause, sentence)
WHERE r.table_name IS NOT NULL AND r.row_id IS NOT NULL
GROUP BY c.id, r.table_name, r.row_id, r.evidence_sentence
ORDER BY c.id, min(r.rowid);
