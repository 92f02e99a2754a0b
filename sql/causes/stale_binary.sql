-- SPDX-License-Identifier: GPL-2.0-only
-- title: another build was executed than the one that is looked at
-- meaning: The program that ran was built from other source text than the one on the screen, or was built
--   again since: lines have moved, and a breakpoint stands elsewhere or nowhere.
-- proves: nothing in a recording can: it does not hold the source text. Likely where the build id of the
--   file differs from the recorded one, or where two builds of one path were executed.
-- rules out: one build only, of a revision without changes.
-- what to do: Build again, start the new program, and ingest with --binary FILE of the very build that ran.
-- order: 120

WITH
-- Programs whose file is another one by now, where they are the ones in question.
changed AS (
	SELECT b.id, b.path, b.problem FROM binary AS b
	WHERE b.problem LIKE '%build id differs%' AND b.path LIKE '/%' AND b.path NOT LIKE '%.so%'
		AND (NOT EXISTS (SELECT 1 FROM temp.target) OR b.id IN (SELECT binary_id FROM source))
),
twice AS (
	SELECT DISTINCT t.id, t.path, b.id AS other_id FROM temp.target AS t
	JOIN binary AS own ON own.id = t.id
	JOIN binary AS b ON b.path = own.path AND b.build_id <> own.build_id
	JOIN mapping AS m ON m.binary_id = b.id AND m.executable = 1
),
setting AS (
	SELECT t.id, t.path, char(10) || b.flags || char(10) LIKE '%' || char(10) || 'vcs.modified=true' || char(10) || '%'
		AS modified
	FROM temp.target AS t JOIN binary AS b ON b.id = t.id WHERE b.flags LIKE '%vcs.modified=%'
)
SELECT s.breakpoint_id, 'likely',
	printf('%s was built again since it was recorded (%s), so the lines of today need not be those that ran.',
		c.path, c.problem),
	'binary', c.id, c.problem
FROM temp.spec AS s, changed AS c WHERE s.kind = 'line'
UNION ALL
SELECT s.breakpoint_id, 'likely',
	printf('two builds of %s were executed during the recording.', t.path), 'binary', t.other_id,
	'the same path with another build id'
FROM temp.spec AS s, twice AS t WHERE s.kind = 'line'
UNION ALL
SELECT s.breakpoint_id, CASE WHEN n.modified THEN 'possible' ELSE 'ruled_out' END,
	CASE WHEN n.modified
		THEN printf('%s was built with changes that were in no revision (vcs.modified=true), so no revision '
			|| 'tells what its lines were.', n.path)
		ELSE printf('%s was built from a revision without changes, and the file read is the one that was '
			|| 'recorded.', n.path) END,
	'binary', n.id, CASE WHEN n.modified THEN 'its build settings have vcs.modified=true'
		ELSE 'its build settings have vcs.modified=false' END
FROM temp.spec AS s, setting AS n
WHERE s.kind = 'line' AND NOT EXISTS (SELECT 1 FROM changed) AND NOT EXISTS (SELECT 1 FROM twice);
