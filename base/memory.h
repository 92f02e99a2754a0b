/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that does not fail: out of memory ends the program with a message, as no part of gotrace
 * could go on. Sizes that come from input must be checked against the input before they get here.
 */
#ifndef GOTRACE_BASE_MEMORY_H
#define GOTRACE_BASE_MEMORY_H

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t count, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t size);
/* The formatted text in memory that the caller frees. */
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Makes room for one more element: `ARRAY_GROW(list, count, capacity); list[count++] = x;` */
#define ARRAY_GROW(array, count, capacity)                                                         \
	do {                                                                                       \
		if ((count) >= (capacity)) {                                                       \
			(capacity) = (capacity) ? (capacity)*2 : 4;                                \
			(array) = xrealloc(array, capacity, sizeof(*(array)));                     \
		}                                                                                  \
	} while (0)

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
