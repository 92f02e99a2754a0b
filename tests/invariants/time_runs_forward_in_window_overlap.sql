-- No row ends before it begins.
-- needs: window_overlap
SELECT rowid FROM window_overlap WHERE ts_end < ts;
