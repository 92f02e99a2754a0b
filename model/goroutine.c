/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Goroutines: who lived, what it was doing from when to when, and which one an event belongs to.
 *
 * Read from entries into functions of the Go runtime (model/runtime.c) and from the status numbers
 * that casgstatus is given (src/runtime/runtime2.go; the same from Go 1.17 to 1.27). A goroutine is
 * known by (life of its process, goid), and kept while it lives.
 *
 * After a hole nothing is known until the goroutine is seen again: its slice ends with what was
 * known before the hole, and a slice in state unknown follows. Whatever is not proved on both sides
 * says so in `certainty`.
 *
 * Fewer probes tell less, and nothing that is not so. Each way off a thread is told by several: gopark,
 * park_m, mcall with the address of park_m, casgstatus; and so is each way back: execute, gogo,
 * casgstatus, or just something that the goroutine does. What comes late changes nothing any more.
 *
 * Two coroutines (iter.Pull; src/runtime/coro.go) change places on one thread without the scheduler, and
 * as a rule without casgstatus: coroswitch_m tells who leaves, gogo alone who comes.
 */
#include "model/machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/per_goroutine.h"

#define GOID_LIMIT ((int64_t)1 << 48) /* a larger number is no goid but a wrong offset */

enum state {
	STATE_NONE, /* nothing is known, and no slice is open */
	STATE_RUNNING,
	STATE_RUNNABLE,
	STATE_WAITING,
	STATE_SYSCALL,
	STATE_PREEMPTED,
	STATE_UNKNOWN,
};

static const char *const state_names[] = {
	NULL, "running", "runnable", "waiting", "syscall", "preempted", "unknown",
};

struct goroutine {
	struct goroutine_key key;
	int64_t parent, created_ts, ended_ts;
	const char *start_function, *start_file;
	int64_t start_line;
	const char *go_function, *go_file; /* of the go statement */
	int64_t go_line;
	const char *end_reason;
	bool goexit; /* it has called runtime.Goexit */
	enum certainty certainty;
	int64_t first_event, last_event;
	int64_t last_ts; /* of last_event, or the end of its last slice */
	/* the open slice */
	enum state state;
	enum certainty state_certainty;
	int64_t since, since_event, reason;
	bool reason_is_named;  /* `reason` is a number that the runtime has a name for */
	bool is_coroutine;     /* why it waits: another one has its thread */
	bool parks;            /* gopark was the last that it did: it is on its way to mcall */
	uint32_t state_epoch;  /* of the holes, when it began */
	uint32_t stack;        /* where it waits, or called the system; 0: not known */
	int64_t void_ts;       /* running and syscall: see void_from() */
	struct thread *thread; /* of running and syscall; such a goroutine is marked */
	int32_t cpu;
	/* the last thing that it was seen to do by itself, to tell calls from restarts */
	const struct source *entry;
	int64_t entry_event, entry_ret, entry_fn, entry_frame, entry_tid;
	uint32_t entry_epoch, seen_epoch, first_epoch;
	bool unseen;      /* between its last two events something was lost */
	bool entry_moved; /* since then it gave way, or its stack was made larger */
	bool entry_grown; /* … its stack was */
	bool leaving;     /* mcall was the last that it did by itself */
};

struct slice_row {
	struct waiting_row head;
	int32_t pid, tid, cpu;
	enum state state;
	bool reason_is_named, is_coroutine;
	int64_t goid, reason, first_event, last_event;
};

struct goroutines {
	struct model *model;
	struct db_table *table, *slice_table, *restart_table;
	struct per_goroutine alive;
	struct waiting slices;
	/* what the recording allows to conclude; found out at the first event */
	bool asked, thinned, sees_status, sees_execute, sees_gogo, sees_syscalls, sees_syscall_ends;
	bool sees_end, loses_goexit, sees_ways_out, sees_leaving;
};

/* ---- what the recording allows --------------------------------------------------------------- */

static void ask(struct goroutines *g)
{
	const struct source_state *s;
	bool by_status;

	g->asked = true;
	for (s = g->model->sources; s; s = s->next)
		g->thinned |= s->role != ROLE_NONE && s->role != ROLE_OTHER && source_sampled(s);
	g->sees_status = role_recorded(g->model, ROLE_STATUS);
	g->sees_execute = role_recorded(g->model, ROLE_EXECUTE);
	g->sees_gogo = role_recorded(g->model, ROLE_GOGO);
	g->sees_end = role_recorded(g->model, ROLE_ENDED);
	g->loses_goexit = loss_possible_of(g->model, ROLE_GOEXIT, ROLE_GOEXIT);
	g->sees_leaving = role_recorded(g->model, ROLE_LEAVE);
	g->sees_ways_out = g->sees_status || (role_recorded(g->model, ROLE_YIELD) &&
					      role_recorded(g->model, ROLE_PREEMPTED));
	g->sees_ways_out &= !g->model->coroutines || role_recorded(g->model, ROLE_COROSWITCH);
	g->model->sees_who_comes = g->sees_gogo || ((g->sees_execute || g->sees_status) &&
						    (!g->model->coroutines ||
						     role_recorded(g->model, ROLE_COROSWITCH)));
	g->model->sees_who_goes =
		g->sees_ways_out && !g->thinned &&
		(g->sees_status || (g->sees_end && (role_recorded(g->model, ROLE_PARK) ||
						    role_recorded(g->model, ROLE_PARKED))));
	/* From Go 1.26 on system calls begin and end without casgstatus. */
	by_status = g->sees_status && g->model->go_minor && g->model->go_minor < 26;
	g->sees_syscalls = role_recorded(g->model, ROLE_SYSCALL) || by_status;
	g->sees_syscall_ends = role_recorded(g->model, ROLE_SYSCALL_END) || by_status;
}

static enum certainty at_most(enum certainty a, enum certainty b)
{
	return a < b ? a : b;
}

/* How sure a slice of that state can be at best: what could have happened within it unseen? */
static enum certainty best(const struct goroutines *g, enum state state)
{
	bool proved = g->sees_status;

	if (g->thinned || state == STATE_UNKNOWN)
		return POSSIBLE;
	if (state == STATE_RUNNING)
		proved = (g->sees_status || g->sees_execute || g->sees_gogo) && g->sees_syscalls;
	else if (state == STATE_SYSCALL)
		proved = g->sees_syscall_ends;
	else if (!proved && !g->sees_execute && !g->sees_gogo)
		return POSSIBLE; /* that it came back is only seen by what it does next */
	return proved && (g->sees_gogo || !g->model->coroutines) ? PROVED : LIKELY;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int write_slice(void *machine, const void *row, struct error *err)
{
	struct goroutines *g = machine;
	const struct slice_row *r = row;
	struct db_table *t = g->slice_table;

	row_int(t, r->pid);
	row_int(t, r->goid);
	row_text(t, state_names[r->state]);
	row_int(t, r->head.ts);
	row_int(t, r->head.ts_end);
	row_int(t, r->tid < 0 ? DB_NULL : r->tid);
	row_int(t, r->cpu < 0 ? DB_NULL : r->cpu);
	if (r->is_coroutine)
		row_text(t, "coroutine"); /* as every runtime that has them calls it */
	else
		row_number_name(t, g->model, r->reason_is_named ? NAME_WAIT_REASON : NAME_NONE,
				r->reason);
	row_text(t, certainty_name(r->head.certainty));
	row_int(t, r->first_event);
	row_int(t, r->last_event);
	return row_end(t, err);
}

static int add_slice(struct goroutines *g, const struct goroutine *q, enum state state, int64_t ts,
		     int64_t ts_end, enum certainty certainty, int32_t cpu, int64_t last_event,
		     struct error *err)
{
	bool on_thread = (state == STATE_RUNNING || state == STATE_SYSCALL) && q->thread;
	struct slice_row r = {
		.head = { ts, ts_end, certainty, true, false },
		.pid = q->key.process->pid,
		.tid = on_thread ? q->thread->tid : -1,
		.cpu = on_thread ? cpu : -1,
		.state = state,
		.goid = q->key.goid,
		.reason = state == STATE_WAITING ? q->reason : NO_VALUE,
		.reason_is_named = q->reason_is_named,
		.is_coroutine = state == STATE_WAITING && q->is_coroutine,
		.first_event = state == STATE_UNKNOWN ? NO_VALUE : q->since_event,
		.last_event = last_event,
	};

	/* It was seen as it left its thread, and not before. */
	if (state == STATE_RUNNING && ts == ts_end)
		return 0;
	if (on_thread && state == STATE_RUNNING) {
		/* Two claims on one thread contradict each other: damaged times, or lost events. */
		if (ts < q->thread->ran_until) {
			r.head.ts = q->thread->ran_until;
			r.head.certainty = at_most(certainty, LIKELY);
			if (ts_end != NO_TIME && r.head.ts >= ts_end)
				return 0;
		}
		if (ts_end != NO_TIME && ts_end > q->thread->ran_until)
			q->thread->ran_until = ts_end;
	}
	return waiting_add(&g->slices, &r, err);
}

/* From when on a hole may hide that the open slice ended; NO_TIME: there was none. */
static int64_t void_from(const struct goroutines *g, const struct goroutine *q)
{
	return q->thread ? q->void_ts : hole_log_cut(&g->model->holes, q->state_epoch, q->since);
}

/*
 * Ends the open slice. What lies behind a hole is unknown. `e`: the event that ended it, NULL: none
 * did. `end`: how sure it is that it ended just then.
 */
static int close_slice(struct goroutines *g, struct goroutine *q, const struct event *e, int64_t ts,
		       enum certainty end, struct error *err)
{
	enum certainty certainty = at_most(q->state_certainty, best(g, q->state));
	enum state state = q->state;
	int64_t void_ts = void_from(g, q);

	q->state = STATE_NONE;
	per_goroutine_mark(&g->alive, q, false);
	if (state == STATE_NONE)
		return 0;
	if (ts != NO_TIME && ts < q->since)
		ts = q->since;
	if (ts != NO_TIME && q->last_ts < ts)
		q->last_ts = ts;
	if (void_ts != NO_TIME) {
		if (ts != NO_TIME && void_ts > ts)
			void_ts = ts;
		if (state != STATE_UNKNOWN &&
		    add_slice(g, q, state, q->since, void_ts, certainty, q->cpu, NO_VALUE, err))
			return -1;
		return add_slice(g, q, STATE_UNKNOWN, state == STATE_UNKNOWN ? q->since : void_ts,
				 ts, POSSIBLE, -1, NO_VALUE, err);
	}
	if (!e && loss_at_end(g->model))
		end = at_most(end, LIKELY);
	return add_slice(g, q, state, q->since, ts, at_most(certainty, end),
			 e && e->cpu != q->cpu ? -1 : q->cpu, e ? e->id : NO_VALUE, err);
}

static int goroutine_row(struct goroutines *g, const struct goroutine *q, struct error *err)
{
	struct db_table *t = g->table;

	row_int(t, q->key.process->pid);
	row_int(t, q->key.goid);
	row_int(t, q->parent);
	row_text(t, q->start_function);
	row_text(t, q->start_file);
	row_int(t, q->start_line);
	row_int(t, q->created_ts);
	row_int(t, q->ended_ts);
	row_text(t, q->end_reason);
	row_text(t, certainty_name(q->certainty));
	row_int(t, q->first_event);
	row_int(t, q->last_event);
	row_text(t, q->go_function);
	row_text(t, q->go_file);
	row_int(t, q->go_line);
	return row_end(t, err);
}

/* ---- lives ----------------------------------------------------------------------------------- */

static struct goroutine *find(const struct goroutines *g, uint32_t life, int64_t goid)
{
	return per_goroutine_find(&g->alive, life, goid);
}

static struct goroutine *get(struct goroutines *g, struct process *p, int64_t goid,
			     const struct event *e)
{
	struct goroutine *q = per_goroutine_get(&g->alive, p, goid);

	p->goroutines++;
	q->parent = q->start_line = q->go_line = q->reason = NO_VALUE;
	q->created_ts = q->ended_ts = q->void_ts = NO_TIME;
	q->certainty = LIKELY;
	q->seen_epoch = q->first_epoch = g->model->holes.epoch;
	q->first_event = e->id;
	q->last_ts = e->ts;
	return q;
}

/* Its process ends, or the recording (`reason` NULL), and it still waits: what it deferred was not made. */
static int left_waiting(struct goroutines *g, const struct goroutine *q, const char *reason,
			struct error *err)
{
	const struct open_call c = {
		.pid = q->key.process->pid,
		.goid = q->key.goid,
		.site_line = NO_VALUE,
		.outcome = reason ? "skipped_by_exit" : "pending",
		.certainty = at_most(at_most(q->state_certainty, best(g, q->state)), LIKELY),
		.ran_ts = NO_TIME,
		.event = q->since_event,
		.stack = q->stack,
	};

	if ((q->state != STATE_WAITING && q->state != STATE_SYSCALL) || !q->stack ||
	    void_from(g, q) != NO_TIME || loss_at_end(g->model))
		return 0;
	return open_defer_left(g->model, &c, err);
}

static int bury(struct goroutines *g, struct goroutine *q, const struct event *e, int64_t ts,
		const char *reason, struct error *err)
{
	enum certainty end = PROVED;

	if (!e && left_waiting(g, q, reason, err))
		return -1;
	/* After one thread has called exit the others go on, until the kernel gets to them. */
	if (ts != NO_TIME && ts < q->last_ts) {
		ts = q->last_ts;
		end = LIKELY;
	}
	/* At the end of the recording the slice just stays open. */
	if (close_slice(g, q, e, ts, end, err))
		return -1;
	/* It may have ended before, unseen. */
	if (e ? q->unseen || (q->first_event == e->id &&
			      loss_possible_of(g->model, ROLE_STATUS, ROLE_ENDED))
	      : ts != NO_TIME && (q->seen_epoch != g->model->holes.epoch || loss_at_end(g->model)))
		q->certainty = at_most(q->certainty, LIKELY);
	q->ended_ts = ts;
	if (!q->end_reason)
		q->end_reason = reason;
	/* What was lost may have been its call of Goexit; the ledger tells whether any was. */
	if (e && !q->goexit && g->loses_goexit &&
	    (g->model->recording.has_ledger || q->first_epoch != g->model->holes.epoch))
		q->certainty = at_most(q->certainty, LIKELY);
	if (goroutine_row(g, q, err))
		return -1;
	if (q->thread && q->thread->goid == q->key.goid)
		q->thread->goid = 0;
	q->key.process->goroutines--;
	per_goroutine_drop(&g->alive, q);
	return 0;
}

/* ---- states ---------------------------------------------------------------------------------- */

static enum certainty proof(const struct event *e)
{
	return ((const struct source_state *)e->source->model)->role_proved ? PROVED : LIKELY;
}

static void leave_thread(struct goroutine *q, struct thread *t)
{
	if (q->thread && q->thread->goid == q->key.goid)
		q->thread->goid = 0;
	if (t && t->goid == q->key.goid)
		t->goid = 0;
}

static int set_state(struct goroutines *g, struct goroutine *q, enum state state,
		     const struct event *e, struct thread *t, struct error *err)
{
	bool on_thread = state == STATE_RUNNING || state == STATE_SYSCALL;

	if (q->state == state && void_from(g, q) == NO_TIME && (!on_thread || q->thread == t))
		return 0;
	/* A goroutine that is on two threads in a row left the first one unseen. */
	if (close_slice(g, q, e, e->ts, on_thread && q->state == state ? LIKELY : proof(e), err))
		return -1;
	if (!on_thread)
		leave_thread(q, t);
	q->state = state;
	q->state_certainty = proof(e);
	q->since = e->ts;
	q->since_event = e->id;
	q->reason = NO_VALUE;
	q->is_coroutine = false;
	q->state_epoch = g->model->holes.epoch;
	q->stack = 0;
	q->void_ts = NO_TIME;
	q->thread = on_thread ? t : NULL;
	per_goroutine_mark(&g->alive, q, on_thread);
	q->cpu = e->cpu;
	return 0;
}

/* Something that the goroutine does itself: it has come back to a thread, though that was not seen. */
static int came_back(struct goroutines *g, struct goroutine *q, const struct event *e,
		     struct error *err)
{
	if (q->state != STATE_WAITING && q->state != STATE_RUNNABLE && q->state != STATE_PREEMPTED)
		return 0;
	return close_slice(g, q, e, e->ts, LIKELY, err);
}

/* How a goroutine ends that the runtime puts away: its function returned, or it called Goexit. */
static const char *way_to_end(const struct goroutine *q)
{
	return q->goexit ? "Goexit" : "goexit";
}

/* The goroutine runs (or is in a system call) on this thread from now on; no other one does. */
static int runs(struct goroutines *g, struct goroutine *q, enum state state, const struct event *e,
		struct thread *t, struct error *err)
{
	struct goroutine *other;

	if (t->goid > 0 && t->goid != q->key.goid) {
		other = find(g, q->key.life, t->goid);
		/* One that is behind a hole was not seen to leave just now. */
		if (other && other->thread == t && void_from(g, other) == NO_TIME &&
		    close_slice(g, other, e, e->ts, LIKELY, err))
			return -1;
	}
	if (q->thread && q->thread != t && q->thread->goid == q->key.goid)
		q->thread->goid = 0;
	t->goid = q->key.goid;
	t->goid_epoch = g->model->holes.epoch;
	return set_state(g, q, state, e, t, err);
}

static int status(struct goroutines *g, struct goroutine *q, const struct event *e,
		  struct thread *t, struct error *err)
{
	int64_t to = event_field(e, FIELD_NEW);
	bool stays;

	switch (to & ~(int64_t)G_SCAN) {
	case G_RUNNABLE: return set_state(g, q, STATE_RUNNABLE, e, t, err);
	case G_RUNNING: return runs(g, q, STATE_RUNNING, e, t, err);
	case G_SYSCALL: return runs(g, q, STATE_SYSCALL, e, t, err);
	case G_WAITING:
		stays = event_field(e, FIELD_OLD) == G_RUNNING && !q->leaving &&
			!(q->state == STATE_WAITING && void_from(g, q) == NO_TIME);
		/*
		 * Who waits has left its thread by mcall. Without, it lets its own stack be scanned
		 * while it works on the system stack (proc.go: casGToWaiting; mgc.go).
		 */
		if (stays && g->sees_leaving && q->state == STATE_RUNNING &&
		    void_from(g, q) == NO_TIME)
			return 0;
		if (set_state(g, q, STATE_WAITING, e, t, err))
			return -1;
		if (stays)
			q->state_certainty = at_most(q->state_certainty, LIKELY);
		q->is_coroutine |= event_field(e, FIELD_OLD) == G_DEAD; /* coro.go: newcoro */
		return 0;
	case G_PREEMPTED: return set_state(g, q, STATE_PREEMPTED, e, t, err);
	case G_DEAD:
		if (t)
			t->dead_goid = q->key.goid;
		return bury(g, q, e, e->ts, way_to_end(q), err);
	default: return 0; /* its stack is being moved: it still runs */
	}
}

/* ---- births ---------------------------------------------------------------------------------- */

static void birth(struct goroutines *g, const struct event *e, struct thread *t)
{
	int64_t parent = event_field(e, FIELD_PARENT);

	t->born_epoch = g->model->holes.epoch;
	t->born_of = parent;
	t->born_parent = parent > 0 ? parent : goroutine_known_on(g->model, t) ? t->goid : 0;
	t->born_fn = event_field(e, FIELD_FN);
	t->born_ret = event_field(e, FIELD_RET);
	t->born_ts = e->ts;
	t->born_event = e->id;
}

static void start_at(struct goroutines *g, struct goroutine *q, int64_t address)
{
	const struct place *place;

	if (address == NO_VALUE || !address)
		return;
	place = model_place(g->model, q->key.process, address, false);
	q->start_function = place->function;
	q->start_file = place->file;
	q->start_line = place->line;
}

/* The go statement: where newproc was called from. */
static void made_at(struct goroutines *g, struct goroutine *q, int64_t address)
{
	const struct place *place;

	if (address == NO_VALUE || !address)
		return;
	place = model_place(g->model, q->key.process, address, true);
	q->go_function = place->function;
	q->go_file = place->file;
	q->go_line = place->line;
}

/* newproc1 makes a goroutine, and newproc queues it next, on the same thread. */
static void born(struct goroutines *g, struct goroutine *q, struct thread *t, bool is_new)
{
	if (t->born_parent == NO_VALUE)
		return;
	if (is_new && t->born_epoch == g->model->holes.epoch) {
		q->created_ts = t->born_ts;
		q->first_event = t->born_event;
		g->model->born_event = q->last_event;
		q->parent = t->born_parent ? t->born_parent : NO_VALUE;
		start_at(g, q, t->born_fn);
		made_at(g, q, t->born_ret);
	}
	t->born_parent = NO_VALUE;
}

/* ---- calls and restarts ---------------------------------------------------------------------- */

/* The event is no call of its own, but goes with the event `first`. */
static int restart_row(struct goroutines *g, const struct event *e, int64_t goid, int64_t first,
		       bool other_thread, bool repeated, enum certainty certainty,
		       struct error *err)
{
	struct db_table *t = g->restart_table;

	row_int(t, e->source->id);
	row_int(t, e->pid < 0 ? DB_NULL : e->pid);
	row_int(t, goid);
	row_int(t, first);
	row_int(t, e->id);
	row_int(t, other_thread);
	row_int(t, repeated);
	row_text(t, certainty_name(certainty));
	return row_end(t, err);
}

/*
 * A prologue that finds its stack too small, or a request to give way, begins again after morestack,
 * and an entry probe fires twice for one call (src/cmd/internal/obj/x86: stacksplit). Both hits look
 * the same from outside: same goroutine, same caller, same arguments, and nothing that the goroutine
 * did in between but to give way or to move its stack.
 *
 * For gopanic that is proof: it does not return, so a second panic is deeper in the stack. For
 * others a loop could look like that; then it is likely when a trace of the restart was recorded.
 * About the bodies of the program's own functions nothing is known: there it takes the same
 * activation of the caller and newstack or copystack in between, else it is no more than possible.
 */
static int restart(struct goroutines *g, struct goroutine *q, const struct event *e,
		   struct error *err)
{
	struct source_state *s = e->source->model;
	struct model *m = g->model;
	int64_t frame = event_frame(m, e), ret = event_field(e, FIELD_RET);
	int64_t fn = event_field(e, FIELD_FN);
	bool candidate = s->restarts ||
			 (s->role == ROLE_NONE && !e->source->is_return_probe &&
			  (s->function_offset == 0 || s->function_offset == NO_VALUE));
	bool same = candidate && q->entry == e->source && q->entry_epoch == m->holes.epoch &&
		    q->entry_ret == ret && q->entry_fn == fn && q->entry_frame == frame;
	enum certainty certainty = POSSIBLE;
	bool restarted = false;

	if (same && s->role == ROLE_PANIC && (frame != NO_VALUE || q->entry_moved)) {
		restarted = true;
		certainty = frame != NO_VALUE && s->role_proved ? PROVED : LIKELY;
	} else if (same && s->role == ROLE_PANIC && !g->sees_status) {
		restarted = true; /* or a second panic: nothing tells */
	} else if (same && (q->entry_moved ||
			    (!g->sees_status && q->entry_tid != e->tid && s->role != ROLE_PARK))) {
		restarted = true;
		if (s->restarts || (q->entry_grown && frame != NO_VALUE))
			certainty = LIKELY;
	}
	if (restarted) {
		s->restarted++;
		if (certainty >= LIKELY || s->role == ROLE_PANIC)
			m->restarted_event = e->id;
		if (restart_row(g, e, q->key.goid, q->entry_event, q->entry_tid != e->tid, false,
				certainty, err))
			return -1;
	}
	q->entry = e->source;
	q->entry_event = e->id;
	q->entry_ret = ret;
	q->entry_fn = fn;
	q->entry_frame = frame;
	q->entry_tid = e->tid;
	q->entry_epoch = m->holes.epoch;
	q->entry_moved = false;
	q->entry_grown = false;
	return 0;
}

/* Others speak of the dead, too: the collector looks at every goroutine that there ever was. */
static bool is_hearsay(const struct source_state *s)
{
	if (s->role == ROLE_OTHER && strstr(s->runtime->name, "stack"))
		return false;
	if (s->runtime)
		return s->role >= ROLE_ASK && s->runtime->on_g0;
	return s->function && !strncmp(s->function, "runtime.", strlen("runtime."));
}

/* What a prologue that begins again leaves behind: it gave way, or its stack was moved. */
static bool gives_way(enum role role, const struct event *e)
{
	int64_t to = event_field(e, FIELD_NEW) & ~(int64_t)G_SCAN;

	return role == ROLE_YIELD || role == ROLE_PREEMPTED ||
	       (role == ROLE_STATUS && event_field(e, FIELD_OLD) == G_RUNNING &&
		(to == G_RUNNABLE || to == G_COPYSTACK || to == G_PREEMPTED));
}

/* It is woken, put into a queue, taken out: by others, wherever it stands itself. */
static bool done_to_it(enum role role, const struct event *e)
{
	return role == ROLE_READY || role == ROLE_QUEUED ||
	       (role == ROLE_STATUS && event_field(e, FIELD_OLD) != G_RUNNING);
}

/* ---- the machine ----------------------------------------------------------------------------- */

static bool wants(const struct source_state *s)
{
	return s->field[FIELD_GOID] >= 0 || s->role == ROLE_BIRTH;
}

static void *begin(struct model *m, struct error *err)
{
	struct goroutines *g = xcalloc(1, sizeof(*g));

	g->model = m;
	per_goroutine_begin(&g->alive, sizeof(struct goroutine));
	waiting_begin(&g->slices, m, &m->runtime_lost, sizeof(struct slice_row), write_slice, g);
	g->table = db_table(m->db,
			    "goroutine(pid, goid, parent_goid, start_function, start_file, "
			    "start_line, created_ts, ended_ts, end_reason, certainty, first_event, "
			    "last_event, go_function, go_file, go_line)",
			    err);
	if (g->table)
		g->slice_table = db_table(m->db,
					  "goroutine_slice(pid, goid, state, ts, ts_end, tid, cpu, "
					  "reason, certainty, first_event, last_event)",
					  err);
	if (g->slice_table)
		g->restart_table = db_table(m->db,
					    "call_restart(source_id, pid, goid, first_event, "
					    "second_event, other_thread, repeated, certainty)",
					    err);
	if (g->restart_table)
		return g;
	free(g);
	return NULL;
}

/* The goroutine ends, or another one has its thread from here on; which one, gogo tells. */
static int coroswitch(struct goroutines *g, struct goroutine *q, const struct event *e,
		      struct thread *t, struct error *err)
{
	int64_t ends = event_field(e, FIELD_EXIT);

	if (ends > 0) {
		t->dead_goid = q->key.goid;
		return bury(g, q, e, e->ts, way_to_end(q), err);
	}
	/* Where nobody tells when it comes back, it is not known to wait a moment later. */
	if (set_state(g, q, !ends && g->sees_gogo ? STATE_WAITING : STATE_UNKNOWN, e, t, err))
		return -1;
	q->is_coroutine = true;
	return 0;
}

static int enter(struct goroutines *g, struct goroutine *q, bool is_new, enum role role,
		 const struct event *e, struct thread *t, struct error *err);

/* By mcall the goroutine leaves its thread to the scheduler, which goes on with the function in `why`. */
static int leave(struct goroutines *g, struct goroutine *q, const struct event *e, struct thread *t,
		 struct error *err)
{
	int64_t why = event_field(e, FIELD_WHY);
	const struct runtime_function *next = NULL;
	const struct place *place;
	bool parks = q->parks;

	q->parks = false;
	if (!parks && (came_back(g, q, e, err) ||
		       (q->state != STATE_SYSCALL && runs(g, q, STATE_RUNNING, e, t, err))))
		return -1;
	if (why > 0) {
		place = model_place(g->model, q->key.process, why, false);
		next = place->function && !place->offset ? runtime_function(place->function) : NULL;
	}
	switch (next ? next->role : ROLE_NONE) {
	case ROLE_PARKED:
	case ROLE_YIELD:
	case ROLE_PREEMPTED:
	case ROLE_SYSCALL_SLOW: return enter(g, q, false, next->role, e, t, err);
	case ROLE_RECOVERY: return 0; /* it goes on at once, further out on its stack */
	case ROLE_ENDED: return g->sees_end ? 0 : enter(g, q, false, ROLE_ENDED, e, t, err);
	case ROLE_COROSWITCH:
		/* Whether it ends with that, the function itself can tell. */
		if (role_recorded(g->model, ROLE_COROSWITCH))
			return 0;
		break;
	default:
		/* It may even go on at once (goschedguarded_m). What it does instead, others tell. */
		if (g->sees_ways_out) {
			t->goid = 0;
			return 0;
		}
	}
	return parks ? 0 : set_state(g, q, STATE_UNKNOWN, e, t, err);
}

/* What the function's entry says about the goroutine. */
static int enter(struct goroutines *g, struct goroutine *q, bool is_new, enum role role,
		 const struct event *e, struct thread *t, struct error *err)
{
	int64_t value;

	switch (role) {
	case ROLE_EXECUTE:
	case ROLE_GOGO:
		value = event_field(e, FIELD_PARENT);
		if (value > 0)
			q->parent = value;
		if (!q->start_function)
			start_at(g, q, event_field(e, FIELD_STARTPC));
		return runs(g, q, STATE_RUNNING, e, t, err);
	case ROLE_PARK:
		if (set_state(g, q, STATE_WAITING, e, t, err))
			return -1;
		q->reason = event_field(e, FIELD_REASON);
		q->reason_is_named = ((struct source_state *)e->source->model)->reason_argument ==
				     WAIT_REASON_ARGUMENT;
		q->parks = true;
		q->stack = e->sample.stack;
		return 0;
	case ROLE_PARKED: return set_state(g, q, STATE_WAITING, e, t, err);
	case ROLE_QUEUED:
		born(g, q, t, is_new);
		return set_state(g, q, STATE_RUNNABLE, e, NULL, err);
	case ROLE_READY: return set_state(g, q, STATE_RUNNABLE, e, NULL, err);
	case ROLE_YIELD:
	case ROLE_SYSCALL_SLOW: return set_state(g, q, STATE_RUNNABLE, e, t, err);
	case ROLE_PREEMPTED: return set_state(g, q, STATE_PREEMPTED, e, t, err);
	case ROLE_STATUS: return status(g, q, e, t, err);
	case ROLE_SYSCALL:
		if (runs(g, q, STATE_SYSCALL, e, t, err))
			return -1;
		q->stack = e->sample.stack;
		return 0;
	case ROLE_ENDED:
		t->dead_goid = q->key.goid;
		return bury(g, q, e, e->ts, way_to_end(q), err);
	case ROLE_LEAVE: return leave(g, q, e, t, err);
	case ROLE_COROSWITCH: return coroswitch(g, q, e, t, err);
	case ROLE_GOEXIT: q->goexit = true; return runs(g, q, STATE_RUNNING, e, t, err);
	case ROLE_FATAL_PANIC:
	case ROLE_DIES: q->end_reason = "fatal"; return runs(g, q, STATE_RUNNING, e, t, err);
	default:
		/* The goroutine itself is here: it runs. */
		return runs(g, q, STATE_RUNNING, e, t, err);
	}
}

static int event(void *machine, const struct event *e, struct thread *t, struct error *err)
{
	struct goroutines *g = machine;
	struct source_state *s;
	struct goroutine *q;
	int64_t goid, old = NO_VALUE;
	bool is_new;

	if (e->kind != EVENT_SAMPLE || !t || e->ts == NO_TIME)
		return 0;
	if (!g->asked)
		ask(g);
	s = e->source->model;
	goid = event_field(e, FIELD_GOID);
	if (goid != NO_VALUE && goid > 0) {
		s->goid_any++;
		s->goid_two += goid == 2;
	}
	if (s->role == ROLE_BIRTH) {
		birth(g, e, t);
		return 0;
	}
	if (goid <= 0 || goid > GOID_LIMIT)
		return 0;
	if (s->role == ROLE_STATUS) {
		/* A new goroutine has no number yet, or still its predecessor's (up to Go 1.23). */
		old = event_field(e, FIELD_OLD);
		if (old == NO_VALUE || old == G_IDLE ||
		    (old == G_DEAD && (t->born_parent == NO_VALUE || g->model->go_minor < 24)))
			return 0;
	}
	/* The dead one is mentioned again while its remains are put away. */
	if (goid == t->dead_goid && (s->role == ROLE_ENDED || s->role == ROLE_STATUS))
		return 0;
	q = find(g, t->process->life, goid);
	is_new = !q;
	if (is_hearsay(s))
		return q && !s->runtime ? restart(g, q, e, err) : 0;
	if (!q)
		q = get(g, t->process, goid, e);
	q->last_event = e->id;
	q->last_ts = e->ts;
	q->unseen = q->seen_epoch != g->model->holes.epoch;
	q->seen_epoch = g->model->holes.epoch;
	if (s->role_proved)
		q->certainty = PROVED;
	if (s->role == ROLE_NONE || s->role == ROLE_OTHER) {
		/* newstack, morestack, copystack: the prologue begins again. */
		if (s->role == ROLE_OTHER && strstr(s->runtime->name, "stack")) {
			q->entry_moved = true;
			q->entry_grown = true;
			return 0;
		}
		return restart(g, q, e, err);
	}
	if (!s->runtime->on_g0) {
		q->leaving = s->role == ROLE_LEAVE;
		if (restart(g, q, e, err))
			return -1;
	} else if (s->role == ROLE_EXECUTE || s->role == ROLE_GOGO) {
		q->leaving = false;
	} else if (gives_way(s->role, e)) {
		q->entry_moved = true;
	} else if (!done_to_it(s->role, e)) {
		q->entry = NULL; /* it came further than its prologue */
	}
	if (old == G_DEAD)
		born(g, q, t, is_new);
	else if (s->role != ROLE_QUEUED)
		t->born_parent = NO_VALUE;
	if (s->role == ROLE_FATAL || s->role == ROLE_EXIT)
		return 0;
	if (!s->runtime->on_g0 && s->role != ROLE_LEAVE && s->role != ROLE_READY &&
	    came_back(g, q, e, err))
		return -1;
	q->parks &= s->role == ROLE_LEAVE;
	return enter(g, q, is_new, s->role, e, t, err);
}

/*
 * Events of a CPU were lost. What ran there may have stopped since the last event of its thread;
 * what ran elsewhere may have come by; what did not run may have been woken. Nothing is written yet:
 * the goroutine's next event, or its end, tells how long nothing was known.
 */
static int hole(void *machine, const struct hole *h, struct error *err)
{
	struct goroutines *g = machine;
	struct model *m = g->model;
	bool cleared = m->recording.has_ledger && !m->runtime_lost;
	struct goroutine *q;
	size_t i;

	(void)err;
	if (!cleared)
		waiting_hole(&g->slices, h);
	/* Those on no thread ask the log when they are seen again. */
	for (i = 0; (q = per_goroutine_marked(&g->alive, i)); i++) {
		int64_t ts = h->ts;

		/* The ledger clears the runtime's probes, but a hole is a hole to who looks at the CPU alone. */
		if (cleared) {
			if (q->state == STATE_RUNNING && q->cpu == h->cpu)
				q->state_certainty = at_most(q->state_certainty, LIKELY);
			continue;
		}
		if (h->cpu >= 0 && q->thread->last_cpu != h->cpu) {
			q->state_certainty = at_most(q->state_certainty, LIKELY);
			continue;
		}
		if (ts == NO_TIME || q->thread->last_ts < ts)
			ts = q->thread->last_ts;
		if (ts == NO_TIME || ts < q->since)
			ts = q->since;
		/* A hole that is told of later may have begun earlier. */
		if (q->void_ts == NO_TIME || ts < q->void_ts)
			q->void_ts = ts;
	}
	return 0;
}

static int process_end(void *machine, struct process *p, enum end_of_life why, int64_t ts,
		       struct error *err)
{
	static const char *const reasons[] = {
		[LIFE_EXIT] = "exit",
		[LIFE_EXEC] = "exec",
		[LIFE_REUSE] = "exit",
	};
	struct goroutines *g = machine;
	struct goroutine *q;
	size_t at = 0;

	if (p->exit_ts != NO_TIME) {
		ts = p->exit_ts;
		why = LIFE_EXIT;
	}
	while (p->goroutines && (q = per_goroutine_next_of(&g->alive, p, &at)))
		if (bury(g, q, NULL, why == LIFE_OPEN ? NO_TIME : ts,
			 why == LIFE_OPEN ? NULL : reasons[why], err))
			return -1;
	return 0;
}

static int end(void *machine, struct error *err)
{
	struct goroutines *g = machine;

	return waiting_end(&g->slices, err);
}

static void free_goroutines(void *machine)
{
	struct goroutines *g = machine;

	waiting_free(&g->slices);
	per_goroutine_free(&g->alive);
	free(g);
}

const struct machine goroutine_machine = {
	.name = "goroutine",
	.begin = begin,
	.wants = wants,
	.event = event,
	.hole = hole,
	.process_end = process_end,
	.end = end,
	.free = free_goroutines,
};

/* ---- for others ------------------------------------------------------------------------------ */

int goroutine_hit_twice(struct model *m, const struct event *e, const struct thread *t,
			int64_t first, struct error *err)
{
	((struct source_state *)e->source->model)->repeated++;
	return restart_row(model_machine(m, &goroutine_machine), e, goroutine_of(m, e, t), first,
			   false, true, PROVED, err);
}

int goroutine_runs(const struct model *m, const struct process *p, int64_t goid)
{
	const struct goroutines *g = model_machine(m, &goroutine_machine);
	const struct goroutine *q = find(g, p->life, goid);

	if (!q)
		return 0;
	if (void_from(g, q) != NO_TIME || q->state_certainty != PROVED || q->state == STATE_NONE ||
	    q->state == STATE_UNKNOWN)
		return -1;
	return q->state == STATE_RUNNING;
}

bool goroutine_known_on(const struct model *m, const struct thread *t)
{
	return t && t->goid > 0 && t->goid_epoch == m->holes.epoch;
}

int64_t goroutine_of(const struct model *m, const struct event *e, const struct thread *t)
{
	const struct runtime_function *runtime;
	int64_t goid;
	bool own; /* what a goroutine does itself, it does between coming and going */

	if (e->source->is_uprobe) {
		goid = event_field(e, FIELD_GOID);
		if (goid > 0 && goid != NO_VALUE)
			return goid;
	}
	if (!goroutine_known_on(m, t) || !m->sees_who_comes)
		return NO_VALUE;
	/* What it did on a CPU whose ring was overwritten up to here, nobody knows. */
	if (m->recording.overwrite && model_all_seen(m) == NO_TIME)
		return NO_VALUE;
	runtime = ((const struct source_state *)e->source->model)->runtime;
	own = e->source->is_uprobe && !(runtime && runtime->on_g0);
	return own || m->sees_who_goes ? t->goid : NO_VALUE;
}
