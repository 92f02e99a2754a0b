/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/hole_map.h"

#include <stdlib.h>

#include "base/bisect.h"
#include "base/memory.h"
#include "model/machine.h"

struct hole_place {
	int cpu;
	int64_t ts, ts_end;
	int64_t earliest; /* beginning of this and all that end later */
};

void hole_map_add(struct hole_map *m, int cpu, int64_t ts, int64_t ts_end)
{
	const struct hole_place h = { .cpu = cpu, .ts = ts, .ts_end = ts_end };

	if (ts_end == NO_TIME) {
		ARRAY_GROW(m->endless, m->endless_count, m->endless_capacity);
		m->endless[m->endless_count++] = h;
		return;
	}
	ARRAY_GROW(m->list, m->count, m->capacity);
	m->list[m->count++] = h;
	m->sorted = false;
}

static int by_end(const void *a, const void *b)
{
	const struct hole_place *x = a, *y = b;

	return (x->ts_end > y->ts_end) - (x->ts_end < y->ts_end);
}

static void sort(struct hole_map *m)
{
	int64_t earliest = INT64_MAX;
	size_t i;

	m->sorted = true;
	if (!m->count)
		return;
	qsort(m->list, m->count, sizeof(*m->list), by_end);
	for (i = m->count; i; i--) {
		if (m->list[i - 1].ts < earliest)
			earliest = m->list[i - 1].ts;
		m->list[i - 1].earliest = earliest;
	}
}

bool hole_map_elsewhere(struct hole_map *m, int cpu, int64_t from, int64_t to)
{
	size_t at, i;

	if (!m->sorted)
		sort(m);
	BISECT(at, m->count, m->list[at].ts_end < from);
	for (i = at; i < m->count && m->list[i].earliest <= to; i++)
		if (m->list[i].ts <= to && (m->list[i].cpu < 0 || m->list[i].cpu != cpu))
			return true;
	for (i = 0; i < m->endless_count; i++)
		if (m->endless[i].ts <= to && (m->endless[i].cpu < 0 || m->endless[i].cpu != cpu))
			return true;
	return false;
}

void hole_map_free(struct hole_map *m)
{
	free(m->list);
	free(m->endless);
	*m = (struct hole_map){ 0 };
}
