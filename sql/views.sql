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
	c.seq AS seq, -- 1, 2, 3 … in the order in which the goroutine registered them; NULL: open, whose order is not seen
	site_function.text AS site_function, -- where the defer statement is
	site_file.text AS site_file, -- where the defer statement is
	c.site_line AS site_line, -- where the defer statement is
	coalesce(fn.text, iif(c.fn_addr <> 0, printf('0x%x', c.fn_addr), NULL)) AS fn, -- what was to be called
	c.registered_ts AS registered_ts, -- NULL: not seen
	c.ran_ts AS ran_ts, -- NULL: not seen
	c.outcome AS outcome, -- ran, ran_in_panic, ran_in_goexit, skipped_by_exit, pending, unknown
	c.certainty AS certainty, -- proved, likely, possible
	c.first_event AS first_event, -- id of the event that registered it; NULL: open, which nothing registers
	c.last_event AS last_event, -- id of the event that showed it run, or skipped
	c.registered_sp AS registered_sp, -- the stack pointer at the registering call; NULL: not recorded
	c.stack_id AS stack_id -- where it was registered; open: where it ran, or was skipped
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
-- and cause of blindness. By chance, a blind window is inside for as large a part as the preempt windows
-- take of the time that its CPU was running threads (kernel, irq), or that its thread ran (go, which
-- may be too much: the thread need not have run all the while); for stw that cannot be told. Of lost events, which have no
-- time of their own, the beginning of their hole counts. ratio: 1 is chance, NULL cannot be told.
CREATE VIEW correlation AS
WITH
window AS (
	SELECT id, kind, CASE kind WHEN 'go' THEN tid WHEN 'stw' THEN pid ELSE cpu END AS domain,
		ts_end - ts AS ns, CASE WHEN observer = 1 THEN 0 ELSE ts_end - ts END AS own_ns
	FROM preempt_window WHERE tid IS NOT 0
),
busy AS (
	SELECT 'cpu' AS what, cpu AS domain, sum(ts_end - ts) AS ns FROM thread_slice
	WHERE state = 'running' AND cpu IS NOT NULL GROUP BY cpu
	UNION ALL
	SELECT 'tid', tid, sum(ts_end - ts) FROM thread_slice WHERE state = 'running' GROUP BY tid
),
share AS (
	SELECT w.kind, w.domain, min(1.0, 1.0 * sum(w.ns) / nullif(b.ns, 0)) AS part,
		min(1.0, 1.0 * sum(w.own_ns) / nullif(b.ns, 0)) AS own_part
	FROM window AS w
	LEFT JOIN busy AS b ON b.domain = w.domain AND b.what = CASE w.kind
		WHEN 'kernel' THEN 'cpu' WHEN 'irq' THEN 'cpu' WHEN 'go' THEN 'tid' END
	WHERE w.domain IS NOT NULL GROUP BY w.kind, w.domain
),
blind AS (
	SELECT b.id, s.kind, b.cause, s.part, s.own_part,
		CASE WHEN b.cause <> 'lost' THEN b.ts_end - b.ts END AS ns,
		CASE WHEN b.cause = 'lost' THEN b.lost_events END AS lost
	FROM share AS s
	JOIN blind_window AS b ON b.ts IS NOT NULL AND b.ts_end IS NOT NULL AND CASE s.kind
		WHEN 'go' THEN b.tid = s.domain AND b.cause = 'gap'
		WHEN 'stw' THEN b.cause = 'gap' AND EXISTS (SELECT 1 FROM thread AS t
			WHERE t.tid = b.tid AND t.pid = s.domain)
		ELSE b.cpu = s.domain AND b.cause IN ('gap', 'throttled', 'lost') END
),
meet AS (
	SELECT b.id, b.kind, sum(o.ts_end - o.ts) AS ns, 1 AS inside,
		sum(CASE WHEN p.observer = 1 THEN 0 ELSE o.ts_end - o.ts END) AS own_ns,
		max(p.observer IS NOT 1) AS own_inside
	FROM blind AS b
	JOIN window_overlap AS o ON o.blind_window_id = b.id
	JOIN preempt_window AS p ON p.id = o.preempt_window_id AND p.kind = b.kind
	GROUP BY b.id, b.kind
),
total AS (
	SELECT b.kind, b.cause, sum(b.ns) AS blind_ns, sum(b.ns * b.part) AS expected,
		sum(b.ns * b.own_part) AS own_expected, sum(b.lost) AS lost,
		sum(b.lost * b.part) AS lost_expected,
		sum(CASE WHEN b.ns IS NOT NULL THEN coalesce(m.ns, 0) END) AS overlap,
		sum(CASE WHEN b.ns IS NOT NULL THEN coalesce(m.own_ns, 0) END) AS own_overlap,
		sum(CASE WHEN m.inside THEN b.lost WHEN b.lost IS NOT NULL THEN 0 END) AS lost_inside
	FROM blind AS b LEFT JOIN meet AS m ON m.id = b.id AND m.kind = b.kind
	GROUP BY b.kind, b.cause
)
SELECT
	kind AS kind, -- of the preempt windows
	cause AS blind_cause, -- of the blind windows
	blind_ns AS blind_ns, -- all the time of such blindness on the CPUs (threads, processes) that had such windows
	overlap AS overlap_ns, -- of it inside preempt windows
	CAST(round(expected) AS INTEGER) AS expected_ns, -- so much would be inside by chance
	overlap / nullif(expected, 0) AS ratio, -- of the two
	own_overlap AS program_overlap_ns, -- without the windows that the recording itself made
	CAST(round(own_expected) AS INTEGER) AS program_expected_ns, -- without those
	own_overlap / nullif(own_expected, 0) AS program_ratio, -- of the two
	lost AS lost_events, -- events in holes on those CPUs
	lost_inside AS lost_inside, -- of them in holes that began inside a preempt window
	CAST(round(lost_expected) AS INTEGER) AS lost_expected, -- so many would by chance
	lost_inside / nullif(lost_expected, 0) AS lost_ratio -- of the two
FROM total;
