/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/holes.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define CPUS_MAX 65536    /* a larger number is damage */
#define HOLES_LIMIT 65536 /* then neighbours become one, so that memory is bounded */

struct ring {
	bool there;
	uint64_t last; /* time of its last record; 0: there is none */
};

/* Of a CPU that is not known, the earliest that its last record can be. */
static uint64_t earliest_last(const struct holes *h)
{
	uint64_t time = UINT64_MAX;
	size_t i;

	for (i = 0; i < h->ring_count; i++)
		if (h->rings[i].last && h->rings[i].last < time)
			time = h->rings[i].last;
	return time == UINT64_MAX ? 0 : time;
}

/* NULL: no such CPU can be. */
static struct ring *ring_of(struct holes *h, int32_t cpu)
{
	size_t count = (size_t)cpu + 16;

	if (cpu < 0 || cpu >= CPUS_MAX)
		return NULL;
	if ((size_t)cpu >= h->ring_count) {
		h->rings = xrealloc(h->rings, count, sizeof(*h->rings));
		memset(h->rings + h->ring_count, 0, (count - h->ring_count) * sizeof(*h->rings));
		h->ring_count = count;
	}
	h->rings[cpu].there = true;
	return &h->rings[cpu];
}

static void halve(struct holes *h)
{
	size_t i;

	for (i = 0; i + 1 < h->count; i += 2) {
		const struct hole_times a = h->list[i], b = h->list[i + 1];

		h->list[i / 2] = (struct hole_times){
			.cpu = a.cpu == b.cpu ? a.cpu : -1,
			.from = a.from < b.from ? a.from : b.from,
			.to = a.to > b.to ? a.to : b.to,
		};
	}
	if (i < h->count)
		h->list[i / 2] = h->list[i];
	h->count = (h->count + 1) / 2;
}

static void add(struct holes *h, int32_t cpu, uint64_t from, uint64_t to)
{
	if (h->count == HOLES_LIMIT)
		halve(h);
	ARRAY_GROW(h->list, h->count, h->capacity);
	h->list[h->count++] = (struct hole_times){ cpu, from, to };
}

void holes_record(struct holes *h, int32_t cpu, uint64_t time, bool lost)
{
	struct ring *r = time ? ring_of(h, cpu) : NULL;

	if (!time) /* perf made it up */
		return;
	if (lost)
		add(h, r ? cpu : -1, r ? r->last : earliest_last(h), time);
	if (r && time > r->last)
		r->last = time;
}

void holes_at_end(struct holes *h, const int32_t *cpus, size_t count)
{
	uint64_t earliest = earliest_last(h);
	size_t i;

	for (i = 0; i < count; i++)
		ring_of(h, cpus[i]);
	/* A CPU that was never seen had nothing to tell when the others were written. */
	for (i = 0; i < h->ring_count; i++)
		if (h->rings[i].there)
			add(h, (int32_t)i, h->rings[i].last ? h->rings[i].last : earliest,
			    UINT64_MAX);
	if (!h->ring_count)
		add(h, -1, 0, UINT64_MAX);
}

void holes_free(struct holes *h)
{
	free(h->list);
	free(h->rings);
	*h = (struct holes){ 0 };
}
