-- SPDX-License-Identifier: GPL-2.0-only
--
-- Views: the stable face of the database. They only ever grow. The view `event` over all events and
-- those of sql/bare_views.sql are made from the tables that there are.

-- The innermost frame of each stack, readable.
CREATE VIEW leaf AS
SELECT
	stack.id AS stack_id, -- as in the event tables
	function.name AS function, -- NULL: not known
	frame.file AS file, -- source file
	frame.line AS line, -- source line
	binary.path AS binary, -- program, library or kernel
	frame.pc AS pc -- address
FROM stack
JOIN frame ON frame.id = stack.frame_id
LEFT JOIN function ON function.id = frame.function_id
LEFT JOIN binary ON binary.id = frame.binary_id;

-- Every deferred call at run time.
CREATE VIEW defer AS
SELECT
	c.id AS id, -- no meaning of its own
	c.pid AS pid, -- the process
	c.goid AS goid, -- the goroutine; NULL: not known
	c.kind AS kind, -- heap, stack, range, open: as in defer_site
	c.seq AS seq, -- 1, 2, 3 … in the order in which the goroutine registered them
	site_function.text AS site_function, -- where the defer statement is
	site_file.text AS site_file, -- where the defer statement is
	c.site_line AS site_line, -- where the defer statement is
	coalesce(fn.text, iif(c.fn_addr <> 0, printf('0x%x', c.fn_addr), NULL)) AS fn, -- what was to be called
	c.registered_ts AS registered_ts, -- NULL: not seen
	c.ran_ts AS ran_ts, -- NULL: not seen
	c.outcome AS outcome, -- ran, ran_in_panic, ran_in_goexit, skipped_by_exit, pending, unknown
	c.certainty AS certainty, -- proved, likely, possible
	c.first_event AS first_event, -- id of the event that registered it
	c.last_event AS last_event -- id of the event that showed it run
FROM defer_call AS c
LEFT JOIN text AS site_function ON site_function.id = c.site_function_id
LEFT JOIN text AS site_file ON site_file.id = c.site_file_id
LEFT JOIN text AS fn ON fn.id = c.fn_id;

-- How much of each source is in the database.
CREATE VIEW loss AS
SELECT
	source.id AS source_id, -- the source
	source.name AS name, -- as perf prints it
	source.events AS events, -- rows there are
	source.lost_events AS lost_events, -- events that perf could not write; NULL: no ledger
	round(100.0 * source.lost_events / nullif(source.events + source.lost_events, 0), 2)
		AS lost_percent, -- of all that there were
	source.complete AS complete, -- 1: every occurrence was to be written
	source.sampled_reason AS sampled_reason -- why not
FROM source;

-- Do blind windows fall into preempt windows more often than by chance? Per kind of preempt window
-- and cause of blindness. ratio is overlap_ns / expected_ns: 1 is chance, NULL is "cannot be told".
CREATE VIEW correlation AS
WITH
span AS (
	SELECT ts_end - ts AS ns, coalesce(nullif((SELECT count(*) FROM cpu WHERE online IS NOT 0), 0),
		nr_cpus) AS cpus
	FROM recording
),
preempt AS (
	SELECT kind, sum(ts_end - ts) AS ns FROM preempt_window
	WHERE cpu IS NOT NULL AND ts_end IS NOT NULL GROUP BY kind
),
blind AS (
	SELECT cause, sum(ts_end - ts) AS ns FROM blind_window
	WHERE cpu IS NOT NULL AND ts IS NOT NULL AND ts_end IS NOT NULL GROUP BY cause
),
meet AS (
	SELECT p.kind, b.cause, sum(o.ts_end - o.ts) AS ns
	FROM window_overlap AS o
	JOIN preempt_window AS p ON p.id = o.preempt_window_id
	JOIN blind_window AS b ON b.id = o.blind_window_id
	GROUP BY p.kind, b.cause
),
expected AS (
	SELECT preempt.kind, blind.cause, blind.ns AS blind_ns, coalesce(meet.ns, 0) AS overlap_ns,
		1.0 * blind.ns * preempt.ns / nullif(span.ns * span.cpus, 0) AS ns
	FROM preempt, blind, span
	LEFT JOIN meet ON meet.kind = preempt.kind AND meet.cause = blind.cause
)
SELECT
	kind AS kind, -- of the preempt windows
	cause AS blind_cause, -- of the blind windows
	blind_ns AS blind_ns, -- all the time of such blindness, over all CPUs
	overlap_ns AS overlap_ns, -- of it inside preempt windows
	CAST(round(ns) AS INTEGER) AS expected_ns, -- so much would be inside by chance
	overlap_ns / nullif(ns, 0) AS ratio -- of the two
FROM expected;
