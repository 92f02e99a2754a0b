-- SPDX-License-Identifier: GPL-2.0-only
--
-- From what was written to addresses: spec, file_match, function_match, breakpoint_location and
-- other_location. How names are compared is in sql/names.h.

-- ---- what kind of SPEC ---------------------------------------------------------------------------

CREATE TEMP TABLE spec AS
WITH parts AS (
	-- "file.go:42" ends in a colon once its digits are taken off.
	SELECT id AS breakpoint_id, trim(spec) AS spec, rtrim(trim(spec), '0123456789') AS head,
		rtrim(rtrim(resolved, '0123456789'), ':') AS resolved
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
	-- a method or function without its package: if there is one
	WHEN spec <> '' AND NOT spec GLOB '*[^A-Za-z0-9_]*' AND NOT spec GLOB '[0-9]*'
		AND EXISTS (SELECT 1 FROM function WHERE function_level(name, spec) IS NOT NULL) THEN 'function'
	END AS kind,
	substr(head, 1, length(head) - 1) AS file, resolved,
	CAST(substr(spec, length(head) + 1) AS INTEGER) AS line
FROM parts;

INSERT INTO temp.refusal
SELECT spec, 'neither file.go:LINE, package.Function, package.(*Type).Method, panic, fatal nor 0xADDRESS'
FROM temp.spec WHERE kind IS NULL;

UPDATE temp.spec SET file = NULL, resolved = NULL, line = NULL WHERE kind IS NOT 'line';

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
SELECT id, path, has_dwarf, has_symtab, has_pclntab, go_version, arch, go_text, go_text_end,
	coalesce(lines LIKE '%' || char(10) || '-trimpath=true%', 0) AS trimmed,
	-- 1: built with optimisations, 0: without; NULL: not known
	CASE WHEN lines LIKE '%-gcflags=%-N%' OR lines LIKE '%producer=%-N%' THEN 0
		WHEN lines LIKE '%producer=%' OR lines LIKE '%-compiler=%' THEN 1 END AS optimised,
	CASE WHEN instr(lines, char(10) || 'mod=')
		THEN substr(rest, 1, instr(rest, char(10)) - 1) END AS module
FROM module
WHERE id IN (SELECT id FROM probed) OR NOT EXISTS (SELECT 1 FROM go WHERE id IN (SELECT id FROM probed));

-- ---- files ---------------------------------------------------------------------------------------

-- Which source files are meant: those of the best level of file_level(), or as many names in common as
-- possible (level 4); files of the programs in question before those of others. From level 3 on a
-- debugger would refuse. linked 1: known only by the path without its symbolic links.
CREATE TEMP TABLE file_match AS
WITH wanted AS (
	SELECT breakpoint_id, file, 0 AS linked FROM temp.spec WHERE kind = 'line'
	UNION ALL
	SELECT breakpoint_id, resolved, 1 FROM temp.spec WHERE kind = 'line' AND resolved <> file
),
leveled AS (
	SELECT w.breakpoint_id, w.linked, w.file, f.id AS file_id, f.path, file_level(f.path, w.file) AS level
	FROM wanted AS w CROSS JOIN source_file AS f
	WHERE file_level(f.path, w.file) IS NOT NULL
),
ordered AS (
	SELECT *, CASE level WHEN 4 THEN file_common(path, file) ELSE 0 END AS common,
		NOT EXISTS (SELECT 1 FROM source_line AS s WHERE s.file_id = leveled.file_id
			AND s.binary_id IN (SELECT id FROM temp.target)) AS strange
	FROM leveled
)
SELECT breakpoint_id, file_id, path, level, linked FROM (
	SELECT *, rank() OVER (PARTITION BY breakpoint_id ORDER BY 2 * level + strange, common DESC, linked) AS rank
	FROM ordered)
WHERE rank = 1;

-- ---- functions -----------------------------------------------------------------------------------

-- Which functions are meant: those of the best level of function_level().
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
		function_level(f.name, w.name) AS level
	FROM wanted AS w, function AS f
)
SELECT breakpoint_id, wanted, function_id, name, binary_id, addr, level FROM (
	SELECT *, rank() OVER (PARTITION BY breakpoint_id, wanted ORDER BY
		binary_id NOT IN (SELECT id FROM temp.target), level) AS rank
	FROM leveled WHERE level IS NOT NULL)
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

-- Other Go programs of the recording have a main.main, too, and share files of the standard library.
DELETE FROM temp.found
WHERE binary_id NOT IN (SELECT id FROM temp.target) AND breakpoint_id IN (
	SELECT breakpoint_id FROM temp.found WHERE binary_id IN (SELECT id FROM temp.target));

-- One place per address, however many rows lead to it.
INSERT INTO temp.breakpoint_location (id, breakpoint_id, pc, function, file, line, inlined_into, is_stmt,
	binary_id, source_line_id, container_id, is_entry)
SELECT
	row_number() OVER (ORDER BY f.breakpoint_id, f.binary_id, f.pc), f.breakpoint_id, f.pc,
	function.name, source_file.path, f.line, holder.name, max(f.is_stmt), f.binary_id,
	min(f.source_line_id), coalesce(f.inlined_into, f.function_id), max(f.is_entry)
FROM temp.found AS f
LEFT JOIN function ON function.id = f.function_id
LEFT JOIN function AS holder ON holder.id = f.inlined_into
LEFT JOIN source_file ON source_file.id = f.file_id
GROUP BY f.breakpoint_id, f.binary_id, f.pc;

-- Other code of a line: where else its stretches begin. A stretch in which a debugger stops is its own.
CREATE TEMP TABLE other_location AS
WITH stretch AS (
	SELECT DISTINCT m.breakpoint_id, s.id, s.binary_id, s.pc, s.pc_end, s.function_id, s.file_id, s.line,
		s.inlined_into, s.is_stmt
	FROM temp.file_match AS m
	JOIN temp.spec USING (breakpoint_id)
	JOIN line_pc AS s ON s.file_id = m.file_id AND s.line = spec.line
)
SELECT s.breakpoint_id, s.pc, function.name AS function, source_file.path AS file, s.line,
	holder.name AS inlined_into, max(s.is_stmt) AS is_stmt, s.binary_id,
	coalesce(s.inlined_into, s.function_id) AS container_id, min(s.id) AS line_pc_id
FROM stretch AS s
LEFT JOIN function ON function.id = s.function_id
LEFT JOIN function AS holder ON holder.id = s.inlined_into
LEFT JOIN source_file ON source_file.id = s.file_id
WHERE NOT EXISTS (SELECT 1 FROM temp.breakpoint_location AS l WHERE l.breakpoint_id = s.breakpoint_id
	AND l.binary_id = s.binary_id AND l.pc >= s.pc AND l.pc < s.pc_end)
GROUP BY s.breakpoint_id, s.binary_id, s.pc;

CREATE TEMP VIEW every_location AS
SELECT breakpoint_id, binary_id, pc, function, file, line, inlined_into, is_stmt, other
FROM temp.breakpoint_location
UNION ALL
SELECT breakpoint_id, binary_id, pc, function, file, line, inlined_into, is_stmt, 1 FROM temp.other_location;
