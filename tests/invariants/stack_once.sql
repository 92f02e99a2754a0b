-- A stack stands there once: no two rows have the same frame and the same caller.
-- needs: stack
SELECT max(id) FROM stack GROUP BY parent_id, frame_id HAVING count(*) > 1;
