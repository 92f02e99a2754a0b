/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel symbols from the text of /proc/kallsyms:
 *
 *     ffffffff81000000 T _stext
 *     ffffffffc0a01000 t func	[module]
 */
#ifndef GOTRACE_INGEST_KALLSYMS_H
#define GOTRACE_INGEST_KALLSYMS_H

#include <stddef.h>
#include <stdint.h>

#include "ingest/symbol_table.h"

/*
 * Fills an empty table with the functions in `text`; lines that are no symbols are skipped. The
 * table stays empty when all addresses are 0, which is what kptr_restrict lets a user see.
 */
void kallsyms_parse(struct symbol_table *t, const char *text, size_t size);

/* The address of _stext, which the kernel's preempt and irq events count from; 0: not told. */
uint64_t kallsyms_stext(const char *text, size_t size);

#endif
