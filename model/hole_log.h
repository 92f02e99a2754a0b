/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When holes began, for those who ask later. What is kept for each of many goroutines or threads is not
 * looked at when events are lost: each remembers how many holes there were when it was last seen, and
 * asks for the first one since then when it is seen again.
 */
#ifndef GOTRACE_MODEL_HOLE_LOG_H
#define GOTRACE_MODEL_HOLE_LOG_H

#include <stddef.h>
#include <stdint.h>

struct hole_log {
	uint32_t epoch; /* holes so far */
	struct hole_start *starts;
	size_t count, capacity;
};

/* `ts`: where it begins; NO_TIME: there is no event before it. */
void hole_log_add(struct hole_log *l, int64_t ts);
/* When the earliest of the holes since that epoch began; NO_TIME: there was none. */
int64_t hole_log_first(const struct hole_log *l, uint32_t epoch);
/* The same for what goes on since `since`: not before that. */
int64_t hole_log_cut(const struct hole_log *l, uint32_t epoch, int64_t since);
void hole_log_free(struct hole_log *l);

#endif
