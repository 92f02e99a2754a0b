-- Every stack leads to an outermost frame.
-- needs: stack
WITH RECURSIVE reached(id) AS (
	SELECT id FROM stack WHERE parent_id IS NULL
	UNION ALL
	SELECT s.id FROM stack s JOIN reached r ON s.parent_id = r.id
),
-- The index that this wants is not promised, so the tree is walked only where it is small.
small AS (SELECT count(*) < 20000 AS yes FROM stack)
SELECT id FROM stack WHERE (SELECT yes FROM small) AND id NOT IN (SELECT id FROM reached);
