/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stops of the world: from the entry of stopTheWorldWithSema, where stopping begins, to the entry of
 * startTheWorldWithSema. Not all stand still from the beginning: a goroutine runs on until it gives way,
 * and one in a system call until that ends. One stop at a time is under way in a process
 * (runtime.worldsema). src/runtime/proc.go, Go 1.17 to 1.27.
 *
 * A stop across which a hole lies has no end: another start and another stop may be in the hole.
 */
#include "model/machine.h"

#include <stdlib.h>

#include "base/memory.h"

struct stop {
	struct process *process;
	uint32_t life;
	int32_t tid;
	int64_t goid, ts, event, reason;
	enum name_kind names; /* of `reason` */
};

struct stop_row {
	struct waiting_row head;
	struct stop stop;
	int64_t last_event;
};

struct stops {
	struct model *model;
	struct db_table *table;
	struct waiting rows;
	struct stop *list; /* at most one of each process */
	size_t count, capacity;
	bool asked, thinned;
};

static int write_stop(void *machine, const void *row, struct error *err)
{
	struct stops *w = machine;
	const struct stop_row *r = row;
	const struct stop *s = &r->stop;
	struct db_table *t = w->table;
	bool ended = r->head.ts_end != NO_TIME && !r->head.cut;

	row_text(t, "stw");
	row_null(t);
	row_int(t, s->process->pid);
	row_int(t, s->tid);
	row_int(t, s->goid);
	row_int(t, s->ts);
	row_int(t, ended ? r->head.ts_end : DB_NULL);
	row_number_name(t, w->model, s->names, s->reason);
	row_null(t);
	row_int(t, 0);
	row_text(t, certainty_name(ended ? r->head.certainty : POSSIBLE));
	row_int(t, s->event);
	row_int(t, ended ? r->last_event : DB_NULL);
	return row_end(t, err);
}

/* `e`: the start of the world; NULL: none was seen. */
static int end_stop(struct stops *w, uint32_t life, const struct event *e, struct error *err)
{
	struct stop_row r = { .head.hurt_by_loss = true };
	size_t i;

	for (i = 0; i < w->count && w->list[i].life != life; i++)
		;
	if (i == w->count)
		return 0;
	r.stop = w->list[i];
	r.head.ts = r.stop.ts;
	r.head.ts_end = e ? e->ts : NO_TIME;
	r.head.certainty = e && !w->thinned ? PROVED : POSSIBLE;
	r.last_event = e ? e->id : NO_VALUE;
	w->list[i] = w->list[--w->count];
	return waiting_add(&w->rows, &r, err);
}

static int stop(struct stops *w, const struct event *e, const struct thread *t, struct error *err)
{
	const struct source_state *s = e->source->model;

	/* Stopped twice in a row: the start in between is missing. */
	if (end_stop(w, t->process->life, NULL, err))
		return -1;
	ARRAY_GROW(w->list, w->count, w->capacity);
	w->list[w->count++] = (struct stop){
		.process = t->process,
		.life = t->process->life,
		.tid = t->tid,
		.goid = event_field(e, FIELD_GOID),
		.ts = e->ts,
		.event = e->id,
		.reason = event_field(e, FIELD_REASON),
		.names = s->reason_argument == STOP_REASON_ARGUMENT ? NAME_STOP_REASON : NAME_NONE,
	};
	return 0;
}

static void find_out(struct stops *w)
{
	const struct source_state *s;

	w->asked = true;
	for (s = w->model->sources; s; s = s->next)
		w->thinned |= (s->role == ROLE_STOP || s->role == ROLE_START) && source_sampled(s);
}

static int event(void *machine, const struct event *e, struct thread *t, struct error *err)
{
	struct stops *w = machine;
	enum role role;

	if (e->kind != EVENT_SAMPLE)
		return 0;
	role = ((struct source_state *)e->source->model)->role;
	if ((role != ROLE_STOP && role != ROLE_START) || !t || e->ts == NO_TIME)
		return 0;
	if (!w->asked)
		find_out(w);
	return role == ROLE_STOP ? stop(w, e, t, err) : end_stop(w, t->process->life, e, err);
}

static int end_all(struct stops *w, struct error *err)
{
	while (w->count)
		if (end_stop(w, w->list[0].life, NULL, err))
			return -1;
	return 0;
}

static bool wants(const struct source_state *s)
{
	return s->role == ROLE_STOP || s->role == ROLE_START;
}

static void *begin(struct model *m, struct error *err)
{
	struct stops *w = xcalloc(1, sizeof(*w));

	w->model = m;
	waiting_begin(&w->rows, m, &m->stop_lost, sizeof(struct stop_row), write_stop, w);
	w->table = db_table(m->db,
			    "preempt_window(kind, cpu, pid, tid, goid, ts, ts_end, opener, closer, "
			    "observer, certainty, first_event, last_event)",
			    err);
	if (w->table)
		return w;
	free(w);
	return NULL;
}

static int hole(void *machine, const struct hole *h, struct error *err)
{
	struct stops *w = machine;

	if (w->model->recording.has_ledger && !w->model->stop_lost)
		return 0;
	waiting_hole(&w->rows, h);
	return end_all(w, err);
}

static int process_end(void *machine, struct process *process, enum end_of_life why, int64_t ts,
		       struct error *err)
{
	(void)why;
	(void)ts;
	return end_stop(machine, process->life, NULL, err);
}

static int end(void *machine, struct error *err)
{
	struct stops *w = machine;

	if (end_all(w, err))
		return -1;
	return waiting_end(&w->rows, err);
}

static void free_stops(void *machine)
{
	struct stops *w = machine;

	waiting_free(&w->rows);
	free(w->list);
	free(w);
}

const struct machine stop_world_machine = {
	.name = "stop_world",
	.begin = begin,
	.wants = wants,
	.event = event,
	.hole = hole,
	.process_end = process_end,
	.end = end,
	.free = free_stops,
};
