-- Nothing begins before the first event or ends after the last one.
-- needs: recording goroutine_slice thread_slice preempt_window preempt_request blind_window
SELECT s.id FROM goroutine_slice s, recording r WHERE s.ts < r.ts OR s.ts_end > r.ts_end
UNION ALL
SELECT s.id FROM thread_slice s, recording r WHERE s.ts < r.ts OR s.ts_end > r.ts_end
UNION ALL
SELECT w.id FROM preempt_window w, recording r WHERE w.ts < r.ts OR w.ts_end > r.ts_end
UNION ALL
SELECT p.id FROM preempt_request p, recording r WHERE p.ts < r.ts OR p.granted_ts > r.ts_end
UNION ALL
SELECT b.id FROM blind_window b, recording r WHERE b.ts < r.ts OR b.ts_end > r.ts_end;
