-- The defers of one goroutine are numbered without a repetition.
-- needs: defer
SELECT max(id) FROM defer WHERE seq IS NOT NULL AND goid IS NOT NULL
GROUP BY pid, goid, seq, (SELECT max(g.created_ts) FROM goroutine g WHERE g.pid = defer.pid AND g.goid = defer.goid AND g.created_ts <= defer.registered_ts)
HAVING count(*) > 1;
