/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Panics: where they rose, inside which other one, and how they ended.
 *
 * Only an entry into runtime.recovery proves that a recover() took effect; it ends the innermost
 * panic of its goroutine. Whether the panics below it go on is told by where control comes back: to a
 * function that was called by their deferred calls, then they go on; to one further out, then they
 * are superseded (src/runtime/panic.go, Go 1.17 to 1.27; the `aborted` flag up to 1.21). That function
 * shows at the deferreturn that follows every recovery.
 *
 * Which deferred function called recover() is told by the entries into runtime.gorecover before that. Any
 * function may call it at any time, but it takes effect in one that the runtime itself has called for
 * the panic, and there the first time only.
 */
#include "model/machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/per_goroutine.h"

/* The calls of recover() since a panic rose. */
enum saviour {
	SAVIOUR_NONE,
	SAVIOUR_ONE, /* all were from this function */
	SAVIOUR_SEVERAL,
	SAVIOUR_DIRECT, /* the first from one that the runtime has called */
};

struct panic {
	int64_t id, ts, event;
	int64_t frame;
	uint32_t stack;
	const char *function, *file;
	int64_t line;
	int64_t nested_in;
	int64_t recovered_ts, recovery_event;
	const char *type;
	struct value_text value;
	enum saviour saviour;
	const char *recovered_in; /* the function */
	int64_t recover_ret;      /* where it goes on after its call; NO_VALUE: several places */
	const char *recover_file;
	int64_t recover_line;
	int drops; /* see struct resolver */
	/* What a call of Goexit made of it: goexit, or unknown; NULL: there was none. */
	const char *given_up;
	int64_t given_up_ts, given_up_event;
	/* A panic above it was recovered at this time by this event, and perhaps ended this one. */
	bool doubtful;
	int64_t doubt_ts, doubt_event;
};

/* The panics of a goroutine that have not ended, the innermost last. It is marked while there are any. */
struct panics {
	struct goroutine_key key;
	struct panic *list;
	size_t count, capacity;
	bool recovering; /* the last one has a recovery, and the deferreturn is still to come */
};

struct panic_row {
	struct waiting_row head;
	struct panic panic;
	int32_t pid;
	int64_t goid, last_event;
	const char *outcome, *recovered_by;
};

struct panic_machine {
	struct model *model;
	struct db_table *table;
	struct per_goroutine goroutines;
	struct waiting rows;
	int64_t next_id;
	const struct runtime_function *gorecover;
	bool asked, thinned, sees_recovery, loses_recover;
};

/* ---- rows ------------------------------------------------------------------------------------ */

static int write_row(void *machine, const void *row, struct error *err)
{
	struct panic_machine *pm = machine;
	const struct panic_row *r = row;
	const struct panic *p = &r->panic;
	struct db_table *t = pm->table;
	/* There is no column to say how sure: what is not proved is not said. */
	bool known = r->head.certainty == PROVED;

	row_int(t, p->id);
	row_int(t, r->pid);
	row_int(t, r->goid);
	row_int(t, p->ts);
	row_text(t, p->function);
	row_text(t, p->file);
	row_int(t, p->line);
	row_text(t, known ? r->outcome : "unknown");
	row_int(t, known ? p->recovered_ts : NO_TIME);
	row_text(t, known ? r->recovered_by : NULL);
	row_text(t, known ? p->recovered_in : NULL);
	row_text(t, known && p->recovered_in ? p->recover_file : NULL);
	row_int(t, known && p->recovered_in ? p->recover_line : NO_VALUE);
	row_int(t, known && p->recovered_in && p->drops >= 0 ? p->drops : DB_NULL);
	row_text(t, p->type);
	row_value(t, &p->value);
	row_int(t, p->value.length == NO_VALUE ? DB_NULL : p->value.length);
	row_int(t, p->nested_in);
	row_int(t, p->stack ? (int64_t)p->stack : DB_NULL);
	row_int(t, p->event);
	row_int(t, known ? r->last_event : NO_VALUE);
	return row_end(t, err);
}

/* Goexit ends the panics below it: no recover() gets them any more, whatever becomes of the goroutine. */
static int finish(struct panic_machine *pm, const struct panics *g, const struct panic *p,
		  const char *outcome, const char *by, int64_t ts, int64_t event, struct error *err)
{
	struct panic_row r = {
		.head = { p->ts, p->given_up ? p->given_up_ts : ts, pm->thinned ? LIKELY : PROVED,
			  true, false },
		.panic = *p,
		.pid = g->key.process->pid,
		.goid = g->key.goid,
		.last_event = p->given_up ? p->given_up_event : event,
		.outcome = p->given_up ? p->given_up : outcome,
		.recovered_by = by,
	};

	if (strcmp(r.outcome, "recovered")) {
		r.panic.recovered_ts = NO_TIME;
		r.panic.recovered_in = r.recovered_by = NULL;
	}
	r.head.hurt_by_loss = strcmp(r.outcome, "unknown") != 0;
	return waiting_add(&pm->rows, &r, err);
}

/* ---- goroutines ------------------------------------------------------------------------------ */

static struct panics *find(const struct panic_machine *pm, uint32_t life, int64_t goid)
{
	return per_goroutine_find(&pm->goroutines, life, goid);
}

static struct panics *get(struct panic_machine *pm, struct process *process, int64_t goid)
{
	struct panics *g = per_goroutine_get(&pm->goroutines, process, goid);

	per_goroutine_mark(&pm->goroutines, g, true);
	return g;
}

static void forget(struct panic_machine *pm, struct panics *g)
{
	free(g->list);
	per_goroutine_drop(&pm->goroutines, g);
}

/* ---- events ---------------------------------------------------------------------------------- */

/*
 * Control is in the activation `frame` (NO_VALUE: not known). Where that is not inside a deferred call
 * of the panic that is in doubt, that one was superseded. Otherwise it stays: a recovery to come may
 * be its own.
 */
static int settle(struct panic_machine *pm, struct panics *g, int64_t frame, struct error *err)
{
	while (g->count && g->list[g->count - 1].doubtful) {
		struct panic *p = &g->list[g->count - 1], *below = p - 1;
		enum relation r = frame_relation(pm->model, p->frame, frame);

		/* A call of its own may be what runs; but a stack is not proof enough for that. */
		if (r == FRAME_UNKNOWN || r == FRAME_SHALLOWER)
			break;
		if (finish(pm, g, p, "superseded", NULL, p->doubt_ts, p->doubt_event, err))
			return -1;
		if (--g->count) {
			below->doubtful = true;
			below->doubt_ts = p->doubt_ts;
			below->doubt_event = p->doubt_event;
		}
	}
	return 0;
}

/*
 * The innermost panic was recovered, and control is in the activation `frame` (NO_VALUE: not known),
 * in the function `by`.
 */
static int recovered(struct panic_machine *pm, struct panics *g, int64_t frame, const char *by,
		     struct error *err)
{
	struct panic p = g->list[--g->count], *below;

	g->recovering = false;
	if (finish(pm, g, &p, "recovered", by, p.recovered_ts, p.recovery_event, err))
		return -1;
	if (!g->count)
		return 0;
	below = &g->list[g->count - 1];
	if (!below->doubtful) {
		below->doubtful = true;
		below->doubt_ts = p.recovered_ts;
		below->doubt_event = p.recovery_event;
	}
	return settle(pm, g, frame, err);
}

/*
 * What panicked with which value. panic(nil) has no type; since Go 1.21 a recover() gets a
 * *runtime.PanicNilError for it, which is made later.
 */
static void read_value(struct panic_machine *pm, const struct panics *g, const struct event *e,
		       struct panic *p)
{
	const struct resolver *r = &pm->model->resolver;
	int64_t type = event_field(e, FIELD_TYPE), ret = event_field(e, FIELD_RET);
	struct value_type known;

	p->value.length = NO_VALUE;
	if (!type) {
		p->type = "nil";
	} else if (type != NO_VALUE && ret != NO_VALUE && r->type &&
		   r->type(r->arg, g->key.process->pid, (uint64_t)ret, (uint64_t)type, &known)) {
		p->type = known.name;
		value_of(e, &known, &p->value);
	}
}

/* ---- who recovers ---------------------------------------------------------------------------- */

/* Whether deferred calls are made by this function of the runtime while a goroutine panics. */
static bool calls_deferred(const char *function)
{
	static const char *const names[] = {
		"runtime.gopanic",
		"runtime.deferCallSave",   /* Go 1.17 to 1.21, of open-coded defers */
		"runtime.reflectcallSave", /* Go 1.17, with arguments */
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(function, names[i]))
			return true;
	return false;
}

/*
 * Whether the runtime called the function that calls recover(), by the recorded stack. Its own frame may
 * be missing there, as at a function's entry the frame pointer is still that of the caller.
 */
static bool is_direct(const struct panic_machine *pm, const struct event *e, const char *function)
{
	const struct resolver *r = &pm->model->resolver;
	uint32_t stack = e->sample.stack;
	struct place caller;
	unsigned i;

	if (!stack || !r->caller || !r->frame)
		return false;
	for (i = 0; i < 2; i++) {
		stack = r->caller(r->arg, stack);
		if (!stack || !r->frame(r->arg, stack, &caller) || !caller.function)
			return false;
		if (strcmp(caller.function, function))
			return calls_deferred(caller.function);
	}
	return false;
}

static void called_recover(struct panic_machine *pm, const struct panics *g, const struct event *e)
{
	struct panic *p = &g->list[g->count - 1];
	int64_t ret = event_field(e, FIELD_RET);
	const char *function = NULL;

	if (p->saviour == SAVIOUR_DIRECT || g->recovering)
		return;
	if (ret != NO_VALUE && ret)
		function = model_place(pm->model, g->key.process, ret, true)->function;
	if (function && is_direct(pm, e, function)) {
		p->saviour = SAVIOUR_DIRECT;
		p->recovered_in = function;
		p->recover_ret = ret;
	} else if (function && p->saviour == SAVIOUR_NONE) {
		p->saviour = SAVIOUR_ONE;
		p->recovered_in = function;
		p->recover_ret = ret;
	} else if (function && p->saviour == SAVIOUR_ONE && !strcmp(function, p->recovered_in)) {
		if (ret != p->recover_ret)
			p->recover_ret = NO_VALUE;
	} else {
		p->saviour = SAVIOUR_SEVERAL;
		p->recovered_in = NULL;
	}
}

/* A recovery came: one of the calls of recover() took effect. */
static void name_saviour(struct panic_machine *pm, const struct panics *g, struct panic *p)
{
	const struct resolver *r = &pm->model->resolver;
	const struct place *place;

	if (!p->recovered_in || p->recover_ret == NO_VALUE)
		return;
	place = model_place(pm->model, g->key.process, p->recover_ret, true);
	p->recover_file = place->file;
	p->recover_line = place->line;
	if (r->drops)
		p->drops = r->drops(r->arg, g->key.process->pid, (uint64_t)p->recover_ret);
}

/* ---- the life of a panic --------------------------------------------------------------------- */

static int rose(struct panic_machine *pm, struct panics *g, const struct event *e,
		struct error *err)
{
	int64_t ret = event_field(e, FIELD_RET);
	const struct place *place;
	struct panic *p;

	if (g->recovering && recovered(pm, g, NO_VALUE, NULL, err))
		return -1;
	if (settle(pm, g, event_frame(pm->model, e), err))
		return -1;
	ARRAY_GROW(g->list, g->count, g->capacity);
	p = &g->list[g->count];
	*p = (struct panic){
		.id = pm->next_id++,
		.ts = e->ts,
		.event = e->id,
		.frame = event_frame(pm->model, e),
		.stack = e->sample.stack,
		.line = NO_VALUE,
		.nested_in = NO_VALUE,
		.recovered_ts = NO_TIME,
		.recover_line = NO_VALUE,
		.drops = -1,
	};
	if (g->count && (!p[-1].doubtful ||
			 frame_relation(pm->model, p[-1].frame, p->frame) == FRAME_SHALLOWER))
		p->nested_in = p[-1].id;
	if (ret != NO_VALUE && ret) {
		place = model_place(pm->model, g->key.process, ret, true);
		p->function = place->function;
		p->file = place->file;
		p->line = place->line;
	}
	read_value(pm, g, e, p);
	g->count++;
	return 0;
}

/* All that is open ended so: the innermost one with `outcome`, those below with `outer`. */
static int close_all(struct panic_machine *pm, struct panics *g, const char *outcome,
		     const char *outer, int64_t ts, int64_t event, struct error *err)
{
	bool innermost = true;

	if (g->recovering && recovered(pm, g, NO_VALUE, NULL, err))
		return -1;
	for (; g->count; innermost = false) {
		const struct panic *p = &g->list[--g->count];

		if (finish(pm, g, p, innermost ? outcome : outer, NULL, ts, event, err))
			return -1;
	}
	return 0;
}

/* Goexit was called. One that is in doubt may have ended before, and then so have those below it. */
static int give_up(struct panic_machine *pm, struct panics *g, const struct event *e,
		   struct error *err)
{
	bool sure = true;
	size_t i;

	if (g->recovering && recovered(pm, g, NO_VALUE, NULL, err))
		return -1;
	for (i = g->count; i && !g->list[i - 1].given_up; i--) {
		struct panic *p = &g->list[i - 1];

		sure &= !p->doubtful;
		p->given_up = sure ? "goexit" : "unknown";
		p->given_up_ts = sure ? e->ts : NO_TIME;
		p->given_up_event = sure ? e->id : NO_VALUE;
	}
	return 0;
}

/* The goroutine ended as if nothing had happened: what was not recovered was given up for something. */
static int ended(struct panic_machine *pm, struct panics *g, const struct event *e,
		 struct error *err)
{
	const char *outcome = "unknown";

	if (g->recovering && recovered(pm, g, NO_VALUE, NULL, err))
		return -1;
	if (g->count && g->list[g->count - 1].doubtful && pm->sees_recovery)
		outcome = "superseded";
	return close_all(pm, g, outcome, outcome, e->ts, e->id, err);
}

/* ---- the machine ----------------------------------------------------------------------------- */

static bool wants(const struct source_state *s)
{
	/* What runs on the goroutine's own stack shows which of its panics are over. */
	return (s->role >= ROLE_RETURNED && s->role <= ROLE_FATAL) ||
	       !(s->runtime && s->runtime->on_g0);
}

static void *begin(struct model *m, struct error *err)
{
	struct panic_machine *pm = xcalloc(1, sizeof(*pm));

	pm->model = m;
	pm->next_id = 1;
	pm->gorecover = runtime_function("runtime.gorecover");
	per_goroutine_begin(&pm->goroutines, sizeof(struct panics));
	waiting_begin(&pm->rows, m, &m->runtime_lost, sizeof(struct panic_row), write_row, pm);
	pm->table = db_table(
		m->db,
		"panic(id, pid, goid, ts, function, file, line, outcome, recovered_ts, "
		"recovered_by, recovered_in, recover_file, recover_line, value_dropped, value_type, value_text, "
		"value_size, nested_in, stack_id, first_event, last_event)",
		err);
	if (pm->table)
		return pm;
	free(pm);
	return NULL;
}

static void ask(struct panic_machine *pm)
{
	const struct source_state *s;

	pm->asked = true;
	pm->sees_recovery = role_recorded(pm->model, ROLE_RECOVERY);
	for (s = pm->model->sources; s; s = s->next) {
		pm->loses_recover |= s->runtime == pm->gorecover && loss_possible(pm->model, s);
		pm->thinned |= ((s->role >= ROLE_PANIC && s->role <= ROLE_FATAL_PANIC) ||
				s->runtime == pm->gorecover) &&
			       source_sampled(s);
	}
}

static int event(void *machine, const struct event *e, struct thread *t, struct error *err)
{
	struct panic_machine *pm = machine;
	const struct source_state *s;
	const char *by = NULL;
	struct panics *g;
	int64_t goid, ret;
	int result;

	if (e->kind != EVENT_SAMPLE || !t || e->ts == NO_TIME)
		return 0;
	s = e->source->model;
	if (pm->model->restarted_event == e->id)
		return 0;
	if (!pm->asked)
		ask(pm);
	goid = s->role == ROLE_FATAL || s->role == ROLE_DIES ? dying_goroutine(pm->model, e, t)
							     : goroutine_of(pm->model, e, t);
	if (s->role == ROLE_PANIC) {
		g = get(pm, t->process, goid);
		if (rose(pm, g, e, err))
			return -1;
		if (goid != NO_VALUE)
			return 0;
		/* Whose it is is not known, so neither is how it ends. */
		g->list[0].nested_in = NO_VALUE;
		return close_all(pm, g, "unknown", "unknown", NO_TIME, NO_VALUE, err);
	}
	g = goid == NO_VALUE ? NULL : find(pm, t->process->life, goid);
	if (!g)
		return 0;
	/* Where the goroutine itself is. */
	if ((!s->runtime || !s->runtime->on_g0) && !g->recovering &&
	    settle(pm, g, event_frame(pm->model, e), err))
		return -1;
	if (s->runtime == pm->gorecover && g->count)
		called_recover(pm, g, e);
	switch (s->role) {
	case ROLE_RECOVERY:
		if (g->recovering && recovered(pm, g, NO_VALUE, NULL, err))
			return -1;
		if (!g->count)
			return 0; /* of a panic that was not seen */
		g->recovering = true;
		g->list[g->count - 1].recovered_ts = e->ts;
		g->list[g->count - 1].recovery_event = e->id;
		name_saviour(pm, g, &g->list[g->count - 1]);
		return 0;
	case ROLE_DEFER_RETURN:
		if (!g->recovering)
			return 0;
		ret = event_field(e, FIELD_RET);
		if (ret != NO_VALUE && ret)
			by = model_place(pm->model, g->key.process, ret, true)->function;
		return recovered(pm, g,
				 frame_after_recovery(pm->model, e, g->list[g->count - 1].frame),
				 by, err);
	case ROLE_GOEXIT: return give_up(pm, g, e, err);
	/* A throw in a deferred call: the panic is printed, too, but it is not what the program dies of. */
	case ROLE_FATAL: return close_all(pm, g, "superseded", "superseded", e->ts, e->id, err);
	case ROLE_FATAL_PANIC:
	case ROLE_DIES: return close_all(pm, g, "fatal", "superseded", e->ts, e->id, err);
	case ROLE_RETURNED:
	case ROLE_ENDED:
		result = ended(pm, g, e, err);
		forget(pm, g);
		return result;
	default: return 0;
	}
}

/* A recovery may have been lost in the hole. */
static int hole(void *machine, const struct hole *h, struct error *err)
{
	struct panic_machine *pm = machine;
	struct panics *g;
	size_t i;

	if (!loss_possible_of(pm->model, ROLE_RETURNED, ROLE_DIES) && !pm->loses_recover)
		return 0;
	waiting_hole(&pm->rows, h);
	for (i = 0; (g = per_goroutine_marked(&pm->goroutines, i)); i++)
		if (close_all(pm, g, "unknown", "unknown", NO_TIME, NO_VALUE, err))
			return -1;
	per_goroutine_unmark_all(&pm->goroutines);
	return 0;
}

static int process_end(void *machine, struct process *p, enum end_of_life why, int64_t ts,
		       struct error *err)
{
	struct panic_machine *pm = machine;
	struct panics *g;
	size_t at = 0;

	(void)why;
	(void)ts;
	/*
	 * Exit code 2 is that of a fatal panic, but the deferred calls may have asked for it, or another
	 * goroutine may have died.
	 */
	while ((g = per_goroutine_next_of(&pm->goroutines, p, &at))) {
		if (close_all(pm, g, "unknown", "unknown", NO_TIME, NO_VALUE, err))
			return -1;
		forget(pm, g);
	}
	return 0;
}

static int end(void *machine, struct error *err)
{
	struct panic_machine *pm = machine;

	return waiting_end(&pm->rows, err);
}

static void free_panics(void *machine)
{
	struct panic_machine *pm = machine;
	struct panics *g;
	size_t at = 0;

	while ((g = per_goroutine_next(&pm->goroutines, &at)))
		free(g->list);
	per_goroutine_free(&pm->goroutines);
	waiting_free(&pm->rows);
	free(pm);
}

bool panic_innermost(const struct model *m, const struct process *p, int64_t goid,
		     struct panic_told *told)
{
	const struct panic_machine *pm = model_machine(m, &panic_machine);
	const struct panics *g = goid == NO_VALUE ? NULL : find(pm, p->life, goid);
	size_t over = g && g->recovering; /* the last one has been recovered */
	const struct panic *top = g && g->count > over ? &g->list[g->count - 1 - over] : NULL;

	if (!top || top->given_up)
		return false;
	*told = (struct panic_told){ top->id, top->line, top->function, top->file, &top->value };
	return true;
}

const struct machine panic_machine = {
	.name = "panic",
	.begin = begin,
	.wants = wants,
	.event = event,
	.hole = hole,
	.process_end = process_end,
	.end = end,
	.free = free_panics,
};
