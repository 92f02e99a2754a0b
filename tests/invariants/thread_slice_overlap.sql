-- Two slices of one thread do not overlap.
-- needs: thread_slice
SELECT id FROM (
	SELECT id, ts, max(ts_end) OVER (
		PARTITION BY tid ORDER BY ts, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
	) AS before
	FROM thread_slice
)
WHERE before > ts;
