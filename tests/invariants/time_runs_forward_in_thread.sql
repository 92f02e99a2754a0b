-- Nothing ends before it begins.
-- needs: thread
SELECT rowid FROM thread WHERE ts_end < ts;
