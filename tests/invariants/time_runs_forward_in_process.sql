-- Nothing ends before it begins.
-- needs: process
SELECT rowid FROM process WHERE ts_end < ts;
