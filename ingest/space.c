/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/space.h"

#include <stdlib.h>
#include <string.h>

#include "base/bisect.h"
#include "base/map.h"
#include "base/memory.h"

/* One state of a space; shared by a parent and its children until one of them changes it. */
struct space {
	struct mapping *list; /* by address; they do not overlap */
	size_t count, capacity;
	size_t users;
	uint64_t version;
};

struct spaces {
	struct map by_pid; /* pid -> struct space * */
	uint64_t versions;
};

struct spaces *spaces_new(void)
{
	return xcalloc(1, sizeof(struct spaces));
}

static void release(struct space *space)
{
	if (!space || --space->users)
		return;
	free(space->list);
	free(space);
}

void spaces_free(struct spaces *s)
{
	size_t i;

	if (!s)
		return;
	for (i = 0; i < s->by_pid.capacity; i++)
		if (s->by_pid.slots[i].used)
			release((struct space *)(uintptr_t)s->by_pid.slots[i].value);
	map_free(&s->by_pid);
	free(s);
}

static struct space *get(const struct spaces *s, int32_t pid)
{
	const uint64_t *at = map_get(&s->by_pid, (uint32_t)pid, 0);

	return at ? (struct space *)(uintptr_t)*at : NULL;
}

static void set(struct spaces *s, int32_t pid, struct space *space)
{
	uint64_t *at = map_put(&s->by_pid, (uint32_t)pid, 0, NULL);

	release((struct space *)(uintptr_t)*at);
	*at = (uintptr_t)space;
}

/* The pid's own space, which may be changed. */
static struct space *own(struct spaces *s, int32_t pid)
{
	struct space *old = get(s, pid), *space = old;

	if (!old || old->users > 1) {
		space = xcalloc(1, sizeof(*space));
		space->users = 1;
		if (old && old->count) {
			space->count = space->capacity = old->count;
			space->list = xmalloc(old->count * sizeof(*space->list));
			memcpy(space->list, old->list, old->count * sizeof(*space->list));
		}
		set(s, pid, space);
	}
	space->version = ++s->versions;
	return space;
}

/* The first mapping that ends behind `addr`. */
static size_t position(const struct space *space, uint64_t addr)
{
	size_t at;

	BISECT(at, space->count, space->list[at].end <= addr);
	return at;
}

static void insert(struct space *space, size_t at, const struct mapping *m)
{
	ARRAY_GROW(space->list, space->count, space->capacity);
	memmove(space->list + at + 1, space->list + at, (space->count - at) * sizeof(*m));
	space->list[at] = *m;
	space->count++;
}

void spaces_map(struct spaces *s, int32_t pid, const struct mapping *m)
{
	struct space *space;
	size_t first, last;

	if (m->end <= m->addr)
		return;
	space = own(s, pid);
	first = position(space, m->addr);
	if (first < space->count && space->list[first].addr < m->addr) {
		struct mapping tail = space->list[first];

		if (tail.end > m->end) { /* the new one lies inside: the old one's end goes on */
			tail.file_offset += m->end - tail.addr;
			tail.addr = m->end;
			insert(space, first + 1, &tail);
		}
		space->list[first].end = m->addr;
		first++;
	}
	for (last = first; last < space->count && space->list[last].end <= m->end; last++)
		;
	if (last < space->count && space->list[last].addr < m->end) {
		space->list[last].file_offset += m->end - space->list[last].addr;
		space->list[last].addr = m->end;
	}
	if (last > first)
		memmove(space->list + first, space->list + last,
			(space->count - last) * sizeof(*space->list));
	space->count -= last - first;
	insert(space, first, m);
}

void spaces_fork(struct spaces *s, int32_t pid, int32_t parent)
{
	struct space *space = get(s, parent);

	if (pid == parent)
		return;
	if (space)
		space->users++;
	set(s, pid, space);
}

void spaces_exec(struct spaces *s, int32_t pid)
{
	set(s, pid, NULL);
}

const struct mapping *spaces_find(const struct spaces *s, int32_t pid, uint64_t addr)
{
	const struct space *space = get(s, pid);
	size_t at;

	if (!space)
		return NULL;
	at = position(space, addr);
	return at < space->count && space->list[at].addr <= addr ? &space->list[at] : NULL;
}

uint64_t spaces_version(const struct spaces *s, int32_t pid)
{
	const struct space *space = get(s, pid);

	return space ? space->version : 0;
}
