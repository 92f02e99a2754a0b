/* SPDX-License-Identifier: GPL-2.0-only */
#include "query/rows.h"

#include <sqlite3.h>

static void fail(struct rows *r)
{
	r->failed = true;
	error_set(r->err, STATUS_UNREADABLE, "the database cannot be read: %s",
		  sqlite3_errmsg(r->sqlite));
}

struct rows rows_begin(sqlite3 *sqlite, const char *sql, int64_t parameter, struct error *err)
{
	struct rows r = { .sqlite = sqlite, .err = err };

	if (sqlite3_prepare_v2(sqlite, sql, -1, &r.stmt, NULL) != SQLITE_OK)
		fail(&r);
	else if (sqlite3_bind_parameter_count(r.stmt))
		sqlite3_bind_int64(r.stmt, 1, parameter);
	return r;
}

bool rows_next(struct rows *r)
{
	int code = r->failed ? SQLITE_DONE : sqlite3_step(r->stmt);

	if (code == SQLITE_ROW)
		return true;
	if (code != SQLITE_DONE)
		fail(r);
	sqlite3_finalize(r->stmt);
	r->stmt = NULL;
	return false;
}

const char *rows_text(const struct rows *r, int column)
{
	return (const char *)sqlite3_column_text(r->stmt, column);
}

int64_t rows_int(const struct rows *r, int column)
{
	return sqlite3_column_int64(r->stmt, column);
}

bool rows_null(const struct rows *r, int column)
{
	return sqlite3_column_type(r->stmt, column) == SQLITE_NULL;
}
