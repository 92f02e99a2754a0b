-- A goroutine stands there once: the same number again only in a later life of its pid.
-- needs: goroutine
SELECT goid FROM goroutine GROUP BY pid, goid, created_ts HAVING count(*) > 1;
