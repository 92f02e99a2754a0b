-- SPDX-License-Identifier: GPL-2.0-only
-- title: no debugger was at work
-- meaning: Nothing in the recording comes from a debugger: no trap, no single step, no stop at exec, no
--   process that is one. So nobody had planted a breakpoint while it ran.
-- proves: every signal of all processes was recorded, none was lost, and no SIGTRAP is among them.
-- rules out: any SIGTRAP.
-- what to do: Start the debugger before the recording, and look whether it accepted the breakpoint.
-- order: 0

SELECT g.breakpoint_id,
	CASE WHEN s.complete = 1 AND s.lost_events = 0 AND s.system_wide = 1 THEN 'proved' ELSE 'possible' END,
	CASE WHEN s.complete = 1 AND s.lost_events = 0 AND s.system_wide = 1
		THEN 'all signals of all processes were recorded, and not one comes from a debugger.'
		ELSE 'no signal that was recorded comes from a debugger.' END,
	'source', s.id, printf('%d signals, none of them a SIGTRAP', s.events)
FROM temp.ledger AS g
JOIN temp.trap_ledger AS t JOIN source AS s ON s.id = t.source_id
WHERE g.places > 0 AND g.reached > 0 AND g.trapped = 0 AND t.sources = 1
	AND NOT EXISTS (SELECT 1 FROM temp.debugger);
