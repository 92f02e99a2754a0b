-- A share is the cost of the time and no more than all of it, a cost has a basis, and threads have no more hits than there are.
-- needs: recording_cost source
SELECT id FROM recording_cost
WHERE hits < 1 OR cost_ns < 0 OR cost_ns > thread_ns OR thread_ns <= 0 OR (basis IS NULL) <> (cost_ns IS NULL)
	OR (thread_time IS NULL) <> (thread_ns IS NULL) OR (share IS NULL) <> (cost_ns IS NULL OR thread_ns IS NULL)
	OR abs(share - 1.0 * cost_ns / thread_ns) > 1e-9
UNION ALL
SELECT max(id) FROM recording_cost
HAVING (SELECT min(complete) FROM source WHERE is_uprobe) = 1
	AND sum(hits) > (SELECT sum(events) FROM source WHERE is_uprobe);
