-- SPDX-License-Identifier: GPL-2.0-only
-- title: requests to goroutines to give way: how long each step took, and what came of them
SELECT id, coalesce(ts, signalled_ts, granted_ts) AS ts, pid, goid, tid, signalled_ts - ts AS signal_after_ns,
	delivered_ts - signalled_ts AS delivery_ns, granted_ts - coalesce(ts, signalled_ts) AS granted_after_ns, outcome,
	(SELECT min(f.name) FROM function AS f JOIN binary AS b ON b.id = f.binary_id AND b.go_version IS NOT NULL
		WHERE r.denied_pc >= f.addr AND r.denied_pc < f.addr + f.size) AS denied_in,
	iif(denied_pc IS NULL, NULL, printf('0x%x', denied_pc)) AS denied_pc, denied_reason
FROM preempt_request AS r ORDER BY 2, id;
