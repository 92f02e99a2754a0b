-- Who made a goroutine was there before it.
-- needs: goroutine
SELECT child.goid FROM goroutine child JOIN goroutine parent ON parent.pid = child.pid AND parent.goid = child.parent_goid
WHERE child.certainty = 'proved'
GROUP BY child.id
HAVING min(coalesce(parent.created_ts, 0)) > child.created_ts;
