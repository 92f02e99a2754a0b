-- SPDX-License-Identifier: GPL-2.0-only
-- title: the probe was defined but not recorded
-- meaning: A probe at this place is in the probes file, and perf did not record it: it was not asked for
--   (-e), or the kernel refused to plant it.
-- proves: the definition is there and no event of the recording has its name.
-- rules out: the event is in the recording.
-- what to do: Add -e GROUP:NAME to perf record, and read what perf and dmesg say.
-- order: 170

SELECT l.breakpoint_id, 'likely',
	printf('a probe at 0x%x is defined, but the recording has no event of that name.', l.pc),
	'probe', p.id, p.definition
FROM temp.breakpoint_location AS l
JOIN probe AS p ON p.binary_id = l.binary_id AND p.pc = l.pc AND p.source_id IS NULL;
