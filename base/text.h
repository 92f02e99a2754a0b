/* SPDX-License-Identifier: GPL-2.0-only */
/* What the C library does not say about texts. */
#ifndef GOTRACE_BASE_TEXT_H
#define GOTRACE_BASE_TEXT_H

#include <stdbool.h>
#include <string.h>

static inline bool text_ends_with(const char *text, const char *end)
{
	size_t size = strlen(text), n = strlen(end);

	return size >= n && !memcmp(text + size - n, end, n);
}

#endif
