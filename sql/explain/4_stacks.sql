-- SPDX-License-Identifier: GPL-2.0-only
--
-- Who was on his way to a place that was never seen to be executed: calls of its function that stood at
-- an earlier line, found on the stacks of other events. For causes that tell why they never came on.

-- Frames of the place's function, in the place's file, above its line; line: where the call stood.
CREATE TEMP TABLE above AS
SELECT l.breakpoint_id, l.id AS location_id, f.id AS frame_id, f.line
FROM temp.breakpoint_location AS l
JOIN temp.ledger AS g ON g.breakpoint_id = l.breakpoint_id AND g.reached = 0
JOIN function AS n ON n.name = l.function AND n.binary_id = l.binary_id
JOIN frame AS f ON f.function_id = n.id AND f.file = l.file AND f.line < l.line
WHERE l.is_entry IS NOT 1;

-- All stacks that go through such a frame. depth: frames between the leaf and it.
CREATE TEMP TABLE inside AS
WITH RECURSIVE grow (breakpoint_id, location_id, line, stack_id, depth) AS (
	SELECT a.breakpoint_id, a.location_id, a.line, s.id, 0
	FROM temp.above AS a JOIN stack AS s ON s.frame_id = a.frame_id
	UNION
	SELECT g.breakpoint_id, g.location_id, g.line, s.id, g.depth + 1
	FROM grow AS g JOIN stack AS s ON s.parent_id = g.stack_id
	WHERE g.depth < 10000
)
SELECT * FROM grow;
CREATE INDEX temp.inside_stack ON inside (stack_id);

-- Events on such stacks that end something, by the function that they are in or go through.
CREATE TEMP TABLE ending_stack AS
WITH RECURSIVE named (stack_id, what) AS (
	SELECT s.id, n.name
	FROM stack AS s JOIN frame AS f ON f.id = s.frame_id JOIN function AS n ON n.id = f.function_id
	WHERE n.name IN ('runtime.Goexit', 'os.Exit', 'syscall.Exit', 'runtime.exit.abi0', 'runtime.exit')
		AND EXISTS (SELECT 1 FROM temp.ledger WHERE places > 0 AND reached = 0)
	UNION
	SELECT s.id, o.what FROM named AS o JOIN stack AS s ON s.parent_id = o.stack_id
)
SELECT * FROM named;
CREATE TEMP TABLE ending AS
SELECT DISTINCT o.what, e.id AS event_id, s.table_name, e.ts, e.pid, e.tid, e.goid, e.stack_id
FROM event AS e
JOIN temp.ending_stack AS o ON o.stack_id = e.stack_id
JOIN source AS s ON s.id = e.source_id
WHERE e.stack_id IN (SELECT stack_id FROM temp.ending_stack);

-- How the processes of the program ended, as far as it was seen: exit (os.Exit or a return from main.main),
-- panic, throw.
CREATE TEMP TABLE process_end AS
WITH told AS (
	SELECT e.pid, e.id, s.table_name, e.goid, e.ts, 'exit' AS how
	FROM event AS e JOIN source AS s ON s.id = e.source_id
	WHERE s.is_return_probe IS NOT 1 AND s.function_offset IS 0
		AND s.function IN ('os.Exit', 'runtime.exit.abi0')
		AND e.source_id IN (SELECT id FROM source WHERE is_uprobe = 1)
	UNION ALL
	SELECT f.pid, f.first_event, s.table_name, f.goid, f.ts, CASE f.kind WHEN 'panic' THEN 'panic' ELSE 'throw' END
	FROM fatal_error AS f JOIN event AS e ON e.id = f.first_event JOIN source AS s ON s.id = e.source_id
	WHERE f.certainty = 'proved'
	UNION ALL
	SELECT p.pid, p.last_event, s.table_name, p.goid, p.ts, 'panic'
	FROM panic AS p JOIN event AS e ON e.id = p.last_event JOIN source AS s ON s.id = e.source_id
	WHERE p.outcome = 'fatal'
)
SELECT pid, how, id AS event_id, table_name, goid, ts FROM (
	-- the end of a panic or a throw is an exit too
	SELECT *, row_number() OVER (PARTITION BY pid ORDER BY how = 'exit', id) AS rank FROM told)
WHERE rank = 1;

-- The last thing that was seen of each goroutine that waited, and was never seen again.
CREATE TEMP TABLE stranded AS
SELECT g.id AS goroutine_id, g.pid, g.goid, g.end_reason, s.id AS slice_id, s.ts, s.reason, e.stack_id
FROM goroutine AS g
JOIN goroutine_slice AS s ON s.id = (SELECT max(o.id) FROM goroutine_slice AS o
	WHERE o.pid = g.pid AND o.goid = g.goid
		AND (g.created_ts IS NULL OR o.ts >= g.created_ts) AND (g.ended_ts IS NULL OR o.ts <= g.ended_ts))
JOIN event AS e ON e.id = s.first_event
WHERE s.state = 'waiting' AND s.last_event IS NULL
	AND EXISTS (SELECT 1 FROM temp.inside AS i WHERE i.stack_id = e.stack_id);
