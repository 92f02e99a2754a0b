/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The defer statements of a Go program, as its machine code and pclntab tell them.
 */
#ifndef GOTRACE_INGEST_GO_DEFER_SITE_H
#define GOTRACE_INGEST_GO_DEFER_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "ingest/elf_file.h"
#include "ingest/go/code.h"
#include "ingest/go/pclntab.h"

enum defer_kind { DEFER_HEAP, DEFER_STACK, DEFER_RANGE, DEFER_OPEN };

struct defer_site {
	size_t function;      /* in the table: whose code holds it */
	const char *in;       /* the function in which it is written: an inlined one, perhaps */
	uint64_t pc;          /* of the registering call; open: of the store that sets its bit */
	uint64_t deferreturn; /* where its function runs them after a recovery */
	const char *file;     /* NULL: not known */
	int64_t line;         /* 0: not known */
	enum defer_kind kind;
};

/*
 * Calls `site` for every defer statement of function `number`, in the order of addresses. A non-zero
 * result of `site` ends it and is returned. A function without defers (pclntab_function.deferreturn is
 * 0) costs nothing. The calls are known by their targets' addresses, found in the table by name once:
 * `targets` from defer_targets().
 */
struct defer_targets {
	uint64_t deferproc, deferprocStack, deferprocat, deferrangefunc, deferreturn; /* 0: not there */
};
void defer_targets(const struct pclntab *p, struct defer_targets *t);

int defer_sites(struct elf_file *f, struct pclntab *p, struct code *c,
		const struct defer_targets *targets, size_t number,
		int (*site)(void *arg, const struct defer_site *s), void *arg);

#endif
