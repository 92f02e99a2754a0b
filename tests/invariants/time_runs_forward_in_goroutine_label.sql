-- Nothing ends before it begins.
-- needs: goroutine_label
SELECT id FROM goroutine_label WHERE ts_end < ts;
