/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the line table of one function to the places where a debugger plants its breakpoints, and to
 * the stretches of code that belong to a line. It is the same for DWARF and for pclntab; who calls says
 * which address stands for a function's name.
 *
 * The rule of lines is Delve's (pkg/proc/bininfo.go, v1.20 to v1.27: FindFileLocation): rows are
 * grouped by file, line and inlined copy; of each group the lowest address that begins a statement is
 * taken, else the lowest. Where that is the entry of the function, it gives way to an address behind
 * the prologue, if one is on the same line.
 */
#ifndef GOTRACE_INGEST_LANDING_H
#define GOTRACE_INGEST_LANDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A row of a function's line table. */
struct line_row {
	uint64_t pc, end; /* [pc, end) */
	const char *file;
	int64_t line;   /* 0: not known */
	uint32_t copy;  /* the deepest inlined copy that it belongs to; 0: the function itself */
	int8_t is_stmt; /* 1, 0; -1: not known */
	bool prologue_end;
};

/*
 * is_line: a breakpoint on FILE:LINE lands here. is_entry: one on the function's name does. is_call:
 * one on the line does only if no line-table row of the binary names this line, on which a function
 * was called that was inlined.
 */
struct landing {
	const char *function; /* whose code it is; NULL: the function's own */
	const char *file;
	int64_t line;
	uint64_t pc;
	bool inlined;   /* `function` was inlined into the function that was asked for */
	int8_t is_stmt; /* as above */
	bool is_entry, is_line, is_call;
};

/* Code without a gap that belongs to one line of one copy. */
struct stretch {
	const char *function; /* as above */
	const char *file;
	int64_t line;
	uint64_t pc, end;
	bool inlined;
	int8_t is_stmt; /* whether a statement begins at pc */
};

/* What is known of one function. Zeroed is empty; texts are not owned. */
struct landings {
	struct line_row *rows; /* in the order of addresses, until landings_lines() */
	size_t row_count, row_capacity;
	struct landing *list;
	size_t count, capacity;
	struct stretch *stretches;
	size_t stretch_count, stretch_capacity;
};

void landings_clear(struct landings *p);
void landings_free(struct landings *p);

void landings_row(struct landings *p, const struct line_row *row);
/* Left out when its file or line is not known. */
void landings_add(struct landings *p, const struct landing *place);

/*
 * Adds the places and stretches of all rows, which are in another order then. `entry` gives way to
 * `line_entry`. `name` tells whose code a copy is; copies without a name are left out.
 */
void landings_lines(struct landings *p, uint64_t entry, uint64_t line_entry,
		    const char *(*name)(void *arg, uint32_t copy), void *arg);

/* Brings the places into the order of addresses, one for what is the same place for two reasons. */
void landings_finish(struct landings *p);

#endif
