-- SPDX-License-Identifier: GPL-2.0-only
-- title: the program runs on an emulated processor
-- meaning: The program is built for another processor than the machine's, and runs under qemu-user or
--   Rosetta. The emulator executes a translation: traps that are written into the code are never executed, and
--   uprobes on the file are never hit.
-- proves: the binary's architecture is not the machine's, or an emulator is mapped in the program's process.
-- rules out: both architectures are the same.
-- what to do: Build for the machine (GOARCH, docker --platform), or debug through the emulator (qemu -g).
-- order: 130

WITH machine AS (
	SELECT CASE arch WHEN 'arm64' THEN 'aarch64' WHEN 'amd64' THEN 'x86_64' ELSE arch END AS arch FROM recording
),
emulator AS (
	SELECT m.binary_id AS target_id, b.id, b.path
	FROM mapping AS m
	JOIN mapping AS o ON o.pid = m.pid
	JOIN binary AS b ON b.id = o.binary_id AND (b.path GLOB '*/qemu-[a-z]*' OR b.path GLOB '*/rosetta*')
	WHERE m.binary_id IN (SELECT id FROM temp.target)
	GROUP BY m.binary_id, b.id
),
told AS (
	SELECT t.id, t.path, t.arch, machine.arch AS machine,
		t.arch <> machine.arch
		-- what these processors run by themselves
		AND NOT (machine.arch = 'x86_64' AND t.arch IN ('i386', 'i686')
			OR machine.arch = 'aarch64' AND t.arch LIKE 'arm%') AS foreign_code
	FROM temp.target AS t, machine
)
SELECT s.breakpoint_id, 'proved',
	printf('%s is built for %s, and the machine that was recorded is %s.', t.path, t.arch, t.machine),
	'binary', t.id, printf('built for %s', t.arch)
FROM temp.spec AS s, told AS t WHERE t.foreign_code
UNION ALL
SELECT s.breakpoint_id, 'proved', printf('%s runs under the emulator %s.', t.path, e.path),
	'binary', e.id, 'mapped in the process of the program'
FROM temp.spec AS s, told AS t JOIN emulator AS e ON e.target_id = t.id
UNION ALL
-- Said only where somebody could think of it: an emulator is at work, for another program.
SELECT s.breakpoint_id, 'ruled_out',
	printf('%s is built for %s, as the machine is.', t.path, t.arch), 'binary', t.id, printf('built for %s', t.arch)
FROM temp.spec AS s, told AS t
WHERE NOT t.foreign_code AND NOT EXISTS (SELECT 1 FROM emulator AS e WHERE e.target_id = t.id)
	AND EXISTS (SELECT 1 FROM binary WHERE path GLOB '*/qemu-[a-z]*' OR path GLOB '*/rosetta*');
