-- SPDX-License-Identifier: GPL-2.0-only
-- title: the panics and what became of them
SELECT id, pid, goid, ts, function, file, line, outcome, recovered_ts - ts AS recovered_after_ns, recovered_by,
	nested_in
FROM panic ORDER BY id;
