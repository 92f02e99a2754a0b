-- The kernel cuts the name of a task to 15 bytes.
-- needs: process thread
SELECT pid FROM process WHERE length(CAST(comm AS BLOB)) > 15 UNION ALL SELECT tid FROM thread WHERE length(CAST(comm AS BLOB)) > 15;
