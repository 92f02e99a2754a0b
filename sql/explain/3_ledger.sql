-- SPDX-License-Identifier: GPL-2.0-only
--
-- What was seen at the places: watcher (uprobes that tell something about a place), trap (a debugger's
-- breakpoints as they fired), breakpoint_hit.

-- Uprobes that tell about a place, by kind, the best first:
--   exact   at its very address, so each hit is an execution of the place (and, the kernel having put its
--           own trap there, none of a debugger's)
--   beside  elsewhere, and hit as often as the place is executed (probe_place, exact)
--   entry   at the first instruction of the function around it, so no hit means that the place was not
--           reached. Where the place is the one behind the prologue of that function, each call that comes
--           through the entry comes to the place (counts = 1), but several hits can be one call, as a
--           prologue can run again
--   some    elsewhere, and whenever it was hit, the place was executed; not the other way about
-- A debugger's trap at the place is let through by all but the first. One uprobe counts for a place.
-- behind 1: it is hit after the place, so a trap comes before the hit.
CREATE TEMP TABLE watcher AS
WITH uprobe AS (
	SELECT s.id, s.binary_id, coalesce(s.pc, f.addr + s.function_offset) AS pc
	FROM source AS s
	LEFT JOIN function AS f ON s.pc IS NULL AND f.binary_id = s.binary_id AND f.name = s.function
	WHERE s.is_uprobe = 1 AND s.is_return_probe IS NOT 1
),
near AS (
	SELECT l.id AS location_id, u.id AS source_id, u.pc, CASE WHEN u.pc = l.pc THEN 'exact' ELSE 'entry' END AS kind
	FROM temp.breakpoint_location AS l
	LEFT JOIN function AS holder ON holder.id = l.container_id
	JOIN uprobe AS u ON u.binary_id = l.binary_id AND u.pc IN (l.pc, holder.addr)
	UNION
	SELECT l.id, p.source_id, u.pc, CASE WHEN max(p.exact) THEN 'beside' ELSE 'some' END
	FROM temp.breakpoint_location AS l
	JOIN probe_place AS p ON p.binary_id = l.binary_id AND p.pc = l.pc
	JOIN uprobe AS u ON u.id = p.source_id AND u.pc IS NOT l.pc
	GROUP BY l.id, p.source_id
),
found AS (
	SELECT n.*, l.breakpoint_id, s.events, s.lost_events,
		-- of them, those that were hits for sure, and no records of a process that it writes, too
		CASE WHEN s.carries_sideband = 1 THEN 0 ELSE s.lost_events END AS lost_hits,
		s.complete, coalesce(n.pc > l.pc, 0) AS behind,
		CASE n.kind WHEN 'exact' THEN 1 WHEN 'beside' THEN 2 WHEN 'some' THEN 4
		ELSE CASE WHEN l.is_entry = 1 AND l.inlined_into IS NULL AND NOT EXISTS (SELECT 1 FROM near AS o
			WHERE o.location_id = n.location_id AND o.source_id = n.source_id AND o.kind <> 'entry')
			THEN 3 END END AS preference
	FROM near AS n
	JOIN temp.breakpoint_location AS l ON l.id = n.location_id
	JOIN source AS s ON s.id = n.source_id
)
SELECT location_id, breakpoint_id, source_id, pc, kind, events, lost_events, lost_hits, complete, behind,
	preference IS NOT NULL AND row_number() OVER (PARTITION BY location_id
		ORDER BY preference NULLS LAST, complete IS 1 DESC, events DESC, source_id) = 1 AS counts
FROM found;

-- ---- who listened from beginning to end ----------------------------------------------------------

-- Processes that had the program of a place mapped, with the life that matters here.
CREATE TEMP TABLE life AS
SELECT DISTINCT l.breakpoint_id, l.binary_id, p.id AS process_id, p.pid, p.ts, p.ts_end
FROM temp.breakpoint_location AS l
JOIN mapping AS m ON m.binary_id = l.binary_id AND m.executable IS NOT 0
JOIN process AS p ON p.pid = m.pid AND (m.ts IS NULL OR (p.ts IS NULL OR p.ts <= m.ts)
	AND (p.ts_end IS NULL OR m.ts <= p.ts_end));

-- For each uprobe of a place and each process of the program: was every hit of it to be written, from
-- the beginning of the process (or of the recording, if that cannot have been missed) to its end?
CREATE TEMP TABLE listener AS
WITH
-- Options of perf record that leave out CPUs, threads or hits, of which the events themselves say nothing.
narrow AS (
	SELECT own IS NULL OR own GLOB '* -C*' OR own GLOB '* --cpu*' OR own GLOB '* -t*' OR own GLOB '* --tid*'
		OR own GLOB '* -u*' OR own GLOB '* --uid*' OR own GLOB '* -G*' OR own GLOB '*cgroup*'
		OR own GLOB '* --filter*' AS narrow
	FROM (SELECT substr(cmdline, 1, CASE instr(cmdline, ' -- ') WHEN 0 THEN length(cmdline)
		ELSE instr(cmdline, ' -- ') END) AS own FROM recording)
),
-- Was a source that perf switches on by hand listening before the process began? All are switched on
-- together, within 20 ms, and before perf lets its own workload (until then "perf-exec") go: what began
-- after that was heard.
early AS (
	SELECT life.process_id,
		EXISTS (SELECT 1 FROM process AS p WHERE p.comm = 'perf-exec' AND p.ts_end <= life.ts
			AND first.ts < p.ts_end)
		OR first.ts < life.ts - 20000000 AS early
	FROM (SELECT DISTINCT process_id, pid, ts FROM temp.life) AS life,
		(SELECT min(ts) AS ts FROM event) AS first
)
SELECT DISTINCT w.breakpoint_id, w.location_id, w.source_id, w.kind, life.process_id,
	coalesce(w.complete = 1
	AND (SELECT narrow FROM narrow) = 0
	AND s.inherit = 1
	AND life.ts IS NOT NULL
	AND (s.enable_on_exec = 1 OR s.starts_disabled = 0 OR early.early)
	AND NOT EXISTS (SELECT 1 FROM throttle AS t WHERE t.source_id = w.source_id)
	-- Before the first and behind the last moment of a CPU nobody listened; an overwritten or
	-- truncated recording has no ledger for what is gone.
	AND NOT EXISTS (SELECT 1 FROM blind_window AS b
		WHERE b.cause IN ('not_armed', 'overwritten', 'truncated', 'throttled', 'sampled')
			AND (b.source_id IS NULL OR b.source_id = w.source_id)
			AND coalesce(b.ts, -9e18) < coalesce(life.ts_end, 9e18)
			AND coalesce(b.ts_end, 9e18) > life.ts
			-- after the end of a process that outlived the recording there is nothing to hear
			AND NOT (life.ts_end IS NULL AND b.cause = 'not_armed'
				AND b.ts >= (SELECT max(ts) FROM event))), 0) AS good
FROM temp.watcher AS w
JOIN source AS s ON s.id = w.source_id
JOIN temp.breakpoint_location AS l ON l.id = w.location_id
JOIN temp.life ON life.breakpoint_id = w.breakpoint_id AND life.binary_id = l.binary_id
JOIN early ON early.process_id = life.process_id
WHERE w.kind <> 'some'; -- its silence says nothing

-- ---- what a debugger left ------------------------------------------------------------------------

-- Traps of breakpoints. On x86 the processor is one byte further when the trap is reported; on arm64
-- it is at the breakpoint. The user part of the stack begins at the first address that is not the
-- kernel's (those are negative).
CREATE TEMP TABLE trap AS
WITH RECURSIVE
machine AS (
	SELECT coalesce((SELECT arch FROM recording), 'x86_64') AS arch
),
fired AS (
	SELECT g.id, g.ts, g.pid, g.tid, g.goid, g.stack_id, machine.arch
	FROM signal_generate AS g, machine
	WHERE g.sig = 5 AND g.code = CASE WHEN machine.arch IN ('aarch64', 'arm64') THEN 1 ELSE 128 END
),
walk (event_id, stack_id) AS (
	SELECT id, stack_id FROM fired WHERE stack_id IS NOT NULL
	UNION ALL
	SELECT w.event_id, s.parent_id FROM walk AS w
	JOIN stack AS s ON s.id = w.stack_id JOIN frame AS f ON f.id = s.frame_id
	WHERE (f.pc < 0 OR f.pc IS NULL) AND s.parent_id IS NOT NULL
)
SELECT e.id AS event_id, e.ts, e.pid, e.tid, e.goid, f.binary_id,
	f.pc - CASE WHEN e.arch IN ('aarch64', 'arm64') THEN 0 ELSE 1 END AS pc
FROM fired AS e
LEFT JOIN walk AS w ON w.event_id = e.id AND EXISTS (SELECT 1 FROM stack AS s
	JOIN frame AS g ON g.id = s.frame_id WHERE s.id = w.stack_id AND g.pc >= 0)
LEFT JOIN stack AS s ON s.id = w.stack_id
LEFT JOIN frame AS f ON f.id = s.frame_id;

-- What shows that a debugger was at work: its traps, single steps and stops at exec, or its name.
CREATE TEMP TABLE debugger AS
SELECT * FROM (
	SELECT 'signal' AS what, s.table_name, g.id AS row_id,
		'a SIGTRAP (code ' || g.code || '), as a debugger causes it' AS sentence
	FROM signal_generate AS g, source AS s
	WHERE s.name = 'signal:signal_generate' AND g.sig = 5 AND g.code IN (0, 1, 2, 4, 128)
	ORDER BY g.id LIMIT 3)
UNION ALL
SELECT * FROM (
	SELECT 'process', 'process', id, 'process ' || pid || ' is ' || comm
	FROM process WHERE comm IN ('dlv', 'dlv-dap', 'gdb', 'gdbserver', 'lldb', '__debug_bin')
	ORDER BY id LIMIT 3);

-- Can traps be counted? known 1: every signal was to be written, and its fields could be read; lost: how
-- many were not, or have no stack that would tell where they fired.
CREATE TEMP TABLE trap_ledger AS
SELECT count(*) > 0 AND min(complete) = 1 AND NOT EXISTS (SELECT 1 FROM signal_generate
		WHERE sig IS NULL OR code IS NULL) AS known,
	sum(lost_events) + (SELECT count(*) FROM temp.trap WHERE pc IS NULL OR binary_id IS NULL) AS lost,
	min(id) AS source_id, count(*) AS sources,
	(SELECT count(*) FROM temp.trap WHERE pc IS NULL OR binary_id IS NULL) AS without_place
FROM source WHERE name = 'signal:signal_generate';

-- ---- executions ----------------------------------------------------------------------------------

-- Stacks whose innermost address is a place.
CREATE TEMP TABLE place_stack (stack_id INTEGER PRIMARY KEY);
INSERT OR IGNORE INTO temp.place_stack
SELECT s.id FROM stack AS s JOIN frame AS f ON f.id = s.frame_id
WHERE (f.binary_id, f.pc) IN (SELECT binary_id, pc FROM temp.breakpoint_location);

-- Executions: hits of the uprobes that count; clock samples that interrupted the place itself, where no
-- uprobe counts (the sample may show an execution that the uprobe has counted already). Of an
-- entry that is known to have been hit again for the same call, the last hit is the call: it is the one
-- that came through, perhaps on another thread. panic and fatal follow below.
CREATE TEMP TABLE execution AS
SELECT w.location_id, w.breakpoint_id, e.id AS event_id, e.ts, e.pid, e.tid, e.goid, e.stack_id,
	w.source_id, w.kind, w.behind
FROM event AS e
JOIN temp.watcher AS w ON w.source_id = e.source_id AND w.counts
JOIN temp.spec ON spec.breakpoint_id = w.breakpoint_id
WHERE e.source_id IN (SELECT source_id FROM temp.watcher WHERE counts)
	AND (w.kind IN ('exact', 'beside') OR spec.kind NOT IN ('panic', 'fatal')
		AND (w.kind = 'some' OR e.id NOT IN (SELECT first_event FROM call_restart
			WHERE NOT repeated AND certainty IN ('proved', 'likely') AND first_event IS NOT NULL)))
	AND e.id NOT IN (SELECT second_event FROM call_restart WHERE repeated)
UNION
SELECT l.id, l.breakpoint_id, e.id, e.ts, e.pid, e.tid, e.goid, e.stack_id, e.source_id, 'sample', 0
FROM event AS e
JOIN stack AS s ON s.id = e.stack_id
JOIN frame AS f ON f.id = s.frame_id
JOIN temp.breakpoint_location AS l ON l.binary_id = f.binary_id AND l.pc = f.pc
WHERE e.stack_id IN (SELECT stack_id FROM temp.place_stack)
	AND e.source_id IN (SELECT id FROM source
		WHERE type IN ('software', 'hardware', 'cache', 'raw', 'pmu'))
	AND NOT EXISTS (SELECT 1 FROM temp.watcher AS w
		JOIN temp.spec ON spec.breakpoint_id = w.breakpoint_id
		WHERE w.location_id = l.id AND w.counts AND w.events > 0
			AND (w.kind IN ('exact', 'beside') OR spec.kind NOT IN ('panic', 'fatal')));

-- Places behind the entry at which a clock sample was taken too: the function may begin with a loop that
-- comes back to the place, so calls are no upper bound on its executions.
CREATE TEMP TABLE maybe_loop AS
SELECT DISTINCT w.location_id
FROM temp.watcher AS w
JOIN temp.breakpoint_location AS l ON l.id = w.location_id
JOIN frame AS f ON f.binary_id = l.binary_id AND f.pc = l.pc
JOIN stack AS s ON s.frame_id = f.id
JOIN event AS e ON e.stack_id = s.id
WHERE w.kind = 'entry' AND w.counts AND e.stack_id IN (SELECT stack_id FROM temp.place_stack)
	AND e.source_id IN (SELECT id FROM source
		WHERE type IN ('software', 'hardware', 'cache', 'raw', 'pmu'));

-- Panics that the model has put together imply that runtime.gopanic or runtime.fatalpanic was
-- executed, also where a uprobe sits at the entry and not at the place of a breakpoint.
INSERT INTO temp.execution
SELECT l.id, l.breakpoint_id, p.first_event, p.ts, p.pid, e.tid, p.goid, e.stack_id, e.source_id, 'model', 0
FROM temp.breakpoint_location AS l
JOIN temp.spec ON spec.breakpoint_id = l.breakpoint_id AND spec.kind = 'panic'
JOIN panic AS p ON p.first_event IS NOT NULL
JOIN event AS e ON e.id = p.first_event
WHERE l.id = (SELECT min(id) FROM temp.breakpoint_location AS o
		WHERE o.breakpoint_id = l.breakpoint_id)
	AND NOT EXISTS (SELECT 1 FROM temp.watcher AS w
		WHERE w.breakpoint_id = l.breakpoint_id AND w.kind IN ('exact', 'beside'));

-- The functions that end a program are entered once by whoever ends it, and do not come back: a uprobe
-- at the entry tells as much as one behind the prologue. A second hit by the same goroutine is the
-- same call.
INSERT INTO temp.execution
SELECT w.location_id, w.breakpoint_id, min(e.id), e.ts, e.pid, e.tid, e.goid, e.stack_id, e.source_id,
	'model', 0
FROM temp.watcher AS w
JOIN temp.spec ON spec.breakpoint_id = w.breakpoint_id AND spec.kind = 'fatal'
JOIN event AS e ON e.source_id = w.source_id
WHERE w.kind = 'entry' AND NOT EXISTS (SELECT 1 FROM temp.watcher AS x
	WHERE x.location_id = w.location_id AND x.kind IN ('exact', 'beside'))
	AND e.source_id IN (SELECT x.source_id FROM temp.watcher AS x
		JOIN temp.spec AS k ON k.breakpoint_id = x.breakpoint_id AND k.kind = 'fatal')
GROUP BY w.location_id, w.breakpoint_id, e.pid, e.goid;

CREATE INDEX temp.execution_event ON execution (event_id, location_id);

-- Hits of an entry that may be no execution of the place. Where the runtime's own steps were recorded
-- without loss (a prologue begins again only after newstack, which changes the goroutine's status), those
-- are the restarts that are held possible; where not, only different goroutines and different stacks tell
-- calls apart. The last hit of a thread that then ended the program may not have come through either:
-- a stack overflow is found in the prologue.
CREATE TEMP TABLE doubtful AS
WITH told AS (
	SELECT EXISTS (SELECT 1 FROM source WHERE is_uprobe = 1 AND is_return_probe IS NOT 1
		AND function_offset IS 0 AND complete = 1 AND lost_events = 0
		AND function IN ('runtime.newstack', 'runtime.newstack.abi0', 'runtime.morestack',
			'runtime.morestack.abi0', 'runtime.casgstatus')) AS told
),
ender AS (
	SELECT e.pid, e.tid, min(e.id) AS id FROM event AS e
	WHERE e.source_id IN (SELECT id FROM source WHERE function IN ('runtime.throw', 'runtime.fatal',
		'runtime.fatalthrow'))
	GROUP BY e.pid, e.tid
)
SELECT x.breakpoint_id, x.location_id, x.source_id,
	CASE WHEN told.told THEN (SELECT count(*) FROM call_restart AS r
			WHERE r.source_id = x.source_id AND r.certainty = 'possible')
		+ count(*) FILTER (WHERE x.goid IS NULL)
		- count(DISTINCT CASE WHEN x.goid IS NULL THEN x.pid || ' ' || coalesce(x.stack_id, 0) END)
	ELSE count(*) - count(DISTINCT x.pid || ' ' || coalesce(x.goid, -1) || ' ' || coalesce(x.stack_id, 0))
	END AS restarts,
	(SELECT count(*) FROM ender WHERE EXISTS (SELECT 1 FROM temp.execution AS o
		WHERE o.location_id = x.location_id AND o.kind = 'entry' AND o.pid = ender.pid
			AND o.tid = ender.tid AND o.event_id < ender.id)) AS ends
FROM temp.execution AS x, told
WHERE x.kind = 'entry'
GROUP BY x.breakpoint_id, x.location_id, x.source_id;

-- A trap right after an execution of the same place by the same thread is that execution (right before
-- it, where the uprobe is behind the place); another trap proves one of its own.
INSERT INTO temp.breakpoint_hit (breakpoint_id, location_id, ts, pid, tid, goid, kind, event_id)
WITH both AS (
	SELECT location_id, breakpoint_id, event_id, ts, pid, tid, goid, 'reached' AS kind, behind
	FROM temp.execution
	UNION ALL
	SELECT l.id, l.breakpoint_id, t.event_id, t.ts, t.pid, t.tid, t.goid, 'trapped', NULL
	FROM temp.breakpoint_location AS l
	JOIN temp.trap AS t ON t.binary_id = l.binary_id AND t.pc = l.pc
),
ordered AS (
	SELECT *, coalesce(NOT lag(behind) OVER thread OR lead(behind) OVER thread, 0) AS seen FROM both
	WINDOW thread AS (PARTITION BY location_id, tid ORDER BY event_id)
)
SELECT breakpoint_id, location_id, ts, pid, tid, goid, kind, event_id FROM (
	SELECT * FROM ordered
	UNION ALL
	SELECT location_id, breakpoint_id, event_id, ts, pid, tid, goid, 'reached', NULL, NULL
	FROM ordered WHERE kind = 'trapped' AND NOT seen
)
ORDER BY breakpoint_id, event_id, kind;

-- The sums that causes and verdicts begin with.
CREATE TEMP TABLE ledger AS
SELECT
	b.id AS breakpoint_id, spec.spec, spec.kind,
	(SELECT count(*) FROM temp.breakpoint_location AS l WHERE l.breakpoint_id = b.id) AS places,
	(SELECT count(*) FROM temp.breakpoint_hit AS h
		WHERE h.breakpoint_id = b.id AND h.kind = 'reached') AS reached,
	(SELECT count(*) FROM temp.breakpoint_hit AS h
		WHERE h.breakpoint_id = b.id AND h.kind = 'trapped') AS trapped,
	-- places with a uprobe at the very address
	(SELECT count(DISTINCT location_id) FROM temp.watcher AS w
		WHERE w.breakpoint_id = b.id AND w.kind = 'exact') AS exact_places,
	-- places with a uprobe each of whose hits is an execution and the other way about
	(SELECT count(*) FROM temp.watcher AS w
		WHERE w.breakpoint_id = b.id AND w.counts AND w.kind IN ('exact', 'beside')) AS sure_places,
	-- executions that those saw
	(SELECT count(*) FROM temp.execution AS x
		WHERE x.breakpoint_id = b.id AND x.kind IN ('exact', 'beside')) AS sure_hits,
	-- hits of those uprobes that were not written, at most and at least; NULL: not known
	(SELECT CASE WHEN count(*) = count(lost_events) THEN coalesce(sum(lost_events), 0) END
		FROM temp.watcher AS w
		WHERE w.breakpoint_id = b.id AND w.counts AND w.kind IN ('exact', 'beside')) AS sure_lost,
	(SELECT CASE WHEN count(*) = count(lost_hits) THEN coalesce(sum(lost_hits), 0) END
		FROM temp.watcher AS w
		WHERE w.breakpoint_id = b.id AND w.counts AND w.kind IN ('exact', 'beside')) AS sure_lost_hits,
	(SELECT min(complete) FROM temp.watcher AS w
		WHERE w.breakpoint_id = b.id AND w.counts AND w.kind IN ('exact', 'beside')) AS sure_complete,
	-- places whose every execution was to be written, by a uprobe that counts and that listened all the time
	(SELECT count(DISTINCT w.location_id) FROM temp.watcher AS w
		WHERE w.breakpoint_id = b.id AND w.counts AND w.complete = 1 AND w.lost_events IS NOT NULL
			AND w.kind <> 'some' AND (w.kind IN ('exact', 'beside') OR spec.kind NOT IN ('panic', 'fatal'))
			AND (SELECT min(good) FROM temp.listener AS h WHERE h.location_id = w.location_id
				AND h.source_id = w.source_id) = 1
			AND w.location_id NOT IN (SELECT location_id FROM temp.maybe_loop)) AS covered_places,
	-- hits of the uprobes that count that were not written, at most and at least
	(SELECT sum(w.lost_events) FROM temp.watcher AS w
		WHERE w.breakpoint_id = b.id AND w.counts) AS counted_lost,
	(SELECT sum(w.lost_hits) FROM temp.watcher AS w
		WHERE w.breakpoint_id = b.id AND w.counts) AS counted_lost_hits,
	-- executions that were counted at the function's entry, and how many of those hits may be none
	(SELECT count(*) FROM temp.breakpoint_hit AS h JOIN temp.execution AS x ON x.event_id = h.event_id
			AND x.location_id = h.location_id AND x.kind = 'entry'
		WHERE h.breakpoint_id = b.id AND h.kind = 'reached') AS entry_hits,
	(SELECT coalesce(sum(restarts + ends), 0) FROM temp.doubtful AS d
		WHERE d.breakpoint_id = b.id) AS entry_doubtful,
	-- a bound on executions where every place is behind the entry of a probed function
	(SELECT CASE WHEN count(DISTINCT location_id) = (SELECT count(*)
			FROM temp.breakpoint_location AS l WHERE l.breakpoint_id = b.id)
			AND min(complete) = 1 AND count(*) = count(lost_events)
			AND min(is_entry) = 1 AND max(inlined) = 0
			AND (SELECT min(good) FROM temp.listener AS h
				WHERE h.breakpoint_id = b.id AND h.kind = 'entry') = 1
			AND max(looping) = 0
		THEN sum(events + lost_events) END
		FROM (SELECT w.location_id, min(w.complete) AS complete,
			min(w.events) AS events, min(w.lost_events) AS lost_events,
			coalesce(max(l.is_entry), 0) AS is_entry,
			max(l.inlined_into IS NOT NULL) AS inlined,
			max(w.location_id IN (SELECT location_id FROM temp.maybe_loop)) AS looping
			FROM temp.watcher AS w JOIN temp.breakpoint_location AS l ON l.id = w.location_id
			WHERE w.breakpoint_id = b.id AND w.kind = 'entry' GROUP BY w.location_id)
	) AS entry_bound,
	(SELECT count(*) FROM temp.breakpoint_hit AS h WHERE h.breakpoint_id = b.id
		AND h.kind = 'reached' AND h.location_id NOT IN (SELECT location_id FROM temp.watcher
		WHERE kind = 'exact')) AS reached_elsewise
FROM temp.breakpoint AS b JOIN temp.spec ON spec.breakpoint_id = b.id;
