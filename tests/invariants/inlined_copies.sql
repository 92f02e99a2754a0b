-- A function that exists only as inlined copies has some.
-- needs: function
SELECT id FROM function WHERE inlined_copies < 0 OR addr IS NULL AND inlined_copies = 0;
