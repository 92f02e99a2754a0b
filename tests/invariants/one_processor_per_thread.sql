-- No thread has two processors at once.
-- needs: processor_slice
SELECT id FROM (
	SELECT id, ts, max(coalesce(ts_end, 9223372036854775807)) OVER (
		PARTITION BY tid ORDER BY ts, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
	) AS before
	FROM processor_slice
)
WHERE before > ts;
