-- Only where a debugger stops, hits are counted.
-- needs: breakpoint_location breakpoint_hit
SELECT h.id FROM breakpoint_hit h JOIN breakpoint_location l ON l.id = h.location_id WHERE l.other;
