-- SPDX-License-Identifier: GPL-2.0-only
-- title: the debugger is older than the program's Go
-- meaning: A debugger reads what the compiler of its own time wrote. From Go 1.25 on programs have DWARF 5,
--   which a Delve that was built with an older Go cannot read; older ones stumble over newer runtimes.
-- proves: no recording can: the debugger's own messages would. Likely where Delve was built with a Go below 1.25,
--   the program with 1.25 or later, and no trap of a breakpoint was seen.
-- rules out: a debugger that was built with the program's Go or a later one, or a trap of a breakpoint.
-- what to do: Install a current debugger with a current Go (go install
--   github.com/go-delve/delve/cmd/dlv@latest), or build the program with GOEXPERIMENT=nodwarf5.
-- order: 140

WITH
version AS (
	SELECT id, path, flags, go_version, CAST(substr(go_version, 5) AS INTEGER) AS minor FROM binary
	WHERE go_version GLOB 'go1.[0-9]*'
),
delve AS (
	SELECT DISTINCT v.* FROM version AS v
	JOIN mapping AS m ON m.binary_id = v.id
	JOIN process AS p ON p.pid = m.pid AND p.comm IN ('dlv', 'dlv-dap')
	WHERE v.path GLOB '*/dlv*'
),
pair AS (
	SELECT s.breakpoint_id, d.id, d.path, d.go_version, d.minor, v.id AS program_id, v.go_version AS program,
		v.minor AS newest, v.flags,
		(SELECT count(*) FROM temp.trap) AS traps
	FROM temp.spec AS s JOIN temp.ledger AS g ON g.breakpoint_id = s.breakpoint_id
		AND (g.reached = 0 OR g.trapped < g.reached),
		delve AS d, temp.target AS t JOIN version AS v ON v.id = t.id
	WHERE v.id <> d.id
)
SELECT p.breakpoint_id,
	CASE WHEN p.traps > 0 OR p.minor >= p.newest THEN 'ruled_out'
		WHEN p.minor < 25 AND p.newest >= 25 AND coalesce(p.flags, '') NOT LIKE '%nodwarf5%' THEN 'likely'
		ELSE 'possible' END,
	CASE WHEN p.traps > 0 THEN printf('%s stopped the program %d times.', p.path, p.traps)
		ELSE printf('%s was built with %s, and the program with %s.', p.path, p.go_version, p.program) END,
	e.table_name, e.row_id, e.sentence
FROM pair AS p
JOIN (
	SELECT id, 'binary' AS table_name, id AS row_id, 'built with ' || go_version AS sentence FROM pair
	UNION SELECT id, 'binary', program_id, 'built with ' || program FROM pair
) AS e ON e.id = p.id;
