-- A hit that stands in the recording once more is of the same source, moment and thread.
-- needs: call_restart event
SELECT r.id FROM call_restart AS r JOIN event AS a ON a.id = r.first_event JOIN event AS b ON b.id = r.second_event
WHERE r.repeated AND (a.ts, a.tid, a.source_id, a.cpu) IS NOT (b.ts, b.tid, b.source_id, b.cpu);
