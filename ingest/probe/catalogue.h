/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The functions of the Go runtime that are worth a probe: what each tells, and how its arguments are
 * fetched, whatever the Go version and the processor.
 */
#ifndef GOTRACE_INGEST_PROBE_CATALOGUE_H
#define GOTRACE_INGEST_PROBE_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "ingest/go/layout.h"
#include "ingest/probe/plan.h"

/*
 * Fetch arguments are written as uprobe_events takes them, with these words in them:
 *
 *     %g           the register that holds the current g (on the system stack: g0, whose goid is 0)
 *     %0 %1 … %8   the words of the function's arguments
 *     %ret         the return address
 *     %sp          the stack pointer as it is at the probe; but +N(%sp) counts from the function's entry
 *     +g.goid(…)   the offset of a field of the runtime's structs
 */
struct catalogue_entry {
	const char *event;
	const char *function;   /* as pclntab writes it */
	const char *args;       /* words with one blank between */
	int oldest, newest;     /* Go 1.oldest … 1.newest; 0: no limit */
	enum probe_level level; /* the lowest level that has it */
	bool assembly;          /* ABI0: its arguments are on the stack in every version */
	bool activation;        /* its stack is compared with those of others: see beside_entry() */
	bool release;   /* its arguments are for certain releases: not where that is not known */
	bool registers; /* its arguments can only be fetched from registers */
	const char *tells;
};

extern const struct catalogue_entry catalogue[];
extern const size_t catalogue_size;

/* What a processor and a Go version do with arguments. */
struct calling {
	const char *arguments[9]; /* kernel names of the registers, in order */
	const char *g;
	const char *frame; /* the frame pointer, "%bp" */
	const char *link;  /* the register with the return address; NULL: it is on the stack */
	bool stack;        /* no register ABI: arguments are words on the stack */
	uint16_t machine;  /* EM_* */
};

/* False for a machine other than amd64 and arm64. `minor` 0: the Go version is not known. */
bool calling_of(uint16_t machine, int minor, struct calling *c);

/*
 * Adds fetch arguments for a place in a function where the stack pointer is `shift` bytes lower than
 * at the entry; `shift` -1: it is not known, and nothing that needs it can be fetched. Returns how
 * many of the words were left out, as they cannot be said.
 */
unsigned catalogue_args(const char *args, const struct calling *c, const struct layout *l,
			int32_t shift, struct buffer *out);

#endif
