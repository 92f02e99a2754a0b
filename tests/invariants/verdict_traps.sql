-- A breakpoint is not trapped more often than it is reached.
-- needs: verdict
SELECT breakpoint_id FROM verdict WHERE trapped > reached;
