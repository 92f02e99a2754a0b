/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Machine code of amd64 and arm64 through capstone: where control flow goes, and nothing more than
 * questions about breakpoints and defers need.
 */
#ifndef GOTRACE_INGEST_GO_CODE_H
#define GOTRACE_INGEST_GO_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct code;

/* A decoder for EM_X86_64 or EM_AARCH64; NULL for any other machine. */
struct code *code_open(uint16_t machine);
void code_close(struct code *c); /* NULL is allowed */

enum flow {
	FLOW_NEXT,   /* goes on with the next instruction */
	FLOW_CALL,   /* a call, of the kernel too: comes back, or panics, or never comes back */
	FLOW_BRANCH, /* a conditional jump */
	FLOW_JUMP,   /* goes elsewhere, always */
	FLOW_RETURN,
	FLOW_TRAP, /* UD2, INT3, BRK: never goes on */
	FLOW_BAD,  /* no instruction: the rest of the function was not decoded; size 0 */
};

struct instruction {
	uint64_t pc;
	uint64_t target; /* of a direct call, branch or jump; 0: none, or it is in a register */
	uint8_t size;    /* bytes */
	uint8_t flow;    /* enum flow */
	/* Control may come here from elsewhere than the instruction before. */
	bool leader;
	/* It may panic instead: it divides, or it touches memory that is neither stack nor variable. */
	bool faults;
	/* It writes stack_bytes at [stack pointer, or frame pointer, + stack_offset]. */
	bool stores_stack;
	bool by_sp;
	bool stack_known; /* the bytes are stack_value: an immediate, or a register that Go keeps zero */
	uint8_t stack_bytes;
	int32_t stack_offset;
	int64_t stack_value;
};

/*
 * Decodes a function of `size` bytes at `pc`, valid until the next call. Leaders: the entry, targets of
 * direct branches, jumps and calls of this function, what follows a jump, return or trap, an instruction
 * with a REP prefix (it comes back to itself), and `extra` addresses that the caller knows of
 * (deferreturn; extra_count may be 0). Where it cannot be told what else is one (a jump through a
 * register, as of a switch; a jump into an instruction; FLOW_BAD), *indirect is set (may be NULL), and
 * every instruction is marked. Returns the number of instructions.
 *
 * Not known: who enters from other functions but at the entry (runtime.duffzero is called in its
 * middle), and calls that come back twice (deferproc until Go 1.24, at whose second return the code
 * tests the result and jumps to deferreturn).
 */
size_t code_decode(struct code *c, const unsigned char *bytes, size_t size, uint64_t pc,
		   const uint64_t *extra, size_t extra_count, const struct instruction **list,
		   bool *indirect);

/*
 * Where the prologue ends, for DWARF as Go writes it (prologue_end): behind the stack check that most
 * functions begin with and, since Go 1.21 on amd64, on the last instruction that makes the frame; `pc`
 * itself where there is neither. Debuggers break there, if there is DWARF.
 */
uint64_t code_after_prologue(struct code *c, const unsigned char *bytes, size_t size, uint64_t pc);

/*
 * Whether `then` is executed each time `first` was, and only then: both in `list`, in either order, in
 * one straight stretch: no leader behind the earlier one and up to the later one, no jump, branch,
 * return or call before the later one, and nothing that may fault. With `only`, the weaker question:
 * was `first` executed whenever `then` was? (From `first` on to `then`: calls, faults and branches in
 * between are allowed, as `then` was reached; the other way round: leaders are.)
 */
bool code_implies(const struct instruction *list, size_t count, uint64_t first, uint64_t then,
		  bool only);

/*
 * Whether `first` and `then`, in either order, lie in one straight stretch: as code_implies() without
 * `only`, but for faults, which are not thought of.
 */
bool code_passes(const struct instruction *list, size_t count, uint64_t first, uint64_t then);

#endif
