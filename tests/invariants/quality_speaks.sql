-- Every imperfection says in words what it is.
-- needs: data_quality
SELECT id FROM data_quality WHERE coalesce(sentence, '') = '' OR coalesce(name, '') = '';
