/* SPDX-License-Identifier: GPL-2.0-only */
#include "sql/places.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sql/db.h"
#include "sql/explain.h"

struct places {
	sqlite3_stmt *between;
};

static int fail(sqlite3 *sqlite, struct error *err)
{
	return error_set(err, STATUS_UNREADABLE, "cannot look up places: %s",
			 sqlite3_errmsg(sqlite));
}

static const char *column_text(sqlite3_stmt *stmt, int column)
{
	return (const char *)sqlite3_column_text(stmt, column);
}

static int64_t column_int(sqlite3_stmt *stmt, int column, int64_t unknown)
{
	return sqlite3_column_type(stmt, column) == SQLITE_NULL
		       ? unknown
		       : sqlite3_column_int64(stmt, column);
}

static struct place_row row_of(sqlite3_stmt *stmt)
{
	return (struct place_row){
		.breakpoint = sqlite3_column_int64(stmt, 0),
		.binary = sqlite3_column_int64(stmt, 1),
		.pc = sqlite3_column_int64(stmt, 2),
		.function = column_text(stmt, 3),
		.file = column_text(stmt, 4),
		.inlined_into = column_text(stmt, 5),
		.line = column_int(stmt, 6, DB_NULL),
		.is_stmt = (int)column_int(stmt, 7, -1),
		.other = sqlite3_column_int(stmt, 8),
		.nothing = column_text(stmt, 9),
	};
}

int places_of_specs(sqlite3 *sqlite, const char *const *specs, size_t count,
		    int (*row)(void *arg, const struct place_row *p), void *arg, struct error *err)
{
	/* Places and sentences in one list, so that all comes in the order of breakpoints. */
	static const char sql[] =
		"SELECT breakpoint_id, binary_id, pc, function, file, inlined_into, line, is_stmt, "
		"other, NULL FROM temp.every_location "
		"UNION ALL SELECT breakpoint_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "
		"sentence FROM temp.unresolved ORDER BY breakpoint_id, other, binary_id, pc";
	sqlite3_stmt *stmt = NULL;
	int code, stop = 0;

	if (explain_resolve(sqlite, specs, NULL, count, err))
		return -1;
	code = sqlite3_prepare_v2(sqlite, sql, -1, &stmt, NULL);
	if (code == SQLITE_OK)
		code = SQLITE_ROW;
	while (!stop && code == SQLITE_ROW && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct place_row p = row_of(stmt);

		stop = row(arg, &p);
	}
	sqlite3_finalize(stmt);
	if (!stop && code != SQLITE_DONE)
		return fail(sqlite, err);
	return stop;
}

struct places *places_open(sqlite3 *sqlite, struct error *err)
{
	static const char table[] =
		"CREATE TEMP TABLE place (binary_id INTEGER, pc INTEGER, PRIMARY KEY (binary_id, pc)) "
		"WITHOUT ROWID;"
		"INSERT INTO temp.place SELECT DISTINCT binary_id, pc FROM source_line";
	struct places *p = xcalloc(1, sizeof(*p));

	if (sqlite3_exec(sqlite, table, NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(sqlite,
			       "SELECT pc FROM temp.place WHERE binary_id = ?1 AND pc >= ?2 "
			       "AND pc < ?3 ORDER BY pc",
			       -1, &p->between, NULL) == SQLITE_OK)
		return p;
	fail(sqlite, err);
	places_close(p);
	return NULL;
}

void places_close(struct places *p)
{
	if (p)
		sqlite3_finalize(p->between);
	free(p);
}

int places_between(struct places *p, int64_t binary, int64_t low, int64_t high,
		   int (*place)(void *arg, uint64_t pc), void *arg, struct error *err)
{
	int stop = 0, code = SQLITE_ROW;

	sqlite3_bind_int64(p->between, 1, binary);
	sqlite3_bind_int64(p->between, 2, low);
	sqlite3_bind_int64(p->between, 3, high);
	while (!stop && (code = sqlite3_step(p->between)) == SQLITE_ROW)
		stop = place(arg, (uint64_t)sqlite3_column_int64(p->between, 0));
	if (!stop && code != SQLITE_DONE)
		stop = fail(sqlite3_db_handle(p->between), err);
	sqlite3_reset(p->between);
	return stop;
}
