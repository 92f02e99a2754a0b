-- SPDX-License-Identifier: GPL-2.0-only
-- title: the probe was not armed all the time
-- meaning: perf opened or enabled the probe after the program had begun (perf record -p, -D), or stopped
--   before it ended. What ran outside of that time left no trace.
-- proves: the program ran at times at which the probe was not armed, and the place is known to have been
--   executed then.
-- rules out: the probe was armed before the program's first instruction and until its end.
-- what to do: Let perf start the program: perf record ... -- COMMAND.
-- order: 200

SELECT w.breakpoint_id, 'possible',
	printf('%s was not armed during %.3f ms in which the program may have run.', s.name,
		(b.ts_end - b.ts) / 1e6),
	'blind_window', b.id, printf('not armed from %d to %d', b.ts, b.ts_end)
FROM (SELECT DISTINCT breakpoint_id, source_id, location_id FROM temp.watcher) AS w
JOIN source AS s ON s.id = w.source_id
JOIN temp.ledger AS g ON g.breakpoint_id = w.breakpoint_id AND g.reached = 0
JOIN temp.breakpoint_location AS l ON l.id = w.location_id
JOIN blind_window AS b ON b.cause = 'not_armed' AND (b.source_id IS NULL OR b.source_id = s.id)
WHERE b.ts IS NOT NULL AND b.ts_end IS NOT NULL
	-- nothing of the kind where it listened to every process from beginning to end
	AND (SELECT min(good) FROM temp.listener AS h
		WHERE h.location_id = w.location_id AND h.source_id = w.source_id) IS NOT 1
	AND EXISTS (
	SELECT 1 FROM mapping AS m JOIN process AS p ON p.pid = m.pid
	WHERE m.binary_id = l.binary_id AND m.executable IS NOT 0
		AND coalesce(p.ts, -9e18) < b.ts_end AND coalesce(p.ts_end, 9e18) > b.ts);
