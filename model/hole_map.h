/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All holes of a recording, told before its first event. A machine hears of a hole when it is over; here it
 * can ask whether one lies in a stretch of time, those included that are yet to be told of.
 */
#ifndef GOTRACE_MODEL_HOLE_MAP_H
#define GOTRACE_MODEL_HOLE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hole_map {
	struct hole_place *list; /* by end, once sorted */
	size_t count, capacity;
	struct hole_place *endless; /* those that last to the end of the recording */
	size_t endless_count, endless_capacity;
	bool sorted;
};

/* `cpu` -1: not known; NO_TIME: from the beginning, to the end. */
void hole_map_add(struct hole_map *m, int cpu, int64_t ts, int64_t ts_end);
/* Did any other CPU lose events in [from, to]? */
bool hole_map_elsewhere(struct hole_map *m, int cpu, int64_t from, int64_t to);
void hole_map_free(struct hole_map *m);

#endif
