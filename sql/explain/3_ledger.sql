-- SPDX-License-Identifier: GPL-2.0-only
--
-- What was seen at the places: watcher (uprobes that tell something about a place), trap (a debugger's
-- breakpoints as they fired), breakpoint_hit.

-- Uprobes that tell about a place. exact: at its very address, so each hit is an execution of the place
-- (and, the kernel having put its own trap there, none of a debugger's). entry: at the first
-- instruction of the function around it, so no hit means that the place was not reached, but a hit
-- only that it may have been, and several hits can be one call (a prologue can run again).
CREATE TEMP TABLE watcher AS
WITH uprobe AS (
	SELECT s.id, s.binary_id, coalesce(s.pc, f.addr + s.function_offset) AS pc
	FROM source AS s
	LEFT JOIN function AS f ON s.pc IS NULL AND f.binary_id = s.binary_id AND f.name = s.function
	WHERE s.is_uprobe = 1 AND s.is_return_probe IS NOT 1
)
SELECT l.id AS location_id, l.breakpoint_id, u.id AS source_id,
	CASE WHEN u.pc = l.pc THEN 'exact' ELSE 'entry' END AS kind,
	s.events, s.lost_events, s.complete
FROM temp.breakpoint_location AS l
LEFT JOIN function AS holder ON holder.id = l.container_id
JOIN uprobe AS u ON u.binary_id = l.binary_id AND u.pc IN (l.pc, holder.addr)
JOIN source AS s ON s.id = u.id;

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
		'a SIGTRAP (code ' || g.code || ') that only a debugger causes' AS sentence
	FROM signal_generate AS g, source AS s
	WHERE s.name = 'signal:signal_generate' AND g.sig = 5 AND g.code IN (0, 1, 2, 4, 128)
	ORDER BY g.id LIMIT 3)
UNION ALL
SELECT * FROM (
	SELECT 'process', 'process', id, 'process ' || pid || ' is ' || comm
	FROM process WHERE comm IN ('dlv', 'dlv-dap', 'gdb', 'gdbserver', 'lldb', '__debug_bin')
	ORDER BY id LIMIT 3);

-- Can traps be counted? known 1: every signal was to be written; lost: how many were not.
CREATE TEMP TABLE trap_ledger AS
SELECT count(*) > 0 AND min(complete) = 1 AS known, sum(lost_events) AS lost, min(id) AS source_id,
	count(*) AS sources
FROM source WHERE name = 'signal:signal_generate';

-- Stacks whose innermost address is a place.
CREATE TEMP TABLE place_stack (stack_id INTEGER PRIMARY KEY);
INSERT OR IGNORE INTO temp.place_stack
SELECT s.id FROM stack AS s JOIN frame AS f ON f.id = s.frame_id
WHERE (f.binary_id, f.pc) IN (SELECT binary_id, pc FROM temp.breakpoint_location);

-- Executions: hits of exact uprobes, and clock samples that interrupted the place itself.
CREATE TEMP TABLE execution AS
SELECT w.location_id, w.breakpoint_id, e.id AS event_id, e.ts, e.pid, e.tid, e.goid
FROM event AS e JOIN temp.watcher AS w ON w.source_id = e.source_id AND w.kind = 'exact'
WHERE e.source_id IN (SELECT source_id FROM temp.watcher WHERE kind = 'exact')
UNION
SELECT l.id, l.breakpoint_id, e.id, e.ts, e.pid, e.tid, e.goid
FROM event AS e
JOIN stack AS s ON s.id = e.stack_id
JOIN frame AS f ON f.id = s.frame_id
JOIN temp.breakpoint_location AS l ON l.binary_id = f.binary_id AND l.pc = f.pc
WHERE e.stack_id IN (SELECT stack_id FROM temp.place_stack)
	AND e.source_id IN (SELECT id FROM source
		WHERE type IN ('software', 'hardware', 'cache', 'raw', 'pmu'));

-- Panics that the model has put together imply that runtime.gopanic or runtime.fatalpanic was
-- executed, also where a uprobe sits at the entry and not at the place of a breakpoint.
INSERT INTO temp.execution
SELECT l.id, l.breakpoint_id, p.first_event, p.ts, p.pid, e.tid, p.goid
FROM temp.breakpoint_location AS l
JOIN temp.spec ON spec.breakpoint_id = l.breakpoint_id AND spec.kind = 'panic'
JOIN panic AS p ON p.first_event IS NOT NULL
JOIN event AS e ON e.id = p.first_event
WHERE l.id = (SELECT min(id) FROM temp.breakpoint_location AS o
		WHERE o.breakpoint_id = l.breakpoint_id)
	AND NOT EXISTS (SELECT 1 FROM temp.watcher AS w
		WHERE w.breakpoint_id = l.breakpoint_id AND w.kind = 'exact');

-- The functions that end a program are entered once by whoever ends it, and do not come back: a uprobe
-- at the entry tells as much as one behind the prologue. A second hit by the same goroutine is the
-- same call.
INSERT INTO temp.execution
SELECT w.location_id, w.breakpoint_id, min(e.id), e.ts, e.pid, e.tid, e.goid
FROM temp.watcher AS w
JOIN temp.spec ON spec.breakpoint_id = w.breakpoint_id AND spec.kind = 'fatal'
JOIN event AS e ON e.source_id = w.source_id
WHERE w.kind = 'entry' AND NOT EXISTS (SELECT 1 FROM temp.watcher AS x
	WHERE x.location_id = w.location_id AND x.kind = 'exact')
GROUP BY w.location_id, w.breakpoint_id, e.pid, e.goid;

-- A trap right after an execution of the same place by the same thread is that execution; another
-- trap proves one of its own.
INSERT INTO temp.breakpoint_hit (breakpoint_id, location_id, ts, pid, tid, goid, kind, event_id)
WITH both AS (
	SELECT location_id, breakpoint_id, event_id, ts, pid, tid, goid, 'reached' AS kind
	FROM temp.execution
	UNION ALL
	SELECT l.id, l.breakpoint_id, t.event_id, t.ts, t.pid, t.tid, t.goid, 'trapped'
	FROM temp.breakpoint_location AS l
	JOIN temp.trap AS t ON t.binary_id = l.binary_id AND t.pc = l.pc
),
ordered AS (
	SELECT *, lag(kind) OVER (PARTITION BY location_id, tid ORDER BY event_id) AS before FROM both
)
SELECT breakpoint_id, location_id, ts, pid, tid, goid, kind, event_id FROM (
	SELECT * FROM ordered
	UNION ALL
	SELECT location_id, breakpoint_id, event_id, ts, pid, tid, goid, 'reached', NULL
	FROM ordered WHERE kind = 'trapped' AND before IS NOT 'reached'
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
	-- hits of those uprobes that were not written; NULL: not known
	(SELECT CASE WHEN count(*) = count(lost_events) THEN coalesce(sum(lost_events), 0) END FROM
		(SELECT DISTINCT source_id, lost_events FROM temp.watcher AS w
		WHERE w.breakpoint_id = b.id AND w.kind = 'exact')) AS exact_lost,
	(SELECT min(complete) FROM temp.watcher AS w
		WHERE w.breakpoint_id = b.id AND w.kind = 'exact') AS exact_complete,
	-- a bound on executions where every place is behind the entry of a probed function
	(SELECT CASE WHEN count(DISTINCT location_id) = (SELECT count(*)
			FROM temp.breakpoint_location AS l WHERE l.breakpoint_id = b.id)
			AND min(complete) = 1 AND count(*) = count(lost_events)
			AND min(is_entry) = 1 AND max(inlined) = 0
		THEN sum(events + lost_events) END
		FROM (SELECT w.location_id, min(w.complete) AS complete,
			min(w.events) AS events, min(w.lost_events) AS lost_events,
			coalesce(max(l.is_entry), 0) AS is_entry,
			max(l.inlined_into IS NOT NULL) AS inlined
			FROM temp.watcher AS w JOIN temp.breakpoint_location AS l ON l.id = w.location_id
			WHERE w.breakpoint_id = b.id AND w.kind = 'entry' GROUP BY w.location_id)
	) AS entry_bound,
	(SELECT count(*) FROM temp.breakpoint_hit AS h WHERE h.breakpoint_id = b.id
		AND h.kind = 'reached' AND h.location_id NOT IN (SELECT location_id FROM temp.watcher
		WHERE kind = 'exact')) AS reached_elsewise
FROM temp.breakpoint AS b JOIN temp.spec ON spec.breakpoint_id = b.id;
