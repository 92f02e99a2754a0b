-- A verdict counts what its hits count.
-- needs: verdict breakpoint_hit
SELECT breakpoint_id FROM verdict v
WHERE reached <> (SELECT count(*) FROM breakpoint_hit h WHERE h.breakpoint_id = v.breakpoint_id AND kind = 'reached')
	OR trapped <> (SELECT count(*) FROM breakpoint_hit h WHERE h.breakpoint_id = v.breakpoint_id AND kind = 'trapped');
