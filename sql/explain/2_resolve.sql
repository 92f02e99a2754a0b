-- SPDX-License-Identifier: GPL-2.0-only
--
-- From what was written to addresses: spec, file_match, function_match, breakpoint_location.

-- ---- what kind of SPEC ---------------------------------------------------------------------------

CREATE TEMP TABLE spec AS
WITH parts AS (
	-- "file.go:42" ends in a colon once its digits are taken off.
	SELECT id AS breakpoint_id, trim(spec) AS spec, rtrim(trim(spec), '0123456789') AS head
	FROM temp.breakpoint
)
SELECT
	breakpoint_id, spec,
	CASE
	WHEN spec IN ('panic', 'fatal') THEN spec
	WHEN lower(substr(spec, 1, 2)) = '0x' AND length(spec) BETWEEN 3 AND 18
		AND NOT lower(substr(spec, 3)) GLOB '*[^0-9a-f]*' THEN 'address'
	WHEN head LIKE '_%:' AND length(spec) > length(head) AND length(spec) - length(head) < 10
		THEN 'line'
	WHEN spec GLOB '*[^.].[^.]*' AND NOT spec GLOB '*:*' AND NOT spec GLOB '*.go' THEN 'function'
	END AS kind,
	substr(head, 1, length(head) - 1) AS file,
	CAST(substr(spec, length(head) + 1) AS INTEGER) AS line
FROM parts;

INSERT INTO temp.refusal
SELECT spec, 'neither file.go:LINE, package.Function, package.(*Type).Method, panic, fatal nor 0xADDRESS'
FROM temp.spec WHERE kind IS NULL;

UPDATE temp.spec SET file = NULL, line = NULL WHERE kind IS NOT 'line';

-- Hexadecimal to a number; the highest bit makes it negative, as everywhere in the database.
CREATE TEMP TABLE spec_address AS
WITH RECURSIVE digit (breakpoint_id, rest, value) AS (
	SELECT breakpoint_id, lower(substr(spec, 3)), 0 FROM temp.spec WHERE kind = 'address'
	UNION ALL
	SELECT breakpoint_id, substr(rest, 2),
		value << 4 | instr('123456789abcdef', substr(rest, 1, 1))
	FROM digit WHERE rest <> ''
)
SELECT breakpoint_id, value AS pc FROM digit WHERE rest = '';

-- ---- programs ------------------------------------------------------------------------------------

-- The Go programs that the question is about: those that were probed, or else all that were read. The
-- debugger is often a Go program of the same recording.
CREATE TEMP TABLE target AS
WITH go AS (
	SELECT *, char(10) || coalesce(flags, '') || char(10) AS lines FROM binary
	WHERE read = 1 AND (go_version IS NOT NULL OR has_pclntab = 1)
),
probed AS (
	SELECT binary_id AS id FROM source WHERE binary_id IS NOT NULL
	UNION SELECT binary_id FROM probe WHERE binary_id IS NOT NULL
),
module AS (
	SELECT *, substr(lines, instr(lines, char(10) || 'mod=') + 5) AS rest FROM go
)
SELECT id, path, has_dwarf, has_symtab,
	-- 1: built with optimisations, 0: without; NULL: not known
	CASE WHEN lines LIKE '%-gcflags=%-N%' OR lines LIKE '%producer=%-N%' THEN 0
		WHEN lines LIKE '%producer=%' OR lines LIKE '%-compiler=%' THEN 1 END AS optimised,
	CASE WHEN instr(lines, char(10) || 'mod=')
		THEN substr(rest, 1, instr(rest, char(10)) - 1) END AS module
FROM module
WHERE id IN (SELECT id FROM probed) OR NOT EXISTS (SELECT 1 FROM go WHERE id IN (SELECT id FROM probed));

-- ---- files ---------------------------------------------------------------------------------------

-- Which source files are meant. level 1: that very path; 2: the path ends like this; 3: only the last
-- name agrees, which a debugger would refuse. The best level there is counts, and files of the programs
-- in question before those of others.
CREATE TEMP TABLE file_match AS
WITH file AS (
	-- rtrim() by all characters but "/" leaves the folder.
	SELECT f.id, f.path, substr(f.path, length(rtrim(f.path, replace(f.path, '/', ''))) + 1) AS base,
		NOT EXISTS (SELECT 1 FROM source_line AS s WHERE s.file_id = f.id
			AND s.binary_id IN (SELECT id FROM temp.target)) AS strange
	FROM source_file AS f
),
wanted AS (
	SELECT breakpoint_id, CASE WHEN file LIKE './%' THEN substr(file, 3) ELSE file END AS file
	FROM temp.spec WHERE kind = 'line'
),
based AS (
	SELECT breakpoint_id, file,
		substr(file, length(rtrim(file, replace(file, '/', ''))) + 1) AS base
	FROM wanted
),
leveled AS (
	SELECT b.breakpoint_id, f.id AS file_id, f.path, f.strange, CASE
		WHEN f.path = b.file THEN 1
		WHEN substr(f.path, -length(b.file) - 1) = '/' || b.file THEN 2
		ELSE 3 END AS level
	FROM based AS b JOIN file AS f ON f.base = b.base
)
SELECT breakpoint_id, file_id, path, level FROM (
	SELECT *, rank() OVER (PARTITION BY breakpoint_id ORDER BY 2 * level + strange) AS rank FROM leveled)
WHERE rank = 1;

-- ---- functions -----------------------------------------------------------------------------------

-- Which functions are meant. level 1: that very name; 2: without the path before the package, or an
-- instance of the generic function; 3: T.Method for (*T).Method.
CREATE TEMP TABLE function_match AS
WITH wanted AS (
	SELECT breakpoint_id, spec AS name FROM temp.spec WHERE kind = 'function'
	UNION ALL SELECT breakpoint_id, 'runtime.gopanic' FROM temp.spec WHERE kind = 'panic'
	UNION ALL SELECT breakpoint_id, 'runtime.fatalpanic' FROM temp.spec WHERE kind = 'fatal'
	UNION ALL SELECT breakpoint_id, 'runtime.throw' FROM temp.spec WHERE kind = 'fatal'
	UNION ALL SELECT breakpoint_id, 'runtime.fatal' FROM temp.spec WHERE kind = 'fatal'
),
leveled AS (
	SELECT w.breakpoint_id, w.name AS wanted, f.id AS function_id, f.name, f.binary_id, f.addr,
	CASE
	WHEN f.name = w.name THEN 1
	WHEN substr(f.name, -length(w.name) - 1) = '/' || w.name THEN 2
	WHEN substr(f.name, 1, length(w.name) + 1) = w.name || '[' AND f.name LIKE '%]' THEN 2
	WHEN f.name LIKE '%)%' AND replace(replace(f.name, '(*', ''), ')', '') = w.name THEN 3
	END AS level
	FROM wanted AS w, function AS f
)
SELECT breakpoint_id, wanted, function_id, name, binary_id, addr, level FROM (
	SELECT *, rank() OVER (PARTITION BY breakpoint_id, wanted ORDER BY level) AS rank FROM leveled
	WHERE level IS NOT NULL)
WHERE rank = 1;

-- ---- places --------------------------------------------------------------------------------------

CREATE TEMP TABLE found AS
-- A line: all its copies.
SELECT m.breakpoint_id, s.binary_id, s.pc, s.function_id, s.file_id, s.line, s.inlined_into,
	s.is_stmt, s.is_entry, s.id AS source_line_id
FROM temp.file_match AS m
JOIN temp.spec USING (breakpoint_id)
JOIN source_line AS s ON s.file_id = m.file_id AND s.line = spec.line AND s.is_line IS NOT 0
UNION ALL
-- A function: behind its prologue, and each inlined copy.
SELECT m.breakpoint_id, s.binary_id, s.pc, s.function_id, s.file_id, s.line, s.inlined_into,
	s.is_stmt, s.is_entry, s.id
FROM temp.function_match AS m
JOIN source_line AS s ON s.function_id = m.function_id AND s.is_entry = 1
UNION ALL
-- A function without lines: its first instruction.
SELECT m.breakpoint_id, m.binary_id, m.addr, m.function_id, NULL, NULL, NULL, NULL, 1, NULL
FROM temp.function_match AS m
WHERE m.addr IS NOT NULL AND NOT EXISTS (SELECT 1 FROM source_line AS s
	WHERE s.function_id = m.function_id AND s.is_entry = 1);

-- An address: in the programs that have a function around it (or a probe at it).
INSERT INTO temp.found
SELECT a.breakpoint_id, f.binary_id, a.pc, coalesce(s.function_id, f.id), s.file_id, s.line,
	s.inlined_into, s.is_stmt, s.is_entry, s.id
FROM temp.spec_address AS a
JOIN function AS f ON f.addr <= a.pc AND a.pc < f.addr + coalesce(f.size, 1)
LEFT JOIN source_line AS s ON s.id = (SELECT min(id) FROM source_line AS o
	WHERE o.function_id = f.id AND o.pc = a.pc);

INSERT INTO temp.found
SELECT DISTINCT a.breakpoint_id, s.binary_id, a.pc, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM temp.spec_address AS a JOIN source AS s ON s.pc = a.pc AND s.binary_id IS NOT NULL
WHERE NOT EXISTS (SELECT 1 FROM temp.found AS o
	WHERE o.breakpoint_id = a.breakpoint_id AND o.binary_id = s.binary_id);

-- One place per address, however many rows lead to it.
INSERT INTO temp.breakpoint_location
SELECT
	row_number() OVER (ORDER BY f.breakpoint_id, f.binary_id, f.pc), f.breakpoint_id, f.pc,
	function.name, source_file.path, f.line, holder.name, max(f.is_stmt), f.binary_id,
	min(f.source_line_id), coalesce(f.inlined_into, f.function_id), max(f.is_entry)
FROM temp.found AS f
LEFT JOIN function ON function.id = f.function_id
LEFT JOIN function AS holder ON holder.id = f.inlined_into
LEFT JOIN source_file ON source_file.id = f.file_id
GROUP BY f.breakpoint_id, f.binary_id, f.pc;

-- ---- lines without code --------------------------------------------------------------------------

-- For a line that no place stands for: what is around it in its file. function: one that has code
-- both before and behind the line; ours: the file belongs to the main module, whose lines are all here
-- (of other packages, only some functions' may be).
CREATE TEMP TABLE codeless AS
WITH lonely AS (
	SELECT m.breakpoint_id, m.file_id, m.path, spec.line
	FROM temp.file_match AS m JOIN temp.spec USING (breakpoint_id)
	WHERE NOT EXISTS (SELECT 1 FROM temp.breakpoint_location AS l
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
