/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The defer statements of a Go program, as its machine code and pclntab tell them.
 *
 * The body of a range over a function is a function of its own, and a defer statement in it is found
 * there, as the compiler reports it too. The loop itself calls deferrangefunc once, which is no
 * statement and no site.
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
	size_t function; /* in the table: whose code holds it */
	const char *in;  /* the function in which it is written */
	/*
	 * Of the registering call; open: of the store of the deferred function into its slot on the
	 * stack. The store that sets its bit follows at once, but may be shared with the next defer.
	 */
	uint64_t pc;
	uint64_t deferreturn; /* where its function runs them after a recovery */
	const char *file;     /* NULL: not known */
	int64_t line;         /* 0: not known */
	enum defer_kind kind;
	int slot; /* open: the number of its bit; otherwise -1 */
};

/*
 * The functions of the runtime that register defers, by the names that pclntab has for them; and which
 * of the ways to describe open-coded defers this program uses.
 */
struct defer_targets {
	uint64_t deferproc, deferprocStack, deferprocat; /* 0: not there */
	bool with_arguments; /* the description also tells arguments: Go 1.17 */
	bool in_a_row;       /* it tells where the first slot is, and no more: since Go 1.22 */
};
void defer_targets(const struct pclntab *p, struct defer_targets *t);

#define OPEN_DEFERS_MAX 8 /* maxOpenDefers in cmd/compile/internal/walk */

/* Where a function keeps its open-coded defers. */
struct defer_slots {
	struct pclntab *p;
	size_t number;                   /* of the function */
	uint32_t bits;                   /* bytes below varp */
	uint32_t below[OPEN_DEFERS_MAX]; /* the same, by the number of the bit */
	size_t count;
	int32_t depth; /* of the frame where the statements are */
	unsigned tries;
};

/* Reads the function's description; count 0: it has none, or none that makes sense. */
void defer_slots(struct defer_slots *s, struct pclntab *p, size_t number,
		 const struct defer_targets *targets);
/* Whether an instruction, which stores relative to the stack pointer, writes the bits. */
bool defer_slots_bits(struct defer_slots *s, const struct instruction *i);

/*
 * Calls `site` for every defer statement of function `number`, in the order of addresses. A non-zero
 * result of `site` ends it and is returned. A function without defers (pclntab_function.deferreturn is
 * 0) costs nothing; any other is decoded, and what code_decode() and pclntab_rows() returned before is
 * no longer valid.
 */
int defer_sites(struct elf_file *f, struct pclntab *p, struct code *c,
		const struct defer_targets *targets, size_t number,
		int (*site)(void *arg, const struct defer_site *s), void *arg);

#endif
