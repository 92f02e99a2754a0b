-- Who is proved to run does so on a thread, in its own process.
-- needs: goroutine_slice event
SELECT s.id FROM goroutine_slice s LEFT JOIN event e ON e.id = s.first_event
WHERE s.certainty = 'proved' AND s.state = 'running' AND (s.tid IS NULL OR e.tid <> s.tid);
