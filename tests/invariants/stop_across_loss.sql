-- A stop of the world has no end where events of stops were lost inside it.
-- needs: preempt_window blind_window source
SELECT p.id FROM preempt_window p
JOIN blind_window b ON b.cause = 'lost' AND b.cpu IS NOT NULL AND b.ts < p.ts_end AND b.ts_end > p.ts
WHERE p.kind = 'stw' AND p.certainty = 'proved'
	AND EXISTS (SELECT 1 FROM source s WHERE s.lost_events IS NOT 0 AND s.function IN
		('runtime.stopTheWorldWithSema', 'runtime.startTheWorldWithSema'));
