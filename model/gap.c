/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Gaps: a clock sample was due on a CPU that ran a thread, and did not come.
 *
 * cpu-clock and task-clock are timers with a fixed period, also where a frequency was asked for
 * (Linux: kernel/events/core.c, perf_swevent_init_hrtimer(): 10^9 ns / frequency). On a CPU that is
 * recorded as a whole the timer fires on a grid of that period, which a late sample does not shift:
 * the kernel moves the timer on by whole periods. So the earliest samples tell where the grid lies,
 * and every other one how late it was, and how many were left out before it.
 *
 * The timer of a task runs while the task does: it stops when the task leaves the CPU, and goes on with
 * the rest of its period when the task comes back (perf_swevent_cancel_hrtimer()), unless the next task
 * inherited the same events and takes them over as they are. So there the grid holds between samples of
 * one thread that did not leave its CPU in between, which needs all switches.
 */
#include "model/machine.h"

#include <stdlib.h>

#include "base/memory.h"

/* A sample is late from this part of the period on; handling an interrupt takes some microseconds. */
#define LATE_SHARE 20
/* The recording's clock may be slewed against the timer's: the grid drifts by up to 500 ppm. */
#define DRIFT 2000

/* The grid of one CPU, or of one stretch of a thread. */
struct grid {
	int64_t due;   /* when the last sample was due; NO_TIME: not known */
	int64_t event; /* its id */
};

struct clock {
	const struct source *source;
	int64_t period;     /* ns */
	struct grid *grids; /* by CPU, or by what `threads` says */
	size_t count, capacity;
	bool of_tasks;      /* else of CPUs */
	struct map threads; /* of_tasks: tid to an index into grids */
};

struct gaps {
	struct model *model;
	struct clock *clocks;
	size_t clock_count, clock_capacity;
	bool asked, of_tasks; /* any clock is */
};

/* ---- clocks ---------------------------------------------------------------------------------- */

static void ask(struct gaps *g)
{
	const struct source_state *s;
	bool switches = false;

	g->asked = true;
	for (s = g->model->sources; s; s = s->next)
		switches |= s->tracepoint == TRACE_SWITCH && !source_sampled(s);
	for (s = g->model->sources; s; s = s->next) {
		const struct source *from = s->source;
		int64_t period = from->is_freq ? from->freq > 0 ? 1000000000 / from->freq : 0
					       : from->period;

		if (!from->is_timer || !(from->system_wide || switches) || period <= 0)
			continue;
		ARRAY_GROW(g->clocks, g->clock_count, g->clock_capacity);
		g->clocks[g->clock_count++] = (struct clock){
			.source = from,
			.period = period,
			.of_tasks = !from->system_wide,
		};
		g->of_tasks |= !from->system_wide;
	}
}

static struct grid *grid_of_cpu(struct clock *c, int cpu)
{
	size_t count = (size_t)cpu + 16, i;

	if ((size_t)cpu >= c->count) {
		c->grids = xrealloc(c->grids, count, sizeof(*c->grids));
		for (i = c->count; i < count; i++)
			c->grids[i].due = NO_TIME;
		c->count = count;
	}
	return &c->grids[cpu];
}

static struct grid *grid_of_thread(struct clock *c, int32_t tid)
{
	bool added;
	uint64_t *i = map_put(&c->threads, (uint32_t)tid, 0, &added);

	if (added) {
		ARRAY_GROW(c->grids, c->count, c->capacity);
		*i = c->count;
		c->grids[c->count++].due = NO_TIME;
	}
	return &c->grids[*i];
}

/* NULL: the sample does not say whose grid it is on. */
static struct grid *grid_of(struct clock *c, const struct event *e)
{
	if (c->of_tasks)
		return e->tid > 0 ? grid_of_thread(c, e->tid) : NULL;
	return e->cpu >= 0 && e->cpu < CPU_LIMIT ? grid_of_cpu(c, e->cpu) : NULL;
}

/* ---- samples --------------------------------------------------------------------------------- */

static int sampled(struct gaps *g, struct clock *c, const struct event *e, const struct thread *t,
		   struct error *err)
{
	struct grid *grid = grid_of(c, e);
	int64_t since, before, periods, late;

	if (!grid)
		return 0;
	since = grid->due;
	before = grid->event;
	grid->due = e->ts;
	grid->event = e->id;
	if (since == NO_TIME || e->ts < since)
		return 0;
	periods = (e->ts - since) / c->period;
	late = (e->ts - since) % c->period;
	if (late > c->period - c->period / LATE_SHARE) {
		/* Early for the next point by a little, which shows that the grid drifts. */
		periods++;
		late = 0;
	}
	if (late > c->period / DRIFT * (periods + 1))
		grid->due = e->ts - late + c->period / DRIFT * (periods + 1);
	if (!periods) {
		/* Twice for one point: the second was late, and the next one is due as ever. */
		grid->due = since;
		return 0;
	}
	if (periods < 2) /* late, but it came */
		return 0;
	/* In idle time the CPU may have slept deeply; nobody's program was unseen. */
	if (!t || !t->tid)
		return 0;
	return blind_window_row(g->model,
				&(struct blind_window){
					.cause = "gap",
					.cpu = e->cpu,
					.tid = t->tid,
					.source = c->source->id,
					.ts = since + c->period,
					.ts_end = e->ts,
					.lost = periods - 1,
					.certainty = LIKELY,
					.first_event = before,
					.last_event = e->id,
				},
				err);
}

/* ---- the machine ----------------------------------------------------------------------------- */

static bool wants(const struct source_state *s)
{
	/* A switch stops the timers of the thread that leaves. */
	return s->tracepoint == TRACE_CLOCK || s->tracepoint == TRACE_SWITCH;
}

static void *begin(struct model *m, struct error *err)
{
	struct gaps *g = xcalloc(1, sizeof(*g));

	(void)err;
	g->model = m;
	return g;
}

/* A thread left its CPU, and its timers stopped. */
static void switched(struct gaps *g, const struct event *e)
{
	int64_t tid = event_field(e, FIELD_PREV_PID);
	size_t i;

	for (i = 0; i < g->clock_count; i++) {
		struct clock *c = &g->clocks[i];
		const uint64_t *known = map_get(&c->threads, (uint32_t)tid, 0);

		if (known)
			c->grids[*known].due = NO_TIME;
	}
}

static int trace(void *machine, const struct event *e, struct thread *t, struct error *err)
{
	const struct source_state *s = e->source->model;
	struct gaps *g = machine;
	size_t i;

	if (!g->asked)
		ask(g);
	if (s->tracepoint == TRACE_SWITCH && g->of_tasks)
		switched(g, e);
	if (s->tracepoint != TRACE_CLOCK || e->ts == NO_TIME)
		return 0;
	for (i = 0; i < g->clock_count; i++)
		if (g->clocks[i].source == e->source)
			return sampled(g, &g->clocks[i], e, t, err);
	return 0;
}

/* What was lost was no gap: the hole has a window of its own. */
static int hole(void *machine, const struct hole *h, struct error *err)
{
	struct gaps *g = machine;
	size_t i, j;

	(void)err;
	for (i = 0; i < g->clock_count; i++)
		for (j = 0; j < g->clocks[i].count; j++)
			if (h->cpu < 0 || g->clocks[i].of_tasks || (size_t)h->cpu == j)
				g->clocks[i].grids[j].due = NO_TIME;
	return 0;
}

static void free_gaps(void *machine)
{
	struct gaps *g = machine;
	size_t i;

	for (i = 0; i < g->clock_count; i++) {
		free(g->clocks[i].grids);
		map_free(&g->clocks[i].threads);
	}
	free(g->clocks);
	free(g);
}

const struct machine gap_machine = {
	.name = "gap",
	.begin = begin,
	.wants = wants,
	.trace = trace,
	.hole = hole,
	.free = free_gaps,
};
