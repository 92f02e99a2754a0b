/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows of a query as JSON.
 */
#ifndef GOTRACE_QUERY_JSON_H
#define GOTRACE_QUERY_JSON_H

#include "base/json.h"

struct sqlite3_stmt;

/* The value of a column, whatever its type; blobs in hexadecimal. */
void json_column(struct json *j, const char *key, struct sqlite3_stmt *stmt, int column);
/* All columns of a row, keyed by their names. */
void json_columns(struct json *j, struct sqlite3_stmt *stmt);

#endif
