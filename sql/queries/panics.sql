-- SPDX-License-Identifier: GPL-2.0-only
-- title: the panics, with what, who recovered them and whether he looked at it, and what became of them
SELECT id, pid, goid, ts, function, file, line, value_type, value_text, outcome,
	recovered_ts - ts AS recovered_after_ns, recovered_by, recovered_in, recover_file, recover_line,
	value_dropped, nested_in
FROM panic ORDER BY id;
