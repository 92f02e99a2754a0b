/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows on paper: one struct of functions per format, chosen by name.
 */
#ifndef GOTRACE_QUERY_OUTPUT_H
#define GOTRACE_QUERY_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/error.h"

struct sqlite3_stmt;

struct output;

struct format {
	const char *name;
	void (*begin)(struct output *o, struct sqlite3_stmt *stmt);
	void (*row)(struct output *o, struct sqlite3_stmt *stmt);
	void (*end)(struct output *o);
};

/* The formats' names, as an option's choice. */
#define FORMATS "table|csv|tsv|json|ndjson|md"

/* NULL: there is no such format. */
const struct format *format_find(const char *name);

/* Writes all rows of a statement to `out`. Returns their number, -1 when SQLite fails. */
int64_t output_rows(const struct format *format, struct sqlite3_stmt *stmt, FILE *out);

/*
 * Text from a recording for a terminal: control characters, line ends too, as \xNN. Appends.
 */
void escape(struct buffer *b, const char *text, size_t size);
/* Prints text so escaped; NULL prints "-". */
void put_escaped(FILE *out, const char *text);

/* Whether colours are welcome on stdout: a terminal that can, and no NO_COLOR. */
bool colours(void);

/* Closes stdout and says so if what was written did not arrive; `status` otherwise. */
int output_done(int status);

#endif
