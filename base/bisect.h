/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GOTRACE_BASE_BISECT_H
#define GOTRACE_BASE_BISECT_H

#include <stddef.h>

/*
 * Sets the size_t `at` to how many of `count` sorted items are below something, which is also the first that
 * is not; `below` is an expression of `at`, true of the former and of none of the latter.
 *
 *     BISECT(at, list->count, list->items[at].pc <= pc);
 *     last = at ? &list->items[at - 1] : NULL;
 */
#define BISECT(at, count, below)                                                                   \
	do {                                                                                       \
		size_t low_ = 0, high_ = (count);                                                  \
                                                                                                   \
		while ((at) = low_ + (high_ - low_) / 2, low_ < high_) {                           \
			if (below)                                                                 \
				low_ = (at) + 1;                                                   \
			else                                                                       \
				high_ = (at);                                                      \
		}                                                                                  \
	} while (0)

#endif
