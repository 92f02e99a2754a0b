-- SPDX-License-Identifier: GPL-2.0-only
--
-- Copies an explanation from the temporary tables into the database. A breakpoint that is stored
-- already is replaced.

BEGIN IMMEDIATE;

CREATE TEMP TABLE old AS SELECT id FROM main.breakpoint
WHERE spec IN (SELECT spec FROM temp.breakpoint);
DELETE FROM main.evidence WHERE verdict_cause_id IN (SELECT id FROM main.verdict_cause
	WHERE breakpoint_id IN (SELECT id FROM temp.old));
DELETE FROM main.verdict_cause WHERE breakpoint_id IN (SELECT id FROM temp.old);
DELETE FROM main.verdict WHERE breakpoint_id IN (SELECT id FROM temp.old);
DELETE FROM main.breakpoint_hit WHERE breakpoint_id IN (SELECT id FROM temp.old);
DELETE FROM main.breakpoint_location WHERE breakpoint_id IN (SELECT id FROM temp.old);
DELETE FROM main.breakpoint WHERE id IN (SELECT id FROM temp.old);

CREATE TEMP TABLE base AS SELECT
	(SELECT coalesce(max(id), 0) FROM main.breakpoint) AS breakpoint,
	(SELECT coalesce(max(id), 0) FROM main.breakpoint_location) AS location,
	(SELECT coalesce(max(id), 0) FROM main.breakpoint_hit) AS hit,
	(SELECT coalesce(max(id), 0) FROM main.verdict_cause) AS cause,
	(SELECT coalesce(max(id), 0) FROM main.evidence) AS evidence;

INSERT INTO main.breakpoint (id, spec)
SELECT base.breakpoint + id, spec FROM temp.breakpoint, temp.base;

INSERT INTO main.breakpoint_location (id, breakpoint_id, pc, function, file, line, inlined_into, is_stmt,
	binary_id, source_line_id, other)
SELECT base.location + id, base.breakpoint + breakpoint_id, pc, function, file, line, inlined_into,
	is_stmt, binary_id, source_line_id, other
FROM temp.breakpoint_location, temp.base;

INSERT INTO main.breakpoint_hit (id, breakpoint_id, location_id, ts, pid, tid, goid, kind, event_id)
SELECT base.hit + id, base.breakpoint + breakpoint_id, base.location + location_id, ts, pid, tid, goid,
	kind, event_id
FROM temp.breakpoint_hit, temp.base;

INSERT INTO main.verdict (breakpoint_id, verdict, reached, trapped, missed_min, missed_max, sentence,
	next_recording)
SELECT base.breakpoint + breakpoint_id, verdict, reached, trapped, missed_min, missed_max, sentence,
	next_recording
FROM temp.verdict, temp.base;

INSERT INTO main.verdict_cause (id, breakpoint_id, cause, strength, sentence)
SELECT base.cause + c.id, base.breakpoint + c.breakpoint_id, c.cause, c.strength, c.sentence
FROM temp.verdict_cause AS c, temp.base;

INSERT INTO main.evidence (id, verdict_cause_id, table_name, row_id, sentence)
SELECT base.evidence + id, base.cause + verdict_cause_id, table_name, row_id, sentence
FROM temp.evidence, temp.base;

COMMIT;
