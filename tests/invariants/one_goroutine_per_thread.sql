-- No two goroutines run on one thread at once.
-- needs: goroutine_slice
SELECT id FROM (
    	SELECT id, ts, max(ts_end) OVER (
    		PARTITION BY tid ORDER BY ts, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    	) AS before
    	FROM goroutine_slice
	WHERE state = 'running' AND tid IS NOT NULL
    )
    WHERE before > ts;
