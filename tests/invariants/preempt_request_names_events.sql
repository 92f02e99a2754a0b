-- The events that a row names as its origin are there, and what was granted was granted where it says.
-- needs: preempt_request event
SELECT p.id FROM preempt_request p LEFT JOIN event e ON e.id = p.first_event
WHERE p.first_event IS NOT NULL AND (e.id IS NULL OR e.ts <> coalesce(p.ts, p.signalled_ts, p.delivered_ts) OR e.pid <> p.pid)
UNION ALL
SELECT p.id FROM preempt_request p LEFT JOIN event e ON e.id = p.last_event
WHERE p.last_event IS NOT NULL AND (e.id IS NULL OR e.ts < p.granted_ts);
