-- SPDX-License-Identifier: GPL-2.0-only
--
-- The other code of the lines joins the places, for those who read the answer: all is counted by now.

INSERT INTO temp.breakpoint_location (id, breakpoint_id, pc, function, file, line, inlined_into, is_stmt,
	binary_id, container_id, other)
SELECT (SELECT coalesce(max(id), 0) FROM temp.breakpoint_location)
		+ row_number() OVER (ORDER BY breakpoint_id, binary_id, pc),
	breakpoint_id, pc, function, file, line, inlined_into, is_stmt, binary_id, container_id, 1
FROM temp.other_location;
