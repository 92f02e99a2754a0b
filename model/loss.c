/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the recorder could not see.
 *
 * Two ledgers have to be read together. PERF_RECORD_LOST has a CPU and a time, but says only which
 * event noticed: it is written just before the next record that fits, so the hole reaches from the
 * last record of that CPU to it. PERF_RECORD_LOST_SAMPLES is exact per event and comes at the end,
 * without a time (Linux: perf_event_read_format PERF_FORMAT_LOST, perf 6.1 and later). What the
 * second counts beyond the first was lost after the last record of a buffer and never announced.
 */
#include "model/machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Samples held back from one event, until it is let go. */
struct throttle {
	uint32_t source;
	int32_t cpu, tid;
	int64_t ts;
};

/* So many holes wait at most; perf announces few in a row. */
#define AWAITING_LIMIT 4096

/* Holes of a CPU wait for its next event, which they name. */
struct awaiting {
	struct blind_window *list;
	size_t count, capacity;
};

struct losses {
	struct model *model;
	struct awaiting awaiting;
	struct db_table *lost_table, *throttle_table, *window_table;
	struct throttle *throttles;
	size_t throttle_count, throttle_capacity;
};

bool loss_possible(const struct model *m, const struct source_state *s)
{
	return !m->recording.has_ledger || m->recording.overwrite || s->lost;
}

bool loss_possible_of(const struct model *m, enum role from, enum role to)
{
	const struct source_state *s;

	for (s = m->sources; s; s = s->next)
		if (s->role >= from && s->role <= to && s->role != ROLE_NONE && loss_possible(m, s))
			return true;
	return false;
}

bool role_recorded(const struct model *m, enum role role)
{
	const struct source_state *s;

	for (s = m->sources; s; s = s->next)
		if (s->role == role && !source_sampled(s))
			return true;
	return false;
}

/* Without a ledger nothing would tell of it. */
bool loss_at_end(const struct model *m)
{
	return m->recording.truncated || !m->recording.has_ledger ||
	       m->ledger_events > m->lost_events;
}

/* ---- rows ------------------------------------------------------------------------------------ */

int blind_window_row(struct model *m, const struct blind_window *w, struct error *err)
{
	struct losses *l = model_machine(m, &loss_machine);
	struct db_table *t = l->window_table;

	row_text(t, w->cause);
	row_int(t, w->cpu < 0 ? DB_NULL : w->cpu);
	row_int(t, w->tid < 0 ? DB_NULL : w->tid);
	row_int(t, w->source ? (int64_t)w->source : DB_NULL);
	row_int(t, w->ts);
	row_int(t, w->ts_end);
	row_int(t, w->lost);
	row_text(t, certainty_name(w->certainty));
	row_int(t, w->first_event ? w->first_event : DB_NULL);
	row_int(t, w->last_event ? w->last_event : DB_NULL);
	return row_end(t, err);
}

static int lost_row(struct losses *l, const struct event *e, const char *kind, struct error *err)
{
	bool ledger = e->kind == EVENT_LOST_SAMPLES;

	row_int(l->lost_table, ledger ? DB_NULL : e->ts);
	row_int(l->lost_table, e->cpu < 0 ? DB_NULL : e->cpu);
	row_int(l->lost_table, e->source ? (int64_t)e->source->id : DB_NULL);
	row_text(l->lost_table, kind);
	row_int(l->lost_table, e->lost.count);
	return row_end(l->lost_table, err);
}

/* The time of the last record of the CPU; of an unknown CPU, the earliest that any can have. */
static int64_t last_record(const struct model *m, int cpu)
{
	if (cpu < 0)
		return model_all_seen(m);
	if ((size_t)cpu + 1 < m->cpu_count && m->cpus[cpu + 1].seen)
		return m->cpus[cpu + 1].last_ts;
	return NO_TIME;
}

/* ---- records --------------------------------------------------------------------------------- */

/* Writes the holes of a CPU, which end with that event; 0: it had none any more. */
static int write_awaiting(struct losses *l, int cpu, int64_t event, struct error *err)
{
	struct awaiting *a = &l->awaiting;
	size_t i, left = 0;

	for (i = 0; i < a->count; i++) {
		if (a->list[i].cpu != cpu) {
			a->list[left++] = a->list[i];
			continue;
		}
		a->list[i].last_event = event;
		if (blind_window_row(l->model, &a->list[i], err))
			return -1;
	}
	a->count = left;
	model_cpu_state(l->model, cpu)->awaited = false;
	return 0;
}

int loss_ends(struct model *m, const struct event *e, struct error *err)
{
	return write_awaiting(model_machine(m, &loss_machine), e->cpu, e->id, err);
}

static int lost(struct losses *l, const struct event *e, struct error *err)
{
	struct model *m = l->model;
	struct cpu_state *c = model_cpu_state(m, m->recording.per_thread ? -1 : e->cpu);
	int cpu = c == m->cpus ? -1 : e->cpu;
	struct hole h = {
		.cpu = cpu,
		.ts = last_record(m, cpu),
		.ts_end = e->ts,
		.count = e->lost.count,
	};

	if (lost_row(l, e, "lost", err))
		return -1;
	m->lost_records++;
	m->lost_events += e->lost.count;
	c->lost += e->lost.count;
	if (h.ts != NO_TIME && h.ts_end != NO_TIME && h.ts > h.ts_end)
		h.ts = h.ts_end;
	ARRAY_GROW(l->awaiting.list, l->awaiting.count, l->awaiting.capacity);
	l->awaiting.list[l->awaiting.count++] = (struct blind_window){
		.cause = "lost",
		.cpu = cpu,
		.tid = -1,
		.ts = h.ts,
		.ts_end = h.ts_end,
		.lost = h.count,
		.certainty = cpu < 0 ? LIKELY : PROVED,
		.first_event = cpu < 0 ? 0 : c->last_event,
	};
	c->awaited = true;
	if ((cpu < 0 || l->awaiting.count >= AWAITING_LIMIT) && write_awaiting(l, cpu, 0, err))
		return -1;
	return model_hole(m, &h, err);
}

static int ledger(struct losses *l, const struct event *e, struct error *err)
{
	struct model *m = l->model;
	struct source_state *s = e->source ? e->source->model : NULL;
	bool any = e->lost.count > 0;

	m->recording.has_ledger = true;
	m->ledger_events += e->lost.count;
	if (s) {
		s->lost += e->lost.count;
		m->sideband_lost |= s->source->carries_sideband && any;
		m->runtime_lost |= s->role != ROLE_NONE && any;
		m->sched_lost |= s->tracepoint >= TRACE_SWITCH && s->tracepoint <= TRACE_WAKEUP &&
				 any;
		m->preempt_lost |= (s->role != ROLE_NONE || s->tracepoint == TRACE_SIGNAL ||
				    s->tracepoint == TRACE_DELIVERED) &&
				   any;
		m->stop_lost |= (s->role == ROLE_STOP || s->role == ROLE_START) && any;
	} else {
		m->sideband_lost |= any;
		m->runtime_lost |= any;
		m->sched_lost |= any;
		m->preempt_lost |= any;
		m->stop_lost |= any;
	}
	return lost_row(l, e, "lost_samples", err);
}

static int end_throttle(struct losses *l, const struct throttle *h, int64_t ts_end,
			struct error *err)
{
	struct db_table *t = l->throttle_table;

	row_int(t, h->ts);
	row_int(t, ts_end);
	row_int(t, h->cpu < 0 ? DB_NULL : h->cpu);
	row_int(t, h->tid < 0 ? DB_NULL : h->tid);
	row_int(t, h->source ? (int64_t)h->source : DB_NULL);
	if (row_end(t, err))
		return -1;
	return blind_window_row(l->model,
				&(struct blind_window){ .cause = "throttled",
							.cpu = h->cpu,
							.tid = h->tid,
							.source = h->source,
							.ts = h->ts,
							.ts_end = ts_end,
							.lost = NO_VALUE,
							.certainty = PROVED },
				err);
}

static int throttled(struct losses *l, const struct event *e, struct error *err)
{
	uint32_t source = e->source ? e->source->id : 0;
	bool wide = e->source && e->source->system_wide;
	struct throttle now = {
		.source = source,
		.cpu = e->cpu,
		.tid = wide ? -1 : e->tid, /* a CPU's counter holds back whoever runs there */
		.ts = e->ts,
	};
	size_t i;

	for (i = 0; i < l->throttle_count; i++) {
		struct throttle *h = &l->throttles[i];

		if (h->source != source || h->tid != now.tid || (wide && h->cpu != e->cpu))
			continue;
		if (e->kind == EVENT_THROTTLE)
			return 0; /* held back already: its end was not recorded */
		if (end_throttle(l, h, e->ts, err))
			return -1;
		*h = l->throttles[--l->throttle_count];
		return 0;
	}
	if (e->kind == EVENT_UNTHROTTLE)
		return 0; /* that it began was not recorded */
	if (e->source)
		((struct source_state *)e->source->model)->throttles++;
	ARRAY_GROW(l->throttles, l->throttle_count, l->throttle_capacity);
	l->throttles[l->throttle_count++] = now;
	return 0;
}

/* ---- the machine ----------------------------------------------------------------------------- */

static bool wants(const struct source_state *s)
{
	(void)s;
	return false; /* what is missing, no sample says */
}

static void *begin(struct model *m, struct error *err)
{
	struct losses *l = xcalloc(1, sizeof(*l));

	l->model = m;
	l->lost_table = db_table(m->db, "lost(ts, cpu, source_id, kind, count)", err);
	if (l->lost_table)
		l->throttle_table =
			db_table(m->db, "throttle(ts, ts_end, cpu, tid, source_id)", err);
	if (l->throttle_table)
		l->window_table = db_table(m->db,
					   "blind_window(cause, cpu, tid, source_id, ts, ts_end, "
					   "lost_events, certainty, first_event, last_event)",
					   err);
	if (l->window_table)
		return l;
	free(l);
	return NULL;
}

static int event(void *machine, const struct event *e, struct thread *t, struct error *err)
{
	struct losses *l = machine;

	(void)t;
	switch (e->kind) {
	case EVENT_LOST: return lost(l, e, err);
	case EVENT_LOST_SAMPLES: return ledger(l, e, err);
	case EVENT_THROTTLE:
	case EVENT_UNTHROTTLE: return throttled(l, e, err);
	default: return 0;
	}
}

/* Are only the last events of every source there? */
static bool all_overwritten(const struct model *m)
{
	const struct source_state *s;

	for (s = m->sources; s; s = s->next)
		if (!s->source->overwrite && !s->source->dummy)
			return false;
	return true;
}

/*
 * perf enables a system-wide recording CPU after CPU, and disables it so: hits before and after are
 * in no ledger. The first and last record of a CPU are the bounds of when it was armed.
 */
static int not_armed(struct losses *l, int cpu, const struct cpu_state *c, struct error *err)
{
	struct model *m = l->model;
	struct blind_window w = {
		.cause = "not_armed",
		.cpu = cpu,
		.tid = -1,
		.ts = m->ts,
		.ts_end = c->first_ts,
		.lost = NO_VALUE,
		.certainty = POSSIBLE,
		.last_event = c->first_event,
	};

	if (c->first_ts > m->ts && !(m->recording.overwrite && all_overwritten(m)) &&
	    blind_window_row(m, &w, err))
		return -1;
	w.ts = c->last_ts;
	w.ts_end = m->ts_end + 1;
	w.first_event = c->last_event;
	w.last_event = 0;
	return c->last_ts < m->ts_end ? blind_window_row(m, &w, err) : 0;
}

/* What a CPU wrote before the first event that was left of it: of all sources, or of some. */
static int overwritten(struct losses *l, int cpu, const struct cpu_state *c, struct error *err)
{
	const struct source_state *s;
	bool all = all_overwritten(l->model);
	struct blind_window w = {
		.cause = "overwritten",
		.cpu = cpu,
		.tid = -1,
		.ts = NO_TIME,
		.ts_end = c->kept_event ? c->kept_ts : NO_TIME,
		.lost = NO_VALUE,
		.certainty = POSSIBLE, /* whether its ring was ever full is not told */
		.last_event = c->kept_event,
	};

	if (all)
		return blind_window_row(l->model, &w, err);
	for (s = l->model->sources; s; s = s->next) {
		w.source = s->source->id;
		if (s->source->overwrite && blind_window_row(l->model, &w, err))
			return -1;
	}
	return 0;
}

/* What a CPU wrote after its last record. */
static int truncated(struct losses *l, int cpu, const struct cpu_state *c, struct error *err)
{
	const struct blind_window w = {
		.cause = "truncated",
		.cpu = cpu,
		.tid = -1,
		.ts = c->seen ? c->last_ts : NO_TIME,
		.ts_end = NO_TIME,
		.lost = NO_VALUE,
		.certainty = PROVED,
		.first_event = c->last_event,
	};

	return blind_window_row(l->model, &w, err);
}

/*
 * Both ends, CPU by CPU. Events without a CPU count as those of one more; and where it is not known
 * which CPUs there were, so do those of a CPU that was never seen.
 */
static int ends(struct losses *l, struct error *err)
{
	const struct model *m = l->model;
	const struct source_state *s;
	bool wide = false, all_known = m->cpus_told || model_all_seen(m) != NO_TIME;
	size_t i;

	for (s = m->sources; s; s = s->next)
		wide |= s->source->system_wide;
	model_cpu_state(l->model, -1);
	for (i = 0; i < m->cpu_count; i++) {
		const struct cpu_state *c = &m->cpus[i];
		int cpu = (int)i - 1;

		if (!(c->seen || c->told || (!i && !all_known)))
			continue;
		if (m->recording.truncated && truncated(l, cpu, c, err))
			return -1;
		if (m->recording.overwrite && overwritten(l, cpu, c, err))
			return -1;
		if (wide && i && c->seen && not_armed(l, cpu, c, err))
			return -1;
	}
	return 0;
}

static int end(void *machine, struct error *err)
{
	struct losses *l = machine;
	struct model *m = l->model;
	const struct source_state *s;
	int64_t end_ts = m->ts_end == NO_TIME ? NO_TIME : m->ts_end + 1;
	size_t i;

	while (l->awaiting.count)
		if (write_awaiting(l, l->awaiting.list[0].cpu, 0, err))
			return -1;
	for (i = 0; i < l->throttle_count; i++)
		if (end_throttle(l, &l->throttles[i], NO_TIME, err))
			return -1;
	for (s = m->sources; s; s = s->next)
		if (source_sampled(s) &&
		    blind_window_row(m,
				     &(struct blind_window){ .cause = "sampled",
							     .cpu = -1,
							     .tid = -1,
							     .source = s->source->id,
							     .ts = m->ts,
							     .ts_end = end_ts,
							     .lost = s->hits > s->events
									     ? s->hits - s->events
									     : NO_VALUE,
							     .certainty = PROVED },
				     err))
			return -1;
	if (m->recording.has_ledger && m->ledger_events > m->lost_events &&
	    blind_window_row(m,
			     &(struct blind_window){ .cause = "lost",
						     .cpu = -1,
						     .tid = -1,
						     .ts = last_record(m, -1),
						     .ts_end = NO_TIME,
						     .lost = m->ledger_events - m->lost_events,
						     .certainty = LIKELY },
			     err))
		return -1;
	return ends(l, err);
}

static void free_losses(void *machine)
{
	struct losses *l = machine;

	free(l->throttles);
	free(l->awaiting.list);
	free(l);
}

const struct machine loss_machine = {
	.name = "loss",
	.begin = begin,
	.wants = wants,
	.event = event,
	.end = end,
	.free = free_losses,
};
