-- Two slices of one goroutine do not overlap.
-- needs: goroutine_slice
SELECT id FROM (
	SELECT id, ts, max(ts_end) OVER (
		PARTITION BY pid, goid ORDER BY ts, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
	) AS before
	FROM goroutine_slice
)
WHERE before > ts;
