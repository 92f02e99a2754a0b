-- No row ends before it begins.
-- needs: thread_slice
SELECT rowid FROM thread_slice WHERE ts_end < ts;
