-- Two lives of one pid do not overlap.
-- needs: process
SELECT pid FROM (
	SELECT pid, coalesce(ts, -1) AS ts, max(coalesce(ts_end, 9223372036854775807)) OVER (
		PARTITION BY pid ORDER BY coalesce(ts, -1) ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
	) AS before
	FROM process WHERE pid > 0
)
WHERE before > ts;
