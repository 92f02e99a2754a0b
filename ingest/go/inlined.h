/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All inlined copies of a Go program, by the function whose code they are: from one walk over the
 * inline trees of its pclntab.
 */
#ifndef GOTRACE_INGEST_GO_INLINED_H
#define GOTRACE_INGEST_GO_INLINED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "ingest/go/pclntab.h"

struct inlined_function {
	int64_t copies;
	int64_t start_line; /* of its func keyword; 0: not known */
	bool wanted;
};

struct inlined_copies {
	struct intern names;
	struct inlined_function *functions; /* number 1 of names is the first */
	size_t capacity;
	bool *hosts; /* by number in pclntab: it holds a copy of a function that is wanted */
};

/* `wanted` is asked once about each function that was inlined anywhere. */
void inlined_read(struct inlined_copies *in, const struct pclntab *p,
		  bool (*wanted)(void *arg, const char *function), void *arg);
void inlined_free(struct inlined_copies *in);

/* NULL: no copy of it is in the program. */
const struct inlined_function *inlined_find(const struct inlined_copies *in, const char *function);

#endif
