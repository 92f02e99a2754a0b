-- What was lost is told in data_quality.
-- needs: lost data_quality
SELECT count(*) FROM lost WHERE count > 0 AND NOT EXISTS (SELECT 1 FROM data_quality WHERE severity IN ('data_loss', 'error')) HAVING count(*) > 0;
