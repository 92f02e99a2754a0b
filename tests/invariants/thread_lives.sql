-- Two lives of one tid do not overlap.
-- needs: thread
SELECT tid FROM (
	SELECT tid, coalesce(ts, -1) AS ts, max(coalesce(ts_end, 9223372036854775807)) OVER (
		PARTITION BY tid ORDER BY coalesce(ts, -1) ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
	) AS before
	FROM thread WHERE tid > 0
)
WHERE before > ts;
