-- SPDX-License-Identifier: GPL-2.0-only
-- title: deferred calls that were pending on a goroutine at a moment, the next one to be made first
-- arguments: PID GOID TS
-- Registered ones by the model; what became of one may have been lost, and then it is no more than possible that
-- it was pending still. Of open-coded ones, which nothing registers, those whose statement lies before
-- the place in each frame of the stack where the goroutine itself was seen last: they can have been pending.
WITH RECURSIVE own (id) AS (
	-- What a goroutine calls on its own stack, and what interrupts it there.
	SELECT id FROM source WHERE is_uprobe IS NOT 1 AND name NOT LIKE 'sched:sched_wak%'
	UNION ALL
	SELECT id FROM source WHERE is_uprobe = 1 AND (function NOT LIKE 'runtime.%' OR function IN ('runtime.gopark',
		'runtime.mcall', 'runtime.entersyscall', 'runtime.entersyscallblock', 'runtime.asyncPreempt2',
		'runtime.deferproc', 'runtime.deferprocStack', 'runtime.deferprocat', 'runtime.gopanic', 'runtime.Goexit',
		'runtime.sigpanic', 'runtime.gorecover'))
),
-- Numbers are given out again: the goroutine that had this one then.
life (ts) AS (
	SELECT coalesce(max(created_ts), (SELECT ts FROM recording)) FROM goroutine
	WHERE pid = ?1 AND goid = ?2 AND (created_ts IS NULL OR created_ts <= ?3) AND (ended_ts IS NULL OR ended_ts >= ?3)
	HAVING count(*) > 0
),
-- Its last event, by its id, which is its rank in time.
seen AS (
	SELECT max(e.id) AS id FROM life JOIN event AS e ON e.ts BETWEEN life.ts AND ?3
	WHERE e.pid = ?1 AND e.goid = ?2 AND e.stack_id IS NOT NULL AND e.source_id IN (SELECT id FROM own)
),
walk (depth, stack_id) AS (
	SELECT 1, e.stack_id FROM event AS e JOIN seen ON seen.id = e.id
	UNION ALL
	SELECT w.depth + 1, s.parent_id FROM walk AS w JOIN stack AS s ON s.id = w.stack_id
	WHERE s.parent_id IS NOT NULL AND w.depth < 10000
),
open_coded AS (
	SELECT w.depth, d.function, d.file, d.line, d.slot, (SELECT id FROM seen) AS event_id
	FROM walk AS w
	JOIN stack AS s ON s.id = w.stack_id
	JOIN frame AS f ON f.id = s.frame_id AND f.inlined = 0
	JOIN defer_site AS d ON d.function_id = f.function_id AND d.kind = 'open' AND d.pc < f.pc
	WHERE d.function NOT LIKE 'runtime.%'
)
SELECT kind, site_function AS function, site_file AS file, site_line AS line, fn, registered_ts,
	iif(outcome = 'unknown' AND registered_ts < ?3, 'possible', certainty) AS certainty, first_event AS event_id
FROM (
	SELECT d.*, row_number() OVER (ORDER BY d.registered_ts DESC, d.seq DESC) AS n
	FROM life JOIN defer AS d ON d.registered_ts BETWEEN life.ts AND ?3
	WHERE d.pid = ?1 AND d.goid = ?2 AND d.kind <> 'open' AND (d.ran_ts IS NULL OR d.ran_ts > ?3)
	ORDER BY n
)
UNION ALL
SELECT 'open', function, file, line, NULL, NULL, 'possible', event_id
FROM (SELECT * FROM open_coded ORDER BY depth, slot DESC);
