/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Places in a Go function of which there is no DWARF: by pclntab and the machine code.
 *
 * What Delve does in such a program (v1.27.2, loadBinaryInfoGoRuntimeElf and FirstPCAfterPrologue, and
 * tried out on Go 1.17 to 1.26): it knows functions by name and no lines. Its patterns of stack checks
 * are older than Go 1.17, so on amd64 a breakpoint stands at the function's entry, except in functions
 * for assembly, whose check still begins with a load of g from thread-local storage. On arm64 one of
 * them fits, the check of a frame of middle size: load, subtract, compare, branch.
 *
 * Lines are where the line's code begins: no debugger stops there, but probes can.
 */
#ifndef GOTRACE_INGEST_GO_GO_LANDING_H
#define GOTRACE_INGEST_GO_GO_LANDING_H

#include "ingest/landing.h"
#include "ingest/program.h"

/*
 * The places and stretches of function `number` of the program's pclntab, which must have one.
 * `places` is cleared first; texts in it live as long as the program.
 */
void go_landings(struct program *p, size_t number, struct landings *places);

#endif
