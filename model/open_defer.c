/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Open-coded defers: nothing registers them, so what shows is that they run.
 *
 * A probe on the deferred function tells by its return address who called it:
 *
 *	an exit of the function that defers	a return ran it: proof, by the machine code
 *	gopanic, Goexit				they run it, since Go 1.22; but calls that were registered,
 *						too, so that those have to be ruled out
 *	deferreturn				what was left after a recovery: where its caller has open-coded
 *						defers, it has no others
 *	deferCallSave				up to Go 1.21 whoever of these runs one calls it through this
 *
 * (src/runtime/panic.go, Go 1.17 to 1.27; cmd/compile/internal/ssagen). Which statement it was is known
 * from the call, or from the function where only one on the stack runs it; else it stays open.
 *
 * What an exit of the process skips is told by the stack of who calls it, and by the stacks of those who
 * wait meanwhile, or still do when the recording ends: in each function on them the machine code tells
 * which statements were passed. That something was passed on one way to a place
 * and not on another is no more than possible, and likely is the most, since a panic further out may
 * have run it.
 */
#include "model/machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/per_goroutine.h"

#define FRAMES_MAX 128 /* perf records no more (kernel.perf_event_max_stack) */
#define RUN_DOWN_MAX 16
#define NEAR_FRAMES 6 /* between a deferred function and who runs it there are one or two */

/* An activation, and down to which of its statements a panic has run them. */
struct run_down {
	uint32_t caller; /* the stack of whoever called it */
	int slot;
};

/*
 * How far the panic or Goexit of a goroutine has come. It runs what is pending from the innermost activation
 * outwards, in each from the last statement to the first: so the first that is left is the next.
 */
struct unwinding {
	struct goroutine_key key;
	uint32_t epoch;
	bool doubt; /* something was run, and it is not known which */
	struct run_down list[RUN_DOWN_MAX];
	size_t count;
};

struct open_defers {
	struct model *model;
	struct map sites; /* (binary, ELF address) to an index of the list */
	struct open_sites *list;
	size_t count, capacity;
	bool asked;
	bool sees_registered; /* no registration can have gone unseen */
	bool sees_restarts;   /* nor that a prologue began again */
	bool sees_calls;      /* deferCallSave has a probe */
	bool sees_calls_whole;
	bool sees_panics;
	uint32_t exiting; /* the life whose exit was seen last */
	/* Goroutines that have panicked or called Goexit. */
	struct per_goroutine unwindings;
};

/* Nothing of it can be missing from the recording. */
static bool whole(const struct model *m, const struct source_state *s)
{
	return !source_sampled(s) && !loss_possible(m, s);
}

static void ask(struct open_defers *o)
{
	const struct model *m = o->model;
	const struct source_state *s;

	o->asked = true;
	o->sees_registered = role_recorded(m, ROLE_DEFER_HEAP) &&
			     role_recorded(m, ROLE_DEFER_STACK) &&
			     !loss_possible_of(m, ROLE_DEFER_HEAP, ROLE_DEFER_RETURN);
	o->sees_panics = role_recorded(m, ROLE_PANIC) && role_recorded(m, ROLE_GOEXIT) &&
			 !loss_possible_of(m, ROLE_PANIC, ROLE_GOEXIT);
	for (s = m->sources; s; s = s->next) {
		o->sees_calls |= s->role == ROLE_DEFER_CALL;
		o->sees_calls_whole |= s->role == ROLE_DEFER_CALL && s->role_proved && whole(m, s);
		o->sees_restarts |= s->runtime && !strcmp(s->runtime->name, "newstack") &&
				    s->role_proved && whole(m, s);
	}
}

/* ---- places ---------------------------------------------------------------------------------- */

/* Never NULL, and valid until the next call. */
static const struct open_sites *sites_at(struct open_defers *o, uint32_t binary, uint64_t pc)
{
	static const struct open_sites none = { .runs = OPEN_NONE };
	const struct resolver *r = &o->model->resolver;
	uint64_t *index = map_get(&o->sites, binary, pc);
	struct open_sites sites;

	if (index)
		return &o->list[*index];
	if (!binary || !r->open_sites)
		return &none;
	if (!r->open_sites(r->arg, binary, pc, &sites))
		sites = none;
	ARRAY_GROW(o->list, o->count, o->capacity);
	*map_put(&o->sites, binary, pc, NULL) = o->count;
	o->list[o->count] = sites;
	return &o->list[o->count++];
}

/* The stack without its innermost frame. False: there is none. */
static bool walk(const struct open_defers *o, uint32_t *stack, struct place *place)
{
	const struct resolver *r = &o->model->resolver;

	*stack = *stack && r->caller ? r->caller(r->arg, *stack) : 0;
	return *stack && r->frame && r->frame(r->arg, *stack, place);
}

static bool is_runtime(const struct place *p)
{
	return p->function && !strncmp(p->function, "runtime.", 8);
}

/* ---- who called ------------------------------------------------------------------------------ */

static const struct runner {
	const char *function, *outcome;
} runners[] = {
	{ "runtime.gopanic", "ran_in_panic" },
	{ "runtime.Goexit", "ran_in_goexit" },
	{ "runtime.deferreturn", "ran" },
};

static const struct runner *runner(const char *function)
{
	size_t i;

	for (i = 0; function && i < ARRAY_SIZE(runners); i++)
		if (!strcmp(runners[i].function, function))
			return &runners[i];
	return NULL;
}

/* Of those on the stack, when the caller itself is between them and the function. */
static const struct runner *runner_on_stack(const struct open_defers *o, uint32_t stack)
{
	const struct runner *found = NULL;
	struct place place;
	int i;

	for (i = 0; i < NEAR_FRAMES && !found && walk(o, &stack, &place); i++)
		found = runner(place.function);
	return found;
}

/* What is deferred: a function at an ELF address. */
struct deferred {
	uint32_t binary;
	uint64_t pc;
	bool seen; /* each of its calls is recorded */
};

/* ---- which statement ------------------------------------------------------------------------- */

/* A statement that can have deferred a function. */
struct candidate {
	const struct open_site *site; /* NULL: there is none; valid until sites_at() is asked */
	struct open_site copy;
	uint32_t caller;
	int slot;
	bool exact; /* it runs that function and no other; false: what a variable holds */
};

struct found {
	struct candidate first; /* in the order in which they run */
	bool any_exact, any_variable;
	bool one_function, one_line; /* all are in one, on one */
	bool sure;                   /* it is `first`, or where one_line is true, that line */
};

static int run_down_to(const struct unwinding *u, uint32_t caller)
{
	size_t i;

	for (i = 0; u && i < u->count; i++)
		if (u->list[i].caller == caller)
			return u->list[i].slot;
	return OPEN_SITES_MAX;
}

static void run_down(struct unwinding *u, const struct candidate *c)
{
	size_t i;

	for (i = 0; i < u->count && u->list[i].caller != c->caller; i++)
		;
	if (i == RUN_DOWN_MAX) {
		u->doubt = true;
		return;
	}
	u->list[i] = (struct run_down){ c->caller, c->slot };
	u->count += i == u->count;
}

static void add_candidate(struct found *f, const struct candidate *c)
{
	f->any_exact |= c->exact;
	f->any_variable |= !c->exact;
	if (!f->first.site) {
		f->first = *c;
		f->first.copy = *c->site;
		f->one_function = f->one_line = true;
		return;
	}
	f->one_function &= f->first.copy.function == c->site->function;
	f->one_line &= f->one_function && f->first.copy.line == c->site->line;
}

/*
 * All candidates on a stack. `only_first`: of the innermost function that is none of the runtime's.
 * `made_for`: of statements that the function was made for.
 */
static struct found candidates(struct open_defers *o, uint32_t stack, bool only_first,
			       const struct unwinding *u, const struct deferred *d, bool made_for)
{
	struct found f = { 0 };
	struct place place;
	int depth, i;

	for (depth = 0; depth < FRAMES_MAX && walk(o, &stack, &place); depth++) {
		const struct resolver *r = &o->model->resolver;
		struct candidate c = { .caller = r->caller(r->arg, stack) };
		const struct open_sites *sites;

		if (is_runtime(&place) && only_first)
			continue;
		sites = sites_at(o, place.binary, place.pc);
		for (i = (int)sites->count; i-- > 0;) {
			c.site = &sites->list[i];
			c.slot = i;
			c.exact = c.site->fn && c.site->fn == d->pc && place.binary == d->binary;
			if (c.site->may && c.site->function && i < run_down_to(u, c.caller) &&
			    (c.exact ? !made_for || c.site->own : !made_for && !c.site->fn))
				add_candidate(&f, &c);
		}
		if (only_first)
			break;
	}
	return f;
}

/* The next one of the goroutine's unwinding that can have deferred the function. */
static struct found find_site(struct open_defers *o, uint32_t stack, bool only_first,
			      struct unwinding *u, const struct deferred *d)
{
	const struct unwinding *known = u && !u->doubt ? u : NULL;
	struct found f = candidates(o, stack, only_first, known, d, true);
	const struct candidate *first = &f.first;

	if (!first->site)
		f = candidates(o, stack, only_first, known, d, false);
	if (!first->site)
		return f;
	/* Whatever it runs, it would have been seen to run before. */
	f.sure = known && first->copy.must && (first->exact ? d->seen : o->sees_calls_whole);
	if (f.sure)
		f.one_function = f.one_line = true;
	else
		f.sure = f.one_line && !f.any_variable;
	if (known && first->copy.must && f.one_line)
		run_down(u, first);
	else if (u)
		u->doubt = true;
	return f;
}

static void name_site(const struct open_site *s, struct open_call *c)
{
	c->site_function = s->function;
	c->site_file = s->file;
	c->site_line = s->line;
}

/* ---- goroutines ------------------------------------------------------------------------------ */

/* NULL: it has not panicked, as far as anybody knows. */
static struct unwinding *find(struct open_defers *o, uint32_t life, int64_t goid)
{
	struct unwinding *u = goid == NO_VALUE ? NULL
					       : per_goroutine_find(&o->unwindings, life, goid);

	if (u && u->epoch != o->model->holes.epoch)
		u->doubt = true;
	return u;
}

static void forget(struct open_defers *o, uint32_t life, int64_t goid)
{
	struct unwinding *u = per_goroutine_find(&o->unwindings, life, goid);

	if (u)
		per_goroutine_drop(&o->unwindings, u);
}

/* A panic inside of a panic finds what the first one has left. */
static void unwinds(struct open_defers *o, const struct event *e, struct process *p, int64_t goid)
{
	struct unwinding *u;
	uint32_t stack = e->sample.stack;
	struct place place;
	bool nested = false;
	int depth;

	if (goid == NO_VALUE)
		return;
	u = per_goroutine_get(&o->unwindings, p, goid);
	for (depth = 0; depth < FRAMES_MAX && !nested && walk(o, &stack, &place); depth++)
		nested = runner(place.function);
	if (nested && u->epoch == o->model->holes.epoch)
		return;
	u->count = 0;
	u->epoch = o->model->holes.epoch;
	u->doubt = nested || !o->sees_panics;
}

/* ---- they run -------------------------------------------------------------------------------- */

/* An exit of a function with open-coded defers called it. */
static int run_by_return(struct open_defers *o, const struct open_sites *sites,
			 const struct deferred *d, struct open_call *c, struct error *err)
{
	if (sites->runs >= 0)
		name_site(&sites->list[sites->runs], c);
	if (sites->target && sites->target != d->pc)
		c->certainty = LIKELY; /* as through a wrapper that jumps */
	c->outcome = "ran";
	return defer_open_row(o->model, c, err);
}

/*
 * The runtime called it. `through`: through deferCallSave, which no registered call goes through; else
 * `by` tells who it was.
 */
static int run_by_runtime(struct open_defers *o, const struct runner *by, bool through,
			  uint32_t life, const struct deferred *d, struct open_call *c,
			  struct error *err)
{
	bool after_recovery = by && !strcmp(by->outcome, "ran");
	enum registered registered = REGISTERED_NO;
	struct found found;

	if (!through && o->model->go_minor && o->model->go_minor < 22)
		return 0; /* such a call goes through deferCallSave */
	if (!through && !after_recovery && c->goid != NO_VALUE)
		registered = defer_registered(o->model, life, c->goid, d->binary, d->pc);
	if (registered == REGISTERED_YES)
		return 0;
	found = find_site(o, c->stack, after_recovery, find(o, life, c->goid), d);
	if (!through && !found.first.site && (after_recovery || !o->sees_registered))
		return 0; /* a registered one, or nobody knows */
	if (!through && !after_recovery && !(found.first.site && found.first.copy.own)) {
		c->hurt_by_loss = true;
		if (!o->sees_registered || !found.first.site || c->goid == NO_VALUE)
			c->certainty = LIKELY;
		if (registered == REGISTERED_PERHAPS)
			c->certainty = POSSIBLE;
	}
	if (found.first.site)
		name_site(&found.first.copy, c);
	if (!found.one_line)
		c->site_line = NO_VALUE;
	if (!found.one_function)
		c->site_function = c->site_file = NULL;
	c->outcome = by ? by->outcome : "ran_in_panic";
	/* Goexit runs them as well, and what a variable held is not known. */
	if (c->certainty == PROVED && (!by || (found.one_line && !found.sure)))
		c->certainty = LIKELY;
	return defer_open_row(o->model, c, err);
}

/* A function of the program is entered. */
static int entered(struct open_defers *o, const struct event *e, const struct thread *t,
		   struct open_call *c, struct error *err)
{
	const struct source_state *s = e->source->model;
	int64_t ret = event_field(e, FIELD_RET);
	const struct open_sites *sites;
	const struct place *caller;
	struct deferred d;

	if (ret == NO_VALUE || !ret || s->function_offset == NO_VALUE)
		return 0;
	d = (struct deferred){ e->sample.binary, e->sample.pc, whole(o->model, s) };
	if (!e->sample.has_pc && s->pc != NO_VALUE)
		d = (struct deferred){ (uint32_t)s->binary, (uint64_t)s->pc, d.seen };
	d.pc -= (uint64_t)s->function_offset;
	caller = model_place(o->model, t->process, ret, true);
	if (!caller->binary || !d.binary)
		return 0;
	c->fn = s->function;
	/* At the entry the same call may be seen twice. */
	if (!s->function_offset && !o->sees_restarts)
		c->certainty = LIKELY;
	sites = sites_at(o, caller->binary, caller->pc);
	if (sites->runs != OPEN_NONE)
		return run_by_return(o, sites, &d, c, err);
	if (caller->function && !strcmp(caller->function, "runtime.deferCallSave"))
		return o->sees_calls ? 0
				     : run_by_runtime(o, runner_on_stack(o, c->stack), true,
						      t->process->life, &d, c, err);
	if (!runner(caller->function))
		return 0;
	return run_by_runtime(o, runner(caller->function), false, t->process->life, &d, c, err);
}

/* deferCallSave is entered, up to Go 1.21. */
static int called(struct open_defers *o, const struct event *e, const struct thread *t,
		  struct open_call *c, struct error *err)
{
	int64_t fn = event_field(e, FIELD_FN);
	struct deferred d = { 0 };
	const struct place *place;

	if (fn != NO_VALUE && fn) {
		place = model_place(o->model, t->process, fn, false);
		if (!place->offset) {
			d = (struct deferred){ place->binary, place->pc, true };
			c->fn = place->function;
		}
	}
	if (!((const struct source_state *)e->source->model)->role_proved)
		c->certainty = LIKELY;
	return run_by_runtime(o, runner_on_stack(o, c->stack), true, t->process->life, &d, c, err);
}

/* ---- they are skipped ------------------------------------------------------------------------ */

/* `most`: how sure it is at most that what was deferred there is not made. */
static int skip_frame(struct open_defers *o, const struct place *place, enum certainty most,
		      struct open_call *c, struct error *err)
{
	/* A copy: its list grows with each question. */
	const struct open_sites sites = *sites_at(o, place->binary, place->pc);
	size_t i;

	for (i = sites.count; i-- > 0;) {
		const struct open_site *s = &sites.list[i];

		if (!s->may || !s->function)
			continue;
		name_site(s, c);
		c->fn = s->fn_name;
		c->certainty = s->must ? most : POSSIBLE;
		if (defer_open_row(o->model, c, err))
			return -1;
	}
	return 0;
}

/*
 * None of the calls that are pending in the frames of a stack is made, as far as is told: `c` has the outcome.
 * *any: it has a function that is none of the runtime's (runtime.main has defers, and nobody asks for them).
 */
static int skip_all(struct open_defers *o, enum certainty most, struct open_call *c, bool *any,
		    struct error *err)
{
	uint32_t stack = c->stack;
	struct place place;
	int depth;

	for (depth = 0; depth < FRAMES_MAX && walk(o, &stack, &place); depth++) {
		/* A panic may have made those further out. */
		if (place.function && !strcmp(place.function, "runtime.gopanic"))
			most = POSSIBLE;
		if (is_runtime(&place))
			continue;
		*any = true;
		if (skip_frame(o, &place, most, c, err))
			return -1;
	}
	return 0;
}

/* The process ends, by exit, throw or fatal, and no deferred call of the goroutine on this stack is made. */
static int skipped(struct open_defers *o, const struct thread *t, struct open_call *c,
		   struct error *err)
{
	bool any = false;

	c->outcome = "skipped_by_exit";
	c->ran_ts = NO_TIME;
	if (skip_all(o, LIKELY, c, &any, err))
		return -1;
	if (any)
		o->exiting = t->process->life;
	return 0;
}

int open_defer_left(struct model *m, const struct open_call *told, struct error *err)
{
	struct open_call c = *told;
	bool any = false;

	return skip_all(model_machine(m, &open_defer_machine), told->certainty, &c, &any, err);
}

/* ---- the machine ----------------------------------------------------------------------------- */

static void *begin(struct model *m, struct error *err)
{
	struct open_defers *o = xcalloc(1, sizeof(*o));

	(void)err;
	o->model = m;
	per_goroutine_begin(&o->unwindings, sizeof(struct unwinding));
	return o;
}

static bool concerns(enum role role)
{
	return role == ROLE_DEFER_CALL || role == ROLE_PANIC || role == ROLE_GOEXIT ||
	       role == ROLE_ENDED || role == ROLE_EXIT || role == ROLE_FATAL;
}

static bool wants(const struct source_state *s)
{
	return s->enters || concerns(s->role);
}

static int event(void *machine, const struct event *e, struct thread *t, struct error *err)
{
	struct open_defers *o = machine;
	const struct source_state *s;
	struct open_call c;

	if (e->kind != EVENT_SAMPLE || !t || e->ts == NO_TIME)
		return 0;
	s = e->source->model;
	if (o->model->restarted_event == e->id)
		return 0;
	if (!o->asked)
		ask(o);
	c = (struct open_call){
		.pid = t->process->pid,
		.goid = goroutine_of(o->model, e, t),
		.site_line = NO_VALUE,
		.certainty = PROVED,
		.ran_ts = e->ts,
		.event = e->id,
		.stack = e->sample.stack,
	};
	if (s->enters)
		return entered(o, e, t, &c, err);
	switch (s->role) {
	case ROLE_DEFER_CALL: return called(o, e, t, &c, err);
	case ROLE_PANIC:
	case ROLE_GOEXIT: unwinds(o, e, t->process, c.goid); return 0;
	case ROLE_ENDED: forget(o, t->process->life, c.goid); return 0;
	default: return o->exiting == t->process->life ? 0 : skipped(o, t, &c, err);
	}
}

static int process_end(void *machine, struct process *p, enum end_of_life why, int64_t ts,
		       struct error *err)
{
	struct open_defers *o = machine;
	struct unwinding *u;
	size_t at = 0;

	(void)why;
	(void)ts;
	(void)err;
	while ((u = per_goroutine_next_of(&o->unwindings, p, &at)))
		per_goroutine_drop(&o->unwindings, u);
	return 0;
}

static void free_open_defers(void *machine)
{
	struct open_defers *o = machine;

	map_free(&o->sites);
	per_goroutine_free(&o->unwindings);
	free(o->list);
	free(o);
}

const struct machine open_defer_machine = {
	.name = "open_defer",
	.begin = begin,
	.wants = wants,
	.event = event,
	.process_end = process_end,
	.free = free_open_defers,
};
