-- Missed at least is not more than missed at most.
-- needs: verdict
SELECT breakpoint_id FROM verdict WHERE missed_min > missed_max;
