-- No two threads run on one CPU at once.
-- needs: thread_slice
SELECT id FROM (
    	SELECT id, ts, max(ts_end) OVER (
    		PARTITION BY cpu ORDER BY ts, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    	) AS before
    	FROM thread_slice
	WHERE state = 'running' AND cpu IS NOT NULL AND tid <> 0
    )
    WHERE before > ts;
