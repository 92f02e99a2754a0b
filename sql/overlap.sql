-- SPDX-License-Identifier: GPL-2.0-only
--
-- Where blind windows and preempt windows meet: table window_overlap, filled when both are complete.
-- Preempt windows of one kind on one CPU (thread, process) do not overlap, so those that meet a blind
-- window are the last one that began before it and those that begin inside it.

CREATE INDEX preempt_window_time ON preempt_window (kind, cpu, ts);

-- On CPUs. What happened inside a hole is not known, so of lost events only the moment counts at which
-- the hole began: a row without length says that a window was open then.
INSERT INTO window_overlap (blind_window_id, preempt_window_id, ts, ts_end)
WITH
blind AS (
	SELECT b.id, b.cpu, b.ts, CASE b.cause WHEN 'lost' THEN b.ts ELSE b.ts_end END AS ts_end, k.kind
	FROM blind_window AS b, (SELECT 'kernel' AS kind UNION ALL SELECT 'irq') AS k
	WHERE b.cause IN ('lost', 'gap', 'throttled') AND b.cpu IS NOT NULL AND b.ts IS NOT NULL
		AND b.ts_end IS NOT NULL
)
SELECT b.id, p.id, b.ts, min(b.ts_end, coalesce(p.ts_end, b.ts_end))
FROM blind AS b
JOIN preempt_window AS p ON p.id = (SELECT q.id FROM preempt_window AS q
	WHERE q.kind = b.kind AND q.cpu = b.cpu AND q.ts <= b.ts ORDER BY q.ts DESC LIMIT 1)
WHERE p.ts_end > b.ts OR (p.ts_end IS NULL AND b.ts_end = b.ts)
UNION ALL
SELECT b.id, p.id, p.ts, min(b.ts_end, p.ts_end)
FROM blind AS b
JOIN preempt_window AS p ON p.kind = b.kind AND p.cpu = b.cpu AND p.ts > b.ts AND p.ts < b.ts_end
WHERE p.ts_end IS NOT NULL;

-- On threads and in processes: a thread that ran blindly while its goroutine was asked to give way, or
-- while its world was stopped.
INSERT INTO window_overlap (blind_window_id, preempt_window_id, ts, ts_end)
SELECT b.id, p.id, max(b.ts, p.ts), min(b.ts_end, p.ts_end)
FROM blind_window AS b
JOIN preempt_window AS p ON p.kind IN ('go', 'stw') AND p.ts < b.ts_end AND p.ts_end > b.ts
WHERE b.cause = 'gap' AND b.tid IS NOT NULL AND CASE p.kind WHEN 'go' THEN p.tid = b.tid
	ELSE EXISTS (SELECT 1 FROM thread AS t WHERE t.tid = b.tid AND t.pid = p.pid) END;
