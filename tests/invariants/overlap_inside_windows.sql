-- An overlap lies inside both of its windows.
-- needs: window_overlap preempt_window blind_window
SELECT o.rowid FROM window_overlap o
JOIN preempt_window p ON p.id = o.preempt_window_id
JOIN blind_window b ON b.id = o.blind_window_id
WHERE o.ts < p.ts OR o.ts < b.ts OR o.ts_end > p.ts_end OR o.ts_end > b.ts_end OR o.ts_end < o.ts;
