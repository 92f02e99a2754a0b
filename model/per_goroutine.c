/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/per_goroutine.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/machine.h"

static void *item_at(const struct per_goroutine *p, size_t i)
{
	return p->items + i * p->size;
}

static size_t index_of(const struct per_goroutine *p, const void *item)
{
	return (size_t)((const char *)item - p->items) / p->size;
}

void per_goroutine_begin(struct per_goroutine *p, size_t size)
{
	*p = (struct per_goroutine){ .size = size };
}

void *per_goroutine_find(const struct per_goroutine *p, uint32_t life, int64_t goid)
{
	const uint64_t *i = map_get(&p->by_key, life, (uint64_t)goid);

	return i ? item_at(p, *i) : NULL;
}

void *per_goroutine_get(struct per_goroutine *p, struct process *process, int64_t goid)
{
	struct goroutine_key *key = per_goroutine_find(p, process->life, goid);
	size_t i;

	if (key)
		return key;
	if (p->unused_count) {
		i = p->unused[--p->unused_count];
	} else {
		if (p->count == p->capacity) {
			p->capacity = p->capacity ? 2 * p->capacity : 16;
			p->items = xrealloc(p->items, p->capacity, p->size);
		}
		i = p->count++;
	}
	*map_put(&p->by_key, process->life, (uint64_t)goid, NULL) = i;
	key = item_at(p, i);
	memset(key, 0, p->size);
	*key = (struct goroutine_key){ process, process->life, goid, 0 };
	process->has_goroutines = true;
	return key;
}

void per_goroutine_drop(struct per_goroutine *p, void *item)
{
	struct goroutine_key *key = item;

	map_remove(&p->by_key, key->life, (uint64_t)key->goid);
	per_goroutine_mark(p, item, false);
	key->life = 0;
	ARRAY_GROW(p->unused, p->unused_count, p->unused_capacity);
	p->unused[p->unused_count++] = index_of(p, item);
}

void *per_goroutine_next(const struct per_goroutine *p, size_t *at)
{
	while (*at < p->count) {
		struct goroutine_key *key = item_at(p, (*at)++);

		if (key->life)
			return key;
	}
	return NULL;
}

void *per_goroutine_next_of(const struct per_goroutine *p, const struct process *process,
			    size_t *at)
{
	struct goroutine_key *key;

	while (process->has_goroutines && (key = per_goroutine_next(p, at)))
		if (key->life == process->life)
			return key;
	return NULL;
}

void per_goroutine_mark(struct per_goroutine *p, void *item, bool marked)
{
	struct goroutine_key *key = item, *last;

	if (marked == (key->mark != 0))
		return;
	if (marked) {
		ARRAY_GROW(p->marked, p->marked_count, p->marked_capacity);
		p->marked[p->marked_count++] = index_of(p, item);
		key->mark = p->marked_count;
		return;
	}
	/* The last one takes its place. */
	last = item_at(p, p->marked[--p->marked_count]);
	p->marked[key->mark - 1] = p->marked[p->marked_count];
	last->mark = key->mark;
	key->mark = 0;
}

void per_goroutine_unmark_all(struct per_goroutine *p)
{
	while (p->marked_count)
		((struct goroutine_key *)item_at(p, p->marked[--p->marked_count]))->mark = 0;
}

void *per_goroutine_marked(const struct per_goroutine *p, size_t place)
{
	return place < p->marked_count ? item_at(p, p->marked[place]) : NULL;
}

void per_goroutine_free(struct per_goroutine *p)
{
	map_free(&p->by_key);
	free(p->items);
	free(p->unused);
	free(p->marked);
	*p = (struct per_goroutine){ 0 };
}
