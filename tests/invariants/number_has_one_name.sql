-- A number has one name in a program, and a field one place.
-- needs: number_name layout_field
SELECT min(id) FROM number_name GROUP BY binary_id, kind, number HAVING count(*) > 1
UNION ALL SELECT min(id) FROM layout_field GROUP BY binary_id, type, name HAVING count(*) > 1;
