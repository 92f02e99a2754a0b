-- SPDX-License-Identifier: GPL-2.0-only
-- title: the goroutine waited and was never woken
-- meaning: A goroutine stood in the function above the line, waiting for a channel, a lock, a timer or the
--   network, and the recording or the process ended before anything woke it.
-- proves: the last that was seen of the goroutine is that it began to wait there, the end of the process
--   was seen, and no event that would show it woken was lost.
-- rules out: it ran again.
-- what to do: Look who should have woken it; the reason of the wait is in goroutine_slice.reason.
-- order: 270

WITH told AS (
	SELECT EXISTS (SELECT 1 FROM source WHERE function IN ('runtime.execute', 'runtime.casgstatus')
			AND is_uprobe = 1 AND is_return_probe IS NOT 1 AND function_offset IS 0 AND complete = 1
			AND lost_events = 0)
		AND (SELECT truncated FROM recording) IS NOT 1 AS told
),
waits AS (
	SELECT i.breakpoint_id, i.location_id, min(i.line) AS line, s.slice_id, s.goid, s.pid, s.reason,
		told.told AND EXISTS (SELECT 1 FROM process AS p
			WHERE p.pid = s.pid AND p.ts_end >= s.ts) AS sure,
		row_number() OVER (PARTITION BY i.location_id ORDER BY s.slice_id) AS n,
		count(*) OVER (PARTITION BY i.location_id) AS times,
		first_value(i.line) OVER (PARTITION BY i.location_id ORDER BY s.slice_id) AS at
	FROM temp.stranded AS s JOIN temp.inside AS i ON i.stack_id = s.stack_id, told
	GROUP BY i.location_id, s.slice_id
)
SELECT w.breakpoint_id,
	CASE WHEN min(w.sure) OVER (PARTITION BY w.location_id) THEN 'proved' ELSE 'likely' END,
	printf('%s in %s at line %d and did not come on.', CASE w.times
		WHEN 1 THEN printf('goroutine %d waited', w.goid) ELSE w.times || ' goroutines waited' END, l.function,
		w.at),
	'goroutine_slice', w.slice_id, printf('goroutine %d waited%s', w.goid,
		CASE WHEN w.reason GLOB '[a-zA-Z]*' THEN ': ' || w.reason ELSE '' END)
FROM waits AS w JOIN temp.breakpoint_location AS l ON l.id = w.location_id
WHERE w.n <= 5;
