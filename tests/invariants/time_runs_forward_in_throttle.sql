-- No row ends before it begins.
-- needs: throttle
SELECT rowid FROM throttle WHERE ts_end < ts;
