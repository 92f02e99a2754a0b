-- SPDX-License-Identifier: GPL-2.0-only
--
-- Breakpoints without a place: codeless (what is around the line), nearest (names that may be meant),
-- unresolved (a sentence that says why). And those that mean more than one thing: ambiguous.

-- For a line that no place stands for: what is around it in its file. function: one that has code
-- both before and behind the line; ours: the file belongs to the main module, whose lines are all here
-- (of other packages, only some functions' may be).
CREATE TEMP TABLE codeless AS
WITH lonely AS (
	SELECT m.breakpoint_id, m.file_id, m.path, spec.line
	FROM temp.file_match AS m JOIN temp.spec USING (breakpoint_id)
	WHERE NOT EXISTS (SELECT 1 FROM temp.every_location AS l
		WHERE l.breakpoint_id = m.breakpoint_id)
		AND EXISTS (SELECT 1 FROM source_line AS s WHERE s.file_id = m.file_id)
),
extent AS (
	SELECT o.breakpoint_id, o.file_id, s.function_id, s.binary_id,
		max(s.line) FILTER (WHERE s.line < o.line) AS before,
		min(s.line) FILTER (WHERE s.line > o.line) AS behind
	FROM lonely AS o JOIN source_line AS s ON s.file_id = o.file_id
	GROUP BY o.breakpoint_id, o.file_id, s.function_id, s.binary_id
),
best AS (
	SELECT *, row_number() OVER (PARTITION BY breakpoint_id, file_id
		ORDER BY before IS NULL OR behind IS NULL, behind - before) AS rank
	FROM extent
)
SELECT o.breakpoint_id, o.file_id, o.path, o.line,
	-- of that function, or else of the whole file
	CASE WHEN b.before IS NOT NULL AND b.behind IS NOT NULL THEN b.before
		ELSE (SELECT max(e.before) FROM extent AS e WHERE e.breakpoint_id = o.breakpoint_id
			AND e.file_id = o.file_id) END AS before,
	CASE WHEN b.before IS NOT NULL AND b.behind IS NOT NULL THEN b.behind
		ELSE (SELECT min(e.behind) FROM extent AS e WHERE e.breakpoint_id = o.breakpoint_id
			AND e.file_id = o.file_id) END AS behind, b.binary_id,
	CASE WHEN b.before IS NOT NULL AND b.behind IS NOT NULL THEN f.name END AS function,
	CASE WHEN b.before IS NOT NULL AND b.behind IS NOT NULL THEN b.function_id END AS function_id,
	t.optimised,
	f.name LIKE 'main.%' OR substr(f.name, 1, length(t.module) + 1) IN (t.module || '.', t.module || '/')
		AS ours
FROM lonely AS o
JOIN best AS b ON b.breakpoint_id = o.breakpoint_id AND b.file_id = o.file_id AND b.rank = 1
LEFT JOIN function AS f ON f.id = b.function_id
LEFT JOIN temp.target AS t ON t.id = b.binary_id;

-- Up to three names that are nearest to one that nothing has.
CREATE TEMP TABLE nearest AS
WITH missing AS (
	SELECT breakpoint_id, kind, spec, file FROM temp.spec AS s
	WHERE kind = 'function' AND NOT EXISTS (SELECT 1 FROM temp.function_match AS m
			WHERE m.breakpoint_id = s.breakpoint_id)
		OR kind = 'line' AND NOT EXISTS (SELECT 1 FROM temp.file_match AS m
			WHERE m.breakpoint_id = s.breakpoint_id)
),
candidate AS (
	SELECT m.breakpoint_id, f.name, function_distance(f.name, m.spec) AS distance
	FROM missing AS m CROSS JOIN function AS f
	WHERE m.kind = 'function' AND f.binary_id IN (SELECT id FROM temp.target)
	UNION
	SELECT m.breakpoint_id, f.path, file_distance(f.path, m.file)
	FROM missing AS m CROSS JOIN source_file AS f
	WHERE m.kind = 'line'
)
SELECT breakpoint_id, group_concat(name, ', ') AS names FROM (
	SELECT *, row_number() OVER (PARTITION BY breakpoint_id ORDER BY distance, name) AS n
	FROM candidate WHERE distance IS NOT NULL ORDER BY breakpoint_id, n)
WHERE n <= 3 GROUP BY breakpoint_id;

CREATE TEMP TABLE unresolved AS
WITH placeless AS (
	SELECT *, EXISTS (SELECT 1 FROM temp.function_match AS m WHERE m.breakpoint_id = s.breakpoint_id) AS is_known
	FROM temp.spec AS s WHERE NOT EXISTS (SELECT 1 FROM temp.every_location AS l
		WHERE l.breakpoint_id = s.breakpoint_id)
),
-- The tightest of the files that are meant.
around AS (
	SELECT *, row_number() OVER (PARTITION BY breakpoint_id ORDER BY before IS NULL OR behind IS NULL,
		behind - before, file_id) AS n
	FROM temp.codeless
)
SELECT p.breakpoint_id, CASE
	WHEN a.file_id IS NOT NULL
		THEN printf('%s has no code for line %d%s.', a.path, a.line, CASE
			WHEN a.before IS NULL THEN printf('; the first line that has is %d', a.behind)
			WHEN a.behind IS NULL THEN printf('; the last line that has is %d', a.before)
			ELSE printf('; lines %d and %d have%s', a.before, a.behind,
				coalesce(', in ' || a.function, '')) END)
	WHEN p.kind = 'line' AND NOT EXISTS (SELECT 1 FROM source_line)
		THEN 'No source lines are known here'
		|| coalesce(' (' || (SELECT path || ': ' || problem FROM binary
			WHERE problem IS NOT NULL AND path NOT LIKE '[%' AND path LIKE '%/%'
			ORDER BY go_version IS NULL, id LIMIT 1) || ')', '')
		|| ', so nothing can be said about a line.'
	WHEN p.kind = 'line' THEN 'No program here was made of a source file of this name.'
	WHEN p.kind = 'address' THEN 'No code is known at this address.'
	WHEN p.is_known THEN 'The function has no code of its own, and where it was inlined is not known.'
	WHEN NOT EXISTS (SELECT 1 FROM function)
		THEN 'No functions are known here, so nothing can be said about one.'
	WHEN p.kind = 'function'
		THEN 'No function of this name is known here: nothing calls it, so that it was not linked; or it is '
		|| 'written differently.'
	ELSE 'The functions of the runtime that this means are not known here.' END
	|| coalesce(' The nearest: ' || n.names || '.', '') AS sentence
FROM placeless AS p
LEFT JOIN around AS a ON a.breakpoint_id = p.breakpoint_id AND a.n = 1
LEFT JOIN temp.nearest AS n ON n.breakpoint_id = p.breakpoint_id;

CREATE TEMP TABLE ambiguous AS
WITH meant AS (
	SELECT DISTINCT breakpoint_id, 'source files' AS what, path AS name FROM temp.file_match
	UNION
	SELECT breakpoint_id, 'functions', name FROM temp.function_match
	WHERE breakpoint_id IN (SELECT breakpoint_id FROM temp.spec WHERE kind = 'function')
),
counted AS (
	SELECT *, count(*) OVER (PARTITION BY breakpoint_id) AS names,
		row_number() OVER (PARTITION BY breakpoint_id ORDER BY name) AS n FROM meant
)
SELECT breakpoint_id, printf(' (%d %s have this name, and all are counted: say more of it to choose one of %s%s.)',
	names, what, group_concat(name, ', '), CASE WHEN names > 5 THEN ' …' ELSE '' END) AS sentence
FROM (SELECT * FROM counted WHERE names > 1 AND n <= 5 ORDER BY breakpoint_id, n)
GROUP BY breakpoint_id;
