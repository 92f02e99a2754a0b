-- Goroutines are numbered from 1.
-- needs: goroutine
SELECT goid FROM goroutine WHERE goid < 1 OR goid IS NULL OR pid IS NULL;
