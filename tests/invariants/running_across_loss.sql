-- A goroutine is not proved to run where events of its CPU were lost.
-- needs: goroutine_slice blind_window
SELECT g.id FROM goroutine_slice g
JOIN blind_window b ON b.cpu = g.cpu AND b.cause = 'lost' AND b.source_id IS NULL AND b.ts < g.ts_end AND b.ts_end > g.ts
WHERE g.state = 'running' AND g.certainty = 'proved' AND (b.lost_events > 0 OR b.lost_events IS NULL);
