-- SPDX-License-Identifier: GPL-2.0-only
-- title: of the time that goroutines were seen running, how much their threads were on a CPU
-- on_cpu_ns: the thread ran; preempted_ns: it could have, and another one had the CPU; off_cpu_ns: it
-- slept or was stopped, as in a page fault; unknown_ns: nothing tells. Together they are running_ns.
SELECT g.pid, g.goid, max(g.start_function) AS start_function, sum(c.ts_end - c.ts) AS running_ns,
	sum(iif(c.thread_state = 'running', c.ts_end - c.ts, 0)) AS on_cpu_ns,
	sum(iif(c.thread_state = 'runnable', c.ts_end - c.ts, 0)) AS preempted_ns,
	sum(iif(c.thread_state IN ('sleeping', 'blocked', 'stopped'), c.ts_end - c.ts, 0)) AS off_cpu_ns,
	sum(iif(coalesce(c.thread_state, 'unknown') = 'unknown', c.ts_end - c.ts, 0)) AS unknown_ns
FROM goroutine_cpu AS c
JOIN (SELECT pid, goid, max(start_function) AS start_function FROM goroutine GROUP BY pid, goid) AS g
	ON g.pid = c.pid AND g.goid = c.goid
WHERE c.state = 'running'
GROUP BY g.pid, g.goid ORDER BY running_ns DESC, g.pid, g.goid;
