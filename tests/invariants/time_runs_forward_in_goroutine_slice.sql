-- No row ends before it begins.
-- needs: goroutine_slice
SELECT rowid FROM goroutine_slice WHERE ts_end < ts;
