/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ingest/ tells model/: facts as they are, events in time order.
 *
 *     model_new()
 *       model_recording(), model_feature(), model_source()…   what the recording says of itself
 *       model_event()…                                        everything that has a time, in order
 *       model_binary(), model_function(), model_frame()…      what became of the addresses
 *     model_finish()                                          the last rows; then the model is freed
 *
 * Times are nanoseconds of the recording's clock. NO_TIME, NO_VALUE: not known (NULL in the
 * database); they are the same number, so that a value can be handed on without a question.
 * Ids that ingest/ gives out (source, binary, function, frame, stack, file) begin with 1; 0 is none.
 * All texts are borrowed for the call only, unless said otherwise; they may hold any bytes.
 */
#ifndef GOTRACE_MODEL_MODEL_H
#define GOTRACE_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define NO_VALUE INT64_MIN
#define NO_TIME INT64_MIN

struct db;
struct model;

/* ---- what the recording says of itself ------------------------------------------------------ */

struct recording {
	const char *path, *perf_version, *cmdline, *hostname, *kernel, *arch; /* NULL: not told */
	int64_t size;                                                         /* bytes of input */
	int64_t nr_cpus;                                                      /* configured CPUs */
	int64_t clock_id;          /* CLOCK_* of -k; NO_VALUE: perf's own clock */
	int64_t wall_clock_offset; /* wall clock minus recording clock, ns */
	const char *container;     /* file, pipe, directory */
	bool compressed;
	bool truncated;  /* the input ends early or is damaged: what follows is missing */
	bool has_ledger; /* LOST_SAMPLES records are there, or would be if anything was lost */
	bool overwrite;  /* recorded with --overwrite: the beginning is missing */
	bool per_thread; /* … with --per-thread: rings, and so holes, are of threads, not of CPUs */
	const char *damage; /* where and why, when truncated */
	int64_t damage_offset;
};

enum field_type {
	FIELD_INTEGER,
	FIELD_UNSIGNED, /* as integer; from 2^63 on negative in SQL */
	FIELD_TEXT,
	FIELD_BLOB,
};

struct field {
	const char *name; /* as the event's format names it */
	enum field_type type;
};

enum source_type {
	SOURCE_HARDWARE =
		0, /* numbers as in perf_event_attr.type; dynamic PMUs are >= SOURCE_PMU */
	SOURCE_SOFTWARE = 1,
	SOURCE_TRACEPOINT = 2,
	SOURCE_CACHE = 3,
	SOURCE_RAW = 4,
	SOURCE_BREAKPOINT = 5,
	SOURCE_PMU = 6,
};

/* One evsel of the recording. Belongs to ingest/ and lives as long as the model. */
struct source {
	uint32_t id;
	const char *name; /* as perf prints it: "sched:sched_switch", "cpu-clock" */
	const char *type; /* "tracepoint", "uprobe", "software", "hardware", … as stored */
	enum source_type number;
	bool is_timer;         /* cpu-clock, task-clock: the period is in ns and does not change */
	bool dummy;            /* has no events of its own */
	bool carries_sideband; /* writes records of processes, threads and mappings, too */
	bool is_freq;          /* perf_event_attr.freq: the period is chosen by the kernel */
	int64_t period;        /* sample_period; NO_VALUE when is_freq */
	int64_t freq;          /* sample_freq; NO_VALUE when not is_freq */
	bool has_time, has_cpu, has_tid, has_period, has_callchain;
	bool inherit, enable_on_exec, starts_disabled, system_wide;
	bool overwrite; /* perf_event_attr.write_backward: only the end of its events is there */
	const struct field *fields; /* the event's own fields; raw bytes only: one BLOB "raw" */
	size_t field_count;
	bool is_uprobe; /* the format has __probe_ip (or __probe_func and __probe_ret_ip) */
	bool is_return_probe;
	void *model; /* for model/: what it keeps with the source */
};

/* ---- events --------------------------------------------------------------------------------- */

struct value {
	union {
		int64_t number;
		const char *bytes; /* text without its NUL, or a blob */
	};
	uint32_t size; /* of bytes */
	bool is_null;  /* the record was too short to hold the field */
};

enum event_kind {
	EVENT_SAMPLE,
	EVENT_COMM,
	EVENT_FORK,
	EVENT_EXIT,
	EVENT_MAP,
	EVENT_LOST,         /* a hole that ends at ts, on this CPU */
	EVENT_LOST_SAMPLES, /* the ledger at the end of the recording; NO_TIME; comes before all else */
	EVENT_THROTTLE,
	EVENT_UNTHROTTLE,
	EVENT_SWITCH, /* PERF_RECORD_SWITCH*: facts of context switches without a tracepoint */
};

struct event {
	enum event_kind kind;
	int64_t id;       /* samples only: rank in time order, from 1 */
	int64_t ts;       /* NO_TIME: the record has none; such come first, in file order */
	int64_t offset;   /* of the record in its file, bytes */
	int32_t cpu;      /* -1: not known */
	int32_t pid, tid; /* -1: not known. Of the task that the record is about */
	const struct source *source; /* NULL: the record names none */
	union {
		struct {
			int64_t period;  /* NO_VALUE: not recorded */
			uint32_t stack;  /* 0: no address was recorded */
			uint32_t binary; /* of the interrupted address, 0: none */
			uint64_t pc;     /* PERF_SAMPLE_IP as ELF virtual address of `binary` */
			bool has_pc;
			const struct value *values; /* one for each of source->fields */
		} sample;
		struct {
			const char *name;
			bool exec; /* the process executed another program */
		} comm;
		struct {
			int32_t parent_pid, parent_tid;
		} fork; /* exit too */
		struct {
			uint32_t mapping; /* id */
			uint64_t addr, size, file_offset;
			uint32_t binary;
			bool executable;
		} map;
		struct {
			int64_t count;
		} lost; /* and lost_samples */
		struct {
			bool out, preempted;
		} switched;
	};
};

/* Numbers of the Go runtime that it has names for, and that rows tell by name. */
enum name_kind {
	NAME_NONE,
	NAME_WAIT_REASON, /* why a goroutine waits */
	NAME_STOP_REASON, /* why the world is stopped */
	NAME_KINDS,
};

/* ---- addresses ------------------------------------------------------------------------------ */

struct binary {
	uint32_t id;
	const char *path;       /* as the recording names it: "/opt/demo", "[kernel.kallsyms]" */
	const char *build_id;   /* as recorded, lower-case hex; NULL: none */
	const char *go_version; /* "go1.22.3"; NULL: not Go, or the file was not at hand */
	int64_t inode;          /* as recorded */
	bool read;              /* the file (or kallsyms) was at hand; the next three are known */
	bool has_dwarf, has_symtab, has_pclntab;
	bool position_independent; /* it can be loaded anywhere: its addresses are relative */
	const char *arch;          /* as uname -m spells it: "x86_64", "aarch64"; NULL: not known */
	uint64_t go_text, go_text_end; /* the code that Go's compiler made; both 0: not known */
	const char *layout_origin; /* of layout_field's rows: "dwarf", "version", "unknown"; NULL */
	const char *go_build_id;   /* as `go tool buildid` prints it; NULL: none */
	const char *flags;         /* build settings, one "key=value" a line; NULL: not known */
	const char *problem; /* why the file was not used: missing, other build id; NULL: none */
};

struct function {
	uint32_t id, binary;
	const char *name;
	uint64_t addr, size;
	bool has_addr;          /* false: exists only as inlined copies */
	bool copies_known;      /* the next one is known */
	int64_t inlined_copies; /* in the whole program, those outside of stored functions too */
	uint32_t file;          /* in which it is written; 0: not known */
	int64_t line;           /* of its func keyword; 0: not known */
};

struct frame {
	uint32_t id;
	uint32_t function; /* 0: not known */
	uint32_t binary;   /* 0: none */
	uint64_t pc;
	const char *file; /* NULL: not known */
	int64_t line;     /* NO_VALUE: not known */
	bool inlined;     /* this function's code was inlined into the frame's parent */
};

/* A place where a breakpoint can land; see source_line in sql/schema.sql. */
struct source_line {
	uint32_t binary, function, file;
	int64_t line;
	uint64_t pc;
	int is_stmt;           /* 1, 0; -1: not known, as without DWARF */
	bool is_entry;         /* here lands a breakpoint on the function (behind its prologue) */
	bool is_line;          /* here lands a breakpoint on the line; false: is_entry alone */
	uint32_t inlined_into; /* function, 0: not inlined */
};

/* A stretch of code that belongs to one line: where a line has several, each can be its beginning. */
struct line_pc {
	uint32_t binary, function, file; /* as in struct source_line */
	int64_t line;
	uint64_t pc, end;      /* [pc, end) */
	int is_stmt;           /* 1, 0; -1: not known */
	uint32_t inlined_into; /* function, 0: not inlined */
};

/* A defer statement of a Go program. */
struct defer_site_row {
	uint32_t binary;
	const char *function; /* in which it is written */
	uint32_t function_id; /* whose code holds it; 0: not known */
	uint64_t pc;          /* of the call that registers it; open: of the store that marks it */
	uint64_t deferreturn; /* where its function runs it after a recovery; 0: not known */
	const char *file;     /* NULL: not known */
	int64_t line;         /* 0: not known */
	const char *kind;     /* "heap", "stack", "range", "open" */
	int slot;             /* open: the number of its bit; otherwise -1 */
};

/* A line of tracefs uprobe_events, as a probes file holds it. */
struct probe {
	uint32_t source; /* 0: no source of the recording has this name */
	const char *path;
	uint64_t file_offset;
	const char *function;   /* by name, where it could be resolved */
	const char *definition; /* the whole line */
	uint32_t binary;        /* 0: not among the recording's binaries */
	uint64_t pc;            /* ELF virtual address */
	bool has_pc;
	int64_t cost_ns; /* what a hit cost its thread, as measured; 0: not known */
};

/*
 * What ingest/ can tell about an address while the process that uses it is still mapped. `function`
 * and `file` live as long as the model; what is not known is NULL, NO_VALUE or 0.
 */
struct place {
	uint32_t binary;
	uint64_t pc; /* ELF virtual address; without a binary as given */
	const char *function;
	uint64_t offset; /* of pc in the function */
	const char *file;
	int64_t line;
};

/* What a place in a program says about a goroutine that a signal would stop there. */
enum code_kind {
	CODE_UNKNOWN,
	CODE_PLAIN,    /* Go's code, and nothing against it */
	CODE_UNSAFE,   /* Go's code, marked by the compiler as no place to stop */
	CODE_ASSEMBLY, /* Go's code, written by hand: nothing is known of its stack */
	CODE_FOREIGN,  /* known to be none of Go's code */
};

#define OPEN_SITES_MAX 8 /* of one function, as Go's compiler has it */
enum {
	OPEN_NONE = -1, /* the call runs none */
	OPEN_ONE = -2,  /* it runs one of them, not known which */
};

/*
 * The open-coded defers of a function, seen from a place in it: a call that is going on, or what may
 * have panicked. Texts live as long as the model.
 */
struct open_sites {
	size_t count;    /* 0: it has none, or that is not known */
	int runs;        /* which of them the call runs; OPEN_* */
	uint64_t target; /* ELF address that it calls; 0: a register has it */
	struct open_site {
		const char *function; /* in which it is written; NULL: the statement was not found */
		const char *file;     /* NULL: not known */
		int64_t line;         /* NO_VALUE: not known */
		const char *fn_name;  /* what it runs; NULL: what a variable holds */
		uint64_t fn;          /* its ELF address */
		bool own;             /* it was made for this statement: nothing else calls it */
		bool may, must;       /* it can be pending here; it is, unless a panic ran it */
	} list[OPEN_SITES_MAX];       /* the last is run first */
};

/* How a value of a type lies behind the second word of an interface. */
enum value_shape {
	VALUE_OTHER,
	VALUE_STRING, /* an address and a length; errors that are no more than a text too */
	VALUE_SIGNED,
	VALUE_UNSIGNED,
	VALUE_BOOL,
};

struct value_type {
	const char *name; /* as %T prints it; lives as long as the model */
	enum value_shape shape;
	uint8_t size; /* bytes of a number */
};

/* Questions that model/ asks back; each may be NULL, and then nothing is known. */
struct resolver {
	void *arg;
	/*
	 * The place of a virtual address of process `pid`, as its memory is mapped now. A return
	 * address belongs to the call before it. False: not known.
	 */
	bool (*place)(void *arg, int32_t pid, uint64_t address, bool is_return,
		      struct place *place);
	/*
	 * What the code at a virtual address of process `pid` is, as its memory is mapped now. *pc: the
	 * ELF virtual address, unchanged where it is in no binary; *function: the innermost function
	 * that was inlined there, valid until the next call, or NULL.
	 */
	enum code_kind (*code)(void *arg, int32_t pid, uint64_t address, uint64_t *pc,
			       const char **function);
	/*
	 * The Go type whose descriptor is at a virtual address, of the binary that has `code` mapped.
	 * False: none of those that the compiler made.
	 */
	bool (*type)(void *arg, int32_t pid, uint64_t code, uint64_t address,
		     struct value_type *type);
	/*
	 * Whether what a call of recover() returns is dropped, by the code at the return address: 1;
	 * 0: it is looked at; -1: not known.
	 */
	int (*drops)(void *arg, int32_t pid, uint64_t address);
	/* The stack without its innermost frame; 0: there is none. Equal stacks have equal numbers. */
	uint32_t (*caller)(void *arg, uint32_t stack);
	/* The kernel function of a stack's innermost frame; NULL: not the kernel's, or not known. */
	const char *(*kernel_frame)(void *arg, uint32_t stack);
	/* The kernel function around an address that is relative to _stext; NULL: not known. */
	const char *(*kernel)(void *arg, int64_t offset);
	/* The place of a stack's innermost frame, without its line. False: not known. */
	bool (*frame)(void *arg, uint32_t stack, struct place *place);
	/* The open-coded defers around an ELF address, which may be a return address. */
	bool (*open_sites)(void *arg, uint32_t binary, uint64_t pc, struct open_sites *sites);
};

/* ---- the calls ------------------------------------------------------------------------------- */

/* The model writes into `db`, which stays the caller's. NULL on error. */
struct model *model_new(struct db *db, struct error *err);

/* Before the first event. `r` is copied. */
void model_set_resolver(struct model *m, const struct resolver *r);

int model_recording(struct model *m, const struct recording *r, struct error *err);
/* Before the first event, where it is known: "go1.22.3" of the program that the probes sit in. */
void model_go_version(struct model *m, const char *version);
/* Likewise, where it can switch between goroutines without the scheduler: it has runtime.coroswitch_m. */
void model_coroutines(struct model *m);
/* Likewise: what its runtime calls the numbers of a kind; NULL in gaps. Copied. */
void model_number_names(struct model *m, enum name_kind kind, char *const *names, size_t count);
int model_feature(struct model *m, const char *name, const char *text, struct error *err);
int model_cpu(struct model *m, int cpu, bool online, struct error *err);
/* Before the first event. Creates the source's table. */
int model_source(struct model *m, struct source *s, struct error *err);
/* Before the first event. `function` is by the probe's address, whatever the user named it. */
int model_probe(struct model *m, const struct probe *p, struct error *err);
/*
 * Before the first event, where it is known: the function at whose entry (offset 0) or inside which
 * the source's uprobe sits. Its name is a Go runtime name such as "runtime.gopanic". `once`: each call
 * of the function passes the probe once and no more, as behind a prologue that may begin again.
 */
int model_probed_function(struct model *m, struct source *s, const char *function, uint64_t offset,
			  bool once, struct error *err);
/* Likewise: how far the stack pointer there lies below the caller's before its call, in bytes. */
void model_probe_depth(struct source *s, uint32_t depth);
/*
 * A place that was executed whenever the source's uprobe was hit; `exact`: and only then, so that hits
 * are its executions. The place where the uprobe sits need not be told.
 */
int model_probe_place(struct model *m, const struct source *s, uint32_t binary, uint64_t pc,
		      bool exact, struct error *err);

/*
 * Events of a CPU (-1: not known which) were lost between two of its records; NO_TIME: before the first, after
 * the last. Before any event, so that the model knows what it will be told of later, by EVENT_LOST.
 */
void model_hole_ahead(struct model *m, int cpu, int64_t ts, int64_t ts_end);

/* In time order; `e` is the caller's. Writes the event's row and feeds every machine. */
int model_event(struct model *m, const struct event *e, struct error *err);

/* After the last event. */
int model_binary(struct model *m, const struct binary *b, struct error *err);
int model_function(struct model *m, const struct function *f, struct error *err);
int model_frame(struct model *m, const struct frame *f, struct error *err);
int model_stack(struct model *m, uint32_t id, uint32_t parent, uint32_t frame, struct error *err);
int model_source_file(struct model *m, uint32_t id, const char *path, struct error *err);
int model_source_line(struct model *m, const struct source_line *l, struct error *err);
int model_line_pc(struct model *m, const struct line_pc *l, struct error *err);
int model_defer_site(struct model *m, const struct defer_site_row *d, struct error *err);
/* A field of a struct of the Go runtime in this binary: "g", "goid", bytes from its beginning. */
int model_layout_field(struct model *m, uint32_t binary, const char *type, const char *name,
		       int64_t offset, struct error *err);
/* What this binary calls a number of `kind` "wait_reason", "stop_reason" or "goroutine_status". */
int model_number_name(struct model *m, uint32_t binary, const char *kind, int64_t number,
		      const char *name, struct error *err);
/* Records by type: how many there were, and whether gotrace uses them. */
int model_record_count(struct model *m, int type, const char *name, int64_t count, bool used,
		       struct error *err);
/* A thing that makes the recording less than perfect and that only ingest/ can know. */
int model_quality(struct model *m, const char *name, const char *severity, int64_t value,
		  const char *sentence, struct error *err);

/* The rows that only the end can tell. */
int model_finish(struct model *m, struct error *err);
void model_free(struct model *m); /* NULL is allowed */

#endif
