-- A mapping has a size.
-- needs: mapping
SELECT id FROM mapping WHERE size < 0;
