/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processors: which thread (M) had which processor (P) of the Go scheduler from when to when.
 *
 * src/runtime/proc.go, Go 1.17 to 1.27: a thread takes a processor in wirep and gives it back in releasep,
 * and all else that a running thread does with one is made of these two. Two things are not. In a system
 * call the processor is only kept for the thread, and may be taken away: by retake and forEachP, which
 * then call handoffp; by a stop of the world; by another thread that had it before it was in a system call
 * itself, and takes it in wirep. And where GOMAXPROCS is made smaller, the caller drops its processor and
 * takes another one in wirep.
 *
 * With probes on all of that, a slice is proved. With fewer, execute (which may fetch `p` and `m`) shows a
 * thread with a processor at one moment; between two such moments it is likely that it kept it, unless
 * anything says otherwise, or the thread slept without a goroutine: then it waits without a processor.
 * An end that was not seen is the last moment at which the thread was seen with it.
 */
#include "model/machine.h"

#include <stdlib.h>

#include "base/memory.h"

#define PROCESSOR_LIMIT 65536 /* a larger number is no processor but a wrong offset */
#define PREV_STATE_SLEEPS 0xff

/* One processor of one process. */
struct processor {
	uint32_t life; /* of the process; 0: this struct is free */
	int32_t pid, p;
	struct thread *thread; /* that has it; NULL: none is known */
	uint32_t thread_life;
	int64_t m;
	int64_t since, since_event;
	int64_t seen, seen_event; /* the last moment at which the thread surely had it */
	enum certainty certainty;
	bool in_syscall; /* it is only kept for the thread */
	bool taken;      /* … and may have been taken away without a trace */
};

struct slice_row {
	struct waiting_row head;
	int32_t pid, p, tid;
	int64_t m, first_event, last_event;
};

struct processors {
	struct model *model;
	struct db_table *table;
	struct map by_number; /* (life, p) to an index of the list */
	struct processor *list;
	size_t count, capacity;
	size_t *free_list;
	size_t free_count, free_capacity;
	struct waiting rows;
	/* what the recording allows to conclude; found out at the first event */
	bool asked, complete, sees_switches, thinned;
};

/* ---- what the recording allows --------------------------------------------------------------- */

static void ask(struct processors *c)
{
	static const enum role needed[] = {
		ROLE_ACQUIRED, ROLE_RELEASED, ROLE_HANDED_OFF, ROLE_STOP, ROLE_SYSCALL,
	};
	const struct source_state *s;
	size_t i;

	c->asked = c->complete = true;
	for (i = 0; i < ARRAY_SIZE(needed); i++)
		c->complete &= role_recorded(c->model, needed[i]);
	for (s = c->model->sources; s; s = s->next) {
		c->sees_switches |= s->tracepoint == TRACE_SWITCH && !source_sampled(s);
		c->thinned |= s->role != ROLE_NONE && s->role != ROLE_OTHER && source_sampled(s);
	}
}

static enum certainty at_most(enum certainty a, enum certainty b)
{
	return a < b ? a : b;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int write_slice(void *machine, const void *row, struct error *err)
{
	struct processors *c = machine;
	const struct slice_row *r = row;
	struct db_table *t = c->table;

	row_int(t, r->pid);
	row_int(t, r->p);
	row_int(t, r->m);
	row_int(t, r->tid);
	row_int(t, r->head.ts);
	row_int(t, r->head.ts_end);
	row_text(t, certainty_name(r->head.certainty));
	row_int(t, r->first_event);
	row_int(t, r->last_event);
	return row_end(t, err);
}

/* The thread does not have it from `ts` on; NO_TIME: it has it at the end of the recording. */
static int end_slice(struct processors *c, struct processor *h, int64_t ts, int64_t event,
		     enum certainty end, struct error *err)
{
	struct slice_row r = {
		.head = { h->since, ts, at_most(h->certainty, end), true, false },
		.pid = h->pid,
		.p = h->p,
		.tid = h->thread->tid,
		.m = h->m,
		.first_event = h->since_event,
		.last_event = event,
	};

	if (h->thread->processor == (size_t)(h - c->list) + 1)
		h->thread->processor = 0;
	h->thread = NULL;
	/* Of a thread that was seen with it for a moment only, nothing can be said. */
	if (ts != NO_TIME && ts <= r.head.ts)
		return 0;
	return waiting_add(&c->rows, &r, err);
}

/* It is with another one now, and when it left this thread was not seen. */
static int end_unseen(struct processors *c, struct processor *h, struct error *err)
{
	return end_slice(c, h, h->seen, h->seen_event, LIKELY, err);
}

/* ---- processors and threads ------------------------------------------------------------------ */

static struct processor *find(const struct processors *c, uint32_t life, int64_t p)
{
	const uint64_t *i = map_get(&c->by_number, life, (uint64_t)p);

	return i ? &c->list[*i] : NULL;
}

static struct processor *get(struct processors *c, const struct process *process, int64_t p)
{
	struct processor *h = find(c, process->life, p);
	size_t i;

	if (h)
		return h;
	if (c->free_count) {
		i = c->free_list[--c->free_count];
	} else {
		ARRAY_GROW(c->list, c->count, c->capacity);
		i = c->count++;
	}
	*map_put(&c->by_number, process->life, (uint64_t)p, NULL) = i;
	c->list[i] = (struct processor){
		.life = process->life,
		.pid = process->pid,
		.p = (int32_t)p,
		.m = NO_VALUE,
	};
	return &c->list[i];
}

/* What the thread has; NULL: nothing that is known. */
static struct processor *of_thread(struct processors *c, const struct thread *t)
{
	struct processor *h = t->processor ? &c->list[t->processor - 1] : NULL;

	return h && h->thread == t && h->thread_life == t->life ? h : NULL;
}

static void see(struct processor *h, const struct event *e)
{
	h->seen = e->ts;
	h->seen_event = e->id;
}

/* The event shows the thread with the processor, from this moment on at the latest. */
static int has(struct processors *c, const struct event *e, struct thread *t, bool anew,
	       struct error *err)
{
	const struct source_state *s = e->source->model;
	int64_t p = event_field(e, FIELD_P), m = event_field(e, FIELD_M);
	struct processor *h, *other = of_thread(c, t);

	if (p < 0 || p >= PROCESSOR_LIMIT)
		return 0;
	h = get(c, t->process, p);
	if (h->thread && (h != other || anew) && end_unseen(c, h, err))
		return -1;
	other = of_thread(c, t);
	if (other && other != h && end_unseen(c, other, err))
		return -1;
	h->in_syscall = h->taken = false;
	see(h, e);
	if (m != NO_VALUE)
		h->m = m;
	if (h->thread)
		return 0;
	h->m = m;
	h->thread = t;
	h->thread_life = t->life;
	h->since = e->ts;
	h->since_event = e->id;
	h->certainty = c->thinned ? POSSIBLE : c->complete && s->role_proved ? PROVED : LIKELY;
	t->processor = (size_t)(h - c->list) + 1;
	return 0;
}

/* wirep: a thread that comes back from a system call may take what was kept for it. */
static int acquired(struct processors *c, const struct event *e, struct thread *t,
		    struct error *err)
{
	const struct processor *h = of_thread(c, t);
	/* From Go 1.26 on nothing is taken that is there still. */
	bool kept = h && c->complete && !h->taken && c->model->go_minor && c->model->go_minor < 26;

	return has(c, e, t, !kept, err);
}

static int released(struct processors *c, const struct event *e, struct thread *t,
		    struct error *err)
{
	struct processor *h = of_thread(c, t);

	if (!h)
		return 0;
	if (event_field(e, FIELD_P) != h->p) /* it came by another one unseen */
		return end_unseen(c, h, err);
	return end_slice(c, h, e->ts, e->id, PROVED, err);
}

static int handed_off(struct processors *c, const struct event *e, const struct thread *t,
		      struct error *err)
{
	struct processor *h = find(c, t->process->life, event_field(e, FIELD_P));

	if (!h || !h->thread)
		return 0;
	return end_slice(c, h, e->ts, e->id, PROVED, err);
}

/* The world is being stopped: who is in a system call loses what is kept for it. */
static void world_stops(struct processors *c, const struct thread *t)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		if (c->list[i].life == t->process->life && c->list[i].thread != t)
			c->list[i].taken = true;
}

/* ---- the machine ----------------------------------------------------------------------------- */

static bool wants(const struct source_state *s)
{
	return s->role != ROLE_NONE || s->tracepoint == TRACE_SWITCH;
}

static void *begin(struct model *m, struct error *err)
{
	struct processors *c = xcalloc(1, sizeof(*c));

	c->model = m;
	waiting_begin(&c->rows, m, &m->runtime_lost, sizeof(struct slice_row), write_slice, c);
	c->table = db_table(m->db,
			    "processor_slice(pid, p, m, tid, ts, ts_end, certainty, first_event, "
			    "last_event)",
			    err);
	if (c->table)
		return c;
	free(c);
	return NULL;
}

static int event(void *machine, const struct event *e, struct thread *t, struct error *err)
{
	struct processors *c = machine;
	const struct source_state *s;
	struct processor *h;
	bool here; /* the goroutine of the thread */

	if (e->kind != EVENT_SAMPLE || !t || e->ts == NO_TIME)
		return 0;
	s = e->source->model;
	if (s->role == ROLE_NONE)
		return 0;
	if (!c->asked)
		ask(c);
	switch (s->role) {
	case ROLE_EXECUTE: return has(c, e, t, false, err);
	case ROLE_ACQUIRED: return acquired(c, e, t, err);
	case ROLE_RELEASED: return released(c, e, t, err);
	case ROLE_HANDED_OFF: return handed_off(c, e, t, err);
	case ROLE_IDLE: h = of_thread(c, t); return h ? end_unseen(c, h, err) : 0;
	case ROLE_STOP: world_stops(c, t); break;
	default: break;
	}
	h = of_thread(c, t);
	if (!h)
		return 0;
	here = goroutine_known_on(c->model, t) ||
	       (!s->runtime->on_g0 && t->goid > 0 && event_field(e, FIELD_GOID) == t->goid);
	/* A goroutine that runs has a processor, but for the time around a system call. */
	if (!h->in_syscall && s->role != ROLE_LEAVE && s->role != ROLE_SYSCALL_SLOW && here)
		see(h, e);
	if (s->role == ROLE_SYSCALL)
		h->in_syscall = true;
	/* From Go 1.26 on it just goes on with what was kept for it and not taken away. */
	if (s->role == ROLE_SYSCALL_END && c->complete && c->model->go_minor >= 26)
		h->in_syscall = false;
	return 0;
}

/* A thread that sleeps has no processor, unless a goroutine sleeps with it (a system call, a fault). */
static int trace(void *machine, const struct event *e, struct thread *t, struct error *err)
{
	struct processors *c = machine;
	struct processor *h = t && t->processor ? of_thread(c, t) : NULL;
	const struct source_state *s = e->source->model;

	if (!h || c->complete || s->tracepoint != TRACE_SWITCH || e->ts == NO_TIME ||
	    !(event_field(e, FIELD_PREV_STATE) & PREV_STATE_SLEEPS))
		return 0;
	if (t->goid <= 0)
		return end_unseen(c, h, err);
	if (!h->in_syscall)
		see(h, e);
	h->in_syscall = true;
	return 0;
}

static int hole(void *machine, const struct hole *hole, struct error *err)
{
	struct processors *c = machine;
	const struct model *m = c->model;
	size_t i;

	if (m->recording.has_ledger && !m->runtime_lost)
		return 0;
	waiting_hole(&c->rows, hole);
	for (i = 0; i < c->count; i++) {
		struct processor *h = &c->list[i];
		bool before = hole->ts != NO_TIME && h->seen <= hole->ts;

		/* What was seen before the hole stands; what was seen in it may be two stretches. */
		if (h->thread &&
		    end_slice(c, h, h->seen, h->seen_event, before ? PROVED : LIKELY, err))
			return -1;
	}
	return 0;
}

static int process_end(void *machine, struct process *p, enum end_of_life why, int64_t ts,
		       struct error *err)
{
	struct processors *c = machine;
	size_t i;

	if (p->exit_ts != NO_TIME)
		ts = p->exit_ts;
	for (i = 0; i < c->count; i++) {
		struct processor *h = &c->list[i];
		int64_t ts_end = why == LIFE_OPEN ? NO_TIME : ts;
		/* Of one that is killed it is not known how long before its end its threads ran. */
		bool sure = !h->taken && !h->in_syscall && !loss_at_end(c->model) &&
			    (why == LIFE_OPEN || p->exit_ts != NO_TIME);

		if (h->life != p->life)
			continue;
		/* After one thread has called exit the others go on, until the kernel gets to them. */
		if (h->thread && ts_end != NO_TIME && ts_end < h->seen) {
			ts_end = h->seen;
			sure = false;
		}
		if (h->thread && end_slice(c, h, ts_end, NO_VALUE, sure ? PROVED : LIKELY, err))
			return -1;
		map_remove(&c->by_number, h->life, (uint64_t)h->p);
		h->life = 0;
		ARRAY_GROW(c->free_list, c->free_count, c->free_capacity);
		c->free_list[c->free_count++] = i;
	}
	return 0;
}

static int end(void *machine, struct error *err)
{
	struct processors *c = machine;

	return waiting_end(&c->rows, err);
}

static void free_processors(void *machine)
{
	struct processors *c = machine;

	waiting_free(&c->rows);
	map_free(&c->by_number);
	free(c->list);
	free(c->free_list);
	free(c);
}

const struct machine processor_machine = {
	.name = "processor",
	.begin = begin,
	.wants = wants,
	.event = event,
	.trace = trace,
	.hole = hole,
	.process_end = process_end,
	.end = end,
	.free = free_processors,
};
