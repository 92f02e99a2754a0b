-- SPDX-License-Identifier: GPL-2.0-only
-- title: what the program died of: panics that nobody recovered, throws and fatal errors of the runtime
SELECT f.id, f.pid, f.goid, f.ts, f.kind, f.message, p.value_type, f.function, f.file, f.line, f.panic_id,
	f.certainty
FROM fatal_error AS f LEFT JOIN panic AS p ON p.id = f.panic_id
ORDER BY f.ts, f.id;
