/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Only beginnings that are earlier than those of all later holes can be the answer, so a falling
 * sequence is kept as its last one. Holes are told of nearly in the order in which they begin, so
 * there is a limit: then neighbours become one, and the answer is earlier than it need be.
 */
#include "model/hole_log.h"

#include <stdlib.h>

#include "base/bisect.h"
#include "base/memory.h"
#include "model/machine.h"

#define STARTS_LIMIT 65536

/* The earliest beginning among the holes from this epoch on. */
struct hole_start {
	uint32_t epoch;
	int64_t ts;
};

/* Of each two the earlier beginning, and the later epoch. */
static void halve(struct hole_log *l)
{
	size_t i;

	for (i = 0; i + 1 < l->count; i += 2)
		l->starts[i / 2] = (struct hole_start){ l->starts[i + 1].epoch, l->starts[i].ts };
	if (i < l->count)
		l->starts[i / 2] = l->starts[i];
	l->count = (l->count + 1) / 2;
}

void hole_log_add(struct hole_log *l, int64_t ts)
{
	if (ts == NO_TIME)
		ts++; /* before all others, and yet a time */
	while (l->count && l->starts[l->count - 1].ts >= ts)
		l->count--;
	if (l->count == STARTS_LIMIT)
		halve(l);
	ARRAY_GROW(l->starts, l->count, l->capacity);
	l->starts[l->count++] = (struct hole_start){ l->epoch++, ts };
}

int64_t hole_log_first(const struct hole_log *l, uint32_t epoch)
{
	size_t at;

	/* Mostly there was none since. */
	if (epoch == l->epoch)
		return NO_TIME;
	BISECT(at, l->count, l->starts[at].epoch < epoch);
	return at < l->count ? l->starts[at].ts : NO_TIME;
}

int64_t hole_log_cut(const struct hole_log *l, uint32_t epoch, int64_t since)
{
	int64_t ts = hole_log_first(l, epoch);

	return ts != NO_TIME && ts < since ? since : ts;
}

void hole_log_free(struct hole_log *l)
{
	free(l->starts);
	l->starts = NULL;
}
