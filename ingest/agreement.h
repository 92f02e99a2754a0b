/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether the witnesses of one binary say the same: its symbol table and DWARF on one side, pclntab on
 * the other. Each is written by another part of Go's toolchain; where they differ, the file was changed
 * after it was linked, or gotrace misreads it.
 */
#ifndef GOTRACE_INGEST_AGREEMENT_H
#define GOTRACE_INGEST_AGREEMENT_H

#include "base/buffer.h"
#include "ingest/go/pclntab.h"
#include "ingest/symbol_table.h"

struct agreement {
	size_t compared, differ;
	struct buffer example; /* the first difference */
};
void agreement_free(struct agreement *a);

/* Compares names and entries of functions, of some thousands from end to end of the program. */
void agreement_functions(struct agreement *a, const struct symbol_table *t,
			 const struct pclntab *p);

/* Compares what DWARF says of an address, `file` and `line`, with pclntab. */
void agreement_line(struct agreement *a, struct pclntab *p, uint64_t pc, const char *file,
		    int64_t line);

#endif
