/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int error_set(struct error *err, enum status status, const char *fmt, ...)
{
	va_list args;

	err->status = status;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return -1;
}

int error_prefix(struct error *err, const char *fmt, ...)
{
	char old[sizeof(err->text)];
	va_list args;
	int n;

	memcpy(old, err->text, sizeof(old));
	va_start(args, fmt);
	n = vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(err->text))
		return -1;
	snprintf(err->text + n, sizeof(err->text) - (size_t)n, ": %.*s",
		 (int)sizeof(err->text) - n - 3, old);
	return -1;
}

void bug_at(const char *file, int line, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "gotrace: bug at %s:%d: ", file, line);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputs("\nPlease report this, with the recording if you can.\n", stderr);
	exit(STATUS_BUG);
}
