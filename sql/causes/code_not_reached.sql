-- SPDX-License-Identifier: GPL-2.0-only
-- title: the program never came there
-- meaning: The line exists, and the program did not execute it: a condition was false, a function
--   returned early or was never called.
-- proves: at every place of the breakpoint (or at the entry of the function around it) a uprobe waited
--   from before the process began, for all its threads, writing every hit; there was no hit, and
--   perf's ledger says that none was lost.
-- rules out: any hit at the place.
-- what to do: Look at the condition before it: put a breakpoint further up and follow from there.
-- verdict: not_reached

WITH
-- Processes that had the program of a place mapped, with the life that matters here.
life AS (
	SELECT DISTINCT l.breakpoint_id, l.binary_id, p.id AS process_id, p.pid, p.ts, p.ts_end
	FROM temp.breakpoint_location AS l
	JOIN mapping AS m ON m.binary_id = l.binary_id AND m.executable IS NOT 0
	JOIN process AS p ON p.pid = m.pid AND (m.ts IS NULL OR (p.ts IS NULL OR p.ts <= m.ts)
		AND (p.ts_end IS NULL OR m.ts <= p.ts_end))
),
-- Options of perf record that leave out CPUs, threads or hits, of which the events themselves say nothing.
narrow AS (
	SELECT own IS NULL OR own GLOB '* -C*' OR own GLOB '* --cpu*' OR own GLOB '* -t*' OR own GLOB '* --tid*'
		OR own GLOB '* -u*' OR own GLOB '* --uid*' OR own GLOB '* -G*' OR own GLOB '*cgroup*'
		OR own GLOB '* --filter*' AS narrow
	FROM (SELECT substr(cmdline, 1, CASE instr(cmdline, ' -- ') WHEN 0 THEN length(cmdline)
		ELSE instr(cmdline, ' -- ') END) AS own FROM recording)
),
-- Was a source that perf switches on by hand listening before the process began? All are switched on
-- together, within 20 ms, and before perf lets its own workload (until then "perf-exec") go.
early AS (
	SELECT life.process_id,
		EXISTS (SELECT 1 FROM process AS p WHERE p.pid = life.pid AND p.ts_end = life.ts
			AND p.comm = 'perf-exec') AND first.ts < life.ts
		OR first.ts < life.ts - 20000000 AS early
	FROM (SELECT DISTINCT process_id, pid, ts FROM life) AS life,
		(SELECT min(ts) AS ts FROM event) AS first
),
-- Is a source's ear open from the process's beginning to its end?
hears AS (
	SELECT DISTINCT w.breakpoint_id, w.location_id, w.source_id, w.kind, life.process_id,
		w.complete = 1 AND w.events = 0 AND w.lost_events = 0
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
					AND b.ts >= (SELECT max(ts) FROM event)))
		AS good
	FROM temp.watcher AS w
	JOIN source AS s ON s.id = w.source_id
	JOIN temp.breakpoint_location AS l ON l.id = w.location_id
	JOIN life ON life.breakpoint_id = w.breakpoint_id AND life.binary_id = l.binary_id
	JOIN early ON early.process_id = life.process_id
),
-- A place is silent when one uprobe heard all of every process.
silent AS (
	SELECT location_id, breakpoint_id, source_id, kind, min(good) AS good
	FROM hears GROUP BY location_id, source_id, kind
),
answer AS (
	SELECT g.breakpoint_id,
		count(DISTINCT s.location_id) FILTER (WHERE s.good = 1) = g.places
			AND (SELECT has_ledger FROM recording) = 1
			AND (SELECT truncated FROM recording) IS NOT 1
			AND (SELECT overwrite FROM recording) IS NOT 1 AS covered
	FROM temp.ledger AS g LEFT JOIN silent AS s ON s.breakpoint_id = g.breakpoint_id
	WHERE g.places > 0 AND g.reached = 0 AND g.trapped = 0
	GROUP BY g.breakpoint_id
)
SELECT a.breakpoint_id, 'proved',
	CASE s.kind WHEN 'exact'
		THEN printf('a uprobe (%s) waited at 0x%x all the time that the program ran, and it was never hit; '
			|| 'perf lost none of its events.', source.name, l.pc)
		ELSE printf('a uprobe (%s) waited at the entry of %s all the time that the program ran, and the '
			|| 'function was never called; perf lost none of its events.', source.name,
			coalesce(f.name, 'the function')) END,
	e.table_name, e.row_id, e.sentence
FROM answer AS a
JOIN silent AS s ON s.breakpoint_id = a.breakpoint_id AND s.good = 1
JOIN source ON source.id = s.source_id
JOIN temp.breakpoint_location AS l ON l.id = s.location_id
LEFT JOIN function AS f ON f.id = l.container_id
JOIN (
	SELECT source_id AS id, 'source' AS table_name, source_id AS row_id,
		'complete, 0 events, 0 lost' AS sentence, NULL AS breakpoint_id FROM silent
	UNION
	SELECT NULL, 'process', process_id, 'process ' || pid || ' was recorded from its beginning'
		|| CASE WHEN ts_end IS NULL THEN '' ELSE ' to its end' END, breakpoint_id FROM life
) AS e ON e.id = s.source_id OR e.breakpoint_id = a.breakpoint_id
WHERE a.covered
UNION ALL
SELECT a.breakpoint_id, 'possible',
	'no execution was seen, but the recording cannot exclude one.', NULL, NULL, NULL
FROM answer AS a WHERE NOT a.covered
UNION ALL
SELECT g.breakpoint_id, 'ruled_out',
	printf('the place was executed: %d %s seen.', g.reached,
		CASE g.reached WHEN 1 THEN 'execution was' ELSE 'executions were' END), NULL, NULL, NULL
FROM temp.ledger AS g WHERE g.reached > g.trapped;
