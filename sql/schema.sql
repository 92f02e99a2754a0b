-- SPDX-License-Identifier: GPL-2.0-only
--
-- The tables of a gotrace database. One table per recorded event source comes on top of these, made
-- by ingest; source.table_name names it. `gotrace schema` prints this file's comments: the lines
-- above a table say what it is, the comment after a column says what is in it.
--
-- Times are nanoseconds of the recording's clock; [ts, ts_end) is half open; NULL is "not known".
-- Addresses of code are ELF virtual addresses of their binary. Foreign keys are declared for the
-- reader and hold in every finished file (PRAGMA foreign_key_check), but are not enforced.

-- ---- facts: what the recording says --------------------------------------------------------------

-- The recording that this database was made from; one row.
CREATE TABLE recording (
	id INTEGER PRIMARY KEY CHECK (id = 1), -- always 1
	uuid TEXT, -- names this database in a fleet; made by ingest
	path TEXT, -- of the recording, as given to ingest; "-" is standard input
	size INTEGER, -- bytes read
	perf_version TEXT, -- of the perf that recorded
	cmdline TEXT, -- of perf record
	hostname TEXT, -- where it was recorded
	kernel TEXT, -- release of the kernel that was recorded
	arch TEXT, -- of that machine, as uname -m says: x86_64, aarch64
	nr_cpus INTEGER, -- CPUs that machine has
	clock_id INTEGER, -- CLOCK_* number of perf record -k; NULL: perf's own clock
	wall_clock_offset INTEGER, -- ns to add to a ts for the time of day since 1970; NULL: not recorded
	ts INTEGER, -- of the first event
	ts_end INTEGER, -- just after the last event
	complete INTEGER CHECK (complete IN (0, 1)), -- 1: nothing was lost, cut, thinned or overwritten
	container TEXT, -- file, pipe or directory
	compressed INTEGER CHECK (compressed IN (0, 1)), -- 1: recorded with perf record -z
	truncated INTEGER CHECK (truncated IN (0, 1)), -- 1: the input is damaged or ends early
	overwrite INTEGER CHECK (overwrite IN (0, 1)), -- 1: recorded with --overwrite, so the beginning is missing
	damage TEXT, -- what is wrong with the input; NULL: nothing
	damage_offset INTEGER, -- the byte of the input where the damage begins
	has_ledger INTEGER CHECK (has_ledger IN (0, 1)) -- 1: perf would have told each source's lost events at the end
) STRICT;

-- What perf stored about the machine and itself (the feature sections of the recording).
CREATE TABLE feature (
	id INTEGER PRIMARY KEY, -- in the order of the file
	name TEXT NOT NULL, -- hostname, osrelease, cpudesc, event_desc …
	text TEXT -- its content, readable
) STRICT;

-- Records of the recording by type, and whether gotrace makes use of them.
CREATE TABLE record_count (
	type INTEGER PRIMARY KEY, -- PERF_RECORD_* number
	name TEXT, -- of the type, as perf report --stats prints it
	records INTEGER NOT NULL, -- how many there were
	used INTEGER NOT NULL CHECK (used IN (0, 1)) -- 1: their content is in this database
) STRICT;

-- CPUs of the recorded machine.
CREATE TABLE cpu (
	cpu INTEGER PRIMARY KEY, -- number, from 0
	online INTEGER CHECK (online IN (0, 1)) -- 1: it was online
) STRICT;

-- What was recorded: one row per event that perf was asked for.
CREATE TABLE source (
	id INTEGER PRIMARY KEY, -- in the order of the recording
	name TEXT NOT NULL, -- as perf prints it: sched:sched_switch, probe_app:gopanic, cpu-clock
	table_name TEXT NOT NULL, -- the table that holds its events
	type TEXT NOT NULL, -- tracepoint, uprobe, software, hardware, cache, raw, breakpoint, pmu
	complete INTEGER CHECK (complete IN (0, 1)), -- 1: every occurrence was to be written (period 1)
	period INTEGER, -- one event stands for so many occurrences; NULL: the kernel chose
	freq INTEGER, -- events per second asked for; NULL: not asked for
	sampled_reason TEXT, -- why it is not complete; NULL: it is
	events INTEGER NOT NULL DEFAULT 0, -- rows in its table
	lost_events INTEGER, -- by the ledger that perf writes at the end, at most where it carries_sideband; NULL: there is no ledger
	is_uprobe INTEGER CHECK (is_uprobe IN (0, 1)), -- 1: a probe in a program or library
	is_return_probe INTEGER CHECK (is_return_probe IN (0, 1)), -- 1: fires when the function returns
	binary_id INTEGER REFERENCES binary (id), -- where the uprobe sits; NULL: not known or no uprobe
	pc INTEGER, -- the address at which the uprobe sits
	function TEXT, -- the function around that address, whatever the user named the probe
	function_offset INTEGER, -- bytes from the function's entry to the uprobe; 0: at the entry
	inherit INTEGER CHECK (inherit IN (0, 1)), -- 1: children and threads made later were recorded too
	enable_on_exec INTEGER CHECK (enable_on_exec IN (0, 1)), -- 1: armed from the program's first instruction
	starts_disabled INTEGER CHECK (starts_disabled IN (0, 1)), -- 1: perf enabled it some time after opening it
	system_wide INTEGER CHECK (system_wide IN (0, 1)), -- 1: all processes were recorded (perf record -a)
	carries_sideband INTEGER CHECK (carries_sideband IN (0, 1)) -- 1: records of processes, threads and mappings count in its lost_events, too
) STRICT;

-- Processes. A pid that is used again, or that executes another program, begins a new row.
CREATE TABLE process (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	pid INTEGER NOT NULL, -- of the kernel
	parent_pid INTEGER, -- who forked it
	comm TEXT, -- name, cut to 15 bytes by the kernel; NULL: the record was lost
	ts INTEGER, -- of its fork or exec; NULL: before the recording
	ts_end INTEGER -- of its exit or its next exec; NULL: after the recording, or not seen
) STRICT;

-- Threads. A tid that is used again begins a new row.
CREATE TABLE thread (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	tid INTEGER NOT NULL, -- of the kernel
	pid INTEGER, -- its process
	comm TEXT, -- its last name
	ts INTEGER, -- of its creation; NULL: before the recording
	ts_end INTEGER -- of its exit; NULL: after the recording, or not seen
) STRICT;

-- Files that processes mapped into their memory.
CREATE TABLE mapping (
	id INTEGER PRIMARY KEY, -- in the order of the recording
	pid INTEGER, -- -1: the kernel
	addr INTEGER, -- where it begins in the memory of the process
	size INTEGER, -- bytes
	file_offset INTEGER, -- bytes from the file's start
	binary_id INTEGER REFERENCES binary (id), -- the file
	executable INTEGER CHECK (executable IN (0, 1)), -- 1: code
	ts INTEGER -- when; NULL: before the recording
) STRICT;

-- Programs, libraries and the kernel, as the recording names them.
CREATE TABLE binary (
	id INTEGER PRIMARY KEY, -- in the order of the recording
	path TEXT, -- as recorded: /opt/app, [kernel.kallsyms]
	build_id TEXT, -- as recorded, lower-case hex; NULL: none
	go_version TEXT, -- "go1.22.3"; NULL: not made by Go, or the file was not at hand
	inode INTEGER, -- of the file that was mapped; NULL: not recorded
	read INTEGER CHECK (read IN (0, 1)), -- 1: the file was at hand, and it is the one that was recorded
	has_dwarf INTEGER CHECK (has_dwarf IN (0, 1)), -- 1: it has debug information (lines, inlined calls)
	has_symtab INTEGER CHECK (has_symtab IN (0, 1)), -- 1: it has an ELF symbol table
	has_pclntab INTEGER CHECK (has_pclntab IN (0, 1)), -- 1: it has Go's own function table
	position_independent INTEGER CHECK (position_independent IN (0, 1)), -- 1: it can be loaded anywhere (PIE, library)
	arch TEXT, -- that it is built for, as uname -m says: x86_64, aarch64
	go_text INTEGER, -- where the code that Go's compiler made begins
	go_text_end INTEGER, -- just behind that code: what lies elsewhere is foreign (C, the linker's)
	layout_origin TEXT CHECK (layout_origin IN ('dwarf', 'version', 'unknown')), -- where the rows of layout_field come from
	go_build_id TEXT, -- as go tool buildid prints it; NULL: none
	flags TEXT, -- Go build settings, one "key=value" a line
	problem TEXT -- why the file was not used (not found, another build id); NULL: none
) STRICT;

-- Functions of the binaries, those that are needed here.
CREATE TABLE function (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	binary_id INTEGER REFERENCES binary (id), -- where it is
	name TEXT NOT NULL, -- as Go writes it: main.(*T).Method, main.f.func1
	addr INTEGER, -- of its entry; NULL: it exists only as inlined copies
	size INTEGER, -- bytes; NULL: not known
	inlined_copies INTEGER, -- so many times its code stands in other functions; NULL: not known
	file_id INTEGER REFERENCES source_file (id), -- in which it is written; NULL: not known
	line INTEGER -- of its func keyword; NULL: not known
) STRICT;

-- Distinct places on stacks: an address, and what the binary says about it.
CREATE TABLE frame (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	function_id INTEGER REFERENCES function (id), -- NULL: not known
	binary_id INTEGER REFERENCES binary (id), -- NULL: outside of every mapped file
	pc INTEGER, -- of a caller: the return address; without a binary, the address as recorded
	file TEXT, -- source file; NULL: not known
	line INTEGER, -- source line; NULL: not known
	inlined INTEGER NOT NULL DEFAULT 0 CHECK (inlined IN (0, 1)) -- 1: its code is in the frame above, at the same pc
) STRICT;

-- Stacks as a tree: an event's stack_id names the innermost frame, parent_id leads outwards.
CREATE TABLE stack (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	parent_id INTEGER REFERENCES stack (id), -- the caller; NULL: the outermost
	frame_id INTEGER NOT NULL REFERENCES frame (id) -- the place
) STRICT;

-- Source files that the binaries were made of.
CREATE TABLE source_file (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	path TEXT NOT NULL -- as the compiler stored it
) STRICT;

-- Places where a breakpoint can land: the lowest statement address per line, function and inlined copy.
CREATE TABLE source_line (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	binary_id INTEGER NOT NULL REFERENCES binary (id), -- the program
	function_id INTEGER REFERENCES function (id), -- the function that the line is written in
	file_id INTEGER NOT NULL REFERENCES source_file (id), -- the file that the line is written in
	line INTEGER NOT NULL, -- from 1
	pc INTEGER NOT NULL, -- where a debugger puts its breakpoint
	is_stmt INTEGER CHECK (is_stmt IN (0, 1)), -- 1: the compiler says that a statement begins there; NULL: not known
	is_entry INTEGER CHECK (is_entry IN (0, 1)), -- 1: here lands a breakpoint on the function (behind its prologue)
	is_line INTEGER CHECK (is_line IN (0, 1)), -- 1: here lands a breakpoint on the line; 0: is_entry alone
	inlined_into INTEGER REFERENCES function (id) -- the function whose code holds this copy; NULL: not inlined
) STRICT;

-- Every stretch of code of a line. A debugger stops at one address per copy (source_line); code that
-- comes into the line elsewhere passes it by.
CREATE TABLE line_pc (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	binary_id INTEGER NOT NULL REFERENCES binary (id), -- the program
	function_id INTEGER REFERENCES function (id), -- the function that the line is written in
	file_id INTEGER NOT NULL REFERENCES source_file (id), -- the file that the line is written in
	line INTEGER NOT NULL, -- from 1
	pc INTEGER NOT NULL, -- where the stretch begins
	pc_end INTEGER NOT NULL, -- just behind it
	is_stmt INTEGER CHECK (is_stmt IN (0, 1)), -- 1: the compiler says that a statement begins there; NULL: not known
	inlined_into INTEGER REFERENCES function (id) -- the function whose code holds this copy; NULL: not inlined
) STRICT;

-- What perf says it could not write, two ledgers: kind `lost` has a time and a CPU, but its source is
-- only the one that noticed; kind `lost_samples` is exact per source, and has no time.
CREATE TABLE lost (
	id INTEGER PRIMARY KEY, -- in the order of the recording
	ts INTEGER, -- when the hole was noticed, which is where it ends; NULL for lost_samples
	cpu INTEGER, -- whose buffer was full; NULL: not known
	source_id INTEGER REFERENCES source (id), -- see above
	kind TEXT NOT NULL CHECK (kind IN ('lost', 'lost_samples')), -- which ledger
	count INTEGER NOT NULL -- events that were not written
) STRICT;

-- Stretches in which the kernel held a source back because it fired too often.
CREATE TABLE throttle (
	id INTEGER PRIMARY KEY, -- in the order of time
	ts INTEGER, -- held back from here
	ts_end INTEGER, -- to here; NULL: no end was recorded
	cpu INTEGER, -- where
	tid INTEGER, -- whose counter, when it was not the CPU's
	source_id INTEGER REFERENCES source (id) -- what
) STRICT;

-- Uprobes as the probes file beside the recording defines them.
CREATE TABLE probe (
	id INTEGER PRIMARY KEY, -- in the order of the file
	source_id INTEGER REFERENCES source (id), -- the recorded event of that name; NULL: not recorded
	path TEXT, -- the file that it was put into
	file_offset INTEGER, -- bytes from that file's start
	function TEXT, -- the function around it
	definition TEXT, -- the whole line of uprobe_events
	binary_id INTEGER REFERENCES binary (id), -- that file; NULL: no process had it mapped
	pc INTEGER, -- the address; NULL: not known
	cost_ns INTEGER -- what a hit cost its thread, as gotrace record measured it before the recording; NULL: not measured
) STRICT;

-- Places that were executed whenever a uprobe was hit, beside the one where it sits: a probe for a
-- breakpoint stands next to its place, as it would silence a debugger that plants a trap there.
CREATE TABLE probe_place (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	source_id INTEGER NOT NULL REFERENCES source (id), -- the probe
	binary_id INTEGER REFERENCES binary (id), -- the program
	pc INTEGER NOT NULL, -- the place
	exact INTEGER NOT NULL CHECK (exact IN (0, 1)) -- 1: executed only then, so hits count it; 0: it may be executed without a hit, too
) STRICT;

-- Where fields of the Go runtime's structs lie in a binary; binary.layout_origin says who told.
CREATE TABLE layout_field (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	binary_id INTEGER NOT NULL REFERENCES binary (id), -- the program
	type TEXT NOT NULL, -- the struct: g, m, p, _defer, _panic
	name TEXT NOT NULL, -- the field; of a struct in a struct: stack.hi
	offset INTEGER NOT NULL -- bytes from the struct's beginning
) STRICT;

-- Names that a binary's Go runtime gives to numbers.
CREATE TABLE number_name (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	binary_id INTEGER NOT NULL REFERENCES binary (id), -- the program
	kind TEXT NOT NULL CHECK (kind IN ('wait_reason', 'stop_reason', 'goroutine_status')), -- what is numbered
	number INTEGER NOT NULL, -- as recorded
	name TEXT NOT NULL -- chan receive, select, GC mark termination, runnable …
) STRICT;

-- ---- model: what follows from the facts ----------------------------------------------------------

-- Goroutines. Every process numbers its own from 1; a pid that is used again, or that executes
-- another program, begins new rows: [created_ts, ended_ts) tells them apart.
CREATE TABLE goroutine (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	pid INTEGER NOT NULL, -- its process
	goid INTEGER NOT NULL, -- its number in the process
	parent_goid INTEGER, -- who ran the go statement
	start_function TEXT, -- what it runs
	start_file TEXT, -- where that is written
	start_line INTEGER, -- where that is written
	created_ts INTEGER, -- NULL: not seen
	ended_ts INTEGER, -- NULL: not seen, it may have been alive at the end
	end_reason TEXT, -- how: goexit (its function returned), Goexit (it called that), fatal (the process died of it), exit, exec (with its process); NULL: not known
	certainty TEXT CHECK (certainty IN ('proved', 'likely', 'possible')), -- of the row
	first_event INTEGER, -- id of the first event that it was made from
	last_event INTEGER, -- id of the last one
	go_function TEXT, -- the function whose go statement made it
	go_file TEXT, -- where that statement is
	go_line INTEGER -- where that statement is
) STRICT;

-- What a goroutine was doing from when to when. Slices of one goroutine do not overlap.
CREATE TABLE goroutine_slice (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	pid INTEGER NOT NULL, -- its process
	goid INTEGER NOT NULL, -- the goroutine
	state TEXT NOT NULL CHECK (state IN ('running', 'runnable', 'waiting', 'syscall', 'preempted', 'unknown')), -- what it was doing
	ts INTEGER NOT NULL, -- from
	ts_end INTEGER, -- to; NULL: no end was seen
	tid INTEGER, -- the thread that ran it
	cpu INTEGER, -- the CPU on which it was seen
	reason TEXT, -- why it waited, as the Go runtime names it
	certainty TEXT CHECK (certainty IN ('proved', 'likely', 'possible')), -- of the row
	first_event INTEGER, -- id of the event that began it
	last_event INTEGER -- id of the event that ended it
) STRICT;

-- What a thread was doing from when to when, by the scheduler's events.
CREATE TABLE thread_slice (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	tid INTEGER NOT NULL, -- the thread
	state TEXT NOT NULL CHECK (state IN ('running', 'runnable', 'sleeping', 'blocked', 'stopped', 'unknown')), -- what it was doing
	ts INTEGER NOT NULL, -- from
	ts_end INTEGER, -- to; NULL: no end was seen
	cpu INTEGER, -- where
	certainty TEXT CHECK (certainty IN ('proved', 'likely', 'possible')), -- of the row
	first_event INTEGER, -- id of the event that began it
	last_event INTEGER -- id of the event that ended it
) STRICT;

-- Which thread had which processor (P) of the Go scheduler from when to when; in a system call it is kept
-- for the thread until it is taken away. Proved where the recording has wirep, releasep, handoffp,
-- entersyscall and stopTheWorldWithSema (gotrace record --level full), else as execute shows it at times.
CREATE TABLE processor_slice (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	pid INTEGER NOT NULL, -- the process
	p INTEGER NOT NULL, -- number of the processor, from 0
	m INTEGER, -- number that the runtime gives to the thread; NULL: not recorded
	tid INTEGER NOT NULL, -- the thread, as the kernel numbers it
	ts INTEGER NOT NULL, -- from
	ts_end INTEGER, -- to; where the end was not seen, the last moment at which it surely had it; NULL: to the end of the recording
	certainty TEXT CHECK (certainty IN ('proved', 'likely', 'possible')), -- of the row
	first_event INTEGER, -- id of the event that showed it first
	last_event INTEGER -- id of the event that ended it, or showed it last
) STRICT;

-- Stretches in which somebody could not be preempted: kernel (preempt_disable … enable, per CPU),
-- irq (interrupts off), go (a preemption was asked for and not granted), stw (from when the Go runtime
-- begins to stop the world, and some goroutines still run on, to when it goes on).
-- Of kernel and irq windows, the closer of one without an end says why it has none: [lost events] (a hole
-- is in the way), [begun again] (the next one began, and perf had dropped the event of the end, which it
-- counts nowhere), [not armed] (likewise, before any such event was seen on the CPU: at the beginning
-- perf arms one event after the other), [end of recording].
CREATE TABLE preempt_window (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	kind TEXT NOT NULL CHECK (kind IN ('kernel', 'irq', 'go', 'stw')), -- see above
	cpu INTEGER, -- where
	pid INTEGER, -- whose process
	tid INTEGER, -- whose thread
	goid INTEGER, -- whose goroutine
	ts INTEGER NOT NULL, -- from
	ts_end INTEGER, -- to; NULL: no end was seen
	opener TEXT, -- who opened it: a function; [idle]: it goes on after the CPU was idle; stw: why the world is stopped, as the Go runtime names it
	closer TEXT, -- who closed it: a function; [idle]: the CPU went idle; without an end, see above
	observer INTEGER CHECK (observer IN (0, 1)), -- 1: the recording itself made it; 0: it did not, as far as opener and stack tell; NULL: they tell nothing
	certainty TEXT CHECK (certainty IN ('proved', 'likely', 'possible')), -- of the row
	first_event INTEGER, -- id of the event that opened it
	last_event INTEGER -- id of the event that closed it
) STRICT;

-- Each time the Go runtime asked a goroutine to yield, and what came of it.
CREATE TABLE preempt_request (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	pid INTEGER, -- the process
	goid INTEGER, -- the goroutine that was asked
	tid INTEGER, -- the thread that ran it
	ts INTEGER, -- asked
	signalled_ts INTEGER, -- the signal was sent
	delivered_ts INTEGER, -- the signal arrived
	granted_ts INTEGER, -- the goroutine gave way
	outcome TEXT CHECK (outcome IN ('async', 'cooperative', 'denied', 'late', 'coalesced', 'unknown')), -- how it went
	denied_pc INTEGER, -- where it could not be preempted
	denied_reason TEXT, -- why not, by the code there: runtime code, unsafe point, assembly code, no Go code; NULL: not known
	first_event INTEGER, -- id of the first event that it was made from
	last_event INTEGER -- id of the last one
) STRICT;

-- Stretches in which the recorder could not see.
CREATE TABLE blind_window (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	cause TEXT NOT NULL CHECK (cause IN ('lost', 'throttled', 'sampled', 'not_armed', 'gap', 'overwritten', 'truncated')), -- why
	cpu INTEGER, -- NULL: all, or not known
	tid INTEGER, -- NULL: all, or not known
	source_id INTEGER REFERENCES source (id), -- NULL: all sources
	ts INTEGER, -- from; NULL: not known
	ts_end INTEGER, -- to; NULL: not known
	lost_events INTEGER, -- that went missing; NULL: not known
	certainty TEXT CHECK (certainty IN ('proved', 'likely', 'possible')), -- of the row
	first_event INTEGER, -- id of the last event on that CPU before it (gap: of the clock's samples); NULL: none, or not known
	last_event INTEGER -- id of the first event on that CPU after it (gap: of the clock's samples); NULL: none, or not known
) STRICT;

-- Where blind windows and preempt windows of one CPU meet.
CREATE TABLE window_overlap (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	blind_window_id INTEGER NOT NULL REFERENCES blind_window (id), -- the one
	preempt_window_id INTEGER NOT NULL REFERENCES preempt_window (id), -- the other
	ts INTEGER NOT NULL, -- from
	ts_end INTEGER NOT NULL -- to
) STRICT;

-- Every defer statement that the binary holds.
CREATE TABLE defer_site (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	binary_id INTEGER REFERENCES binary (id), -- the program
	function TEXT, -- in which it is written
	function_id INTEGER REFERENCES function (id), -- whose code holds it: another one, where it was inlined
	pc INTEGER, -- of the registering call; kind open: of the store that marks it as registered
	deferreturn INTEGER, -- where its function runs what was deferred after a recovery; NULL: not known
	file TEXT, -- where it is written
	line INTEGER, -- where it is written
	kind TEXT CHECK (kind IN ('heap', 'stack', 'range', 'open')), -- how the compiler did it
	slot INTEGER -- open: 0, 1, 2 … in the order of the text; an exit runs the highest first. Otherwise NULL
) STRICT;

-- Texts that a great many rows repeat.
CREATE TABLE text (
	id INTEGER PRIMARY KEY, -- 1, 2, 3 …
	text TEXT NOT NULL -- the text
) STRICT;

-- Every deferred call at run time, as it is stored; view defer shows it.
CREATE TABLE defer_call (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	pid INTEGER, -- the process
	goid INTEGER, -- the goroutine; NULL: not known
	kind TEXT CHECK (kind IN ('heap', 'stack', 'range', 'open')), -- as in defer_site
	seq INTEGER, -- 1, 2, 3 … in the order in which the goroutine registered them; NULL: open, whose order is not seen
	site_function_id INTEGER REFERENCES text (id), -- where the defer statement is
	site_file_id INTEGER REFERENCES text (id), -- where the defer statement is
	site_line INTEGER, -- where the defer statement is
	fn_id INTEGER REFERENCES text (id), -- what was to be called; NULL: no function is known there
	fn_addr INTEGER, -- its address, as recorded; NULL: not recorded
	registered_ts INTEGER, -- NULL: not seen
	ran_ts INTEGER, -- NULL: not seen
	outcome TEXT CHECK (outcome IN ('ran', 'ran_in_panic', 'ran_in_goexit', 'skipped_by_exit', 'pending', 'unknown')), -- what became of it
	certainty TEXT CHECK (certainty IN ('proved', 'likely', 'possible')), -- of the row
	first_event INTEGER, -- id of the event that registered it; NULL: open, which nothing registers
	last_event INTEGER, -- id of the event that showed it run, or skipped; open and not run: where the goroutine was
	registered_sp INTEGER, -- the stack pointer at the registering call, as recorded; NULL: not recorded
	stack_id INTEGER REFERENCES stack (id) -- where it was registered; open: where it ran, or the goroutine was
) STRICT;

-- Every panic at run time.
CREATE TABLE panic (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	pid INTEGER, -- the process
	goid INTEGER, -- the goroutine; NULL: not known
	ts INTEGER, -- when it rose
	function TEXT, -- who panicked
	file TEXT, -- where that is written
	line INTEGER, -- where that is written
	outcome TEXT CHECK (outcome IN ('recovered', 'fatal', 'goexit', 'superseded', 'unknown')), -- how it ended; superseded: by a later panic, or by a throw before anybody recovered it
	recovered_ts INTEGER, -- NULL: not recovered
	recovered_by TEXT, -- the function whose deferred call recovered it
	recovered_in TEXT, -- the function that called recover(): the deferred one; NULL: not known
	recover_file TEXT, -- where it did so; NULL: not known
	recover_line INTEGER, -- where it did so; NULL: not known
	value_dropped INTEGER, -- 1: that call of recover() does not look at what it gets; 0: it does; NULL: not known
	value_type TEXT, -- of the value that was panicked with, as %T prints it; nil: panic(nil); NULL: not known
	value_text TEXT, -- the value, where it is a string, a number, a bool or a plain error: its first 64 bytes
	value_size INTEGER, -- bytes of all the text; NULL: not known
	nested_in INTEGER REFERENCES panic (id), -- the panic during which it rose
	stack_id INTEGER REFERENCES stack (id), -- where it rose
	first_event INTEGER, -- id of the event at which it rose
	last_event INTEGER -- id of the event at which it ended
) STRICT;

-- Every death of a program by its own runtime: throw and fatal run no deferred call and cannot be
-- recovered; a panic that nobody recovered has run them.
CREATE TABLE fatal_error (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	pid INTEGER, -- the process
	goid INTEGER, -- the goroutine; NULL: none, or not known
	tid INTEGER, -- the thread
	ts INTEGER, -- when
	kind TEXT CHECK (kind IN ('throw', 'fatal', 'panic')), -- throw: the runtime is at fault; fatal: its user; NULL: not known
	message TEXT, -- what is printed, its first 64 bytes; of a panic: its value; NULL: not known
	function TEXT, -- who gave up, or panicked
	file TEXT, -- where that is written
	line INTEGER, -- where that is written
	panic_id INTEGER REFERENCES panic (id), -- the innermost panic at the time; of kind panic: the one it died of
	stack_id INTEGER REFERENCES stack (id), -- where; of a panic see panic.stack_id, too
	certainty TEXT CHECK (certainty IN ('proved', 'likely', 'possible')), -- of the row
	first_event INTEGER, -- id of the first event of the death
	last_event INTEGER -- id of the last one
) STRICT;

-- Everything that makes the recording less than perfect: what it is, where, how much, what to do.
CREATE TABLE data_quality (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	name TEXT NOT NULL, -- of the kind of imperfection
	severity TEXT NOT NULL CHECK (severity IN ('info', 'data_loss', 'error')), -- how bad
	cpu INTEGER, -- where; NULL: everywhere
	source_id INTEGER REFERENCES source (id), -- what; NULL: everything
	ts INTEGER, -- from; NULL: all the time
	ts_end INTEGER, -- to; NULL: all the time
	value INTEGER, -- how much, as the sentence says
	sentence TEXT NOT NULL -- for people
) STRICT;

-- ---- breakpoints: what somebody expected to see --------------------------------------------------

-- Places where somebody wanted to stop, as they were written.
CREATE TABLE breakpoint (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	spec TEXT NOT NULL -- file.go:LINE, pkg.Func, panic, fatal, 0xADDR
) STRICT;

-- The places in the program that a breakpoint means, one per address: where a debugger stops, and
-- (other 1) where else the code of the line can be entered.
CREATE TABLE breakpoint_location (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	breakpoint_id INTEGER NOT NULL REFERENCES breakpoint (id), -- whose
	pc INTEGER NOT NULL, -- the address
	function TEXT, -- the function that the line is written in
	file TEXT, -- as the compiler stored it
	line INTEGER, -- from 1
	inlined_into TEXT, -- the function whose code holds this copy; NULL: not inlined
	is_stmt INTEGER CHECK (is_stmt IN (0, 1)), -- 1: the compiler says that a statement begins there
	binary_id INTEGER REFERENCES binary (id), -- the program
	source_line_id INTEGER REFERENCES source_line (id), -- where this comes from; NULL: from an address or an other place
	other INTEGER NOT NULL DEFAULT 0 CHECK (other IN (0, 1)) -- 1: code of the line at which no debugger stops; such places are not counted
) STRICT;

-- The ledger of a breakpoint: each time its place was executed, each time a debugger trapped there.
CREATE TABLE breakpoint_hit (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	breakpoint_id INTEGER NOT NULL REFERENCES breakpoint (id), -- whose
	location_id INTEGER NOT NULL REFERENCES breakpoint_location (id), -- where
	ts INTEGER, -- when
	pid INTEGER, -- the process
	tid INTEGER, -- the thread
	goid INTEGER, -- the goroutine; NULL: not known
	kind TEXT NOT NULL CHECK (kind IN ('reached', 'trapped')), -- executed, or a debugger's trap
	event_id INTEGER -- the event that shows it
) STRICT;

-- What became of a breakpoint.
CREATE TABLE verdict (
	breakpoint_id INTEGER PRIMARY KEY REFERENCES breakpoint (id), -- which
	verdict TEXT NOT NULL CHECK (verdict IN ('hit', 'missed', 'not_reached', 'impossible', 'unknown')), -- the answer
	reached INTEGER NOT NULL, -- times that its place was seen to be executed
	trapped INTEGER NOT NULL, -- times that a debugger was seen to trap there
	missed_min INTEGER, -- executions without a trap, at least
	missed_max INTEGER, -- at most; NULL: no bound is known
	sentence TEXT NOT NULL, -- for people
	next_recording TEXT -- the commands that would decide it; NULL: it is decided
) STRICT;

-- Why. Causes are named after the files in sql/causes (gotrace explain --list-causes).
CREATE TABLE verdict_cause (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	breakpoint_id INTEGER NOT NULL REFERENCES breakpoint (id), -- of what
	cause TEXT NOT NULL, -- its name
	strength TEXT NOT NULL CHECK (strength IN ('proved', 'likely', 'possible', 'ruled_out')), -- how sure
	sentence TEXT NOT NULL -- for people
) STRICT;

-- The rows that a cause stands on.
CREATE TABLE evidence (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	verdict_cause_id INTEGER NOT NULL REFERENCES verdict_cause (id), -- for what
	table_name TEXT NOT NULL, -- where the row is
	row_id INTEGER NOT NULL, -- its id
	sentence TEXT NOT NULL -- what it shows
) STRICT;

-- ---- additions of the model ----------------------------------------------------------------------

-- Which goroutine carried which profiler label (runtime/pprof), as a trace id, from when to when: one row
-- for each call that gave it labels and each label, until the next such call or its end. Goroutines
-- that were given labels before the recording, and labels that the probe did not fetch, have no row.
CREATE TABLE goroutine_label (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	pid INTEGER NOT NULL, -- the process
	goid INTEGER NOT NULL, -- the goroutine
	ts INTEGER NOT NULL, -- from
	ts_end INTEGER, -- to; NULL: no end was seen
	key TEXT NOT NULL, -- of the label; each byte that is no UTF-8 as U+FFFD
	value TEXT NOT NULL, -- of the label; likewise
	cut INTEGER NOT NULL CHECK (cut IN (0, 1)), -- 1: key or value is longer, and this is its beginning
	how TEXT NOT NULL CHECK (how IN ('set', 'inherited')), -- set by the goroutine itself, or had from the one that made it
	certainty TEXT CHECK (certainty IN ('proved', 'likely', 'possible')), -- of the row; possible: behind a hole, where it may have changed
	event_id INTEGER -- the call that set it; inherited: the go statement
) STRICT;

-- What the recording itself cost the threads that it stopped: one row for each life of a thread with hits
-- of uprobes. Hits that were lost are not in it, nor is what the kernel's own events cost.
CREATE TABLE recording_cost (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	tid INTEGER NOT NULL, -- the thread
	pid INTEGER, -- its process
	hits INTEGER NOT NULL, -- of uprobes
	cost_ns INTEGER, -- of all hits together; NULL: not known
	thread_ns INTEGER, -- the thread's time; NULL: not known
	thread_time TEXT CHECK (thread_time IN ('running', 'life')), -- which: on a CPU, or as long as it was there; NULL: thread_ns is
	share REAL, -- cost_ns of thread_ns, from 0 to 1; NULL: one of them is
	basis TEXT CHECK (basis IN ('measured', 'bound')) -- measured: hits times what each was measured to cost, but none longer than to the next; bound: at most, as each hit was over before the next began
) STRICT;

-- Hits of probes that are no calls of their own. The function's prologue began again, after its stack
-- was made larger or after the goroutine gave way there; or perf, under load, read a stretch of its
-- ring twice and wrote the same hit again. Calls = hits minus these.
CREATE TABLE call_restart (
	id INTEGER PRIMARY KEY, -- no meaning of its own
	source_id INTEGER REFERENCES source (id), -- the probe
	pid INTEGER, -- the process
	goid INTEGER, -- the goroutine
	first_event INTEGER, -- id of the hit that stands for the call
	second_event INTEGER, -- id of the hit that is not a call
	other_thread INTEGER CHECK (other_thread IN (0, 1)), -- 1: the second hit was on another thread
	repeated INTEGER NOT NULL DEFAULT 0 CHECK (repeated IN (0, 1)), -- 1: it is the first hit, written once more
	certainty TEXT CHECK (certainty IN ('proved', 'likely', 'possible')) -- possible: a loop looks the same
) STRICT;
