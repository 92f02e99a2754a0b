-- SPDX-License-Identifier: GPL-2.0-only
-- title: signals to threads: how long each took to arrive, and breakpoints and probes of its thread within 1 ms of it
WITH
one AS MATERIALIZED (
	SELECT g.id, g.ts, 1 AS sent, g.arg_pid AS tid, coalesce(t.pid, g.arg_pid) AS pid, g.sig, g.code,
		g.tid AS sender_tid, g.goid AS goid, g."group" AS to_process, coalesce(g.result, 0) AS result
	FROM signal_generate AS g
	LEFT JOIN thread AS t ON t.id = (SELECT max(u.id) FROM thread AS u WHERE u.tid = g.arg_pid
		AND (u.ts IS NULL OR u.ts <= g.ts) AND (u.ts_end IS NULL OR u.ts_end >= g.ts))
	UNION ALL
	SELECT id, ts, 0, tid, pid, sig, code, NULL, goid, NULL, NULL FROM signal_deliver
),
-- One of a number is on its way to a thread, or to any thread of a process; result: it was not ignored.
before AS (
	SELECT id, sent, max(iif(sent AND result = 0, id, 0)) OVER t AS sent_to_thread,
		max(iif(sent, 0, id)) OVER t AS arrived_at_thread,
		max(iif(sent AND result = 0 AND to_process, id, 0)) OVER p AS sent_to_process,
		max(iif(sent, 0, id)) OVER p AS arrived_in_process
	FROM one
	WINDOW t AS (PARTITION BY tid, sig ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
		p AS (PARTITION BY pid, sig ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
arrival AS MATERIALIZED (
	SELECT id, CASE WHEN sent_to_thread > arrived_at_thread THEN sent_to_thread
		WHEN sent_to_process > arrived_in_process THEN sent_to_process END AS sent_id
	FROM before WHERE NOT sent
),
signal AS MATERIALIZED (
	SELECT coalesce(a.id, s.id) AS id, s.ts AS sent_ts, a.ts AS arrived_ts, coalesce(a.ts, s.ts) AS ts,
		coalesce(a.tid, s.tid) AS tid, coalesce(a.pid, s.pid) AS pid, coalesce(s.sig, a.sig) AS sig,
		coalesce(s.code, a.code) AS code, s.sender_tid, s.goid AS sender_goid, a.goid, s.result
	FROM one AS s LEFT JOIN arrival AS r ON r.sent_id = s.id LEFT JOIN one AS a ON a.id = r.id WHERE s.sent
	UNION ALL
	SELECT a.id, NULL, a.ts, a.ts, a.tid, a.pid, a.sig, a.code, NULL, NULL, a.goid, NULL
	FROM arrival AS r JOIN one AS a ON a.id = r.id WHERE r.sent_id IS NULL
),
-- The milliseconds in which something can be near a signal of a thread.
near AS MATERIALIZED (
	SELECT DISTINCT tid, ts / 1000000 + d.column1 AS ms FROM signal, (VALUES (-1), (0), (1)) AS d
),
-- What is next to each signal on its thread, both ways. Ids of events are in the order of time.
line AS (
	SELECT id, tid, 0 AS what FROM signal
	UNION ALL SELECT id, tid, 1 FROM event WHERE source_id IN (SELECT id FROM source WHERE is_uprobe = 1)
		AND (tid, ts / 1000000) IN (SELECT tid, ms FROM near)
	UNION ALL SELECT id, tid, 2 FROM one WHERE sent AND sig = 5
),
beside AS MATERIALIZED (
	SELECT id, what, max(iif(what = 1, id, NULL)) OVER back AS hit_before, min(iif(what = 1, id, NULL)) OVER ahead AS hit_after,
		max(iif(what = 2, id, NULL)) OVER back AS trap_before, min(iif(what = 2, id, NULL)) OVER ahead AS trap_after
	FROM line
	WINDOW back AS (PARTITION BY tid ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
		ahead AS (PARTITION BY tid ORDER BY id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
SELECT s.sent_ts, s.arrived_ts, s.arrived_ts - s.sent_ts AS latency_ns, s.sig, CASE s.sig WHEN 2 THEN 'SIGINT'
	WHEN 3 THEN 'SIGQUIT' WHEN 5 THEN 'SIGTRAP' WHEN 6 THEN 'SIGABRT' WHEN 7 THEN 'SIGBUS' WHEN 8 THEN 'SIGFPE'
	WHEN 9 THEN 'SIGKILL' WHEN 10 THEN 'SIGUSR1' WHEN 11 THEN 'SIGSEGV' WHEN 12 THEN 'SIGUSR2' WHEN 13 THEN 'SIGPIPE'
	WHEN 15 THEN 'SIGTERM' WHEN 17 THEN 'SIGCHLD' WHEN 19 THEN 'SIGSTOP' WHEN 23 THEN 'SIGURG' WHEN 27 THEN 'SIGPROF'
	END AS name, s.code, s.sender_tid, s.sender_goid, s.pid, s.tid, s.goid, s.result,
	s.ts - tb.ts AS trap_before_ns, ta.ts - s.ts AS trap_after_ns, sb.name AS hit_before, s.ts - hb.ts AS hit_before_ns,
	sa.name AS hit_after, ha.ts - s.ts AS hit_after_ns
FROM signal AS s
JOIN beside AS b ON b.id = s.id AND b.what = 0
LEFT JOIN event AS tb ON tb.id = b.trap_before AND s.ts - tb.ts <= 1000000
LEFT JOIN event AS ta ON ta.id = b.trap_after AND ta.ts - s.ts <= 1000000
LEFT JOIN event AS hb ON hb.id = b.hit_before AND s.ts - hb.ts <= 1000000
LEFT JOIN event AS ha ON ha.id = b.hit_after AND ha.ts - s.ts <= 1000000
LEFT JOIN source AS sb ON sb.id = hb.source_id
LEFT JOIN source AS sa ON sa.id = ha.source_id
ORDER BY coalesce(s.sent_ts, s.arrived_ts), s.id;
