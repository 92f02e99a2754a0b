-- SPDX-License-Identifier: GPL-2.0-only
-- title: deferred calls that were pending on a goroutine at a moment, the next one to be made first
-- arguments: PID GOID TS
-- Registered ones by the model. Of open-coded ones, which nothing registers, those whose statement lies before
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
-- The last event of that life, by its id, which is its rank in time.
seen AS (
	SELECT max(e.id) AS id FROM goroutine AS g JOIN event AS e ON e.pid = g.pid AND e.goid = g.goid
	WHERE g.pid = ?1 AND g.goid = ?2 AND (g.created_ts IS NULL OR g.created_ts <= ?3)
		AND (g.ended_ts IS NULL OR g.ended_ts >= ?3) AND e.ts <= ?3 AND (g.created_ts IS NULL OR e.ts >= g.created_ts)
		AND e.stack_id IS NOT NULL AND e.source_id IN (SELECT id FROM own)
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
SELECT kind, site_function AS function, site_file AS file, site_line AS line, fn, registered_ts, certainty, first_event AS event_id
FROM (
	SELECT *, row_number() OVER (ORDER BY registered_ts DESC, seq DESC) AS n FROM defer
	WHERE pid = ?1 AND goid = ?2 AND kind <> 'open' AND registered_ts <= ?3 AND (ran_ts IS NULL OR ran_ts > ?3)
	ORDER BY n
)
UNION ALL
SELECT 'open', function, file, line, NULL, NULL, 'possible', event_id
FROM (SELECT * FROM open_coded ORDER BY depth, slot DESC);
