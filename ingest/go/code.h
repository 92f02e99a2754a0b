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
	FLOW_CALL,   /* a call: comes back, or panics, or never comes back */
	FLOW_BRANCH, /* a conditional jump */
	FLOW_JUMP,   /* goes elsewhere, always */
	FLOW_RETURN,
	FLOW_TRAP, /* UD2, INT3, BRK: never goes on */
	FLOW_BAD,  /* no instruction: the rest of the function was not decoded */
};

struct instruction {
	uint64_t pc;
	uint64_t target;   /* of a direct call, branch or jump; 0: none, or it is in a register */
	uint8_t size;      /* bytes */
	uint8_t flow;      /* enum flow */
	bool leader;       /* control may come here from elsewhere than the instruction before */
	bool faults;       /* it touches memory other than the stack, or divides: it may panic instead */
	bool stores_stack; /* it writes `stack_value` or an unknown byte to [frame + stack_offset] */
	bool stack_known;  /* stack_value is an immediate */
	bool by_sp;        /* stack_offset counts from the stack pointer; else from the frame pointer */
	uint8_t stack_bytes;
	int32_t stack_offset;
	int64_t stack_value;
};

/*
 * Decodes a function of `size` bytes at `pc`, valid until the next call. Leaders: the entry, targets of
 * direct branches and jumps of this function, what follows a jump, return or trap, and `extra`
 * addresses that the caller knows of (deferreturn; extra_count may be 0). Where the function jumps
 * through a register, *indirect is set (may be NULL): then any instruction could be a leader that is not
 * marked. Returns the number of instructions.
 */
size_t code_decode(struct code *c, const unsigned char *bytes, size_t size, uint64_t pc,
		   const uint64_t *extra, size_t extra_count, const struct instruction **list,
		   bool *indirect);

/*
 * The stack check that begins most Go functions: the address of the first instruction behind it (and
 * behind the growth of the frame that follows, as Delve's FirstPCAfterPrologueDisassemble sees it), or
 * `pc` itself where there is none.
 */
uint64_t code_after_prologue(struct code *c, const unsigned char *bytes, size_t size, uint64_t pc);

/*
 * Whether `then` is executed each time `first` was, and only then: both in `list`, in one straight
 * stretch: no leader behind the earlier one and up to the later one, no jump, branch, return or call in
 * between, and nothing that may fault before `then`. With `only`, the weaker question: was `first`
 * executed whenever `then` was (calls and faults in between are allowed, as `then` was reached)?
 */
bool code_implies(const struct instruction *list, size_t count, uint64_t first, uint64_t then,
		  bool only);

#endif
