-- No row ends before it begins.
-- needs: preempt_window
SELECT rowid FROM preempt_window WHERE ts_end < ts;
