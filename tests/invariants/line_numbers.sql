-- Lines are numbered from 1.
-- needs: source_line
SELECT rowid FROM source_line WHERE line < 1;
