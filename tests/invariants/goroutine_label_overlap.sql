-- A goroutine has one value at most for a key at a time.
-- needs: goroutine_label
SELECT a.id, b.id
FROM (SELECT id, pid, goid, ts_end, lead(id) OVER w AS next FROM goroutine_label
	WHERE cut = 0 WINDOW w AS (PARTITION BY pid, goid, key ORDER BY ts, id)) AS a
JOIN goroutine_label AS b ON b.id = a.next
WHERE a.ts_end IS NULL OR b.ts < a.ts_end;
