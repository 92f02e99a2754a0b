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
	c.last_event AS last_event, -- id of the event that showed it run, or skipped; open and not run: where the goroutine was
	c.registered_sp AS registered_sp, -- the stack pointer at the registering call; NULL: not recorded
	c.stack_id AS stack_id -- where it was registered; open: where it ran, or the goroutine was
FROM defer_call AS c
LEFT JOIN text AS site_function ON site_function.id = c.site_function_id
LEFT JOIN text AS site_file ON site_file.id = c.site_file_id
LEFT JOIN text AS fn ON fn.id = c.fn_id;

-- What the threads of goroutines that run, or are in a system call, did meanwhile: a goroutine that runs is on
-- a CPU only while its thread is. One row for each stretch in which that does not change; where no
-- thread_slice tells, thread_state is NULL.
CREATE VIEW goroutine_cpu AS
WITH slice AS (
	SELECT g.id, g.pid, g.goid, g.tid, g.state, g.certainty, g.ts,
		coalesce(g.ts_end, (SELECT r.ts_end FROM recording AS r)) AS ts_end
	FROM goroutine_slice AS g WHERE g.state IN ('running', 'syscall') AND g.tid IS NOT NULL
),
-- Of a slice without an end, the thread's last one holds to the end, any other one nobody knows how long.
piece AS (
	SELECT g.id, g.pid, g.goid, g.tid, g.state, max(g.ts, t.ts) AS ts,
		min(g.ts_end, coalesce(t.ts_end, iif(n.ts IS NULL, g.ts_end, t.ts))) AS ts_end,
		t.state AS thread_state, t.cpu,
		iif(g.certainty = 'proved' AND t.certainty = 'proved', 'proved',
			iif('possible' IN (g.certainty, t.certainty), 'possible', 'likely')) AS certainty,
		min(g.ts_end, coalesce(n.ts, g.ts_end)) AS next_ts
	FROM slice AS g
	JOIN thread_slice AS t ON t.tid = g.tid AND t.ts < g.ts_end AND t.ts_end IS NOT t.ts AND t.ts >= coalesce(
		(SELECT b.ts FROM thread_slice AS b WHERE b.tid = g.tid AND b.ts <= g.ts AND b.ts_end IS NOT b.ts
			ORDER BY b.ts DESC LIMIT 1), g.ts)
	LEFT JOIN thread_slice AS n ON n.id = (SELECT a.id FROM thread_slice AS a
		WHERE a.tid = t.tid AND a.ts >= t.ts AND a.id <> t.id AND a.ts_end IS NOT a.ts
		ORDER BY a.ts LIMIT 1)
)
SELECT
	id AS slice_id, -- of goroutine_slice
	pid AS pid, -- the process
	goid AS goid, -- the goroutine
	tid AS tid, -- the thread that runs it
	state AS state, -- of the goroutine: running, syscall
	ts AS ts, -- from
	ts_end AS ts_end, -- to
	thread_state AS thread_state, -- as in thread_slice; NULL: not known
	cpu AS cpu, -- where the thread runs, or can
	certainty AS certainty -- of the two together
FROM piece WHERE ts_end > ts
UNION ALL -- what no slice of the thread covers: behind one, before the first
SELECT id, pid, goid, tid, state, max(ts, ts_end), next_ts, NULL, NULL, NULL
FROM piece WHERE next_ts > max(ts, ts_end)
UNION ALL
SELECT g.id, g.pid, g.goid, g.tid, g.state, g.ts, min(g.ts_end, coalesce(
		(SELECT a.ts FROM thread_slice AS a WHERE a.tid = g.tid AND a.ts > g.ts AND a.ts_end IS NOT a.ts
			ORDER BY a.ts LIMIT 1), g.ts_end)), NULL, NULL, NULL
FROM slice AS g
WHERE g.ts_end > g.ts AND NOT EXISTS (SELECT 1 FROM thread_slice AS b
	WHERE b.tid = g.tid AND b.ts <= g.ts AND b.ts_end IS NOT b.ts);

-- Goroutines, threads and processors over time: which thread (M) had which processor (P) and ran which
-- goroutine (G). Of a goroutine that runs where no processor_slice tells, p and m are NULL.
CREATE VIEW mpg AS
WITH slice AS (
	SELECT g.id, g.pid, g.goid, g.tid, g.certainty, g.ts,
		coalesce(g.ts_end, (SELECT r.ts_end FROM recording AS r)) AS ts_end
	FROM goroutine_slice AS g WHERE g.state = 'running' AND g.tid IS NOT NULL
),
piece AS (
	SELECT g.id, g.pid, g.goid, g.tid, max(g.ts, s.ts) AS ts,
		min(g.ts_end, coalesce(s.ts_end, g.ts_end)) AS ts_end, s.m, s.p,
		iif(g.certainty = 'proved' AND s.certainty = 'proved', 'proved',
			iif('possible' IN (g.certainty, s.certainty), 'possible', 'likely')) AS certainty,
		min(g.ts_end, coalesce((SELECT a.ts FROM processor_slice AS a WHERE a.tid = s.tid AND a.ts > s.ts
			ORDER BY a.ts LIMIT 1), g.ts_end)) AS next_ts
	FROM slice AS g
	JOIN processor_slice AS s ON s.tid = g.tid AND s.ts < g.ts_end AND s.ts >= coalesce(
		(SELECT b.ts FROM processor_slice AS b WHERE b.tid = g.tid AND b.ts <= g.ts
			ORDER BY b.ts DESC LIMIT 1), g.ts)
)
SELECT
	ts AS ts, -- from
	ts_end AS ts_end, -- to
	pid AS pid, -- the process
	tid AS tid, -- the thread, as the kernel numbers it
	m AS m, -- as the runtime numbers it
	p AS p, -- the processor; NULL: not known
	goid AS goid, -- the goroutine that ran
	certainty AS certainty, -- of the whole row
	id AS slice_id -- of goroutine_slice
FROM piece WHERE ts_end > ts
UNION ALL
SELECT max(ts, ts_end), next_ts, pid, tid, NULL, NULL, goid, 'possible', id
FROM piece WHERE next_ts > max(ts, ts_end)
UNION ALL
SELECT g.ts, min(g.ts_end, coalesce(
		(SELECT a.ts FROM processor_slice AS a WHERE a.tid = g.tid AND a.ts > g.ts ORDER BY a.ts LIMIT 1),
		g.ts_end)), g.pid, g.tid, NULL, NULL, g.goid, 'possible', g.id
FROM slice AS g
WHERE g.ts_end > g.ts
	AND NOT EXISTS (SELECT 1 FROM processor_slice AS b WHERE b.tid = g.tid AND b.ts <= g.ts);

-- The edges of the recording: which goroutines and threads were there before it and after it, and what is
-- the first and the last that is known of them. That a goroutine is older than the recording follows from
-- its birth not being there; so it is proved only where every birth (newproc1) is, with the number of who
-- was born. Likewise that it has not ended.
CREATE VIEW edge AS
WITH told AS (
	SELECT max(s.function = 'runtime.newproc1') AS births,
		max(s.function = 'runtime.newproc1' AND s.complete = 1 AND s.lost_events = 0
			AND NOT r.truncated AND NOT r.overwrite AND s.events =
				(SELECT count(*) FROM goroutine AS g WHERE g.created_ts IS NOT NULL)) AS all_births,
		max(s.function IN ('runtime.casgstatus', 'runtime.gdestroy') AND s.complete = 1
			AND s.lost_events = 0 AND NOT r.truncated) AS all_deaths,
		max(r.complete) AS complete
	FROM recording AS r LEFT JOIN source AS s ON s.is_uprobe
),
age AS (
	SELECT g.*, CASE
		WHEN g.created_ts IS NOT NULL THEN 0
		WHEN NOT EXISTS (SELECT 1 FROM process AS p WHERE p.pid = g.pid AND p.ts IS NULL) THEN 0
		WHEN t.births THEN 1 END AS before, t.all_births, t.all_deaths
	FROM goroutine AS g, told AS t
)
SELECT
	'goroutine' AS kind, -- goroutine, thread
	a.pid AS pid, -- the process
	a.goid AS goid, -- the goroutine; NULL for a thread
	NULL AS tid, -- the thread; NULL for a goroutine
	a.before AS alive_before, -- 1: it was there when the recording began; 0: it was not; NULL: not known
	CASE WHEN a.before = 0 THEN a.certainty
		WHEN a.before THEN iif(a.all_births, iif(a.start_function IS NULL, 'likely', a.certainty),
			'possible') END AS before_certainty, -- of that
	f.ts AS first_ts, -- from when on it is known what it did
	f.state AS first_state, -- what that was
	a.ended_ts IS NULL AS alive_after, -- 1: it was there when the recording ended
	CASE WHEN a.ended_ts IS NOT NULL OR a.all_deaths THEN a.certainty ELSE 'possible' END
		AS after_certainty, -- of that
	l.ts AS last_ts, -- when the last begins that is known of it
	l.state AS last_state -- what that is
FROM age AS a
LEFT JOIN goroutine_slice AS f ON f.id = (SELECT s.id FROM goroutine_slice AS s
	WHERE s.goid = a.goid AND s.pid = a.pid AND s.ts >= coalesce(a.created_ts, s.ts)
	ORDER BY s.ts, s.id LIMIT 1)
LEFT JOIN goroutine_slice AS l ON l.id = (SELECT s.id FROM goroutine_slice AS s
	WHERE s.goid = a.goid AND s.pid = a.pid AND s.ts <= coalesce(a.ended_ts, s.ts)
	ORDER BY s.ts DESC, s.id DESC LIMIT 1)
UNION ALL
SELECT 'thread', t.pid, NULL, t.tid, t.ts IS NULL, iif(told.complete = 1, 'proved', 'likely'), f.ts, f.state,
	t.ts_end IS NULL, iif(told.complete = 1, 'proved', 'likely'), l.ts, l.state
FROM thread AS t, told
LEFT JOIN thread_slice AS f ON f.id = (SELECT s.id FROM thread_slice AS s
	WHERE s.tid = t.tid AND s.ts >= coalesce(t.ts, s.ts) ORDER BY s.ts, s.id LIMIT 1)
LEFT JOIN thread_slice AS l ON l.id = (SELECT s.id FROM thread_slice AS s
	WHERE s.tid = t.tid AND s.ts <= coalesce(t.ts_end, s.ts) ORDER BY s.ts DESC, s.id DESC LIMIT 1);

-- How much of each source is in the database.
CREATE VIEW loss AS
SELECT
	source.id AS source_id, -- the source
	source.name AS name, -- as perf prints it
	source.events AS events, -- rows there are
	source.lost_events AS lost_events, -- events that perf could not write; NULL: no ledger
	iif(source.carries_sideband = 1 AND source.lost_events > 0, NULL,
		round(100.0 * source.lost_events / nullif(source.events + source.lost_events, 0), 2))
		AS lost_percent, -- of all that there were; NULL: not known, see source.carries_sideband
	source.complete AS complete, -- 1: every occurrence was to be written
	source.sampled_reason AS sampled_reason -- why not
FROM source;

-- At most how many events of each source are missing from each blind window: a row for each pair where
-- any can be. In a hole that is the smaller one of what was lost there, of all sources together, and what
-- the source lost in all; where the ledger says that it lost nothing, there is no row. Of samples nobody
-- can say it: the periods tell about how many hits there were, but not those after the last sample. A gap
-- is no hole of this kind: the sample was not taken, so it is not missing. Bounds do not add up beyond
-- source.lost_events; query "missing" adds them so for a stretch of time.
CREATE VIEW missing_bound AS
SELECT
	b.id AS blind_window_id, -- the window
	s.id AS source_id, -- the source
	b.cpu AS cpu, -- where; NULL: all, or not known
	b.ts AS ts, -- from; NULL: not known
	b.ts_end AS ts_end, -- to; NULL: not known
	CASE b.cause WHEN 'lost' THEN min(b.lost_events, coalesce(s.lost_events, b.lost_events)) END
		AS at_most -- so many are missing at most; NULL: there is no bound
FROM blind_window AS b
JOIN source AS s ON b.source_id IS NULL OR s.id = b.source_id
WHERE b.cause <> 'gap' AND NOT (b.cause = 'lost' AND s.lost_events IS 0);

-- Do blind windows fall into preempt windows more often than by chance? Per kind of preempt window
-- and cause of blindness. By chance, a blind window is inside for as large a part as the preempt windows
-- take of the time that its CPU was running threads (kernel, irq), or that its thread ran (go, which
-- may be too much: the thread need not have run all the while); for stw that cannot be told. Of lost events, which have no
-- time of their own, the beginning of their hole counts. ratio: 1 is chance, NULL cannot be told.
-- Much of what turns preemption off turns interrupts off, too: kernel_alone is kernel without the irq
-- windows, on CPUs on which those were recorded.
-- program_: by the windows alone that the recording is known not to have made (observer 0); NULL where
-- nobody knows that of any.
CREATE VIEW correlation AS
WITH
window AS (
	SELECT id, kind, cpu, ts, ts_end, observer,
		CASE kind WHEN 'go' THEN tid WHEN 'stw' THEN pid ELSE cpu END AS domain
	FROM preempt_window WHERE tid IS NOT 0 AND ts_end IS NOT NULL
),
-- Kernel windows and the irq windows that begin in them, or that were open when they began.
both_off AS (
	SELECT k.cpu, k.observer, min(k.ts_end, i.ts_end) - i.ts AS ns
	FROM window AS k JOIN preempt_window AS i
		ON i.kind = 'irq' AND i.cpu = k.cpu AND i.ts >= k.ts AND i.ts < k.ts_end
	WHERE k.kind = 'kernel' AND i.ts_end IS NOT NULL
	UNION ALL
	SELECT k.cpu, k.observer, min(k.ts_end, i.ts_end) - k.ts
	FROM window AS k JOIN preempt_window AS i ON i.id = (SELECT b.id FROM preempt_window AS b
		WHERE b.kind = 'irq' AND b.cpu = k.cpu AND b.ts < k.ts ORDER BY b.ts DESC LIMIT 1)
	WHERE k.kind = 'kernel' AND i.ts_end > k.ts
),
length AS (
	SELECT kind, domain, observer, ts_end - ts AS ns FROM window WHERE domain IS NOT NULL
	UNION ALL
	SELECT 'kernel_alone', cpu, observer, ts_end - ts FROM window
	WHERE kind = 'kernel' AND cpu IN (SELECT cpu FROM preempt_window WHERE kind = 'irq')
	UNION ALL
	SELECT 'kernel_alone', cpu, observer, -ns FROM both_off
),
busy AS (
	SELECT 'cpu' AS what, cpu AS domain, sum(ts_end - ts) AS ns FROM thread_slice
	WHERE state = 'running' AND cpu IS NOT NULL GROUP BY cpu
	UNION ALL
	SELECT 'tid', tid, sum(ts_end - ts) FROM thread_slice WHERE state = 'running' GROUP BY tid
),
share AS (
	SELECT l.kind, l.domain, min(1.0, 1.0 * sum(l.ns) / nullif(b.ns, 0)) AS part,
		min(1.0, 1.0 * sum(CASE l.observer WHEN 0 THEN l.ns WHEN 1 THEN 0 END) / nullif(b.ns, 0)) AS own_part
	FROM length AS l
	LEFT JOIN busy AS b ON b.domain = l.domain AND b.what = CASE l.kind
		WHEN 'go' THEN 'tid' WHEN 'stw' THEN NULL ELSE 'cpu' END
	GROUP BY l.kind, l.domain
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
inside AS (
	SELECT o.blind_window_id AS id, p.kind, p.tid, p.observer, o.ts, o.ts_end
	FROM window_overlap AS o JOIN preempt_window AS p ON p.id = o.preempt_window_id
),
meet AS (
	SELECT id, kind, sum(ts_end - ts) AS ns, sum(CASE observer WHEN 0 THEN ts_end - ts ELSE 0 END) AS own_ns,
		max(observer IS 0) AS own_inside
	FROM inside WHERE tid IS NOT 0 GROUP BY id, kind
	UNION ALL
	SELECT k.id, 'kernel_alone', k.ns - sum(k.irq_ns), k.own_ns - sum(CASE k.observer WHEN 0 THEN k.irq_ns ELSE 0 END),
		k.own_inside
	FROM (
		SELECT k.id, k.observer, m.ns, m.own_ns, m.own_inside,
			coalesce(min(k.ts_end, i.ts_end) - max(k.ts, i.ts), 0) AS irq_ns
		FROM inside AS k
		JOIN (SELECT id, sum(ts_end - ts) AS ns, max(observer IS 0) AS own_inside,
				sum(CASE observer WHEN 0 THEN ts_end - ts ELSE 0 END) AS own_ns
			FROM inside WHERE kind = 'kernel' GROUP BY id) AS m ON m.id = k.id
		LEFT JOIN inside AS i ON i.id = k.id AND i.kind = 'irq' AND i.ts < k.ts_end AND i.ts_end > k.ts
		WHERE k.kind = 'kernel'
			-- a moment: was it in both?
			AND NOT (k.ts = k.ts_end AND EXISTS (SELECT 1 FROM inside AS x WHERE x.id = k.id AND x.kind = 'irq'))
	) AS k GROUP BY k.id
),
total AS (
	SELECT b.kind, b.cause, sum(b.ns) AS blind_ns, sum(b.ns * b.part) AS expected,
		sum(b.ns * b.own_part) AS own_expected, sum(b.lost) AS lost,
		sum(b.lost * b.part) AS lost_expected, sum(b.lost * b.own_part) AS own_lost_expected,
		sum(CASE WHEN b.ns IS NOT NULL THEN coalesce(m.ns, 0) END) AS overlap,
		sum(CASE WHEN b.ns IS NOT NULL AND b.own_part IS NOT NULL THEN coalesce(m.own_ns, 0) END)
			AS own_overlap,
		sum(b.lost * (m.id IS NOT NULL)) AS lost_inside,
		sum(CASE WHEN b.own_part IS NOT NULL THEN b.lost * coalesce(m.own_inside, 0) END) AS own_lost_inside
	FROM blind AS b LEFT JOIN meet AS m ON m.id = b.id AND m.kind = b.kind
	GROUP BY b.kind, b.cause
)
SELECT
	kind AS kind, -- of the preempt windows: kernel, kernel_alone, irq, go, stw
	cause AS blind_cause, -- of the blind windows
	blind_ns AS blind_ns, -- all the time of such blindness on the CPUs (threads, processes) that had such windows
	overlap AS overlap_ns, -- of it inside preempt windows
	CAST(round(expected) AS INTEGER) AS expected_ns, -- so much would be inside by chance
	overlap / nullif(expected, 0) AS ratio, -- of the two
	own_overlap AS program_overlap_ns, -- of blind_ns, inside windows that the recording did not make
	CAST(round(own_expected) AS INTEGER) AS program_expected_ns, -- so much would be by chance
	own_overlap / nullif(own_expected, 0) AS program_ratio, -- of the two
	lost AS lost_events, -- events in holes on those CPUs
	lost_inside AS lost_inside, -- of them in holes that began inside a preempt window
	CAST(round(lost_expected) AS INTEGER) AS lost_expected, -- so many would by chance
	lost_inside / nullif(lost_expected, 0) AS lost_ratio, -- of the two
	own_lost_inside AS program_lost_inside, -- likewise, windows that the recording did not make
	CAST(round(own_lost_expected) AS INTEGER) AS program_lost_expected, -- so many would by chance
	own_lost_inside / nullif(own_lost_expected, 0) AS program_lost_ratio -- of the two
FROM total;

-- How often and how long stops of the world held a goroutine back, which had to run and could not. A stop
-- counts where the goroutine was runnable in it: it was in a queue when stopping began, or ran, gave way,
-- and was queued; a stretch of it is the time from then, or from where stopping began, to when the world
-- went on, or to when it was seen to run before. Not counted: how long it ran on while the world was
-- being stopped; how long it then queued for a processor; stops while it waited or was in a system call, and
-- those that it ordered itself; stops that a hole cuts (preempt_window.ts_end NULL), so numbers are what there
-- was at least.
CREATE VIEW frozen AS
WITH RECURSIVE
-- Stops of one process do not overlap: they have numbers, and those that a slice meets are in a row.
stop AS MATERIALIZED (
	SELECT pid, row_number() OVER (PARTITION BY pid ORDER BY ts, id) AS number, goid, ts, ts_end, certainty
	FROM preempt_window WHERE kind = 'stw' AND ts_end IS NOT NULL
),
ready AS (
	SELECT id, pid, ts, coalesce(ts_end, 9223372036854775807) AS ts_end FROM goroutine_slice
	WHERE state = 'runnable' AND pid IN (SELECT pid FROM stop)
),
point AS (
	SELECT pid, ts_end AS ts, 0 AS what, NULL AS slice FROM stop -- what: in this order at one time
	UNION ALL SELECT pid, ts_end, 1, id FROM ready
	UNION ALL SELECT pid, ts, 2, id FROM ready
	UNION ALL SELECT pid, ts, 3, NULL FROM stop
),
passed AS (
	SELECT slice, what, sum(what = 0) OVER line AS ended, sum(what = 3) OVER line AS begun FROM point
	WINDOW line AS (PARTITION BY pid ORDER BY ts, what ROWS UNBOUNDED PRECEDING)
),
met AS (
	SELECT slice, max(iif(what = 2, ended, 0)) + 1 AS first, max(iif(what = 1, begun, 0)) AS last FROM passed
	WHERE slice IS NOT NULL GROUP BY slice
),
pair (slice, number, last) AS (
	SELECT slice, first, last FROM met WHERE first <= last
	UNION ALL SELECT slice, number + 1, last FROM pair WHERE number < last
),
held AS (
	SELECT g.pid, g.goid, p.number,
		sum(min(coalesce(g.ts_end, s.ts_end), s.ts_end) - max(g.ts, s.ts)) AS ns,
		max('possible' IN (g.certainty, s.certainty)) AS possible,
		max('likely' IN (g.certainty, s.certainty)) AS likely
	FROM pair AS p
	JOIN goroutine_slice AS g ON g.id = p.slice
	JOIN stop AS s ON s.pid = g.pid AND s.number = p.number AND s.goid IS NOT g.goid
	GROUP BY g.pid, g.goid, p.number
)
SELECT
	pid AS pid, -- the process
	goid AS goid, -- the goroutine
	count(*) AS stops, -- that held it
	sum(ns) AS total_ns, -- for so long in all
	sum(ns) / count(*) AS average_ns, -- for so long each
	max(ns) AS max_ns, -- the longest
	CASE WHEN max(possible) THEN 'possible' WHEN max(likely) THEN 'likely' ELSE 'proved' END
		AS certainty -- of the least certain row that this comes from
FROM held WHERE ns > 0 GROUP BY pid, goid;
