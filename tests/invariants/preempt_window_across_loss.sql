-- A kernel window is not proved when events of its CPU were lost inside it.
-- needs: preempt_window blind_window source
SELECT p.id FROM preempt_window p
JOIN blind_window b ON b.cpu = p.cpu AND b.cause = 'lost' AND b.ts < p.ts_end AND b.ts_end > p.ts
WHERE p.kind IN ('kernel', 'irq') AND p.certainty = 'proved' AND (b.lost_events > 0 OR b.lost_events IS NULL)
	AND (b.source_id IS NULL OR b.source_id IN (SELECT id FROM source WHERE name LIKE 'preemptirq:%'));
