-- SPDX-License-Identifier: GPL-2.0-only
-- title: the panic was recovered
-- meaning: A deferred call recovered the panic, so the program went on: runtime.fatalpanic, where
--   debuggers stop by themselves on a panic, was never executed.
-- proves: panics were seen to be recovered, and none to be fatal.
-- rules out: a fatal panic.
-- what to do: Put the breakpoint on runtime.gopanic (SPEC panic) to see every panic as it rises.
-- order: 310

SELECT s.breakpoint_id, 'proved',
	printf('%d %s raised and recovered, and none was fatal: runtime.fatalpanic was not executed for them.',
		n.recovered, CASE n.recovered WHEN 1 THEN 'panic was' ELSE 'panics were' END),
	'panic', p.id, printf('risen in %s, recovered%s', coalesce(p.function, 'a function not known'),
		coalesce(' by ' || p.recovered_by, ''))
FROM temp.spec AS s
JOIN (SELECT count(*) FILTER (WHERE outcome = 'recovered') AS recovered,
	count(*) FILTER (WHERE outcome = 'fatal') AS fatal FROM panic) AS n
JOIN (SELECT * FROM panic WHERE outcome = 'recovered' ORDER BY id LIMIT 10) AS p
WHERE (s.kind = 'fatal' OR s.spec = 'runtime.fatalpanic') AND n.recovered > 0 AND n.fatal = 0;
