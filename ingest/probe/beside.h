/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where to put a probe so that it does not stand where a debugger stops.
 *
 * Where a uprobe and a debugger's breakpoint have one address, the kernel takes every trap for its
 * own, and the debugger never stops there. The probe's removal writes back the file's byte, which
 * erases the breakpoint, too (kernel/events/uprobes.c, handle_swbp() and verify_opcode()).
 */
#ifndef GOTRACE_INGEST_PROBE_BESIDE_H
#define GOTRACE_INGEST_PROBE_BESIDE_H

#include "ingest/probe/target.h"

struct beside {
	uint64_t pc;
	int32_t shift; /* the stack pointer lies so far below where it was at the entry; -1: not known */
	enum stop stop; /* what stands in the way at `pc`; STOP_NONE: nothing */
	bool emulated;  /* the kernel carries the instruction out itself, which costs less */
	bool exact;     /* executed as often as the place that it stands for */
};

/*
 * For a function's entry: the entry, or an instruction soon behind it that no breakpoint lands on and
 * that control is sure to come to, as long as no register that is named in `args` ("… %ax …") was
 * written. `as_entered`: the recorded stack must look the same as at the entry, on every kernel. False:
 * there is no code.
 */
bool beside_entry(const struct target *t, const struct body *b, const char *args, bool as_entered,
		  struct beside *out);

/*
 * For a place inside a function: an instruction that is executed whenever the place is, as often;
 * failing that, one whose execution proves that the place was executed. False: there is none.
 */
bool beside_place(const struct target *t, const struct body *b, uint64_t place, struct beside *out);

/* Whether whoever enters the function is sure to come to an address, once, before all else. */
bool beside_entered(const struct body *b, uint64_t pc);

#endif
