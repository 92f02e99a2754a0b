/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the recording itself cost: each hit of a uprobe stops its thread for some microseconds.
 *
 * A hit was over before the next one of its thread began. So where gotrace record measured what a hit
 * of each probe costs, that counts, but no more than the time to the next hit. Otherwise that time is
 * a bound: none of a probe's hits cost more than the shortest time from one of them to the next hit of
 * any probe on the same thread, or to the thread's end.
 */
#include "model/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define COMM_SIZE 64

struct costs {
	struct model *model;
	struct db_table *table;
	int64_t hits, ns; /* of all threads whose cost is known */
	int64_t unknown;  /* hits of the others */
	bool is_bound;
	/* the thread with the highest share */
	double share;
	int32_t tid;
	bool of_running;
	char comm[COMM_SIZE];
};

/* The last hit of the thread was over by `ts`. */
static void settle(struct thread *t, int64_t ts)
{
	struct source_state *s = t->hit;
	int64_t each, ns;

	if (!s)
		return;
	if (ts > t->hit_ts && (!s->most_ns || ts - t->hit_ts < s->most_ns))
		s->most_ns = ts - t->hit_ts;
	each = s->cost_ns ? s->cost_ns : s->most_ns;
	if (t->hit_count == 1 && ts > t->hit_ts && each > ts - t->hit_ts)
		each = ts - t->hit_ts;
	/* Of hits that were not recorded the cost is less: nothing was written. */
	t->cost_is_bound |= !s->cost_ns || t->hit_count > 1;
	t->cost_unknown |= !each || __builtin_mul_overflow(each, t->hit_count, &ns) ||
			   __builtin_add_overflow(t->hits_ns, ns, &t->hits_ns);
	t->hit = NULL;
}

static void *begin(struct model *m, struct error *err)
{
	struct costs *c = xcalloc(1, sizeof(*c));

	c->model = m;
	c->table =
		db_table(m->db,
			 "recording_cost(tid, pid, hits, cost_ns, thread_ns, thread_time, share, "
			 "basis)",
			 err);
	if (c->table)
		return c;
	free(c);
	return NULL;
}

static int event(void *machine, const struct event *e, struct thread *t, struct error *err)
{
	(void)machine;
	(void)err;
	if (e->kind != EVENT_SAMPLE || !t || e->ts == NO_TIME)
		return 0;
	settle(t, e->ts);
	t->hit = e->source->model;
	t->hit_ts = e->ts;
	t->hit_count = e->sample.period > 0 ? e->sample.period : 1;
	if (__builtin_add_overflow(t->hits, t->hit_count, &t->hits))
		t->hits = INT64_MAX;
	return 0;
}

static void add_up(struct costs *c, const struct thread *t, double share, bool of_running)
{
	int64_t *hits = t->cost_unknown ? &c->unknown : &c->hits;

	if (__builtin_add_overflow(*hits, t->hits, hits))
		*hits = INT64_MAX;
	if (t->cost_unknown)
		return;
	if (__builtin_add_overflow(c->ns, t->hits_ns, &c->ns))
		c->ns = INT64_MAX;
	c->is_bound |= t->cost_is_bound;
	if (share <= c->share)
		return;
	c->share = share;
	c->tid = t->tid;
	c->of_running = of_running;
	snprintf(c->comm, sizeof(c->comm), "%s", t->comm ? t->comm : "?");
}

int cost_thread_end(struct model *m, struct thread *t, int64_t ts, struct error *err)
{
	struct costs *c = model_machine(m, &cost_machine);
	int64_t until = ts == NO_TIME ? m->ts_end : ts, spent = thread_ran(m, t, until);
	int64_t from = t->ts == NO_TIME ? m->ts : t->ts;
	const char *of = "running";
	double share = -1;

	settle(t, until);
	if (spent == NO_VALUE && from != NO_TIME && until != NO_TIME) {
		spent = until - from;
		of = "life";
	}
	if (spent <= 0) {
		spent = NO_VALUE;
		of = NULL;
	}
	/* All of it was time of the thread. */
	if (of && t->hits_ns > spent)
		t->hits_ns = spent;
	if (of && !t->cost_unknown)
		share = (double)t->hits_ns / (double)spent;
	add_up(c, t, share, of && *of == 'r');
	row_int(c->table, t->tid);
	row_int(c->table, t->process->pid < 0 ? DB_NULL : t->process->pid);
	row_int(c->table, t->hits);
	row_int(c->table, t->cost_unknown ? DB_NULL : t->hits_ns);
	row_int(c->table, spent);
	row_text(c->table, of);
	if (share < 0)
		row_null(c->table);
	else
		row_real(c->table, share);
	row_text(c->table, t->cost_unknown ? NULL : t->cost_is_bound ? "bound" : "measured");
	return row_end(c->table, err);
}

static int64_t lost_hits(const struct model *m)
{
	const struct source_state *s;
	int64_t lost = 0;

	for (s = m->sources; s; s = s->next)
		if (s->source->is_uprobe && __builtin_add_overflow(lost, s->lost, &lost))
			return INT64_MAX;
	return lost;
}

static int end(void *machine, struct error *err)
{
	struct costs *c = machine;
	struct quality q = { "recording_cost", "info", NO_VALUE, NO_TIME, NO_TIME, NO_VALUE, 0 };
	struct buffer more = { 0 };
	int64_t lost = lost_hits(c->model);
	int rc;

	if (!c->hits && !c->unknown)
		return 0;
	buffer_text(&more, "");
	if (c->share > 0)
		buffer_format(&more,
			      "; the highest share is %.1f %% of the time that thread %d (%s) %s",
			      100 * c->share, c->tid, c->comm,
			      c->of_running ? "was on a CPU" : "was there");
	if (c->unknown && c->hits)
		buffer_format(&more, "; what %lld more hits cost is not known",
			      (long long)c->unknown);
	if (lost)
		buffer_format(&more, "; %lld hits that were lost are not counted", (long long)lost);
	if (c->hits) {
		q.value = c->ns;
		rc = quality_row(
			c->model, &q, err,
			"the recording itself: %lld hits of uprobes took %s%.3f ms, %.2f us each%s%s",
			(long long)c->hits, c->is_bound ? "at most " : "", (double)c->ns / 1e6,
			(double)c->ns / (double)c->hits / 1e3,
			c->is_bound
				? " (each was over before the next began; gotrace record measures it)"
				: " (as measured before the recording)",
			more.data);
	} else {
		rc = quality_row(
			c->model, &q, err,
			"the recording itself: what its hits of uprobes cost is not known%s",
			more.data);
	}
	buffer_free(&more);
	return rc;
}

const struct machine cost_machine = {
	.name = "cost",
	.begin = begin,
	.event = event,
	.end = end,
	.free = free,
};
