/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deferred calls: registered where and when, and what became of them.
 *
 * Per goroutine, what is pending is a stack, as it is in the runtime: deferreturn runs the calls of
 * the function that is about to return, gopanic runs them from the innermost outwards until one
 * recovers, Goexit runs them all, and an exit runs none (src/runtime/panic.go, Go 1.17 to 1.27). Which
 * calls belong to the function that returns is told by its activation (event_frame()); where that
 * was not recorded, by the function's name, and then it is no more than likely, since a function
 * can call itself. Open-coded defers have no registration: model/open_defer.c makes their rows.
 *
 * On the stack lie, besides the calls, marks of what is going on: a deferreturn that has more than
 * one call to run (the first has certainly begun; the others when it is over), a panic, a Goexit.
 */
#include "model/machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/per_goroutine.h"

#define OWNER_FRAMES 128 /* perf records no more (kernel.perf_event_max_stack) */

enum entry_type {
	PENDING,  /* a deferred call */
	DRAINING, /* one whose deferreturn runs: it has run when that is over */
	PANICKING,
	RECOVERED, /* a panic that is over, and ran what was pending down to a place not known yet */
	EXITING,   /* Goexit */
};

struct entry {
	enum entry_type type;
	int64_t frame;      /* of the function; NO_VALUE: not known */
	int64_t frame_else; /* … or this one; see candidates(); NO_VALUE: no */
	struct source_state *source;
	const char *function; /* NULL: not known */
	size_t owner;         /* so many bytes of it name the function that runs it; 0: all */
	int64_t ts;           /* registered, or risen */
	int64_t event;
	int64_t drain_ts, drain_event; /* of DRAINING */
	/* of a deferred call */
	const char *file;
	int64_t line, fn, seq;
	const char *fn_name;
	uint32_t fn_binary; /* ELF address of the function; 0: not known */
	uint64_t fn_pc;
	int64_t sp;
	uint32_t stack;
	enum role kind; /* ROLE_NONE: open-coded */
	bool proved;    /* the probe is where it is by its address */
};

/* A goroutine that has, or had, deferred calls. It is marked while a hole would mean something to it. */
struct calls {
	struct goroutine_key key;
	struct entry *list;
	size_t count, capacity;
	int64_t seq;
	bool recovering; /* recovery was hit, the deferreturn that follows it was not yet */
};

struct defer_row {
	struct waiting_row head;
	int32_t pid;
	int64_t goid;
	struct entry call;
	const char *outcome;
	int64_t ran_ts, last_event;
};

struct defers {
	struct model *model;
	struct db_table *table;
	struct per_goroutine goroutines;
	struct waiting rows;
	bool asked, thinned, sees_return, sees_goexit;
};

static void ask(struct defers *d)
{
	const struct source_state *s;

	d->asked = true;
	d->sees_return = role_recorded(d->model, ROLE_DEFER_RETURN);
	d->sees_goexit = role_recorded(d->model, ROLE_GOEXIT);
	for (s = d->model->sources; s; s = s->next)
		d->thinned |= s->role >= ROLE_DEFER_HEAP && s->role <= ROLE_RECOVERY &&
			      source_sampled(s);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int write_row(void *machine, const void *row, struct error *err)
{
	static const char *const kinds[] = {
		[ROLE_NONE] = "open",
		[ROLE_DEFER_HEAP] = "heap",
		[ROLE_DEFER_STACK] = "stack",
		[ROLE_DEFER_RANGE] = "range",
	};
	struct defers *d = machine;
	const struct defer_row *r = row;
	const struct entry *c = &r->call;
	struct db_table *t = d->table;
	int64_t function, file, fn;

	if (model_text(d->model, c->function, &function, err) ||
	    model_text(d->model, c->file, &file, err) || model_text(d->model, c->fn_name, &fn, err))
		return -1;
	row_int(t, r->pid);
	row_int(t, r->goid);
	row_text(t, kinds[c->kind]);
	row_int(t, c->seq);
	row_int(t, function);
	row_int(t, file);
	row_int(t, c->line);
	row_int(t, fn);
	row_int(t, c->fn);
	row_int(t, c->ts);
	row_int(t, r->ran_ts);
	row_text(t, r->outcome);
	row_text(t, certainty_name(r->head.certainty));
	row_int(t, c->event);
	row_int(t, r->last_event);
	row_int(t, c->sp);
	row_int(t, c->stack ? (int64_t)c->stack : DB_NULL);
	return row_end(t, err);
}

/* The end of a deferred call's story. `event`: what told it, or NO_VALUE. */
static int finish(struct defers *d, const struct calls *g, const struct entry *c,
		  const char *outcome, int64_t ran_ts, enum certainty certainty, int64_t event,
		  struct error *err)
{
	bool ran = !strncmp(outcome, "ran", 3);
	struct defer_row r = {
		.head = { c->ts, ran_ts, certainty, ran, false },
		.pid = g->key.process->pid,
		.goid = g->key.goid,
		.call = *c,
		.outcome = outcome,
		.ran_ts = ran_ts,
		.last_event = event,
	};

	if (d->thinned && strcmp(outcome, "unknown")) {
		r.outcome = "unknown"; /* not every hit was kept, so the pairs may be wrong */
		r.ran_ts = NO_TIME;
		r.head.hurt_by_loss = false;
	}
	if (!c->proved && r.head.certainty == PROVED)
		r.head.certainty = LIKELY;
	return waiting_add(&d->rows, &r, err);
}

static int unknown(struct defers *d, const struct calls *g, const struct entry *c,
		   struct error *err)
{
	return finish(d, g, c, "unknown", NO_TIME, PROVED, NO_VALUE, err);
}

/* ---- goroutines ------------------------------------------------------------------------------ */

static struct calls *find(const struct defers *d, uint32_t life, int64_t goid)
{
	return per_goroutine_find(&d->goroutines, life, goid);
}

static struct calls *get(struct defers *d, struct process *p, int64_t goid)
{
	struct calls *g = per_goroutine_get(&d->goroutines, p, goid);

	per_goroutine_mark(&d->goroutines, g, true);
	return g;
}

static void forget(struct defers *d, struct calls *g)
{
	free(g->list);
	per_goroutine_drop(&d->goroutines, g);
}

static struct entry *push(struct calls *g, enum entry_type type, int64_t frame,
			  const struct event *e)
{
	ARRAY_GROW(g->list, g->count, g->capacity);
	g->list[g->count] = (struct entry){
		.type = type,
		.frame = frame,
		.frame_else = NO_VALUE,
		.source = e->source->model,
		.ts = e->ts,
		.event = e->id,
		.line = NO_VALUE,
		.fn = NO_VALUE,
		.sp = NO_VALUE,
		.proved = ((struct source_state *)e->source->model)->role_proved,
	};
	return &g->list[g->count++];
}

/* ---- what lies above is over ----------------------------------------------------------------- */

/* What control has passed on its way down the stack: the panic that lay above, if any. */
struct passed {
	int64_t panic_ts; /* NO_TIME: none */
	bool recovered;   /* and it was seen to be recovered */
};

static void pass(struct passed *p, const struct calls *g, const struct entry *c)
{
	if (c->type != PANICKING && c->type != RECOVERED)
		return;
	p->panic_ts = c->ts;
	p->recovered = c->type == RECOVERED || g->recovering;
}

/* Control is below this entry again. `proof`: how sure that is. */
static int over(struct defers *d, const struct calls *g, const struct entry *c,
		const struct passed *p, enum certainty proof, const struct event *e,
		struct error *err)
{
	if (c->type == DRAINING && p->panic_ts == NO_TIME)
		return finish(d, g, c, "ran", c->drain_ts, proof, c->drain_event, err);
	if (c->type == DRAINING) /* either the deferreturn came to it, or the panic did */
		return finish(d, g, c, "ran_in_panic", p->panic_ts, LIKELY, e->id, err);
	if (c->type != PENDING)
		return 0;
	if (p->panic_ts != NO_TIME)
		return finish(d, g, c, "ran_in_panic", p->panic_ts, p->recovered ? proof : LIKELY,
			      e->id, err);
	return unknown(d, g, c, err);
}

/*
 * The goroutine is in the activation `frame`: whatever belongs to deeper ones is over, and so are
 * the deferreturn and the panic of an activation of the same place.
 */
static int settle(struct defers *d, struct calls *g, int64_t frame, const struct event *e,
		  struct error *err)
{
	struct passed passed = { NO_TIME, false };

	while (g->count) {
		const struct entry *c = &g->list[g->count - 1];
		int64_t outer = c->frame_else != NO_VALUE ? c->frame_else : c->frame;
		enum relation r = frame_relation(d->model, outer, frame);

		if (r != FRAME_DEEPER && r != FRAME_ELSEWHERE &&
		    !(r == FRAME_SAME && c->type != PENDING))
			break;
		pass(&passed, g, c);
		g->count--;
		if (over(d, g, c, &passed, PROVED, e, err))
			return -1;
	}
	/* The rest of what the panic passed may lie deeper still. */
	if (passed.panic_ts != NO_TIME && passed.recovered && g->count &&
	    frame_relation(d->model, g->list[g->count - 1].frame, frame) == FRAME_UNKNOWN) {
		struct entry *c = push(g, RECOVERED, NO_VALUE, e);

		c->ts = passed.panic_ts;
	}
	return 0;
}

/*
 * deferprocStack has no stack check, so from Go 1.21 on it begins with a push of the frame pointer. At
 * such an instruction newer kernels add the direct caller to the stack of a uprobe (Linux,
 * is_uprobe_at_func_entry), others do not. Which of the two this recording has is learnt from the
 * first call whose deferreturn is seen; until then there are two candidates.
 */
static void candidates(const struct model *m, struct entry *c)
{
	int64_t outer = frame_caller(m, c->frame);

	if (c->kind != ROLE_DEFER_STACK || outer == NO_VALUE || c->source->direct_caller < 0)
		return;
	if (c->source->direct_caller > 0)
		c->frame = outer;
	else
		c->frame_else = outer;
}

static enum relation call_relation(const struct model *m, const struct entry *c, int64_t frame,
				   bool same_function)
{
	enum relation r = frame_relation(m, c->frame, frame);

	if (c->frame_else == NO_VALUE || !same_function)
		return r;
	if (r == FRAME_SAME)
		c->source->direct_caller = -1;
	else if (frame_relation(m, c->frame_else, frame) == FRAME_SAME)
		c->source->direct_caller = 1;
	else
		return r;
	return FRAME_SAME;
}

static bool is_owner(const struct entry *c, const char *function)
{
	if (!c->function || !function)
		return false;
	if (!c->owner)
		return !strcmp(c->function, function);
	return !strncmp(c->function, function, c->owner) && !function[c->owner];
}

/*
 * What the body of a range over a function defers, main.f-range1, is run when main.f returns, which called
 * it through others. The body itself ends with a deferreturn, too, that has nothing to run.
 */
static void find_owner(const struct model *m, const struct event *e, struct entry *c)
{
	const struct resolver *r = &m->resolver;
	const char *dot = c->function ? strrchr(c->function, '.') : NULL;
	const char *range = dot ? strstr(dot, "-range") : NULL;
	uint32_t stack = e->sample.stack;
	struct place place;
	int depth;

	/* Where the body is not known, nor is who runs it. */
	if (range || !c->function)
		c->frame = NO_VALUE;
	if (!range)
		return;
	c->owner = (size_t)(range - c->function);
	for (depth = 0; stack && r->caller && r->frame && depth < OWNER_FRAMES; depth++) {
		if (r->frame(r->arg, stack, &place) && is_owner(c, place.function)) {
			c->frame = frame_of_callee(m, stack);
			return;
		}
		stack = r->caller(r->arg, stack);
	}
}

/* The call belongs to the activation; or, where that is not known, to the function. */
static bool belongs(const struct defers *d, const struct entry *c, int64_t frame,
		    const char *function, enum certainty *certainty)
{
	bool same_function = is_owner(c, function);

	if (c->type != PENDING && c->type != DRAINING)
		return false;
	switch (call_relation(d->model, c, frame, same_function)) {
	case FRAME_SAME: *certainty = PROVED; return same_function || !c->function || !function;
	case FRAME_UNKNOWN: *certainty = LIKELY; return same_function;
	default: return false;
	}
}

/* ---- events ---------------------------------------------------------------------------------- */

static int registered(struct defers *d, struct calls *g, const struct event *e, enum role kind,
		      struct error *err)
{
	int64_t ret = event_field(e, FIELD_RET), frame = event_frame(d->model, e);
	const struct place *place;
	struct entry *c;

	if (settle(d, g, frame, e, err))
		return -1;
	c = push(g, PENDING, frame, e);
	c->kind = kind;
	c->seq = ++g->seq;
	c->fn = event_field(e, FIELD_FN);
	c->sp = event_field(e, FIELD_SP);
	if (c->sp != NO_VALUE)
		c->sp = c->source->depth == NO_VALUE ? NO_VALUE : c->sp + c->source->depth;
	c->stack = e->sample.stack;
	candidates(d->model, c);
	if (ret != NO_VALUE && ret) {
		place = model_place(d->model, g->key.process, ret, true);
		c->function = place->function;
		c->file = place->file;
		c->line = place->line;
	}
	if (kind == ROLE_DEFER_RANGE)
		find_owner(d->model, e, c);
	if (c->fn != NO_VALUE && c->fn) {
		place = model_place(d->model, g->key.process, c->fn, false);
		if (!place->offset) {
			c->fn_name = place->function;
			c->fn_binary = place->binary;
			c->fn_pc = place->pc;
		}
	}
	return 0;
}

/* The innermost panic was recovered, and what of its calls it ran is not known yet. */
static int panic_over(struct defers *d, struct calls *g, const struct event *e, struct error *err)
{
	size_t i = g->count;

	while (i && g->list[i - 1].type != PANICKING)
		i--;
	if (!i)
		return 0;
	/* What its deferred calls registered is gone, and was not seen to run. */
	for (; g->count > i; g->count--)
		if (over(d, g, &g->list[g->count - 1], &(struct passed){ NO_TIME, false }, LIKELY,
			 e, err))
			return -1;
	g->list[i - 1].type = RECOVERED;
	g->list[i - 1].frame = NO_VALUE;
	/* Nothing lies between it and the one before, or the bottom: it says nothing more. */
	if (i == 1 || g->list[i - 2].type == RECOVERED)
		g->count--;
	return 0;
}

/* The frame of the innermost panic that is not over. */
static int64_t panic_frame(const struct calls *g)
{
	size_t i;

	for (i = g->count; i > 0; i--)
		if (g->list[i - 1].type == PANICKING)
			return g->list[i - 1].frame;
	return NO_VALUE;
}

/*
 * After a recovery whose activation is not known: the calls of that function are all of one
 * activation, so that must be it, as one of them recovered.
 */
static bool only_one(const struct calls *g, const struct entry *c)
{
	size_t i;

	for (i = 0; i < g->count; i++)
		if (g->list[i].type == PENDING && g->list[i].function &&
		    !strcmp(g->list[i].function, c->function) && g->list[i].frame != c->frame)
			return false;
	return c->frame != NO_VALUE;
}

/*
 * A function that has deferred calls is about to return, or was chosen to return after a recover:
 * then the panic has run its calls up to the one that recovered, at least the first of them.
 */
static int returned(struct defers *d, struct calls *g, const struct event *e, struct error *err)
{
	int64_t ret = event_field(e, FIELD_RET);
	int64_t frame = g->recovering ? frame_after_recovery(d->model, e, panic_frame(g))
				      : event_frame(d->model, e);
	struct passed passed = { NO_TIME, false };
	enum certainty certainty = LIKELY;
	const char *function = NULL;
	bool first = true, by_panic;
	size_t i;

	if (ret != NO_VALUE && ret)
		function = model_place(d->model, g->key.process, ret, true)->function;
	for (i = g->count; i > 0; i--)
		if (belongs(d, &g->list[i - 1], frame, function, &certainty))
			break;
	if (!i) {
		/* None of its calls is known: perhaps it has open-coded ones, or none this time. */
		if (settle(d, g, frame, e, err) || (g->recovering && panic_over(d, g, e, err)))
			return -1;
		g->recovering = false;
		return 0;
	}
	if (g->recovering && frame == NO_VALUE && only_one(g, &g->list[i - 1])) {
		certainty = PROVED;
		frame = g->list[i - 1].frame;
	}
	/* What lies above is over; a panic that lies there ran it. */
	while (g->count > i) {
		const struct entry *c = &g->list[--g->count];

		pass(&passed, g, c);
		if (over(d, g, c, &passed, certainty, e, err))
			return -1;
	}
	/* Its own calls, from the last to the first. Those that are draining already stay so. */
	by_panic = passed.panic_ts != NO_TIME && (g->recovering || !passed.recovered);
	for (; i > 0 && g->list[i - 1].type == PENDING &&
	       belongs(d, &g->list[i - 1], frame, function, &certainty);
	     i--, first = false) {
		struct entry *c = &g->list[i - 1];
		int result = 0;

		if (by_panic) {
			g->count--;
			result = finish(d, g, c, "ran_in_panic", passed.panic_ts,
					first && passed.recovered ? certainty : LIKELY, e->id, err);
		} else if (first) {
			g->count--;
			result = finish(d, g, c, "ran", e->ts, certainty, e->id, err);
		} else {
			c->type = DRAINING;
			c->drain_ts = e->ts;
			c->drain_event = e->id;
			c->proved &= certainty == PROVED;
		}
		if (result)
			return -1;
	}
	g->recovering = false;
	return 0;
}

static int panicked(struct defers *d, struct calls *g, const struct event *e, struct error *err)
{
	int64_t frame = event_frame(d->model, e);

	if (settle(d, g, frame, e, err) || (g->recovering && panic_over(d, g, e, err)))
		return -1;
	push(g, PANICKING, frame, e);
	g->recovering = false;
	return 0;
}

/* The goroutine is at its end, by returning, by Goexit, or by a panic that nothing recovered. */
static int ended(struct defers *d, struct calls *g, const struct event *e, enum role role,
		 struct error *err)
{
	struct passed passed = { NO_TIME, false };
	int64_t exit_ts = NO_TIME;
	int result = 0;

	while (g->count && !result) {
		const struct entry *c = &g->list[--g->count];

		pass(&passed, g, c);
		if (c->type == EXITING)
			exit_ts = c->ts;
		if (c->type != PENDING && c->type != DRAINING)
			continue;
		if (role == ROLE_FATAL_PANIC && passed.panic_ts != NO_TIME && !passed.recovered)
			result = finish(d, g, c, "ran_in_panic", passed.panic_ts, PROVED, e->id,
					err);
		else if (exit_ts != NO_TIME)
			result = finish(d, g, c, "ran_in_goexit", exit_ts, PROVED, e->id, err);
		else if (c->type == DRAINING || passed.panic_ts != NO_TIME)
			result = over(d, g, c, &passed, PROVED, e, err);
		else if (d->sees_return && !d->sees_goexit && role != ROLE_FATAL_PANIC)
			/* No deferreturn ran it, and yet the goroutine ended well. */
			result = finish(d, g, c, "ran_in_goexit", e->ts, LIKELY, e->id, err);
		else
			result = unknown(d, g, c, err);
	}
	return result;
}

/* ---- what others ask ------------------------------------------------------------------------ */

enum registered defer_registered(const struct model *m, uint32_t life, int64_t goid,
				 uint32_t binary, uint64_t pc)
{
	const struct calls *g = find(model_machine(m, &defer_machine), life, goid);
	enum registered answer = REGISTERED_NO;
	size_t i;

	for (i = 0; g && i < g->count; i++) {
		const struct entry *c = &g->list[i];

		if (c->type != PENDING && c->type != DRAINING)
			continue;
		if (!c->fn_binary)
			answer = REGISTERED_PERHAPS;
		else if (c->fn_binary == binary && c->fn_pc == pc)
			return REGISTERED_YES;
	}
	return answer;
}

int defer_open_row(struct model *m, const struct open_call *c, struct error *err)
{
	struct defers *d = model_machine(m, &defer_machine);
	const struct defer_row r = {
		.head = { c->hurt_by_loss ? NO_TIME : c->ran_ts, c->ran_ts, c->certainty,
			  c->hurt_by_loss, false },
		.pid = c->pid,
		.goid = c->goid,
		.call = {
			.ts = NO_TIME,
			.event = NO_VALUE,
			.function = c->site_function,
			.file = c->site_file,
			.line = c->site_line,
			.fn = NO_VALUE,
			.fn_name = c->fn,
			.seq = NO_VALUE,
			.sp = NO_VALUE,
			.stack = c->stack,
		},
		.outcome = c->outcome,
		.ran_ts = c->ran_ts,
		.last_event = c->event,
	};

	return waiting_add(&d->rows, &r, err);
}

/* ---- the machine ----------------------------------------------------------------------------- */

static bool wants(const struct source_state *s)
{
	return s->role >= ROLE_RETURNED && s->role <= ROLE_FATAL_PANIC;
}

static void *begin(struct model *m, struct error *err)
{
	struct defers *d = xcalloc(1, sizeof(*d));

	d->model = m;
	per_goroutine_begin(&d->goroutines, sizeof(struct calls));
	waiting_begin(&d->rows, m, &m->runtime_lost, sizeof(struct defer_row), write_row, d);
	d->table = db_table(m->db,
			    "defer_call(pid, goid, kind, seq, site_function_id, site_file_id, "
			    "site_line, fn_id, fn_addr, "
			    "registered_ts, ran_ts, outcome, certainty, first_event, last_event, "
			    "registered_sp, stack_id)",
			    err);
	if (d->table)
		return d;
	free(d);
	return NULL;
}

static int event(void *machine, const struct event *e, struct thread *t, struct error *err)
{
	struct defers *d = machine;
	const struct source_state *s;
	struct calls *g;
	int64_t goid;
	int result;

	if (e->kind != EVENT_SAMPLE || !t || e->ts == NO_TIME)
		return 0;
	s = e->source->model;
	if (s->role < ROLE_RETURNED || s->role > ROLE_FATAL_PANIC ||
	    d->model->restarted_event == e->id)
		return 0;
	if (!d->asked)
		ask(d);
	goid = goroutine_of(d->model, e, t);
	if (goid == NO_VALUE && (s->role < ROLE_DEFER_HEAP || s->role > ROLE_DEFER_RANGE))
		return 0;
	switch (s->role) {
	case ROLE_DEFER_HEAP:
	case ROLE_DEFER_STACK:
	case ROLE_DEFER_RANGE:
		g = get(d, t->process, goid);
		if (registered(d, g, e, s->role, err))
			return -1;
		/* Whose it is is not known: all that can be said is that it was registered. */
		return goid != NO_VALUE ? 0 : unknown(d, g, &g->list[--g->count], err);
	case ROLE_GOEXIT:
		push(get(d, t->process, goid), EXITING, event_frame(d->model, e), e);
		return 0;
	default: break;
	}
	g = find(d, t->process->life, goid);
	if (!g)
		return 0; /* it has no deferred calls */
	per_goroutine_mark(&d->goroutines, g, true);
	switch (s->role) {
	case ROLE_DEFER_RETURN: return returned(d, g, e, err);
	case ROLE_PANIC: return panicked(d, g, e, err);
	case ROLE_RECOVERY: g->recovering = true; return 0;
	case ROLE_RETURNED:
	case ROLE_ENDED:
	case ROLE_FATAL_PANIC:
		result = ended(d, g, e, s->role, err);
		if (s->role == ROLE_ENDED)
			forget(d, g);
		return result;
	default: return 0;
	}
}

/* What was pending may have run in the hole. */
static int hole(void *machine, const struct hole *h, struct error *err)
{
	struct defers *d = machine;
	struct calls *g;
	size_t i;

	if (!loss_possible_of(d->model, ROLE_RETURNED, ROLE_FATAL_PANIC))
		return 0;
	waiting_hole(&d->rows, h);
	for (i = 0; (g = per_goroutine_marked(&d->goroutines, i)); i++) {
		while (g->count) {
			const struct entry *c = &g->list[--g->count];

			if ((c->type == PENDING || c->type == DRAINING) && unknown(d, g, c, err))
				return -1;
		}
		g->recovering = false;
	}
	per_goroutine_unmark_all(&d->goroutines);
	return 0;
}

static int process_end(void *machine, struct process *p, enum end_of_life why, int64_t ts,
		       struct error *err)
{
	struct defers *d = machine;
	const char *outcome = "unknown";
	enum certainty certainty = PROVED;
	struct calls *g;
	size_t at = 0;

	(void)ts;
	if (d->sees_return && (why == LIFE_EXIT || why == LIFE_EXEC || p->exit_ts != NO_TIME))
		outcome = "skipped_by_exit";
	else if (d->sees_return && why == LIFE_OPEN)
		outcome = "pending";
	/* A deferreturn that was lost after the last record of its CPU shows nowhere. */
	if (loss_at_end(d->model) &&
	    loss_possible_of(d->model, ROLE_DEFER_RETURN, ROLE_FATAL_PANIC))
		outcome = "unknown";
	else if (!d->model->recording.has_ledger)
		certainty = LIKELY;
	while ((g = per_goroutine_next_of(&d->goroutines, p, &at))) {
		bool busy = false; /* a panic or a deferreturn may just have come to it */

		while (g->count) {
			const struct entry *c = &g->list[--g->count];

			busy |= c->type != PENDING;
			if ((c->type == PENDING || c->type == DRAINING) &&
			    finish(d, g, c, busy ? "unknown" : outcome, NO_TIME, certainty,
				   NO_VALUE, err))
				return -1;
		}
		forget(d, g);
	}
	return 0;
}

static int end(void *machine, struct error *err)
{
	struct defers *d = machine;

	return waiting_end(&d->rows, err);
}

static void free_defers(void *machine)
{
	struct defers *d = machine;
	struct calls *g;
	size_t at = 0;

	while ((g = per_goroutine_next(&d->goroutines, &at)))
		free(g->list);
	per_goroutine_free(&d->goroutines);
	waiting_free(&d->rows);
	free(d);
}

const struct machine defer_machine = {
	.name = "defer",
	.begin = begin,
	.wants = wants,
	.event = event,
	.hole = hole,
	.process_end = process_end,
	.end = end,
	.free = free_defers,
};
