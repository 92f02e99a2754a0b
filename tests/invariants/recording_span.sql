-- All events lie between the first and the end of the recording.
-- needs: recording event
SELECT e.id FROM event e, recording r WHERE e.ts < r.ts OR e.ts >= r.ts_end;
