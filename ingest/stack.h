/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Callchains as a tree: every distinct stack is stored once, and two stacks share what they have in
 * common towards the root. Addresses are interned too; names come after the last event.
 */
#ifndef GOTRACE_INGEST_STACK_H
#define GOTRACE_INGEST_STACK_H

#include "ingest/space.h"
#include "ingest/symbols.h"

struct stacks;

/* Both are borrowed until stacks_free(). */
struct stacks *stacks_new(struct spaces *spaces, struct symbols *symbols);
void stacks_free(struct stacks *s);

/*
 * The stack of a callchain (u64 each, leaf first, with PERF_CONTEXT_* marks), as seen by a task of
 * process `pid`; 0 when it holds no address. `cpumode` is PERF_RECORD_MISC_CPUMODE of the sample: what
 * addresses before the first mark are.
 */
uint32_t stacks_chain(struct stacks *s, int32_t pid, unsigned int cpumode, const char *chain,
		      size_t count);

/* An address as it is kept: binary, and ELF address where the binary is at hand. */
struct address stacks_address(struct stacks *s, int32_t pid, unsigned int cpumode, uint64_t addr);

/* The stack without its innermost address; 0: there is none. */
uint32_t stacks_caller(const struct stacks *s, uint32_t stack);

/* The innermost address of a stack; false: there is no such stack. */
bool stacks_innermost(const struct stacks *s, uint32_t stack, struct address *a);

/* Resolves all addresses and writes frames and stacks to the model. */
int stacks_write(struct stacks *s, struct model *m, struct error *err);

#endif
