-- SPDX-License-Identifier: GPL-2.0-only
-- title: how often each defer statement was executed and what became of its calls, the most frequent first
SELECT site_function, site_file, site_line, kind, count(*) AS calls,
	sum(outcome = 'ran') AS ran, sum(outcome = 'ran_in_panic') AS ran_in_panic,
	sum(outcome = 'ran_in_goexit') AS ran_in_goexit, sum(outcome = 'skipped_by_exit') AS skipped_by_exit,
	sum(outcome = 'pending') AS pending, sum(outcome = 'unknown') AS unknown
FROM defer
GROUP BY site_function, site_file, site_line, kind ORDER BY calls DESC, site_function, site_line, kind;
