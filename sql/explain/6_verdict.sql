-- SPDX-License-Identifier: GPL-2.0-only
--
-- One verdict per breakpoint, from the ledger and the causes. The head of a cause may say "verdict:"
-- impossible, not_reached or unknown: what a proved cause of that name makes of a breakpoint that was
-- never seen (unknown: the recording cannot answer, exit status 5).

CREATE TEMP TABLE judged AS
WITH sums AS (
	SELECT l.*,
		t.known AS traps_known, t.without_place AS traps_placeless,
		coalesce(t.lost, CASE WHEN t.known THEN NULL ELSE 0 END) AS traps_lost,
		-- every execution went through a uprobe that sat on the place: no trap can have fired
		l.reached > 0 AND l.reached_elsewise = 0 AND l.trapped = 0 AS shadowed,
		(SELECT group_concat(DISTINCT h.text) FROM temp.verdict_cause AS c
			JOIN temp.cause_head AS h ON h.cause = c.cause AND h.key = 'verdict'
			WHERE c.breakpoint_id = l.breakpoint_id AND c.strength = 'proved') AS made
	FROM temp.ledger AS l, temp.trap_ledger AS t
),
bounds AS (
	SELECT *,
		-- executions at most: what was seen and what could not be written, if a uprobe that counts
		-- listened at every place all the time
		CASE WHEN places > 0 AND covered_places = places THEN reached + counted_lost
			ELSE entry_bound END AS most,
		-- at least: without what may be a second hit of one call; of hits at the very place that were not
		-- written each is one more
		CASE
		WHEN places > 0 AND sure_places = places AND sure_complete = 1 AND trapped = 0
			THEN max(sure_hits + coalesce(sure_lost_hits, 0), min(reached, 1))
		-- several hits at the entry can be one call
		WHEN reached = 0 AND covered_places > 0 AND kind NOT IN ('panic', 'fatal') THEN min(1, counted_lost_hits)
		ELSE max(reached - entry_doubtful, min(reached, 1)) END AS least
	FROM sums
),
missed AS (
	SELECT *,
		CASE
		WHEN shadowed OR reached = 0 AND exact_places = places THEN least
		WHEN traps_known THEN max(0, least - trapped - coalesce(traps_lost, least))
		ELSE 0 END AS missed_min,
		most - trapped AS missed_max,
		CASE WHEN least < reached THEN printf('%d to %d times', least, reached)
			WHEN least = 1 THEN 'once' ELSE least || ' times' END
		|| CASE WHEN reached = 0 THEN ' (perf counted, but could not write the events)' ELSE '' END AS times,
		CASE WHEN entry_hits > 0 THEN ' Executions were counted by a uprobe at the entry of the function, '
			|| 'which every call passes and which does not silence a breakpoint behind the prologue'
			|| CASE WHEN least < reached THEN printf('; %d of its %d hits may be second hits of one call.',
				reached - least, reached) ELSE '.' END
			ELSE '' END AS how
	FROM bounds
)
SELECT *,
	CASE
	WHEN places = 0 AND instr(made, 'impossible') THEN 'impossible'
	WHEN reached > 0 AND trapped >= reached THEN 'hit'
	WHEN missed_min > 0 THEN 'missed'
	WHEN reached = 0 AND places > 0 AND instr(made, 'not_reached') THEN 'not_reached'
	ELSE 'unknown' END AS verdict
FROM missed;

INSERT INTO temp.verdict
SELECT
	breakpoint_id, verdict, reached, trapped,
	CASE WHEN verdict IN ('impossible', 'not_reached') THEN 0
		ELSE min(missed_min, coalesce(missed_max, missed_min)) END,
	CASE WHEN verdict IN ('impossible', 'not_reached') THEN 0 ELSE max(0, missed_max) END,
	CASE verdict
	WHEN 'hit' THEN printf('A debugger stopped here %s.', CASE trapped
			WHEN 1 THEN 'once' ELSE trapped || ' times' END)
		|| CASE WHEN missed_max > 0
			THEN printf(' Up to %d more executions may have gone unrecorded.', missed_max)
			ELSE '' END
	WHEN 'missed' THEN
		printf('The program executed this place %s, and %s.', times, CASE trapped WHEN 0 THEN 'no debugger stopped'
				WHEN 1 THEN 'a debugger stopped only once'
				ELSE 'a debugger stopped only ' || trapped || ' times' END)
		|| how || CASE WHEN EXISTS (SELECT 1 FROM temp.debugger) THEN ''
			ELSE ' (No debugger is seen at work in this recording.)' END
	WHEN 'not_reached' THEN 'The program never executed this place while it was watched, and it was '
		|| 'watched from beginning to end'
		|| CASE WHEN EXISTS (SELECT 1 FROM temp.breakpoint_location AS l
			JOIN mapping AS m ON m.binary_id = l.binary_id AND m.executable = 1
			JOIN process AS p ON p.pid = m.pid AND p.ts <= m.ts
			WHERE l.breakpoint_id = judged.breakpoint_id AND p.ts_end IS NULL)
			THEN ' of the recording (it was still running then).' ELSE '.' END
	WHEN 'impossible' THEN 'No breakpoint can stand here: '
		|| (SELECT c.sentence FROM temp.verdict_cause AS c JOIN temp.cause_head AS h
			ON h.cause = c.cause AND h.key = 'verdict' AND h.text = 'impossible'
			WHERE c.breakpoint_id = judged.breakpoint_id AND c.strength = 'proved' ORDER BY c.id)
		|| coalesce(' The nearest: ' || (SELECT names FROM temp.nearest AS n
			WHERE n.breakpoint_id = judged.breakpoint_id) || '.', '')
	ELSE CASE
		WHEN places = 0
			THEN coalesce((SELECT sentence FROM temp.unresolved AS u
				WHERE u.breakpoint_id = judged.breakpoint_id),
				'The line has code, but no place is known at which a debugger would stop.')
		WHEN reached > 0 AND NOT traps_known
			THEN printf('The program executed this place %s; whether a debugger stopped was not recorded.',
				times) || how
		WHEN reached > 0 AND least < reached AND trapped >= least
			THEN printf('A debugger stopped here %s.', CASE trapped WHEN 1 THEN 'once'
				ELSE trapped || ' times' END) || how || ' So perhaps no stop is missing.'
		WHEN reached > 0
			THEN printf('The program executed this place %s, and %s; other stops may be among the %s.', times,
				CASE trapped WHEN 0 THEN 'no debugger was seen to stop'
					WHEN 1 THEN 'a debugger was seen to stop once'
					ELSE printf('a debugger was seen to stop %d times', trapped) END,
				CASE WHEN traps_placeless > 0
					THEN printf('%d traps whose stacks do not say where they fired', traps_placeless)
					ELSE 'events that were lost' END) || how
		WHEN entry_bound IS NOT NULL
			THEN printf('The function was entered at most %s, but nothing watched the place itself, which is '
				|| 'behind its prologue.', CASE entry_bound WHEN 1 THEN 'once'
				ELSE entry_bound || ' times' END)
		WHEN instr(made, 'unknown')
			THEN 'No execution of this place was recorded, but not all events were.'
		WHEN EXISTS (SELECT 1 FROM temp.watcher AS w WHERE w.breakpoint_id = judged.breakpoint_id)
			THEN 'No execution of this place was recorded, but it was not watched well enough to say '
			|| 'that there was none.'
		ELSE 'Nothing watched this place, and no debugger was seen to stop there.' END
	END
	|| coalesce((SELECT sentence FROM temp.ambiguous AS a WHERE a.breakpoint_id = judged.breakpoint_id), ''),
	NULL,
	NOT (verdict = 'unknown' AND coalesce(instr(made, 'unknown'), 0))
FROM judged;
