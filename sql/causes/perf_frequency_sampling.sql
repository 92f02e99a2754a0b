-- SPDX-License-Identifier: GPL-2.0-only
-- title: perf kept only some of the events
-- meaning: perf record -F (or -c) thins out tracepoints and uprobes like a clock: most hits are never
--   written, and perf does not call that a loss.
-- proves: the event was opened with a frequency, or with a period above 1.
-- rules out: period 1.
-- what to do: Record without -F; give a clock its own frequency: -e cpu-clock/freq=999,name=cpu-clock/.
-- order: 180
-- verdict: unknown

WITH matters AS (
	SELECT breakpoint_id, source_id, CASE min(kind = 'entry') WHEN 1
		THEN 'the uprobe at the entry of the function' ELSE 'a uprobe for this place' END AS what
	FROM temp.watcher GROUP BY breakpoint_id, source_id
	UNION
	SELECT g.breakpoint_id, t.source_id, 'what would show the traps of a debugger'
	FROM temp.ledger AS g, temp.trap_ledger AS t
	WHERE t.source_id IS NOT NULL AND g.places > 0
)
SELECT m.breakpoint_id, 'proved',
	printf('%s, %s, was recorded thinned out (%s): %d events are there, and nobody knows how many hits '
		|| 'there were.', s.name, m.what, coalesce(s.sampled_reason, 'not every occurrence was written'),
		s.events),
	e.table_name, e.row_id, e.sentence
FROM matters AS m JOIN source AS s ON s.id = m.source_id
JOIN (
	SELECT id AS source_id, 'source' AS table_name, id AS row_id,
		CASE WHEN freq IS NOT NULL THEN printf('asked for %d events a second', freq)
			ELSE printf('period %d', period) END AS sentence
	FROM source
	UNION ALL
	SELECT source_id, 'blind_window', min(id), 'nothing is sure here' FROM blind_window
	WHERE cause = 'sampled' GROUP BY source_id
) AS e ON e.source_id = s.id
WHERE s.complete = 0;
