-- No row ends before it begins.
-- needs: blind_window
SELECT rowid FROM blind_window WHERE ts_end < ts;
