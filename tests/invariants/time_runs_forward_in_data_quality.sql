-- No row ends before it begins.
-- needs: data_quality
SELECT rowid FROM data_quality WHERE ts_end < ts;
