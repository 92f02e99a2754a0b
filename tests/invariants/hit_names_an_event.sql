-- A hit names an event that is there.
-- needs: breakpoint_hit event
SELECT id FROM breakpoint_hit WHERE event_id IS NOT NULL AND event_id NOT IN (SELECT id FROM event);
