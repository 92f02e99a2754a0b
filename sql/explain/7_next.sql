-- SPDX-License-Identifier: GPL-2.0-only
--
-- What would decide an unknown verdict: the commands for the next recording. gotrace puts the probes
-- beside the places, for the very file that will run: at a place a probe would swallow the debugger's trap.

-- Quoted for the shell.
CREATE TEMP TABLE command AS
SELECT b.id AS breakpoint_id, '''' || replace(b.spec, '''', '''\''''') || '''' AS spec,
	'''' || replace(coalesce(
		(SELECT i.path FROM temp.breakpoint_location AS l JOIN binary AS i ON i.id = l.binary_id
			WHERE l.breakpoint_id = b.id ORDER BY l.id LIMIT 1),
		(SELECT path FROM temp.target WHERE path LIKE '/%' ORDER BY id LIMIT 1)),
		'''', '''\''''') || '''' AS program
FROM temp.breakpoint AS b;

UPDATE temp.verdict SET next_recording = (
	SELECT 'gotrace record ' || coalesce('--binary ' || program || ' ', '') || '-b ' || spec || ' -- COMMAND'
		|| char(10) || '# the probes and the perf record command alone: gotrace probe -b ' || spec || ' '
		|| coalesce(program, 'PROGRAM')
	FROM temp.command AS c WHERE c.breakpoint_id = verdict.breakpoint_id
)
WHERE verdict = 'unknown';
