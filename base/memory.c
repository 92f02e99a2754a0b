/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static void *must(void *p, size_t size)
{
	if (!p && size) {
		fprintf(stderr, "gotrace: out of memory (%zu bytes wanted)\n", size);
		exit(STATUS_UNREADABLE);
	}
	return p;
}

void *xmalloc(size_t size)
{
	return must(malloc(size), size);
}

void *xcalloc(size_t count, size_t size)
{
	return must(calloc(count, size), size);
}

void *xrealloc(void *old, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		BUG("an array of %zu elements of %zu bytes", count, size);
	return must(realloc(old, count * size), count * size);
}

char *xstrdup(const char *text)
{
	return xstrndup(text, strlen(text));
}

char *xstrndup(const char *text, size_t size)
{
	size_t n = strnlen(text, size);
	char *copy = xmalloc(n + 1);

	memcpy(copy, text, n);
	copy[n] = '\0';
	return copy;
}

char *xasprintf(const char *fmt, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	return must(n < 0 ? NULL : text, 1);
}
