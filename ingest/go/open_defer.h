/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Open-coded defers of a function: which of its calls run one, and which may be pending where.
 *
 * Nothing is registered at run time for such a defer. But at each exit of the function the compiler
 * clears the bit of one after the other, from the last to the first, and calls; so a function that
 * returns to such a call was run as that defer, by a return.
 */
#ifndef GOTRACE_INGEST_GO_OPEN_DEFER_H
#define GOTRACE_INGEST_GO_OPEN_DEFER_H

#include "ingest/go/defer_site.h"

enum {
	RUNS_NONE = -1, /* an ordinary call */
	RUNS_ONE = -2,  /* one of them, and it is not known which */
};

/* A call, or an instruction that may panic, and what is pending while it goes on. */
struct open_point {
	uint64_t pc, end; /* `end`: where a call returns to */
	uint64_t target;  /* of a direct call; 0: none */
	int8_t runs;      /* the bit of the defer that it runs; RUNS_* */
	uint8_t may;      /* a bit for each that can be pending */
	uint8_t must;     /* … that is pending for certain */
};

struct open_defers {
	struct defer_site sites[OPEN_DEFERS_MAX]; /* by the number of the bit; pc 0: not found */
	/* The function that it runs; 0: what a variable, a field or an interface holds. */
	uint64_t targets[OPEN_DEFERS_MAX];
	bool own[OPEN_DEFERS_MAX]; /* it was made for this statement: nothing else calls it */
	size_t count;
	struct open_point *points; /* in the order of addresses */
	size_t point_count, point_capacity;
};

/*
 * Reads function `number`. False, and nothing to free: it has no open-coded defers, or they cannot be
 * read. What code_decode() and pclntab_rows() returned before is no longer valid.
 */
bool open_defers_read(struct elf_file *f, struct pclntab *p, struct code *c,
		      const struct defer_targets *targets, size_t number, struct open_defers *out);
void open_defers_free(struct open_defers *o);

/* The call that returns to an address, or else what stands at or before it; NULL: nothing. */
const struct open_point *open_defers_at(const struct open_defers *o, uint64_t pc);

#endif
