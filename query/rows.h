/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a few rows: a statement with its errors said in one way.
 */
#ifndef GOTRACE_QUERY_ROWS_H
#define GOTRACE_QUERY_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

struct rows {
	struct sqlite3 *sqlite;
	struct sqlite3_stmt *stmt; /* on a row while rows_next() is true */
	struct error *err;
	bool failed;
};

/*
 * Prepares SQL with `parameter` as ?1. An error is kept in *err and ends the rows at once:
 *
 *     for (struct rows r = rows_begin(db, sql, 0, err); rows_next(&r);)
 *             use(rows_text(&r, 0));
 */
struct rows rows_begin(struct sqlite3 *sqlite, const char *sql, int64_t parameter,
		       struct error *err);
/* The next row. False after the last, having let go of the statement. */
bool rows_next(struct rows *r);
const char *rows_text(const struct rows *r, int column); /* NULL; valid until the next row */
int64_t rows_int(const struct rows *r, int column);      /* NULL reads as 0 */
bool rows_null(const struct rows *r, int column);

#endif
