-- SPDX-License-Identifier: GPL-2.0-only
-- title: the panic was recovered
-- meaning: A deferred call recovered the panic, so the program went on: runtime.fatalpanic, where
--   debuggers stop by themselves on a panic, was never executed. Where that call of recover() does not
--   look at what it gets, the panic is not heard of anywhere.
-- proves: panics were seen to be recovered, and none to be fatal.
-- rules out: a fatal panic.
-- what to do: Put the breakpoint on runtime.gopanic (SPEC panic) to see every panic as it rises. See
--   gotrace query panics for their values, and for who recovered them.
-- order: 310

SELECT s.breakpoint_id, 'proved',
	printf('%d %s raised and recovered, and none was fatal: runtime.fatalpanic was not executed for them%s.',
		n.recovered, CASE n.recovered WHEN 1 THEN 'panic was' ELSE 'panics were' END,
		CASE WHEN n.dropped > 0 THEN printf('; %s swallowed by a bare recover(), %sin %s%s',
			CASE WHEN n.dropped < n.recovered THEN n.dropped || CASE n.dropped WHEN 1 THEN ' was'
				ELSE ' were' END WHEN n.recovered = 1 THEN 'it was' ELSE 'all were' END,
			CASE WHEN n.droppers > 1 THEN 'the first ' ELSE '' END, d.recovered_in,
			coalesce(printf(' (%s:%d)', d.recover_file, d.recover_line), '')) ELSE '' END),
	'panic', p.id, printf('%srisen in %s, recovered%s%s%s',
		coalesce(p.value_type || coalesce(' "' || p.value_text || '", ', ', '), ''),
		coalesce(p.function, 'a function not known'), coalesce(' by ' || p.recovered_by, ''),
		coalesce(': recover() is in ' || p.recovered_in, ''),
		CASE p.value_dropped WHEN 1 THEN ' and does not look at the value' ELSE '' END)
FROM temp.spec AS s
JOIN (SELECT count(*) FILTER (WHERE outcome = 'recovered') AS recovered,
	count(*) FILTER (WHERE outcome = 'fatal') AS fatal,
	count(*) FILTER (WHERE value_dropped = 1) AS dropped,
	count(DISTINCT CASE value_dropped WHEN 1 THEN recovered_in END) AS droppers FROM panic) AS n
JOIN (SELECT * FROM panic WHERE outcome = 'recovered' ORDER BY value_dropped IS NOT 1, id LIMIT 10) AS p
LEFT JOIN panic AS d ON d.id = (SELECT min(id) FROM panic WHERE value_dropped = 1)
WHERE (s.kind = 'fatal' OR s.spec = 'runtime.fatalpanic') AND n.recovered > 0 AND n.fatal = 0;
