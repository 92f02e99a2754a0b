/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the machines of model/ share. Not for other rooms: they include model/model.h.
 *
 * A machine is one concept (processes, losses, goroutines …): it is begun, sees every event that it
 * may be interested in, in time order, and is ended. It keeps what is alive, writes a row as soon as
 * its content is certain, and forgets it.
 */
#ifndef GOTRACE_MODEL_MACHINE_H
#define GOTRACE_MODEL_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/map.h"
#include "model/hole_log.h"
#include "model/hole_map.h"
#include "model/model.h"
#include "sql/db.h"

/* ---- sources -------------------------------------------------------------------------------- */

/* What a function of the Go runtime tells when it is entered. See model/runtime.c. */
enum role {
	ROLE_NONE,
	ROLE_EXECUTE,      /* the goroutine begins to run on this thread */
	ROLE_PARK,         /* the goroutine is about to wait */
	ROLE_PARKED,       /* the goroutine waits */
	ROLE_READY,        /* the goroutine can run again */
	ROLE_YIELD,        /* the goroutine gives way and can run again */
	ROLE_PREEMPTED,    /* the goroutine is held by whoever preempted it */
	ROLE_STATUS,       /* the goroutine's status changes from `old` to `new` */
	ROLE_SYSCALL,      /* the goroutine enters a system call */
	ROLE_SYSCALL_END,  /* the goroutine comes back from it */
	ROLE_SYSCALL_SLOW, /* … and finds no processor: it has to queue */
	ROLE_BIRTH,        /* a goroutine is made; its number is not known yet */
	ROLE_QUEUED,       /* a goroutine is put into a run queue */
	ROLE_LABELS,       /* the goroutine changes its profiler labels */
	ROLE_LEAVE,        /* the goroutine leaves its thread; `why`: the function that goes on */
	ROLE_GOGO, /* a goroutine goes on on this thread; for one that runs, nothing changes */
	ROLE_COROSWITCH, /* the goroutine hands its thread to another one, or (`exit`) ends with that */
	ROLE_ACQUIRED,   /* the thread takes a processor */
	ROLE_RELEASED,   /* the thread gives its processor back */
	ROLE_HANDED_OFF, /* a processor that no running goroutine has is given to another thread */
	ROLE_IDLE,       /* the thread, which has no processor any more, goes to sleep */
	ROLE_RETURNED,   /* the goroutine's function has returned, or Goexit is done */
	ROLE_ENDED,      /* the goroutine is dead */
	ROLE_DEFER_HEAP,
	ROLE_DEFER_STACK,
	ROLE_DEFER_RANGE,
	ROLE_DEFER_RETURN, /* a function that has deferred calls comes to its end */
	ROLE_PANIC,
	ROLE_RECOVERY,    /* a recover() took effect */
	ROLE_GOEXIT,      /* runtime.Goexit: runs all deferred calls of the goroutine */
	ROLE_FATAL_PANIC, /* nothing recovered the panic; its deferred calls have run */
	ROLE_DIES,        /* the process dies of this goroutine, by a panic or by throw */
	ROLE_FATAL,       /* throw, fatal: the process dies and no deferred call runs */
	ROLE_EXIT,        /* the process exits */
	ROLE_ASK,         /* a goroutine is asked to give way */
	ROLE_SCAN,        /* … where it runs; else its stack is looked at as it is */
	ROLE_SIGNALLED,   /* the signal that asks has arrived: which goroutine did it find? */
	ROLE_WANTED,      /* … and it is the one that was asked: can it be stopped at `pc`? */
	ROLE_GRANTED,     /* it can, and gives way */
	ROLE_STOP,        /* the world is being stopped */
	ROLE_START,       /* the world goes on */
	ROLE_DEFER_CALL,  /* a panic or Goexit calls an open-coded defer (up to Go 1.21) */
	ROLE_OTHER,       /* a runtime function that no machine reads */
};

/* Events of the kernel that machines read. See model/kernel.c. */
enum tracepoint {
	TRACE_NONE,
	TRACE_SWITCH,    /* a CPU leaves one thread for another */
	TRACE_WAKING,    /* a thread is about to be made runnable */
	TRACE_WAKEUP,    /* a thread is runnable */
	TRACE_SIGNAL,    /* a signal is sent */
	TRACE_DELIVERED, /* a signal arrives */
	TRACE_PREEMPT_OFF,
	TRACE_PREEMPT_ON,
	TRACE_IRQ_OFF,
	TRACE_IRQ_ON,
	TRACE_CLOCK, /* no tracepoint: a clock or a counter that takes samples */
};

enum tracepoint tracepoint_by_name(const struct source *s);

/* Numbers of runtime.gStatusStrings. */
enum {
	G_IDLE,
	G_RUNNABLE,
	G_RUNNING,
	G_SYSCALL,
	G_WAITING,
	G_DEAD = 6,
	G_COPYSTACK = 8,
	G_PREEMPTED = 9,
	G_SCAN = 0x1000, /* a bit: the garbage collector looks at its stack */
};

struct runtime_function {
	const char *name; /* without "runtime." */
	enum role role;
	bool on_g0;    /* runs on the scheduler's stack: the thread's goroutine is not running it */
	bool restarts; /* its prologue can begin again, and an entry probe then fires twice */
};

/* By full name ("runtime.gopanic"); NULL: none of the catalogue. */
const struct runtime_function *runtime_function(const char *name);
/* By what a user called the probe ("probe_app:gopanic_1"); NULL: none. */
const struct runtime_function *runtime_function_by_event(const char *event);

/* Own fields that have a meaning by their name; SOURCE_FIELDS is how many. */
enum known_field {
	FIELD_GOID,
	FIELD_FN,
	FIELD_RET,
	FIELD_OLD,
	FIELD_NEW,
	FIELD_REASON,
	FIELD_PARENT,
	FIELD_CODE,
	FIELD_SP, /* stack pointer */
	FIELD_HI, /* upper end of the stack: HI - SP does not change when the stack moves */
	FIELD_WHY,
	FIELD_STARTPC,
	FIELD_P,
	FIELD_M,
	FIELD_EXIT,
	FIELD_PC,
	FIELD_PREV_PID,
	FIELD_PREV_STATE,
	FIELD_NEXT_PID,
	FIELD_PID,
	FIELD_TARGET_CPU,
	FIELD_SIG,
	FIELD_CALLER_OFFS,
	FIELD_LABELS,
	FIELD_TYPE,    /* address of a type's descriptor */
	FIELD_WORD,    /* see model/value.c, as to the next one */
	FIELD_LENGTH,  /* bytes of a string */
	FIELD_CURG,    /* the goroutine that the thread is in, by address; 0: none */
	FIELD_CURGOID, /* … by number; means nothing where the address is 0 */
	SOURCE_FIELDS,
};

/* What model/ keeps with a source: source->model. */
struct source_state {
	const struct source *source;
	struct db_table *table;
	char *table_name;
	const struct runtime_function *runtime;
	enum role role;
	enum tracepoint tracepoint;
	bool role_proved;         /* by the probe's address, not by its name */
	bool enters;              /* the program's own function: a hit is a call of it */
	bool restarts;            /* an entry probe on a function whose prologue can begin again */
	bool exiting_prev;        /* the field prev_pid is the task itself */
	bool exiting_pid;         /* the field pid is the task itself */
	int field[SOURCE_FIELDS]; /* index into source->fields, -1: it has none */
	int text;                 /* the same of its field `text`, bytes of a string */
	char *function;           /* around the probe */
	int reason_argument;      /* which argument its field `reason` is, from 1; 0: not known */
	int64_t function_offset;
	int64_t binary, pc; /* of the probe; NO_VALUE: not known */
	int64_t depth; /* bytes from its stack pointer up to the caller's; NO_VALUE: not known */
	int64_t events;
	int64_t hits; /* sum of the periods */
	bool thinned; /* an event stood for more than one hit */
	int64_t lost; /* by the ledger */
	int64_t throttles;
	int64_t cost_ns; /* of a hit, as measured; 0: not known */
	int64_t most_ns; /* a hit cost no more: the next one of its thread came after it; 0: not known */
	int64_t no_time;    /* events without a time */
	uint32_t listeners; /* a bit for each machine that its samples go to */
	bool has_listeners; /* … and that is known */
	int direct_caller; /* its stacks have the caller of the entered function: 1, -1, 0: not known */
	int64_t restarted; /* second entries of one call */
	int64_t repeated;  /* hits that stand in the recording once more */
	int64_t goid_two;  /* events with goid 2, the tell-tale of a wrong offset */
	int64_t goid_any;  /* events with a goid other than 0 */
	struct source_state *next;
};

/* The value of a known field; NO_VALUE where the source has none, or the record was too short. */
static inline int64_t event_field(const struct event *e, enum known_field f)
{
	const struct source_state *s = e->source->model;
	int i = s->field[f];

	if (i < 0 || e->sample.values[i].is_null)
		return NO_VALUE;
	return e->sample.values[i].number;
}

/* A value as text. */
struct value_text {
	char bytes[64];
	uint8_t size;
	int64_t length; /* of all the text, of which `bytes` is the beginning; NO_VALUE: not known */
};

/* A string, by the fields `text` and `length` of the event. */
void value_of_string(const struct event *e, struct value_text *v);
/* The value of an interface, by those and `word`. */
void value_of(const struct event *e, const struct value_type *type, struct value_text *v);
void row_value(struct db_table *t, const struct value_text *v); /* NULL where it is not known */

/* ---- processes and threads ------------------------------------------------------------------ */

/* One life of a pid: from fork or exec to exit or the next exec. */
struct process {
	int32_t pid;
	uint32_t life; /* number of this life, unique in the recording */
	int32_t parent_pid;
	char *comm;        /* NULL: not known */
	int64_t ts;        /* NO_TIME: before the recording */
	int64_t last_exit; /* of one of its threads */
	int64_t exit_ts; /* of the moment when the program itself called exit; NO_TIME: not seen */
	int64_t exit_code;
	size_t threads;      /* known to live */
	size_t goroutines;   /* known to live */
	bool has_goroutines; /* one was ever known */
	bool leader_dead;
	bool open; /* this life has not ended */
};

/* One life of a tid. The struct stays where it is; a new life begins in place. */
struct thread {
	int32_t tid;
	uint32_t life;
	struct process *process; /* NULL: not known */
	char *comm;
	int64_t ts;
	int64_t ts_end;
	bool open;
	int64_t last_ts; /* when it was last seen, and where */
	int32_t last_cpu;
	/* kept by model/goroutine.c: */
	int64_t goid;        /* that runs on it; NO_VALUE: not known, 0: none */
	uint32_t goid_epoch; /* of the holes, when that was known */
	int64_t born_parent; /* newproc1 was hit here and the new number not yet seen; else NO_VALUE */
	int64_t born_fn, born_ret, born_ts, born_event;
	int64_t born_of; /* as newproc1 names the parent; 0: there is none, NO_VALUE: not told */
	uint32_t born_epoch;
	int64_t dead_goid; /* that ended here last */
	int64_t ran_until; /* the end of the last running slice on it */
	/* kept by model/cost.c: */
	int64_t hits, hits_ns;     /* of uprobes, and what they cost, but for the last */
	struct source_state *hit;  /* the last one's; NULL: there was none */
	int64_t hit_ts, hit_count; /* … and for how many it stands */
	bool cost_is_bound;        /* a hit's cost is known as a bound only */
	bool cost_unknown;         /* … or not at all */
	/* kept by model/thread.c: */
	int64_t ran_ns; /* on a CPU, up to the end of the last running slice */
	int32_t on_cpu; /* where it is known to run; -1: it is not, or that is not known */
	bool left;      /* it was off its CPU since its last event */
	/* kept by model/processor.c: */
	size_t processor; /* number of what is known of its processor; 0: nothing is */
};

/* Why a life ends. */
enum end_of_life {
	LIFE_EXIT,  /* all threads are gone */
	LIFE_EXEC,  /* another program took its place */
	LIFE_REUSE, /* the pid was given out again: it died unseen */
	LIFE_OPEN,  /* the recording is over */
};

/* ---- CPUs ----------------------------------------------------------------------------------- */

struct cpu_state {
	bool told; /* perf says that it recorded this CPU */
	bool seen;
	bool awaited; /* holes end with its next event: see loss_ends() */
	int64_t first_ts, last_ts;
	int64_t first_event, last_event; /* samples; 0: none yet */
	int64_t kept_ts, kept_event;     /* the first sample of a source that is overwritten */
	struct thread *thread;           /* of the last event */
	struct hit {
		const struct source *source; /* NULL: there was none */
		int64_t ts, event;
		int32_t tid;
	} hit; /* the last one of a uprobe */
	int64_t lost;
};

/* The CPU's state; -1 has one too. Valid until the next call. */
struct cpu_state *model_cpu_state(struct model *m, int cpu);
/*
 * When the last of all recorded CPUs was seen last: no hole that is still to come begins earlier.
 * NO_TIME: one was not seen yet, or how many there are is not known, or rings are not of CPUs.
 */
int64_t model_all_seen(const struct model *m);
#define CPU_LIMIT 65536 /* a larger number is damage, and counts as -1 */

/* A stretch in which events of a CPU were lost. */
struct hole {
	int cpu;    /* -1: not known */
	int64_t ts; /* the last record before it; NO_TIME: from the beginning */
	int64_t ts_end;
	int64_t count;
};

/* ---- certainty ------------------------------------------------------------------------------ */

enum certainty {
	POSSIBLE,
	LIKELY,
	PROVED,
};

const char *certainty_name(enum certainty c);

/*
 * A row that is proved by two events can still be refuted by a hole that is announced later: a hole
 * begins at the last record of its CPU and is told of at its end. So rows wait here until every CPU
 * was seen after their end. Rows are written in the order in which they were given.
 */
struct waiting_row {
	int64_t ts, ts_end; /* NO_TIME: a hole at any time counts */
	enum certainty certainty;
	bool hurt_by_loss; /* false: nothing that was lost could change it */
	bool cut;          /* set while it waits: a hole lies across it */
};

struct waiting {
	struct model *model;
	const bool *lost; /* events that bear on the rows: false, where the ledger clears them */
	size_t row_size;  /* each row begins with a struct waiting_row */
	int (*write)(void *machine, const void *row, struct error *err);
	void *machine;
	bool anywhere; /* a hole has no time: it may be in any row */
	char *rows;
	size_t first, count, capacity; /* a ring */
};

void waiting_begin(struct waiting *w, struct model *m, const bool *lost, size_t row_size,
		   int (*write)(void *machine, const void *row, struct error *err), void *machine);
int waiting_add(struct waiting *w, const void *row, struct error *err);
void waiting_hole(struct waiting *w, const struct hole *h);
int waiting_end(struct waiting *w, struct error *err); /* writes all */
void waiting_free(struct waiting *w);

/* ---- the machines --------------------------------------------------------------------------- */

struct machine {
	const char *name;
	void *(*begin)(struct model *m, struct error *err);
	/*
	 * Samples of which sources it is given; asked once per source, when its first one comes. NULL:
	 * all.
	 */
	bool (*wants)(const struct source_state *s);
	int (*event)(void *machine, const struct event *e, struct thread *t, struct error *err);
	/* `t`: the thread of a sample, NULL where it is not known. Samples of uprobes, and all that
	 * is no sample; may be NULL. Only the source machine sees every sample. */
	/* Samples of the kernel's tracepoints. Optional; as event(), in the order of time with it. */
	int (*trace)(void *machine, const struct event *e, struct thread *t, struct error *err);
	/* Events of the given CPU were lost. Optional. */
	int (*hole)(void *machine, const struct hole *h, struct error *err);
	/* A life of a process has ended. Optional. */
	int (*process_end)(void *machine, struct process *p, enum end_of_life why, int64_t ts,
			   struct error *err);
	int (*end)(void *machine, struct error *err);
	void (*free)(void *machine);
};

extern const struct machine source_machine, process_machine, loss_machine, thread_machine,
	kernel_window_machine, preempt_machine, stop_world_machine, gap_machine, processor_machine,
	goroutine_machine, defer_machine, open_defer_machine, fatal_error_machine, panic_machine,
	label_machine, cost_machine, quality_machine;

struct model {
	struct db *db;
	struct resolver resolver;
	struct recording recording; /* its texts are the model's */
	struct source_state *sources, **last_source;
	struct cpu_state *cpus; /* by CPU + 1 */
	size_t cpu_count;
	int64_t cpus_told;       /* how many CPUs perf says that it recorded; 0: it does not say */
	uint32_t lives;          /* given out so far */
	int64_t restarted_event; /* the last event that is a second entry of one call */
	int64_t born_event;      /* … that told the number of a goroutine just made */
	int go_minor;            /* 22 of Go 1.22; 0: not known */
	bool coroutines;         /* goroutines can change without the scheduler: iter.Pull */
	struct name_list {
		char **names; /* by number; NULL in gaps */
		size_t count;
	} names[NAME_KINDS];
	struct hole_log holes;     /* those told of that can hide what a goroutine did */
	struct hole_map all_holes; /* … and all there are */
	bool sees_who_comes; /* whichever goroutine begins to run on a thread is recorded … */
	bool sees_who_goes;  /* … and whichever ends to */
	bool sees_switches;  /* every thread that leaves its CPU is recorded */
	int64_t events, lost_records, lost_events, ledger_events;
	int64_t ts, ts_end; /* of the first and last record with a time */
	int64_t last_id;    /* of the last sample */
	bool sideband_lost; /* by the ledger: COMM, FORK, EXIT or MAP records can be missing */
	bool runtime_lost;  /* by the ledger: a probe on the Go runtime lost events */
	bool sched_lost;    /* … sched_switch, sched_waking or sched_wakeup did */
	bool preempt_lost; /* … a probe on the Go runtime, signal_generate or signal_deliver did */
	bool stop_lost;    /* … a probe on a stop or a start of the world did */
	void **machines;
	void *source_rows; /* the machine that every sample goes to */
	struct map places; /* (life and is_return, address) to an index of place_list */
	struct place *place_list;
	size_t place_count, place_capacity;
	struct place nowhere; /* the last address that is no code */
	struct map texts;     /* texts of places, by where they lie, to an id of table text */
	struct table_cache {
		struct db_table *feature, *cpu, *probe, *binary, *function, *frame, *stack,
			*source_file, *source_line, *line_pc, *defer_site, *layout_field,
			*number_name, *probe_place, *record_count, *quality, *text;
	} table;
};

/* What the machines ask of each other. */

void *model_machine(const struct model *m, const struct machine *which);
int model_hole(struct model *m, const struct hole *h, struct error *err);
int model_process_end(struct model *m, struct process *p, enum end_of_life why, int64_t ts,
		      struct error *err);

/* A row of blind_window. -1, 0, NO_VALUE and NO_TIME: not known, or all. */
struct blind_window {
	const char *cause;
	int cpu;
	int32_t tid;
	uint32_t source;
	int64_t ts, ts_end, lost;
	enum certainty certainty;
	int64_t first_event; /* the last one before it; 0: none, or not known */
	int64_t last_event;  /* the first one after it */
};
int blind_window_row(struct model *m, const struct blind_window *w, struct error *err);

/* The CPU of this sample had holes before it, whose rows wait for its id. */
int loss_ends(struct model *m, const struct event *e, struct error *err);

/* Could events of the source be missing from the recording? */
bool loss_possible(const struct model *m, const struct source_state *s);
/* Could events of any source with a role in [from, to] be missing? */
bool loss_possible_of(const struct model *m, enum role from, enum role to);
/* Is a probe with this role there, complete and not thinned? */
bool role_recorded(const struct model *m, enum role role);
/* Is a hole or a thinned source in the way of saying "it did not happen" at the very end? */
bool loss_at_end(const struct model *m);
/* Thinned from the start: attributes say that not every hit is written. */
bool source_sampled(const struct source_state *s);

struct thread *process_thread(struct model *m, int32_t tid); /* NULL: never seen */
struct thread *process_seen(struct model *m, int32_t pid, int32_t tid, struct error *err);
bool process_comms_missing(struct model *m, int64_t *missing);

#define FRAME_STACK ((int64_t)1 << 40) /* in event_frame(): the rest is a stack's number */
int64_t event_frame(const struct model *m, const struct event *e);
/* The same of what the innermost function of the stack calls at its entry. */
int64_t frame_of_callee(const struct model *m, uint32_t stack);

/* How activation `a` lies to `b` on one goroutine's stack. */
enum relation {
	FRAME_UNKNOWN,
	FRAME_SAME,
	FRAME_DEEPER, /* a was called, directly or not, by b, or by what b's caller called there */
	FRAME_SHALLOWER,
	FRAME_ELSEWHERE, /* on another branch: when one of them is active, the other is over */
};
int64_t frame_caller(const struct model *m, int64_t frame); /* one further out; NO_VALUE: none */
int64_t frame_after_recovery(const struct model *m, const struct event *e, int64_t panic);
enum relation frame_relation(const struct model *m, int64_t a, int64_t b);

/* How long the thread ran in this life, ns, until `ts`; NO_VALUE: not every switch was recorded. */
int64_t thread_ran(const struct model *m, const struct thread *t, int64_t ts);

/* This life of the thread is over at `ts`; NO_TIME: it was there to the end. */
int cost_thread_end(struct model *m, struct thread *t, int64_t ts, struct error *err);
/* Is a call of that function, at its ELF address, registered and has not run? */
enum registered {
	REGISTERED_NO,
	REGISTERED_PERHAPS, /* something is of which the function was not recorded */
	REGISTERED_YES,
};
enum registered defer_registered(const struct model *m, uint32_t life, int64_t goid,
				 uint32_t binary, uint64_t pc);

/* A row of defer_call of kind open. NO_VALUE, NO_TIME and NULL: not known. Texts are the model's. */
struct open_call {
	int32_t pid;
	int64_t goid;
	const char *site_function, *site_file;
	int64_t site_line;
	const char *fn;
	const char *outcome;
	enum certainty certainty;
	bool hurt_by_loss; /* a hole before it can refute it */
	int64_t ran_ts, event;
	uint32_t stack;
};
int defer_open_row(struct model *m, const struct open_call *c, struct error *err);
/*
 * The goroutine waits where `stack` is, and is not seen to go on: `outcome` is that of all that it has deferred
 * open-coded, at most as certain as told.
 */
int open_defer_left(struct model *m, const struct open_call *c, struct error *err);
/* A panic that has not ended. The texts are the panic machine's, until the next event. */
struct panic_told {
	int64_t id, line;
	const char *function, *file;
	const struct value_text *value;
};
/* The innermost one of a goroutine; false: none is known. */
bool panic_innermost(const struct model *m, const struct process *p, int64_t goid,
		     struct panic_told *told);

/* The goroutine that dies, by an event of ROLE_FATAL_PANIC, ROLE_DIES or ROLE_FATAL; NO_VALUE: unknown. */
int64_t dying_goroutine(const struct model *m, const struct event *e, const struct thread *t);

/* The sample shows that its thread runs on its CPU, where thread->on_cpu does not say so already. */
int thread_runs(struct model *m, const struct event *e, struct thread *t, struct error *err);

/* Which goroutine runs on the thread (t->goid) is known, and nothing can have changed that unseen. */
bool goroutine_known_on(const struct model *m, const struct thread *t);

/* The goroutine that the event is about or runs in; NO_VALUE: not known. */
int64_t goroutine_of(const struct model *m, const struct event *e, const struct thread *t);

/* The hit of a uprobe is the event `first` once more. */
int goroutine_hit_twice(struct model *m, const struct event *e, const struct thread *t,
			int64_t first, struct error *err);

/* 1: the goroutine is known to run; 0: it is known not to, or nothing is known of it; -1: perhaps. */
int goroutine_runs(const struct model *m, const struct process *p, int64_t goid);

/*
 * The values of an event that may have fetched labels, without what the program did not say: memory
 * behind the end of a text, and what is left of an older event where the kernel could not read. One for
 * each field of the source; valid until the next call.
 */
const struct value *label_values(struct model *m, const struct event *e);

/*
 * The id of a text in table text, where it goes when it is new; DB_NULL for NULL. Only for texts of a
 * place, which live as long as the model and lie where they are.
 */
int model_text(struct model *m, const char *text, int64_t *id, struct error *err);

/*
 * The place of an address in a process, asked once per address and life. Never NULL; what is not
 * known in it is empty. Valid until the next call.
 */
const struct place *model_place(struct model *m, const struct process *p, int64_t address,
				bool is_return);

/*
 * What the runtime calls a number, in its digits where it has no name; NO_VALUE is NULL. NAME_NONE: what
 * was recorded need not be such a number.
 */
void row_number_name(struct db_table *t, const struct model *m, enum name_kind kind,
		     int64_t number);
/* Where runtime.gopark and runtime.stopTheWorldWithSema have their reason. */
#define WAIT_REASON_ARGUMENT 3
#define STOP_REASON_ARGUMENT 1

/* A row of data_quality. NO_VALUE and NO_TIME are NULL; source 0 is none. */
struct quality {
	const char *name, *severity;
	int64_t cpu, ts, ts_end, value;
	uint32_t source;
};
int quality_row(struct model *m, const struct quality *q, struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
