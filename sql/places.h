/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where breakpoints would stand, without a recording.
 */
#ifndef GOTRACE_SQL_PLACES_H
#define GOTRACE_SQL_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct sqlite3;

/* A place of a breakpoint, or (nothing) why it has none. Texts are valid during the call. */
struct place_row {
	int64_t breakpoint; /* from 1 */
	int64_t binary, pc;
	const char *function, *file, *inlined_into; /* NULL: not known, not inlined */
	int64_t line;                               /* DB_NULL: not known */
	int is_stmt;                                /* 1, 0; -1: not known */
	bool other;          /* code of the line at which no debugger stops */
	const char *nothing; /* a sentence; all else is empty then */
};

/*
 * Resolves specs as explain_resolve() does, and calls `row` for each place in the order of breakpoints
 * and addresses. A non-zero result of `row` ends it and is returned.
 */
int places_of_specs(struct sqlite3 *sqlite, const char *const *specs, size_t count,
		    int (*row)(void *arg, const struct place_row *p), void *arg, struct error *err);

/* All addresses at which a debugger may stop, for any line or function. */
struct places;
struct places *places_open(struct sqlite3 *sqlite, struct error *err); /* NULL on error */
void places_close(struct places *p);                                   /* NULL is allowed */
/* Calls `place` for those in [low, high), ascending; a non-zero result ends it and is returned. */
int places_between(struct places *p, int64_t binary, int64_t low, int64_t high,
		   int (*place)(void *arg, uint64_t pc), void *arg, struct error *err);

#endif
