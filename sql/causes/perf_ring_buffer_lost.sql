-- SPDX-License-Identifier: GPL-2.0-only
-- title: perf lost events that matter here
-- meaning: perf could not write events fast enough. Hits of the probe at this place, or the signals that
--   would show a debugger's stop, can be among them.
-- proves: the ledger that perf writes at the end names a source that this question depends on.
-- rules out: that source's ledger says 0.
-- what to do: Record again with larger buffers (-m 4M or more) and fewer events.
-- order: 190
-- verdict: unknown

-- Which sources the answer depends on: uprobes at the place; signals where a debugger could have stopped.
WITH matters AS (
	SELECT DISTINCT breakpoint_id, source_id, kind FROM temp.watcher
	UNION
	SELECT g.breakpoint_id, t.source_id, 'trap' FROM temp.ledger AS g, temp.trap_ledger AS t
	WHERE t.source_id IS NOT NULL AND g.places > 0
		AND (g.exact_places < g.places OR g.reached_elsewise > 0 OR g.trapped > 0)
),
told AS (
	SELECT m.breakpoint_id, m.kind, s.id AS source_id, s.name, s.events, s.lost_events, s.carries_sideband = 1 AS carries_sideband
	FROM matters AS m JOIN source AS s ON s.id = m.source_id
)
SELECT t.breakpoint_id, 'proved',
	CASE t.kind
	WHEN 'trap' THEN printf('up to %d of a debugger''s traps were not written: perf lost as many events of %s.',
		t.lost_events, t.name)
	WHEN 'entry' THEN printf('perf lost %s%d events of %s, which sits at the entry of the function.',
		iif(t.carries_sideband, 'up to ', ''), t.lost_events, t.name)
	ELSE printf('perf lost %s%d %s of %s, which sits %s this place%s.', iif(t.carries_sideband, 'up to ', ''), t.lost_events,
		CASE t.lost_events WHEN 1 THEN 'event' ELSE 'events' END, t.name,
		CASE t.kind WHEN 'exact' THEN 'at' ELSE 'beside' END,
		CASE WHEN t.carries_sideband
			THEN ' (records of processes and mappings are counted with them)'
		WHEN t.events = 0 AND t.kind <> 'some' THEN printf(': it was executed exactly %d %s', t.lost_events,
			CASE t.lost_events WHEN 1 THEN 'time' ELSE 'times' END) ELSE '' END) END,
	'lost', l.id, printf('%d events of %s', l.count, t.name)
FROM told AS t JOIN lost AS l ON l.source_id = t.source_id AND l.kind = 'lost_samples' AND l.count > 0
WHERE t.lost_events > 0
UNION ALL
-- Without the ledger nobody knows whose events were lost.
SELECT DISTINCT t.breakpoint_id, 'possible',
	printf('perf lost %d events, and the ledger that would say whose they were is missing.',
		(SELECT sum(count) FROM lost WHERE kind = 'lost')), 'lost', l.id,
	printf('%d events on CPU %d', l.count, l.cpu)
FROM told AS t JOIN (SELECT * FROM lost WHERE kind = 'lost' ORDER BY count DESC LIMIT 10) AS l
WHERE t.lost_events IS NULL;
