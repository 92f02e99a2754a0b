/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What threads do: running, runnable, sleeping …, by the scheduler's events.
 *
 * sched_switch says who leaves a CPU, in which state, and who comes; sched_wakeup (or _waking, where
 * that is all) who can run again. Recorded system-wide, that is every change of every thread. Recorded
 * of one program, a switch is seen in the thread that leaves only: where its threads come back is
 * shown by what they do next, and the slice before has no end.
 *
 * sched_switch.prev_state (Linux: include/trace/events/sched.h, TASK_* in include/linux/sched.h): 0
 * runnable; 1 S, 2 D, 4 T, 8 t, 16 X, 32 Z, 64 P, 128 I; above that a mark that it was preempted,
 * 256 from Linux 4.14 on.
 *
 * The first thread that is seen on a CPU has run there since before: likely from the recording's first
 * event on, as nobody was seen to come.
 *
 * A hole on a CPU may hide that the thread that ran there left, and that any thread that did not run
 * was woken: a slice ends at the hole, and a slice in state unknown follows until the thread is seen.
 */
#include "model/machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define PREV_STATE_MASK 0xff
#define PREV_STATE_DEAD (16 | 32)

enum state { STATE_NONE, RUNNING, RUNNABLE, SLEEPING, BLOCKED, STOPPED, UNKNOWN };

static const char *const state_names[] = {
	NULL, "running", "runnable", "sleeping", "blocked", "stopped", "unknown",
};

/* What a thread does now. */
struct activity {
	int32_t tid, cpu;
	enum state state;
	enum certainty certainty;
	int64_t since, since_event;
	int64_t void_ts; /* running: from here on a hole may hide that it left; NO_TIME: no hole */
	uint32_t epoch;  /* of the holes of all CPUs, when it began */
};

struct threads {
	struct model *model;
	struct db_table *table;
	struct waiting rows;
	struct map by_tid; /* to an index of the list */
	struct activity *list;
	size_t count, capacity;
	size_t *runners; /* by CPU: the index, and 1 more, of the thread that runs there; 0: none */
	bool *begun;     /* by CPU: somebody was seen to run there, or something was lost */
	size_t cpu_count;
	struct hole_log holes; /* those that can hide what a thread did */
	bool asked, complete, wide, sees_switch, sees_wakeup, sees_waking;
};

struct slice_row {
	struct waiting_row head;
	enum state state;
	int32_t tid, cpu;
	int64_t first_event, last_event;
};

/* ---- what the recording allows --------------------------------------------------------------- */

static void ask(struct threads *h)
{
	const struct source_state *s;

	h->asked = h->complete = true;
	for (s = h->model->sources; s; s = s->next) {
		bool whole = !source_sampled(s);

		if (s->tracepoint == TRACE_SWITCH) {
			h->wide |= s->source->system_wide;
			h->complete &= whole;
			h->sees_switch = true;
		}
		/* sched_wakeup_new tells of no one who slept. */
		h->sees_wakeup |= !strcmp(s->source->name, "sched:sched_wakeup") && whole;
		h->sees_waking |= s->tracepoint == TRACE_WAKING && whole;
	}
	h->model->sees_switches = h->sees_switch && h->complete;
}

/* How sure a slice can be at best: what could have happened within it unseen? */
static enum certainty best(const struct threads *h, enum state state)
{
	if (!h->complete)
		return POSSIBLE;
	if (!h->sees_switch)
		return LIKELY; /* it may leave and come back between two events of its own */
	if (state == RUNNING || state == RUNNABLE)
		return PROVED;
	return h->wide && (h->sees_wakeup || h->sees_waking) ? PROVED : LIKELY;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int write_slice(void *machine, const void *row, struct error *err)
{
	struct threads *h = machine;
	const struct slice_row *r = row;
	struct db_table *t = h->table;

	row_int(t, r->tid);
	row_text(t, state_names[r->state]);
	row_int(t, r->head.ts);
	row_int(t, r->head.ts_end);
	row_int(t, r->cpu < 0 ? DB_NULL : r->cpu);
	row_text(t, certainty_name(r->head.certainty));
	row_int(t, r->first_event);
	row_int(t, r->last_event);
	return row_end(t, err);
}

static int add_slice(struct threads *h, const struct activity *a, enum state state, int64_t ts,
		     int64_t ts_end, enum certainty certainty, int64_t last_event,
		     struct error *err)
{
	struct slice_row r = {
		.head = { ts, ts_end, certainty, true, false },
		.state = state,
		.tid = a->tid,
		.cpu = state == UNKNOWN ? -1 : a->cpu,
		.first_event = state == UNKNOWN ? NO_VALUE : a->since_event,
		.last_event = last_event,
	};

	return waiting_add(&h->rows, &r, err);
}

/* From when on the open slice is not known to go on. */
static int64_t void_from(const struct threads *h, const struct activity *a)
{
	if (a->state != RUNNING)
		return hole_log_cut(&h->holes, a->epoch, a->since);
	return a->void_ts != NO_TIME && a->void_ts < a->since ? a->since : a->void_ts;
}

/* ---- states ---------------------------------------------------------------------------------- */

static struct activity *get(struct threads *h, int32_t tid)
{
	bool added;
	uint64_t *i = map_put(&h->by_tid, (uint32_t)tid, 0, &added);

	if (added) {
		ARRAY_GROW(h->list, h->count, h->capacity);
		*i = h->count;
		h->list[h->count++] = (struct activity){ .tid = tid, .cpu = -1, .since = NO_TIME };
	}
	return &h->list[*i];
}

static size_t *runner(struct threads *h, int32_t cpu)
{
	size_t count = (size_t)cpu + 16;

	if ((size_t)cpu >= h->cpu_count) {
		h->runners = xrealloc(h->runners, count, sizeof(*h->runners));
		memset(h->runners + h->cpu_count, 0, (count - h->cpu_count) * sizeof(*h->runners));
		h->begun = xrealloc(h->begun, count, sizeof(*h->begun));
		memset(h->begun + h->cpu_count, 0, (count - h->cpu_count) * sizeof(*h->begun));
		h->cpu_count = count;
	}
	return &h->runners[cpu];
}

static struct thread *on_cpu(struct threads *h, const struct activity *a, int32_t cpu)
{
	struct thread *t = process_thread(h->model, a->tid);

	if (t) {
		t->on_cpu = cpu;
		t->left |= cpu < 0;
	}
	return t;
}

/* Ends the open slice at `ts`; NO_TIME: it has no end. `e`: what ended it, NULL: nothing did. */
static int close_slice(struct threads *h, struct activity *a, const struct event *e, int64_t ts,
		       enum certainty end, struct error *err)
{
	int64_t void_ts = void_from(h, a);
	enum certainty certainty = a->certainty;
	enum state state = a->state;
	struct thread *t;

	a->state = STATE_NONE;
	if (state == STATE_NONE)
		return 0;
	if (state == RUNNING) {
		*runner(h, a->cpu) = 0;
		t = on_cpu(h, a, -1);
		if (t && ts != NO_TIME && ts > a->since)
			t->ran_ns += ts - a->since;
	}
	/* Seen to run by the very event that shows it leave: since when is not known. */
	if (e && e->id == a->since_event)
		return 0;
	if (ts != NO_TIME && ts < a->since)
		ts = a->since;
	if (certainty > best(h, state))
		certainty = best(h, state);
	if (void_ts != NO_TIME && (ts == NO_TIME || void_ts < ts)) {
		if (void_ts > a->since &&
		    add_slice(h, a, state, a->since, void_ts, certainty, NO_VALUE, err))
			return -1;
		return add_slice(h, a, UNKNOWN, void_ts, ts, POSSIBLE, NO_VALUE, err);
	}
	return add_slice(h, a, state, a->since, ts, certainty < end ? certainty : end,
			 e ? e->id : NO_VALUE, err);
}

static int set_state(struct threads *h, struct activity *a, enum state state, const struct event *e,
		     int32_t cpu, enum certainty begin, enum certainty end, struct error *err)
{
	/* Where it came back unseen, the end of the slice before was not seen either. */
	bool seen = a->state == RUNNING || state != RUNNING || h->wide;

	if (seen ? close_slice(h, a, e, e->ts, end, err)
		 : close_slice(h, a, NULL, NO_TIME, PROVED, err))
		return -1;
	/* Whoever ran there is gone, though that was not seen. */
	if (state == RUNNING && *runner(h, cpu) &&
	    close_slice(h, &h->list[*runner(h, cpu) - 1], e, e->ts, LIKELY, err))
		return -1;
	a->state = state;
	a->certainty = begin;
	a->since = e->ts;
	a->since_event = e->id ? e->id : NO_VALUE;
	a->cpu = cpu;
	a->void_ts = NO_TIME;
	a->epoch = h->holes.epoch;
	if (state == RUNNING) {
		*runner(h, cpu) = (size_t)(a - h->list) + 1;
		h->begun[cpu] = true;
		on_cpu(h, a, cpu);
	}
	return 0;
}

static enum state left_as(int64_t prev_state)
{
	static const struct {
		int64_t bit;
		enum state state;
	} states[] = {
		{ 1, SLEEPING }, { 2, BLOCKED },   { 4, STOPPED },
		{ 8, STOPPED },  { 64, SLEEPING }, { 128, SLEEPING },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(states); i++)
		if (prev_state & states[i].bit)
			return states[i].state;
	return prev_state & PREV_STATE_MASK ? UNKNOWN : RUNNABLE;
}

static int leaves(struct threads *h, const struct event *e, struct error *err)
{
	int64_t tid = event_field(e, FIELD_PREV_PID), state = event_field(e, FIELD_PREV_STATE);
	struct activity *a;

	if (tid <= 0 || tid > INT32_MAX)
		return 0;
	a = get(h, (int32_t)tid);
	if (state != NO_VALUE && state & PREV_STATE_DEAD)
		return close_slice(h, a, e, e->ts, PROVED, err);
	return set_state(h, a, state == NO_VALUE ? UNKNOWN : left_as(state), e, -1, PROVED, PROVED,
			 err);
}

static int comes(struct threads *h, const struct event *e, struct error *err)
{
	int64_t tid = event_field(e, FIELD_NEXT_PID);
	struct activity *a;

	if (tid <= 0 || tid > INT32_MAX || e->cpu < 0 || e->cpu >= CPU_LIMIT)
		return 0;
	a = get(h, (int32_t)tid);
	/* It was last seen to run elsewhere, and did not leave: an event is missing. */
	return set_state(h, a, RUNNING, e, e->cpu, PROVED, a->state == RUNNING ? LIKELY : PROVED,
			 err);
}

static int woken(struct threads *h, const struct event *e, struct error *err)
{
	int64_t tid = event_field(e, FIELD_PID), cpu = event_field(e, FIELD_TARGET_CPU);
	struct activity *a;

	if (tid <= 0 || tid > INT32_MAX)
		return 0;
	a = get(h, (int32_t)tid);
	/* A thread that is on its way out can be woken before it has left. */
	if (a->state == RUNNING || a->state == RUNNABLE)
		return 0;
	return set_state(h, a, RUNNABLE, e, cpu >= 0 && cpu < CPU_LIMIT ? (int32_t)cpu : -1, PROVED,
			 PROVED, err);
}

/*
 * The thread is the first that is seen on its CPU, and was not seen before: it has run there all the
 * time. No more than likely, as perf does not begin on all CPUs at once.
 */
static int ran_before(struct threads *h, const struct event *e, const struct activity *a,
		      const struct thread *t, struct error *err)
{
	const struct activity before = { .tid = a->tid, .cpu = e->cpu, .since_event = NO_VALUE };
	int64_t ts = h->model->ts;

	if (t->ts != NO_TIME && t->ts > ts)
		ts = t->ts;
	if (!h->wide || !h->complete || h->holes.epoch || a->since != NO_TIME || ts >= e->ts)
		return 0;
	return add_slice(h, &before, RUNNING, ts, e->ts, LIKELY, e->id, err);
}

int thread_runs(struct model *m, const struct event *e, struct thread *t, struct error *err)
{
	struct threads *h = model_machine(m, &thread_machine);
	struct activity *a;
	bool first;

	if (!h->asked)
		ask(h);
	if (e->cpu < 0 || e->cpu >= CPU_LIMIT || e->ts == NO_TIME)
		return 0;
	runner(h, e->cpu); /* makes room */
	first = !h->begun[e->cpu];
	h->begun[e->cpu] = true;
	if (e->tid <= 0)
		return 0;
	a = get(h, e->tid);
	if (first && ran_before(h, e, a, t, err))
		return -1;
	t->on_cpu = e->cpu;
	if (a->state == RUNNING && a->cpu == e->cpu && a->void_ts == NO_TIME)
		return 0;
	/* Since when it runs was not seen. */
	return set_state(h, a, RUNNING, e, e->cpu, PROVED, LIKELY, err);
}

int64_t thread_ran(const struct model *m, const struct thread *t, int64_t ts)
{
	const struct threads *h = model_machine(m, &thread_machine);
	const uint64_t *i = map_get(&h->by_tid, (uint32_t)t->tid, 0);
	const struct activity *a = i ? &h->list[*i] : NULL;

	if (!a || !h->wide || !h->complete || m->sched_lost ||
	    (!m->recording.has_ledger && m->lost_records))
		return NO_VALUE;
	return t->ran_ns + (a->state == RUNNING && ts > a->since ? ts - a->since : 0);
}

/* ---- the machine ----------------------------------------------------------------------------- */

static bool wants(const struct source_state *s)
{
	return s->tracepoint >= TRACE_SWITCH && s->tracepoint <= TRACE_WAKEUP;
}

static void *begin(struct model *m, struct error *err)
{
	struct threads *h = xcalloc(1, sizeof(*h));

	h->model = m;
	waiting_begin(&h->rows, m, &m->sched_lost, sizeof(struct slice_row), write_slice, h);
	h->table = db_table(m->db,
			    "thread_slice(tid, state, ts, ts_end, cpu, certainty, first_event, "
			    "last_event)",
			    err);
	if (h->table)
		return h;
	free(h);
	return NULL;
}

static int trace(void *machine, const struct event *e, struct thread *t, struct error *err)
{
	const struct source_state *s = e->source->model;
	struct threads *h = machine;

	(void)t;
	if (e->ts == NO_TIME)
		return 0;
	if (!h->asked)
		ask(h);
	switch (s->tracepoint) {
	case TRACE_SWITCH: return leaves(h, e, err) || comes(h, e, err) ? -1 : 0;
	case TRACE_WAKEUP: return woken(h, e, err);
	case TRACE_WAKING: return h->sees_wakeup ? 0 : woken(h, e, err);
	default: return 0;
	}
}

/* Context switches as records of their own (perf record --switch-events). */
static int switched(struct threads *h, const struct event *e, struct thread *t, struct error *err)
{
	struct activity *a;

	if (e->tid <= 0 || e->ts == NO_TIME || !t)
		return 0;
	h->sees_switch = true;
	if (!e->switched.out)
		return e->cpu == t->on_cpu ? 0 : thread_runs(h->model, e, t, err);
	a = get(h, e->tid);
	if (a->state != RUNNING) /* the tracepoint has told */
		return 0;
	return set_state(h, a, e->switched.preempted ? RUNNABLE : UNKNOWN, e, -1, PROVED, PROVED,
			 err);
}

static int event(void *machine, const struct event *e, struct thread *t, struct error *err)
{
	struct threads *h = machine;
	struct activity *a;

	switch (e->kind) {
	case EVENT_SWITCH: return switched(h, e, process_thread(h->model, e->tid), err);
	case EVENT_EXIT:
		(void)t;
		if (e->tid <= 0 || e->ts == NO_TIME || !map_get(&h->by_tid, (uint32_t)e->tid, 0))
			return 0;
		a = get(h, e->tid);
		/* It still runs for a while, and its last switch tells until when. */
		if (a->state == RUNNING)
			return 0;
		return close_slice(h, a, NULL, e->ts, LIKELY, err);
	default: return 0;
	}
}

/* What runs on a CPU may have left it since then. */
static void cut(struct threads *h, int32_t cpu, int64_t ts)
{
	struct activity *a = h->runners[cpu] ? &h->list[h->runners[cpu] - 1] : NULL;

	if (!a)
		return;
	if (a->void_ts == NO_TIME || ts < a->void_ts)
		a->void_ts = ts == NO_TIME ? a->since : ts;
	on_cpu(h, a, -1);
}

static int hole(void *machine, const struct hole *hole, struct error *err)
{
	struct threads *h = machine;
	const struct model *m = h->model;
	size_t i;

	(void)err;
	if (m->recording.has_ledger && !m->sched_lost)
		return 0;
	waiting_hole(&h->rows, hole);
	hole_log_add(&h->holes, hole->ts);
	if (hole->cpu >= 0 && (size_t)hole->cpu < h->cpu_count)
		cut(h, hole->cpu, hole->ts);
	for (i = 0; hole->cpu < 0 && i < h->cpu_count; i++)
		cut(h, (int32_t)i, hole->ts);
	return 0;
}

static int end(void *machine, struct error *err)
{
	struct threads *h = machine;
	size_t i;

	for (i = 0; i < h->count; i++)
		if (close_slice(h, &h->list[i], NULL, NO_TIME,
				loss_at_end(h->model) ? LIKELY : PROVED, err))
			return -1;
	return waiting_end(&h->rows, err);
}

static void free_threads(void *machine)
{
	struct threads *h = machine;

	waiting_free(&h->rows);
	map_free(&h->by_tid);
	free(h->list);
	hole_log_free(&h->holes);
	free(h->runners);
	free(h->begun);
	free(h);
}

const struct machine thread_machine = {
	.name = "thread",
	.begin = begin,
	.wants = wants,
	.event = event,
	.trace = trace,
	.hole = hole,
	.end = end,
	.free = free_threads,
};
