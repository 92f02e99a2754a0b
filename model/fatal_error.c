/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deaths of a program by its own runtime (src/runtime/panic.go, Go 1.17 to 1.27):
 *
 *	throw, fatal	→ fatalthrow → startpanic_m → dopanic_m → exit(2)
 *	gopanic → (preprintpanics →) fatalpanic → startpanic_m → printpanics → dopanic_m → exit(2)
 *
 * None of these functions comes back, and all but preprintpanics are executed by one thread, one after
 * the other. So a thread has one death, of which any of them may have been recorded; a second throw
 * or panic on the same thread (while the first is printed, say) is a second one.
 */
#include "model/machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct death {
	struct process *process;
	uint32_t life; /* 0: free */
	int32_t tid;
	int64_t goid, ts;
	const char *kind;
	struct value_text message;
	const char *function, *file;
	int64_t line, panic;
	uint32_t stack;
	enum certainty certainty;
	int64_t first_event, last_event;
	bool printed; /* dopanic_m was entered: what comes now is another one */
};

struct fatal_errors {
	struct model *model;
	struct db_table *table;
	struct death *list; /* one for each thread that dies, few at a time */
	size_t count, capacity;
	const struct runtime_function *startpanic;
};

/*
 * On the system stack, where the goroutine's number is 0, it is the one that called there, if any: the
 * thread's current one. Where there is none, the number fetched through a nil pointer means nothing.
 */
int64_t dying_goroutine(const struct model *m, const struct event *e, const struct thread *t)
{
	int64_t goid = event_field(e, FIELD_GOID), curg = event_field(e, FIELD_CURG),
		curgoid = event_field(e, FIELD_CURGOID);

	if (goid == NO_VALUE)
		return goroutine_of(m, e, t);
	if (goid > 0 && (curg || curgoid != NO_VALUE))
		return goid;
	return curg && curg != NO_VALUE && curgoid > 0 ? curgoid : NO_VALUE;
}

static int write_row(struct fatal_errors *f, const struct death *d, struct error *err)
{
	struct db_table *t = f->table;

	row_int(t, d->process->pid);
	row_int(t, d->goid);
	row_int(t, d->tid);
	row_int(t, d->ts);
	row_text(t, d->kind);
	row_value(t, &d->message);
	row_text(t, d->function);
	row_text(t, d->file);
	row_int(t, d->line);
	row_int(t, d->panic);
	row_int(t, d->stack ? (int64_t)d->stack : DB_NULL);
	row_text(t, certainty_name(d->certainty));
	row_int(t, d->first_event);
	row_int(t, d->last_event);
	return row_end(t, err);
}

static struct death *find(const struct fatal_errors *f, const struct thread *t, int64_t goid)
{
	size_t i;

	for (i = 0; i < f->count; i++) {
		struct death *d = &f->list[i];

		/* preprintpanics calls the program's code, and may go on on another thread. */
		if (d->life == t->process->life &&
		    (d->tid == t->tid || (goid != NO_VALUE && d->goid == goid)))
			return d;
	}
	return NULL;
}

static struct death *begin_death(struct fatal_errors *f, const struct event *e,
				 const struct thread *t)
{
	struct death *d = NULL;
	size_t i;

	for (i = 0; i < f->count && !d; i++)
		if (!f->list[i].life)
			d = &f->list[i];
	if (!d) {
		ARRAY_GROW(f->list, f->count, f->capacity);
		d = &f->list[f->count++];
	}
	*d = (struct death){
		.process = t->process,
		.life = t->process->life,
		.tid = t->tid,
		.goid = NO_VALUE,
		.ts = e->ts,
		.message.length = NO_VALUE,
		.line = NO_VALUE,
		.panic = NO_VALUE,
		.stack = e->sample.stack,
		.certainty = LIKELY,
		.first_event = e->id,
	};
	return d;
}

static void died_of_panic(const struct fatal_errors *f, struct death *d)
{
	struct panic_told p;

	if (d->panic != NO_VALUE || !panic_innermost(f->model, d->process, d->goid, &p))
		return;
	d->panic = p.id;
	if (!d->kind || strcmp(d->kind, "panic"))
		return;
	d->function = p.function;
	d->file = p.file;
	d->line = p.line;
	d->message = *p.value;
}

static void gave_up(const struct fatal_errors *f, struct death *d, const struct event *e)
{
	int64_t ret = event_field(e, FIELD_RET);
	const struct place *place;

	value_of_string(e, &d->message);
	if (ret == NO_VALUE || !ret)
		return;
	place = model_place(f->model, d->process, ret, true);
	d->function = place->function;
	d->file = place->file;
	d->line = place->line;
}

/* The kind that an entry into the function proves; NULL: none. */
static const char *kind_of(const struct runtime_function *r)
{
	if (r->role == ROLE_FATAL_PANIC)
		return "panic";
	return !strcmp(r->name, "throw") || !strcmp(r->name, "fatal") ? r->name : NULL;
}

static void *begin(struct model *m, struct error *err)
{
	struct fatal_errors *f = xcalloc(1, sizeof(*f));

	f->model = m;
	f->startpanic = runtime_function("runtime.startpanic_m");
	f->table = db_table(m->db,
			    "fatal_error(pid, goid, tid, ts, kind, message, function, file, line, "
			    "panic_id, stack_id, certainty, first_event, last_event)",
			    err);
	if (f->table)
		return f;
	free(f);
	return NULL;
}

static bool wants(const struct source_state *s)
{
	/* startpanic_m is one of the others. */
	return (s->role >= ROLE_FATAL_PANIC && s->role <= ROLE_FATAL) || s->role == ROLE_OTHER;
}

static int event(void *machine, const struct event *e, struct thread *t, struct error *err)
{
	struct fatal_errors *f = machine;
	const struct source_state *s;
	const char *kind;
	struct death *d;
	int64_t goid;

	if (e->kind != EVENT_SAMPLE || !t || !t->process || e->ts == NO_TIME)
		return 0;
	s = e->source->model;
	if (s->role != ROLE_FATAL && s->role != ROLE_DIES && s->role != ROLE_FATAL_PANIC &&
	    (!s->runtime || s->runtime != f->startpanic))
		return 0;
	if (f->model->restarted_event == e->id)
		return 0;
	goid = dying_goroutine(f->model, e, t);
	kind = kind_of(s->runtime);
	d = find(f, t, goid);
	if (d && kind && (d->printed || (d->kind && strcmp(d->kind, kind)))) {
		if (write_row(f, d, err))
			return -1;
		d->life = 0;
		d = NULL;
	}
	if (!d)
		d = begin_death(f, e, t);
	d->last_event = e->id;
	d->tid = t->tid;
	if (s->role_proved)
		d->certainty = PROVED;
	if (d->goid == NO_VALUE)
		d->goid = goid;
	if (kind && !d->kind) {
		d->kind = kind;
		if (s->role == ROLE_FATAL)
			gave_up(f, d, e);
	}
	died_of_panic(f, d);
	d->printed |= s->role == ROLE_DIES;
	return 0;
}

static int process_end(void *machine, struct process *p, enum end_of_life why, int64_t ts,
		       struct error *err)
{
	struct fatal_errors *f = machine;
	size_t i;

	(void)why;
	(void)ts;
	for (i = 0; i < f->count; i++) {
		struct death *d = &f->list[i];

		if (d->life != p->life)
			continue;
		if (write_row(f, d, err))
			return -1;
		d->life = 0;
	}
	return 0;
}

static void free_deaths(void *machine)
{
	struct fatal_errors *f = machine;

	free(f->list);
	free(f);
}

const struct machine fatal_error_machine = {
	.name = "fatal_error",
	.begin = begin,
	.wants = wants,
	.event = event,
	.process_end = process_end,
	.free = free_deaths,
};
