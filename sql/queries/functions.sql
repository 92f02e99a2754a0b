-- SPDX-License-Identifier: GPL-2.0-only
-- title: where samples and events of a source were, by their innermost function
-- arguments: SOURCE_NAME
SELECT count(*) AS events, l.function, l.binary
FROM event AS e JOIN source AS s ON s.id = e.source_id
LEFT JOIN leaf AS l ON l.stack_id = e.stack_id
WHERE s.name = ?1
GROUP BY l.function, l.binary ORDER BY events DESC, l.function;
