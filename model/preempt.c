/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When the Go runtime asked a goroutine to give way, and what came of it.
 *
 *     preemptone, suspendG      asked: a flag is set, and SIGURG sent unless one is on its way
 *     signal_generate 23        signalled, by the same thread right after
 *     signal_deliver 23         delivered: in the thread that ran the goroutine when it was asked
 *     doSigPreempt              the goroutine that the signal found; g0 (goid 0): it came too late
 *     isAsyncSafePoint          it is wanted; can it be stopped at this address?
 *     asyncPreempt2             granted; where it does not follow, denied
 *     goschedImpl, preemptPark  it gave way: after asyncPreempt2, or by itself in a prologue
 *
 * (src/runtime/preempt.go, signal_unix.go; Go 1.17 to 1.27.) A goroutine that stops running before it
 * gave way has made the request void. Windows: `go` from the request to the moment when the goroutine
 * gave way.
 *
 * A hole ends every open request with outcome unknown.
 *
 * What is kept is bounded by the threads alive. One signal at a time is on its way to a thread
 * (m.signalPending), so the next one tells that the last was heard: of a process without probes, as when a
 * whole machine is recorded, nothing else tells it. And a goroutine that is asked runs on a thread:
 * requests beyond that are of goroutines that left unseen.
 */
#include "model/machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define SIGURG_NUMBER 23 /* runtime.sigPreempt, on every Linux that gotrace reads */
#define SENT_BY_TKILL (-6)
#define GRANTING "runtime.asyncPreempt"

enum outcome { OPEN, ASYNC, COOPERATIVE, DENIED, LATE, COALESCED, LOST };

static const char *const outcome_names[] = {
	NULL, "async", "cooperative", "denied", "late", "coalesced", "unknown",
};

struct request {
	struct process *process;
	uint32_t life;
	int64_t goid; /* NO_VALUE: not known */
	int32_t tid;  /* -1: not known */
	/* Threads that asked last of all for this: the first, and the last that was coalesced with it.
	 * One of them may send the signal; -1: it will not. */
	int32_t asker, last_asker;
	int64_t since; /* the first of the requests that were not honoured */
	int64_t asked_ts, signalled_ts, delivered_ts, granted_ts;
	int64_t pc;     /* where it was interrupted */
	bool missed;    /* the signal found the scheduler's stack */
	bool answering; /* the signal has arrived, and what came of it is not known yet */
	bool wanted;    /* isAsyncSafePoint was asked */
	bool denied;
	int64_t first_event, last_event;
	enum outcome outcome; /* once it gave way */
};

struct row {
	struct waiting_row head;
	struct request request;
	enum outcome outcome;
	const char *denied_reason;
	bool unsure;  /* the answer may have been to another one */
	bool unasked; /* … or to none */
};

struct preempts {
	struct model *model;
	struct db_table *table, *windows;
	struct waiting rows;
	struct request *list; /* those that are open, oldest first */
	size_t count, capacity;
	size_t granted;   /* of them, those whose signal may still be sent */
	size_t answering; /* … whose signal has arrived, and what came of it is not known */
	int64_t now;      /* of the event at hand: what is said of a request is as old as that */
	bool asked, thinned, sees_grants, sees_yields, sees_comings;
};

/* ---- rows ------------------------------------------------------------------------------------ */

/*
 * Why the goroutine could not be stopped at r->pc, as far as the code there tells, in the order of what
 * says most (src/runtime/preempt.go: isAsyncSafePoint); NULL: that is not known. Makes r->pc an ELF
 * virtual address.
 */
static const char *denied_reason(const struct model *m, struct request *r)
{
	static const char *const packages[] = { "runtime.", "runtime/internal/",
						"internal/runtime/", "reflect." };
	static const char *const reasons[] = {
		[CODE_PLAIN] = "thread holds a lock or is pinned, or too little stack",
		[CODE_UNSAFE] = "unsafe point",
		[CODE_ASSEMBLY] = "assembly code",
		[CODE_FOREIGN] = "no Go code",
	};
	const char *function;
	enum code_kind kind;
	uint64_t pc;
	size_t i;

	if (r->pc == NO_VALUE || !m->resolver.code)
		return NULL;
	kind = m->resolver.code(m->resolver.arg, r->process->pid, (uint64_t)r->pc, &pc, &function);
	r->pc = (int64_t)pc;
	for (i = 0; function && i < ARRAY_SIZE(packages); i++)
		if (!strncmp(function, packages[i], strlen(packages[i])))
			return "runtime code";
	return reasons[kind];
}

/* In this stretch the goroutine was asked to give way, and went on; `cut`: by a hole. */
static int window_row(struct preempts *p, const struct request *r, enum certainty certainty,
		      bool cut, struct error *err)
{
	struct db_table *t = p->windows;

	row_text(t, "go");
	row_null(t);
	row_int(t, r->process->pid);
	row_int(t, r->tid < 0 ? DB_NULL : r->tid);
	row_int(t, r->goid);
	row_int(t, r->since);
	row_int(t, cut ? DB_NULL : r->granted_ts);
	row_null(t);
	row_null(t);
	row_int(t, 0);
	row_text(t, certainty_name(cut ? POSSIBLE : certainty));
	row_int(t, r->first_event);
	row_int(t, cut ? DB_NULL : r->last_event);
	return row_end(t, err);
}

static int write_request(void *machine, const void *row, struct error *err)
{
	struct preempts *p = machine;
	const struct row *w = row;
	const struct request *r = &w->request;
	struct db_table *t = p->table;
	/* What was lost may have been another request, or another answer. */
	bool known = w->head.certainty == PROVED && !w->unsure &&
		     !(w->unasked && w->outcome == COOPERATIVE);
	enum outcome outcome = known ? w->outcome : LOST;

	row_int(t, r->process->pid);
	row_int(t, r->goid);
	row_int(t, r->tid < 0 ? DB_NULL : r->tid);
	row_int(t, r->asked_ts);
	row_int(t, r->signalled_ts);
	row_int(t, r->delivered_ts);
	row_int(t, r->granted_ts);
	row_text(t, outcome_names[outcome]);
	row_int(t, outcome == DENIED ? r->pc : DB_NULL);
	row_text(t, outcome == DENIED ? w->denied_reason : NULL);
	row_int(t, r->first_event);
	row_int(t, r->last_event);
	if (row_end(t, err))
		return -1;
	if (r->granted_ts == NO_TIME || r->since == NO_TIME)
		return 0;
	/* Seen from its signal on, it began before. */
	return window_row(p, r,
			  (r->asked_ts == NO_TIME || w->unsure || w->unasked) &&
					  w->head.certainty > LIKELY
				  ? LIKELY
				  : w->head.certainty,
			  w->head.cut, err);
}

static bool can_lose(const struct model *m)
{
	return !m->recording.has_ledger || m->preempt_lost;
}

static int add_row(struct preempts *p, const struct request *r, enum outcome outcome,
		   struct error *err)
{
	struct row row = {
		.head = { r->since == NO_TIME ? r->granted_ts : r->since, p->now,
			  p->thinned ? POSSIBLE : PROVED, true, false },
		.request = *r,
		.outcome = outcome,
	};

	/*
	 * Where questions and answers can be lost, an answer may be to another one, even long after a
	 * hole. That it was stopped where it was, asyncPreempt2 says itself.
	 */
	row.unsure = (outcome != ASYNC || r->asked_ts == NO_TIME) && can_lose(p->model);
	/* It may have left its thread and come back meanwhile, and given way as nobody asked it. */
	row.unasked = !p->sees_comings;
	/* Now, while its memory is mapped. */
	if (outcome == DENIED)
		row.denied_reason = denied_reason(p->model, &row.request);
	return waiting_add(&p->rows, &row, err);
}

static int finish(struct preempts *p, struct request *r, enum outcome outcome, struct error *err)
{
	size_t i = (size_t)(r - p->list);
	struct request done = *r;

	p->granted -= r->granted_ts != NO_TIME;
	p->answering -= r->answering;
	memmove(r, r + 1, (p->count - i - 1) * sizeof(*r));
	p->count--;
	return add_row(p, &done, outcome, err);
}

/* ---- requests -------------------------------------------------------------------------------- */

/* The first request, from that place of the list on, of a goroutine that has not given way yet. */
static struct request *next_of(struct preempts *p, size_t from, uint32_t life, int64_t goid)
{
	size_t i;

	for (i = from; i < p->count; i++)
		if (p->list[i].life == life && p->list[i].goid == goid && goid != NO_VALUE &&
		    p->list[i].granted_ts == NO_TIME)
			return &p->list[i];
	return NULL;
}

static struct request *oldest_of(struct preempts *p, uint32_t life, int64_t goid)
{
	return next_of(p, 0, life, goid);
}

static struct request *newest_of(struct preempts *p, uint32_t life, int64_t goid)
{
	struct request *r = oldest_of(p, life, goid), *next;

	while (r && (next = next_of(p, (size_t)(r - p->list) + 1, life, goid)))
		r = next;
	return r;
}

/* The last one whose signal is on its way to, or has arrived at, a thread. */
static struct request *of_thread(struct preempts *p, const struct thread *t, bool arrived)
{
	size_t i;

	for (i = p->count; i; i--) {
		struct request *r = &p->list[i - 1];

		if (r->life == t->process->life && r->tid == t->tid && r->signalled_ts != NO_TIME &&
		    (r->delivered_ts != NO_TIME) == arrived)
			return r;
	}
	return NULL;
}

/* What is to be said of a request after which the goroutine went on. */
static enum outcome unanswered(const struct request *r)
{
	return r->denied ? DENIED : r->missed ? LATE : LOST;
}

static enum outcome at_end(const struct request *r)
{
	return r->granted_ts != NO_TIME ? r->outcome : unanswered(r);
}

/* … of one whose goroutine left its thread. */
static enum outcome voided(const struct preempts *p, const struct request *r)
{
	if (r->denied || r->missed)
		return unanswered(r);
	return p->sees_yields && r->goid != NO_VALUE ? LATE : LOST;
}

/* Marks that what came of its signal is not known yet, or is. */
static void answer(struct preempts *p, struct request *r, bool begins)
{
	p->answering += begins;
	p->answering -= r->answering;
	r->answering = begins;
}

static struct request new_request(const struct event *e, const struct thread *t)
{
	return (struct request){
		.process = t->process,
		.life = t->process->life,
		.goid = NO_VALUE,
		.asker = e->tid,
		.last_asker = e->tid,
		.tid = -1,
		.since = e->ts,
		.asked_ts = NO_TIME,
		.signalled_ts = NO_TIME,
		.delivered_ts = NO_TIME,
		.granted_ts = NO_TIME,
		.pc = NO_VALUE,
		.first_event = e->id,
		.last_event = e->id,
	};
}

static struct request *add(struct preempts *p, const struct request *r)
{
	ARRAY_GROW(p->list, p->count, p->capacity);
	p->list[p->count] = *r;
	return &p->list[p->count++];
}

/* Before one is added. A thread has two at most: one that is being answered, one whose signal is on its way. */
static int make_room(struct preempts *p, const struct process *process, struct error *err)
{
	size_t count = 0, oldest = 0, i;

	for (i = p->count; i; i--)
		if (p->list[i - 1].life == process->life) {
			oldest = i - 1;
			count++;
		}
	if (count < 2 * (process->threads + 1))
		return 0;
	return finish(p, &p->list[oldest], at_end(&p->list[oldest]), err);
}

/* The thread does something else than to send a signal for what it asked. */
static bool will_not_send(struct request *r, int32_t tid)
{
	if (r->asker == tid)
		r->asker = -1;
	if (r->last_asker == tid)
		r->last_asker = -1;
	return r->asker < 0 && r->last_asker < 0;
}

/* A signal that it sends from now on is not for what it asked before. */
static void asks_another(struct preempts *p, int32_t tid)
{
	size_t i;

	for (i = 0; i < p->count; i++)
		will_not_send(&p->list[i], tid);
}

static int ask(struct preempts *p, const struct event *e, const struct thread *t, struct error *err)
{
	struct request *old, r = new_request(e, t);

	asks_another(p, e->tid);
	r.goid = event_field(e, FIELD_GOID);
	r.asked_ts = e->ts;
	if (r.goid == NO_VALUE || r.goid <= 0) /* the processor runs nobody, or nobody knows whom */
		return 0;
	old = newest_of(p, r.life, r.goid);
	/* The flag is set already, and a signal may be on its way: none is sent again. */
	if (old && old->delivered_ts == NO_TIME) {
		old->last_asker = e->tid;
		return add_row(p, &r, COALESCED, err);
	}
	if (old && !old->answering) {
		r.since = old->since;
		if (finish(p, old, unanswered(old), err))
			return -1;
	}
	if (make_room(p, t->process, err))
		return -1;
	add(p, &r);
	return 0;
}

/* The thread has let go of the goroutine that was asked, or the goroutine of the thread. */
static int left(struct preempts *p, uint32_t life, int64_t goid, struct error *err)
{
	struct request *r = oldest_of(p, life, goid);

	while (r) {
		size_t i = (size_t)(r - p->list);

		/* Its signal may still be on its way, and finds another one. */
		if (r->signalled_ts != NO_TIME && r->delivered_ts == NO_TIME)
			i++;
		else if (finish(p, r, voided(p, r), err))
			return -1;
		r = next_of(p, i, life, goid);
	}
	return 0;
}

/* Perhaps it was asked once more: which of them is answered is not known. */
static int doubt(struct preempts *p, uint32_t life, int64_t goid, struct error *err)
{
	struct request *r;

	while ((r = oldest_of(p, life, goid)))
		if (finish(p, r, LOST, err))
			return -1;
	return 0;
}

/* Another goroutine runs on the thread: that which was asked there left it, seen or unseen. */
static int runs_another(struct preempts *p, const struct event *e, const struct thread *t,
			struct error *err)
{
	int64_t goid = event_field(e, FIELD_GOID);
	size_t i = 0;

	while (i < p->count) {
		struct request *r = &p->list[i];

		if (r->tid != t->tid || r->life != t->process->life || r->goid == goid ||
		    r->delivered_ts == NO_TIME || r->granted_ts != NO_TIME)
			i++;
		else if (finish(p, r, voided(p, r), err))
			return -1;
	}
	/* A goroutine that begins to run is asked nothing yet (src/runtime/proc.go: execute). */
	return left(p, t->process->life, goid, err);
}

static int gave_way(struct preempts *p, const struct event *e, const struct thread *t,
		    enum outcome outcome, struct error *err)
{
	int64_t goid = event_field(e, FIELD_GOID);
	struct request *r = oldest_of(p, t->process->life, goid), *other, unasked;

	if (!r && outcome != ASYNC)
		return 0;
	if (!r) { /* who asked was not seen */
		unasked = new_request(e, t);
		unasked.goid = goid;
		unasked.since = NO_TIME;
		r = add(p, &unasked);
	}
	/* It gives way once, to all who asked. */
	while ((other = next_of(p, (size_t)(r - p->list) + 1, t->process->life, goid)))
		if (finish(p, other, other->denied ? DENIED : COALESCED, err))
			return -1;
	answer(p, r, false);
	r->granted_ts = e->ts;
	p->granted++;
	r->last_event = e->id;
	if (r->tid < 0)
		r->tid = e->tid;
	r->outcome = outcome == ASYNC ? ASYNC
		     : r->denied      ? DENIED
		     : p->sees_grants ? outcome
				      : LOST;
	/* Its signal may be about to be sent all the same: see sent(). */
	if (r->signalled_ts == NO_TIME && !will_not_send(r, e->tid))
		return 0;
	return finish(p, r, r->outcome, err);
}

/* The asker does something else: of what it asked, and got before it sent a signal, no more will come. */
static int asked_enough(struct preempts *p, const struct thread *t, struct error *err)
{
	size_t i = 0;

	while (p->granted && i < p->count) {
		struct request *r = &p->list[i];

		if (r->granted_ts == NO_TIME || !will_not_send(r, t->tid))
			i++;
		else if (finish(p, r, r->outcome, err))
			return -1;
	}
	return 0;
}

/*
 * The thread goes on after its signal, or (`again`) a next one found it doing so: where it was asked whether
 * it can be stopped, it was not, if that (`denies`) is known.
 */
static int settle(struct preempts *p, const struct thread *t, bool again, bool denies,
		  struct error *err)
{
	size_t i = 0;

	while (p->answering && i < p->count) {
		struct request *r = &p->list[i++], *newer;

		if (!r->answering || r->life != t->process->life || r->tid != t->tid ||
		    (again && !r->wanted))
			continue;
		answer(p, r, false);
		r->denied |= r->wanted && p->sees_grants && denies;
		newer = next_of(p, i, r->life, r->goid);
		if (!newer)
			continue;
		newer->since = r->since;
		if (finish(p, r, unanswered(r), err))
			return -1;
		i--;
	}
	return 0;
}

/* Was another one of the thread wanted before, and is this the call that grants it? */
enum granting { GRANTING_NO, GRANTING_YES, GRANTING_UNKNOWN };

static enum granting is_granting(const struct preempts *p, const struct request *now, int64_t pc)
{
	const struct resolver *resolver = &p->model->resolver;
	enum code_kind kind = CODE_UNKNOWN;
	const char *function = NULL;
	bool other = false;
	uint64_t ignored;
	size_t i;

	for (i = 0; i < p->count; i++) {
		const struct request *r = &p->list[i];

		other |= r != now && r->answering && r->wanted && r->life == now->life &&
			 r->tid == now->tid;
	}
	if (!other)
		return GRANTING_NO;
	if (pc != NO_VALUE && resolver->code)
		kind = resolver->code(resolver->arg, now->process->pid, (uint64_t)pc, &ignored,
				      &function);
	if (function)
		return strcmp(function, GRANTING) ? GRANTING_NO : GRANTING_YES;
	return kind == CODE_UNKNOWN ? GRANTING_UNKNOWN : GRANTING_NO;
}

static int wanted(struct preempts *p, const struct event *e, const struct thread *t,
		  struct error *err)
{
	int64_t pc = event_field(e, FIELD_PC);
	struct request *r = of_thread(p, t, true);
	enum granting granting = r ? is_granting(p, r, pc) : GRANTING_NO;

	if (granting != GRANTING_YES && settle(p, t, true, granting == GRANTING_NO, err))
		return -1;
	r = newest_of(p, t->process->life, event_field(e, FIELD_GOID));
	if (!r)
		return 0;
	answer(p, r, true);
	r->wanted = true;
	r->pc = pc;
	r->tid = e->tid;
	r->last_event = e->id;
	return 0;
}

static int signalled(struct preempts *p, const struct event *e, struct thread *t, struct error *err)
{
	int64_t goid = event_field(e, FIELD_GOID);
	struct request *r = of_thread(p, t, true);

	if (!r)
		return 0;
	r->last_event = e->id;
	if (goid == NO_VALUE || goid < 0)
		return 0;
	if (r->goid == NO_VALUE && goid)
		r->goid = goid;
	/* On the scheduler's stack it cannot be stopped, and still has to give way. */
	if (!goid) {
		answer(p, r, false);
		r->missed = true;
	} else if (r->goid != goid) {
		return finish(p, r, LATE, err);
	}
	return 0;
}

static void find_out(struct preempts *p)
{
	const struct source_state *s;

	p->asked = true;
	for (s = p->model->sources; s; s = s->next)
		p->thinned |= source_sampled(s) &&
			      ((s->role >= ROLE_ASK && s->role <= ROLE_GRANTED) ||
			       s->role == ROLE_YIELD || s->role == ROLE_PREEMPTED ||
			       s->tracepoint == TRACE_SIGNAL || s->tracepoint == TRACE_DELIVERED);
	p->sees_grants = role_recorded(p->model, ROLE_GRANTED);
	p->sees_comings = role_recorded(p->model, ROLE_EXECUTE);
	p->sees_yields = role_recorded(p->model, ROLE_YIELD) &&
			 role_recorded(p->model, ROLE_PREEMPTED);
}

/* Does the goroutine no longer run after this? */
static bool leaves(enum role role, const struct event *e)
{
	int64_t to = event_field(e, FIELD_NEW);

	return role == ROLE_PARKED || role == ROLE_ENDED ||
	       (role == ROLE_STATUS && event_field(e, FIELD_OLD) == G_RUNNING &&
		(to == G_WAITING || to == G_DEAD));
}

/* No signal comes to a dead thread, and no goroutine gives way there. */
static int thread_gone(struct preempts *p, int32_t tid, struct error *err)
{
	size_t i = 0;

	while (i < p->count)
		if (p->list[i].tid != tid)
			i++;
		else if (finish(p, &p->list[i], at_end(&p->list[i]), err))
			return -1;
	return 0;
}

static int event(void *machine, const struct event *e, struct thread *t, struct error *err)
{
	struct preempts *p = machine;
	enum role role;
	int runs;

	if (e->kind == EVENT_EXIT)
		return thread_gone(p, e->tid, err);
	if (e->kind != EVENT_SAMPLE || !t || e->ts == NO_TIME)
		return 0;
	if (!p->asked)
		find_out(p);
	p->now = e->ts;
	role = ((struct source_state *)e->source->model)->role;
	if (role == ROLE_NONE || (!p->count && (role < ROLE_ASK || role > ROLE_GRANTED)))
		return 0;
	if (asked_enough(p, t, err))
		return -1;
	/* The signal's own handling tells nothing of the code that it interrupted; asyncPreempt is an OTHER. */
	if ((role < ROLE_SIGNALLED || role > ROLE_GRANTED) && role != ROLE_OTHER &&
	    settle(p, t, false, true, err))
		return -1;
	switch (role) {
	case ROLE_SCAN:
		/*
		 * The dead, and those that do not run, are asked nothing (preempt.go: suspendG). Where
		 * that is not known, the signal tells, if one follows.
		 */
		runs = goroutine_runs(p->model, t->process, event_field(e, FIELD_GOID));
		if (runs > 0)
			return ask(p, e, t, err);
		asks_another(p, e->tid);
		return runs ? doubt(p, t->process->life, event_field(e, FIELD_GOID), err) : 0;
	case ROLE_ASK: return ask(p, e, t, err);
	case ROLE_SIGNALLED: return signalled(p, e, t, err);
	case ROLE_WANTED: return wanted(p, e, t, err);
	case ROLE_EXECUTE: return runs_another(p, e, t, err);
	case ROLE_GRANTED: return gave_way(p, e, t, ASYNC, err);
	case ROLE_YIELD:
	case ROLE_PREEMPTED: return gave_way(p, e, t, COOPERATIVE, err);
	default:
		if (!leaves(role, e))
			return 0;
		return left(p, t->process->life, event_field(e, FIELD_GOID), err);
	}
}

/* ---- signals --------------------------------------------------------------------------------- */

/* The last signal to the thread of a request was heard, as there is a next one. */
static int heard(struct preempts *p, size_t next, struct error *err)
{
	const struct request now = p->list[next];
	size_t i = 0;

	while (i < p->count) {
		struct request *r = &p->list[i];

		if (i == next || r->life != now.life || r->tid != now.tid ||
		    (r->answering && r->goid != NO_VALUE)) {
			i++;
			continue;
		}
		/* suspendG asks once, and sends until it is answered. */
		if (r->goid == now.goid && r->goid != NO_VALUE)
			p->list[next].since = r->since;
		if (finish(p, r, at_end(r), err))
			return -1;
		next -= i < next;
	}
	return 0;
}

static int sent(struct preempts *p, const struct event *e, const struct thread *t,
		struct error *err)
{
	int64_t tid = event_field(e, FIELD_PID), code = event_field(e, FIELD_CODE), goid;
	const struct thread *target;
	struct request *r = NULL;
	size_t i;

	if (event_field(e, FIELD_SIG) != SIGURG_NUMBER || code != SENT_BY_TKILL || tid <= 0 ||
	    tid > INT32_MAX)
		return 0;
	target = process_thread(p->model, (int32_t)tid);
	/* Only within one process is it the runtime's. */
	if (!target || !target->process || target->process != t->process)
		return 0;
	goid = goroutine_known_on(p->model, target) ? target->goid : NO_VALUE;
	for (i = p->count; i && !r; i--) {
		struct request *q = &p->list[i - 1];

		if ((q->asker == e->tid || q->last_asker == e->tid) &&
		    q->life == t->process->life && q->signalled_ts == NO_TIME)
			r = q;
	}
	if (!r) {
		struct request unasked = new_request(e, t);

		unasked.goid = goid;
		if (make_room(p, t->process, err))
			return -1;
		r = add(p, &unasked);
	}
	r->signalled_ts = e->ts;
	if (r->granted_ts != NO_TIME)
		return finish(p, r, r->outcome, err);
	r->tid = (int32_t)tid;
	r->last_event = e->id;
	return heard(p, (size_t)(r - p->list), err);
}

static void delivered(struct preempts *p, const struct event *e, const struct thread *t)
{
	struct request *r;
	size_t i;

	if (event_field(e, FIELD_SIG) != SIGURG_NUMBER)
		return;
	r = of_thread(p, t, false);
	if (!r)
		return;
	/* The handler of the last one is done (it masks all signals), and asked nothing. */
	for (i = 0; p->answering && i < p->count; i++)
		if (p->list[i].tid == t->tid && p->list[i].life == r->life && !p->list[i].wanted)
			answer(p, &p->list[i], false);
	r->delivered_ts = e->ts;
	r->last_event = e->id;
	answer(p, r, true);
}

static int trace(void *machine, const struct event *e, struct thread *t, struct error *err)
{
	const struct source_state *s = e->source->model;
	struct preempts *p = machine;

	if (!t || !t->process || e->ts == NO_TIME)
		return 0;
	p->now = e->ts;
	if (s->tracepoint == TRACE_SIGNAL)
		return sent(p, e, t, err);
	if (s->tracepoint == TRACE_DELIVERED)
		delivered(p, e, t);
	return s->tracepoint == TRACE_CLOCK ? 0 : asked_enough(p, t, err);
}

/* ---- the machine ----------------------------------------------------------------------------- */

static bool wants(const struct source_state *s)
{
	/* Of a switch too, the asker has gone on to something else. */
	return s->role != ROLE_NONE ||
	       (s->tracepoint != TRACE_NONE && s->tracepoint != TRACE_CLOCK);
}

static void *begin(struct model *m, struct error *err)
{
	struct preempts *p = xcalloc(1, sizeof(*p));

	p->model = m;
	waiting_begin(&p->rows, m, &m->preempt_lost, sizeof(struct row), write_request, p);
	p->table =
		db_table(m->db,
			 "preempt_request(pid, goid, tid, ts, signalled_ts, delivered_ts, "
			 "granted_ts, outcome, denied_pc, denied_reason, first_event, last_event)",
			 err);
	if (p->table)
		p->windows = db_table(m->db,
				      "preempt_window(kind, cpu, pid, tid, goid, ts, ts_end, "
				      "opener, closer, observer, certainty, first_event, "
				      "last_event)",
				      err);
	if (p->windows)
		return p;
	free(p);
	return NULL;
}

static int hole(void *machine, const struct hole *h, struct error *err)
{
	struct preempts *p = machine;

	if (p->model->recording.has_ledger && !p->model->preempt_lost)
		return 0;
	while (p->count)
		if (finish(p, &p->list[0],
			   p->list[0].granted_ts != NO_TIME ? p->list[0].outcome : LOST, err))
			return -1;
	/* Those too that gave way before it was told. */
	waiting_hole(&p->rows, h);
	return 0;
}

static int process_end(void *machine, struct process *process, enum end_of_life why, int64_t ts,
		       struct error *err)
{
	struct preempts *p = machine;
	size_t i = 0;

	(void)why;
	(void)ts;
	while (i < p->count) {
		if (p->list[i].life != process->life)
			i++;
		else if (finish(p, &p->list[i], at_end(&p->list[i]), err))
			return -1;
	}
	return 0;
}

static int end(void *machine, struct error *err)
{
	struct preempts *p = machine;

	while (p->count)
		if (finish(p, &p->list[0], at_end(&p->list[0]), err))
			return -1;
	return waiting_end(&p->rows, err);
}

static void free_preempts(void *machine)
{
	struct preempts *p = machine;

	waiting_free(&p->rows);
	free(p->list);
	free(p);
}

const struct machine preempt_machine = {
	.name = "preempt",
	.begin = begin,
	.wants = wants,
	.event = event,
	.trace = trace,
	.hole = hole,
	.process_end = process_end,
	.end = end,
	.free = free_preempts,
};
