-- One database is made from one recording, and has a name of its own.
-- needs: recording
SELECT count(*) FROM recording HAVING count(*) <> 1 OR max(coalesce(uuid, '')) = '';
