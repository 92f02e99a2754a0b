/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a machine keeps for each goroutine that is alive: found by the life of its process and its
 * number, and given back when the goroutine is gone, so that memory does not grow with the recording.
 */
#ifndef GOTRACE_MODEL_PER_GOROUTINE_H
#define GOTRACE_MODEL_PER_GOROUTINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"

struct process;

/* What every item begins with. */
struct goroutine_key {
	struct process *process;
	uint32_t life; /* of the process; 0: the item is free */
	int64_t goid;
	size_t mark; /* its place among those that are marked, and 1 more; 0: it is not */
};

struct per_goroutine {
	size_t size; /* of an item */
	struct map by_key;
	char *items;
	size_t count, capacity;
	size_t *unused; /* items that are free */
	size_t unused_count, unused_capacity;
	size_t *marked;
	size_t marked_count, marked_capacity;
};

/* `size`: of an item, whose first member is a struct goroutine_key. */
void per_goroutine_begin(struct per_goroutine *p, size_t size);
/* NULL: nothing is kept. Items move when one is added: valid until the next per_goroutine_get(). */
void *per_goroutine_find(const struct per_goroutine *p, uint32_t life, int64_t goid);
/* Finds it, or adds one whose bytes behind the key are 0. */
void *per_goroutine_get(struct per_goroutine *p, struct process *process, int64_t goid);
/* Gives an item back. What it points to is its owner's to free, before. */
void per_goroutine_drop(struct per_goroutine *p, void *item);
/* The next one that is kept, in no order that means anything; *at begins with 0. NULL: no more. */
void *per_goroutine_next(const struct per_goroutine *p, size_t *at);
/* The same of one life of a process. */
void *per_goroutine_next_of(const struct per_goroutine *p, const struct process *process,
			    size_t *at);
/* Marks an item that something general will have to look at, so that not all need be looked at; or no more. */
void per_goroutine_mark(struct per_goroutine *p, void *item, bool marked);
void per_goroutine_unmark_all(struct per_goroutine *p);
/* The marked item at a place, from 0, in no order that means anything; NULL: there are fewer. */
void *per_goroutine_marked(const struct per_goroutine *p, size_t place);
void per_goroutine_free(struct per_goroutine *p);

#endif
