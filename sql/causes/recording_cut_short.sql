-- SPDX-License-Identifier: GPL-2.0-only
-- title: the recording does not cover everything
-- meaning: The recording is damaged, ends before perf was done, or was overwritten at its beginning. What
--   is missing may hold the executions that were expected, and the ledger of lost events is missing too.
-- proves: the recording is truncated or was made with --overwrite.
-- rules out: a whole recording.
-- what to do: Record again and let perf end by itself (SIGINT, not SIGKILL).
-- order: 210
-- verdict: unknown

SELECT g.breakpoint_id, 'proved',
	CASE WHEN r.truncated = 1 THEN 'the recording is cut short or damaged'
		|| coalesce(' (' || r.damage || ')', '') || ': what comes after that is not known.'
		ELSE 'the recording was made with --overwrite: its beginning is missing.' END,
	'recording', r.id, CASE WHEN r.truncated = 1 THEN coalesce(r.damage, 'truncated') ELSE 'overwrite' END
FROM temp.ledger AS g, recording AS r
WHERE (r.truncated = 1 OR r.overwrite = 1) AND g.places > 0 AND g.trapped < max(1, g.reached);
