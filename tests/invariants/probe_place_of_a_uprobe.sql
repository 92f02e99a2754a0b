-- Only a uprobe tells about a place, and of each place once.
-- needs: probe_place source
SELECT p.id FROM probe_place p JOIN source s ON s.id = p.source_id WHERE s.is_uprobe IS NOT 1
UNION ALL SELECT min(id) FROM probe_place GROUP BY source_id, binary_id, pc HAVING count(*) > 1;
