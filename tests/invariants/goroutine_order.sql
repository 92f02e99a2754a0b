-- A goroutine does not end before it is created.
-- needs: goroutine
SELECT goid FROM goroutine WHERE ended_ts < created_ts;
