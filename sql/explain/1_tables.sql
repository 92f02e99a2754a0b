-- SPDX-License-Identifier: GPL-2.0-only
--
-- The tables of an explanation, in temporary memory under the names that they have in the database:
-- explain reads, and only --save (save.sql) copies them. What later scripts and the causes use beside
-- them is here too.

PRAGMA temp_store = memory;

CREATE TEMP TABLE breakpoint (
	id INTEGER PRIMARY KEY, spec TEXT NOT NULL,
	resolved TEXT -- the same without symbolic links in its path; NULL: there are none: not stored
);
CREATE TEMP TABLE breakpoint_location (
	id INTEGER PRIMARY KEY, breakpoint_id INTEGER, pc INTEGER, function TEXT, file TEXT, line INTEGER,
	inlined_into TEXT, is_stmt INTEGER, binary_id INTEGER, source_line_id INTEGER,
	container_id INTEGER, -- function whose code holds the pc: not stored
	is_entry INTEGER, -- 1: where a breakpoint on the whole function lands: not stored
	other INTEGER NOT NULL DEFAULT 0 -- set by 8_others.sql: until then, only places where a debugger stops are here
);
CREATE TEMP TABLE breakpoint_hit (
	id INTEGER PRIMARY KEY, breakpoint_id INTEGER, location_id INTEGER, ts INTEGER, pid INTEGER,
	tid INTEGER, goid INTEGER, kind TEXT, event_id INTEGER
);
CREATE TEMP TABLE verdict (
	breakpoint_id INTEGER PRIMARY KEY, verdict TEXT, reached INTEGER, trapped INTEGER,
	missed_min INTEGER, missed_max INTEGER, sentence TEXT, next_recording TEXT,
	trusted INTEGER -- 0: the answer is unknown because events are missing: not stored
);
CREATE TEMP TABLE verdict_cause (
	id INTEGER PRIMARY KEY, breakpoint_id INTEGER, cause TEXT, strength TEXT, sentence TEXT
);
CREATE TEMP TABLE evidence (
	id INTEGER PRIMARY KEY, verdict_cause_id INTEGER, table_name TEXT, row_id INTEGER, sentence TEXT
);

-- What is wrong with a SPEC: a row here ends the command as wrongly used.
CREATE TEMP TABLE refusal (spec TEXT, sentence TEXT);

-- What the cause queries yield, and the "key: text" lines of their heads.
CREATE TEMP TABLE cause_row (
	cause TEXT, breakpoint_id INTEGER, strength TEXT, sentence TEXT, table_name TEXT, row_id INTEGER,
	evidence_sentence TEXT
);
CREATE TEMP TABLE cause_head (cause TEXT, key TEXT, text TEXT);
