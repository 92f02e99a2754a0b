-- SPDX-License-Identifier: GPL-2.0-only
-- title: the goroutines, what they run, and for how long they were seen running
SELECT g.pid, g.goid, g.parent_goid, g.start_function, g.created_ts, g.ended_ts, g.end_reason,
	(SELECT sum(s.ts_end - s.ts) FROM goroutine_slice AS s WHERE s.pid = g.pid AND s.goid = g.goid
		AND s.state = 'running') AS running_ns
FROM goroutine AS g ORDER BY g.pid, g.goid, g.id;
