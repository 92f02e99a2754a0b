/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/order.h"

#include <stdlib.h>

#include "base/memory.h"
#include "ingest/perf_data.h"
#include "ingest/record.h"
#include "ingest/window.h"

/* A run that is being merged. */
struct cursor {
	const struct run *run;
	struct window window;
	const struct perf_event_header *record;
	uint64_t time;
};

struct merge {
	const struct perf_data *data;
	const struct run *runs;
	size_t run_count, opened;
	struct cursor **heap; /* smallest (time, run number) first */
	size_t heap_count, heap_capacity;
	struct cursor **idle; /* with their windows, for the next runs */
	size_t idle_count, idle_capacity;
	uint64_t position;
	bool pending; /* the record at heap[0] was handed out */
};

void runs_add(struct runs *r, uint32_t segment, uint64_t begin, uint64_t end, uint64_t time)
{
	struct run *last = r->count ? &r->list[r->count - 1] : NULL;

	if (last && last->segment == segment && time >= last->last) {
		last->end = end;
		last->last = time;
		return;
	}
	ARRAY_GROW(r->list, r->count, r->capacity);
	r->list[r->count] = (struct run){ .begin = begin,
					  .end = end,
					  .first = time,
					  .last = time,
					  .segment = segment,
					  .number = (uint32_t)r->count };
	r->count++;
}

void runs_free(struct runs *r)
{
	free(r->list);
	*r = (struct runs){ 0 };
}

static int by_first_time(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

struct merge *merge_new(const struct perf_data *d, struct runs *r)
{
	struct merge *m = xcalloc(1, sizeof(*m));

	if (r->count)
		qsort(r->list, r->count, sizeof(*r->list), by_first_time);
	m->data = d;
	m->runs = r->list;
	m->run_count = r->count;
	return m;
}

static bool before(const struct cursor *a, const struct cursor *b)
{
	return a->time != b->time ? a->time < b->time : a->run->number < b->run->number;
}

static void sift_down(struct merge *m, size_t i)
{
	struct cursor *moved = m->heap[i];

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= m->heap_count)
			break;
		if (child + 1 < m->heap_count && before(m->heap[child + 1], m->heap[child]))
			child++;
		if (!before(m->heap[child], moved))
			break;
		m->heap[i] = m->heap[child];
		i = child;
	}
	m->heap[i] = moved;
}

static void push(struct merge *m, struct cursor *c)
{
	size_t i;

	ARRAY_GROW(m->heap, m->heap_count, m->heap_capacity);
	for (i = m->heap_count++; i && before(c, m->heap[(i - 1) / 2]); i = (i - 1) / 2)
		m->heap[i] = m->heap[(i - 1) / 2];
	m->heap[i] = c;
}

/* Goes to the next kernel record at or after the cursor's place; false when the run is done. */
static bool settle(const struct merge *m, struct cursor *c)
{
	while ((c->record = window_record(&c->window))) {
		uint64_t extent;

		if (record_is_timed(c->record->type)) {
			c->time = record_time(m->data, c->record);
			return true;
		}
		extent = record_extent(c->record);
		if (!extent)
			break; /* the file changed since the first walk */
		window_skip(&c->window, extent);
	}
	return false;
}

static void retire(struct merge *m, struct cursor *c)
{
	ARRAY_GROW(m->idle, m->idle_count, m->idle_capacity);
	m->idle[m->idle_count++] = c;
}

static void open_run(struct merge *m, const struct run *run)
{
	struct cursor *c = m->idle_count ? m->idle[--m->idle_count] : xcalloc(1, sizeof(*c));

	c->run = run;
	window_open(&c->window, m->data->segments[run->segment].fd, run->begin, run->end);
	if (settle(m, c))
		push(m, c);
	else
		retire(m, c);
}

static void advance(struct merge *m)
{
	struct cursor *c = m->heap[0];

	window_skip(&c->window, c->record->size);
	if (settle(m, c)) {
		sift_down(m, 0);
		return;
	}
	retire(m, c);
	m->heap[0] = m->heap[--m->heap_count];
	if (m->heap_count)
		sift_down(m, 0);
}

const struct perf_event_header *merge_next(struct merge *m, uint64_t *time, uint64_t *offset)
{
	struct cursor *c;

	if (m->pending)
		advance(m);
	while (m->opened < m->run_count &&
	       (!m->heap_count || m->runs[m->opened].first <= m->heap[0]->time))
		open_run(m, &m->runs[m->opened++]);
	m->pending = m->heap_count;
	if (!m->pending)
		return NULL;
	c = m->heap[0];
	m->position += c->record->size;
	*time = c->time;
	*offset = window_offset(&c->window);
	return c->record;
}

uint64_t merge_position(const struct merge *m)
{
	return m->position;
}

static void free_cursors(struct cursor **list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		window_free(&list[i]->window);
		free(list[i]);
	}
	free(list);
}

void merge_free(struct merge *m)
{
	if (!m)
		return;
	free_cursors(m->heap, m->heap_count);
	free_cursors(m->idle, m->idle_count);
	free(m);
}
