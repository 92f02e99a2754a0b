-- SPDX-License-Identifier: GPL-2.0-only
--
-- What would decide an unknown verdict: the commands for the next recording. The uprobe goes beside the
-- place, at the next statement of the same code: at the place it would swallow the debugger's trap.

CREATE TEMP TABLE beside AS
WITH place AS (
	SELECT l.*, f.name AS holder, f.addr AS entry, b.path AS binary
	FROM temp.breakpoint_location AS l
	LEFT JOIN function AS f ON f.id = l.container_id
	LEFT JOIN binary AS b ON b.id = l.binary_id
),
chosen AS (
	SELECT p.*, coalesce(
		(SELECT min(s.pc) FROM source_line AS s WHERE s.binary_id = p.binary_id AND s.pc > p.pc
			AND coalesce(s.inlined_into, s.function_id) = p.container_id),
		(SELECT max(s.pc) FROM source_line AS s WHERE s.binary_id = p.binary_id AND s.pc < p.pc
			AND coalesce(s.inlined_into, s.function_id) = p.container_id),
		p.entry) AS probe_pc
	FROM place AS p
)
SELECT breakpoint_id, id AS location_id, row_number() OVER (PARTITION BY breakpoint_id ORDER BY id) AS n,
	binary, pc, probe_pc, holder, entry,
	-- where the program lies in memory as its file says
	(SELECT c.probe_pc - m.addr + m.file_offset FROM mapping AS m WHERE m.binary_id = c.binary_id
		AND m.addr <= c.probe_pc AND c.probe_pc < m.addr + m.size LIMIT 1) AS file_offset
FROM chosen AS c WHERE holder IS NOT NULL AND entry IS NOT NULL AND probe_pc IS NOT NULL;

-- Quoted for the shell.
CREATE TEMP TABLE command AS
SELECT coalesce(nullif((SELECT path FROM binary WHERE go_version IS NOT NULL AND path LIKE '/%'
	ORDER BY id LIMIT 1), ''), (SELECT b.path FROM binary AS b JOIN mapping AS m ON m.binary_id = b.id
	WHERE b.path LIKE '/%' AND b.path NOT LIKE '%.so%' ORDER BY m.id LIMIT 1), 'BINARY') AS program;

UPDATE temp.verdict SET next_recording = (
	SELECT
		CASE WHEN EXISTS (SELECT 1 FROM temp.beside AS b WHERE b.breakpoint_id = verdict.breakpoint_id)
		THEN (SELECT group_concat(CASE
			-- perf probe does not take the name of an instance of a generic function.
			WHEN holder LIKE '%[%' AND file_offset IS NOT NULL
			THEN printf('echo %s >> /sys/kernel/tracing/uprobe_events',
				'''' || replace(printf('p:gotrace/beside_%d %s:0x%x', n, binary, file_offset),
					'''', '''\''''') || '''')
			ELSE printf('perf probe -x %s %s',
				'''' || replace(binary, '''', '''\''''') || '''',
				'''' || replace(printf('gotrace:beside_%d=%s%s', n, holder,
					CASE WHEN probe_pc > entry THEN '+' || (probe_pc - entry) ELSE '' END),
					'''', '''\''''') || '''') END, char(10))
			FROM (SELECT * FROM temp.beside AS b WHERE b.breakpoint_id = verdict.breakpoint_id
				ORDER BY n LIMIT 20))
			|| char(10)
		WHEN (SELECT kind FROM temp.spec AS s WHERE s.breakpoint_id = verdict.breakpoint_id) = 'address'
		THEN ''
		ELSE (SELECT group_concat(printf('perf probe -x %s %s',
				'''' || replace(program, '''', '''\''''') || '''',
				'''gotrace:beside_' || n || '=' || replace(name, '''', '''\''''') || ''''), char(10))
			|| char(10)
			FROM temp.command, (
				SELECT CASE kind WHEN 'panic' THEN 'runtime.gopanic' ELSE spec END AS name, 1 AS n
				FROM temp.spec AS s WHERE s.breakpoint_id = verdict.breakpoint_id AND kind <> 'fatal'
				UNION ALL SELECT column1, column2 FROM (VALUES ('runtime.fatalpanic', 1),
					('runtime.throw', 2), ('runtime.fatal', 3))
				WHERE EXISTS (SELECT 1 FROM temp.spec AS s
					WHERE s.breakpoint_id = verdict.breakpoint_id AND kind = 'fatal')))
		END
		|| 'perf record -k CLOCK_MONOTONIC -a --call-graph fp -m 4M '
		|| CASE WHEN (SELECT kind FROM temp.spec AS s
				WHERE s.breakpoint_id = verdict.breakpoint_id) = 'address'
			AND NOT EXISTS (SELECT 1 FROM temp.beside AS b
				WHERE b.breakpoint_id = verdict.breakpoint_id)
			THEN '' ELSE '-e ''gotrace:beside_*'' ' END
		|| '-e signal:signal_generate -e sched:sched_process_exit '
		|| '-e cpu-clock/freq=999,name=cpu-clock/ -- COMMAND'
)
WHERE verdict = 'unknown';
