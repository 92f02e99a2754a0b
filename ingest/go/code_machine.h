/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What code.c asks of a machine: one instruction at a time. code_amd64.c and code_arm64.c answer.
 */
#ifndef GOTRACE_INGEST_GO_CODE_MACHINE_H
#define GOTRACE_INGEST_GO_CODE_MACHINE_H

#include "ingest/go/code.h"

/*
 * The parts that instructions play at the beginning of a function. The stack check of Go's linker
 * (cmd/internal/obj/x86/obj6.go, arm64/obj7.go: stacksplit) is written with them as a text, one
 * letter for each instruction.
 */
enum role {
	ROLE_OTHER = '.',
	ROLE_LOAD = 'M',  /* moves something into a register: g, the stack pointer, a constant */
	ROLE_BELOW = 'S', /* the stack pointer less the size of the frame */
	ROLE_GUARD = 'G', /* amd64: compares the stack pointer with g.stackguard; arm64: loads it */
	ROLE_GUARD2 = 'H', /* amd64: the same with what ROLE_BELOW computed */
	ROLE_COMPARE = 'C',
	ROLE_BRANCH = 'J',
	ROLE_SAVE = 'P',  /* saves the frame pointer of the caller */
	ROLE_FRAME = 'F', /* makes the frame pointer of this function */
	ROLE_GROW = 'A',  /* makes room for the frame */
};

/* Offsets of stackguard0 and stackguard1 in runtime.g, Go 1.17 to 1.27. */
#define STACK_GUARD_0 16
#define STACK_GUARD_1 24

struct decoded {
	struct instruction what;
	enum role role;
	bool indirect; /* a jump to where only a register knows */
	bool repeats;  /* it may be executed again before the next one: a REP prefix */
};

struct machine {
	unsigned step;                /* the smallest distance of two instructions, in bytes */
	const char *const *prologues; /* stack checks, each a text of roles; ends with NULL */
	/* What a decoder needs, and its end; NULL: it cannot be made. */
	void *(*open)(void);
	void (*close)(void *state);
	/* False: there is no instruction. `d` is zeroed but for the address. */
	bool (*decode)(void *state, const unsigned char *bytes, size_t size, struct decoded *d);
};

extern const struct machine machine_amd64, machine_arm64;

#endif
