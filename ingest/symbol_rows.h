/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows about binaries: what became of the addresses of a recording, and where breakpoints land.
 * Binary by binary and unit by unit, so that no more than one of each is in memory.
 */
#ifndef GOTRACE_INGEST_SYMBOL_ROWS_H
#define GOTRACE_INGEST_SYMBOL_ROWS_H

#include <stdbool.h>

#include "base/map.h"
#include "ingest/image.h"

/* A uprobe of the recording. */
struct probe_at {
	const struct source *source;
	uint32_t binary;
	uint64_t pc;
};

/* An address to resolve, by its place in the caller's list. */
struct wanted {
	uint32_t binary, unit;
	uint64_t pc; /* to look up: a return address less 1 */
	size_t number;
};

/* What is written of all binaries, and the ids that were given out. */
struct symbol_rows {
	struct images *images;
	struct symbol_table *kernel;
	const struct probe_at *probes;
	size_t probe_count;
	const struct address *addresses;
	struct frames *frames;
	struct model *m;
	struct error *err;
	bool some_kept; /* some binary has addresses that were kept */
	uint32_t last_function, last_frame;
	struct intern files;
};

/* One binary; `list` are its addresses, in the order of compare_wanted(). */
int symbol_rows_binary(struct symbol_rows *rows, uint32_t number, struct wanted *list,
		       size_t count);

/* Addresses that no binary holds get a frame that says no more than that. */
int symbol_rows_stray(struct symbol_rows *rows, const struct wanted *list, size_t count);

/* For qsort(): by binary, unit and address. */
int compare_wanted(const void *a, const void *b);

#endif
