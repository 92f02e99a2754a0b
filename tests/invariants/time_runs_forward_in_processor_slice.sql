-- A slice of a processor has a beginning before its end, and a number.
-- needs: processor_slice
SELECT id FROM processor_slice WHERE ts_end <= ts OR p < 0;
