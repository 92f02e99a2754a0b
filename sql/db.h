/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one door to the database file: writes a new one whole or not at all, and opens a finished one.
 *
 * A database is built as a temporary file beside its target, in one transaction, and takes the
 * target's place only when it is complete: whoever kills the writer leaves the old file, or none.
 * Rows go in many to a statement; indexes and views are made when all rows are in.
 */
#ifndef GOTRACE_SQL_DB_H
#define GOTRACE_SQL_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct sqlite3;

/* PRAGMA application_id ("goTr") and user_version of every database that this program writes. */
#define DB_APPLICATION_ID 0x676f5472
#define DB_SCHEMA_VERSION 3

/* A NULL in a column of integers: unknown, which is not 0. */
#define DB_NULL INT64_MIN

struct db;       /* a database that is being written */
struct db_table; /* a table that takes rows */

/*
 * Begins a database that will become `path`, with all tables of sql/schema.sql. NULL when the
 * folder cannot be written, or when `path` exists and is not a database of gotrace (one is replaced
 * by db_finish()). A temporary file that a dead writer left for this path is removed.
 */
struct db *db_create(const char *path, struct error *err);

/*
 * A database in memory, for questions about what is not worth a file: it has the tables, but no views,
 * and ends with db_abandon().
 */
struct db *db_scratch(struct error *err);

/* Makes views and indexes, commits, syncs and puts the file in its place. Frees `db` either way. */
int db_finish(struct db *db, struct error *err);

/* Throws the unfinished database away. NULL is allowed. */
void db_abandon(struct db *db);

/* The connection, for SQL that comes from a .sql file; owned by `db`. Flushes all rows first. */
struct sqlite3 *db_connection(struct db *db, struct error *err);

/*
 * A table of sql/schema.sql, to be filled in this column order: db_table(db, "lost(id, ts, cpu)").
 * Columns that are not named stay NULL. Lives until db_finish() or db_abandon().
 */
struct db_table *db_table(struct db *db, const char *name_and_columns, struct error *err);

/* How a column of a new table is declared; `comment` appears in `gotrace schema`. */
struct db_column {
	const char *name;
	const char *type; /* INTEGER, TEXT or BLOB, with constraints */
	const char *comment;
};

/*
 * Creates a STRICT table and returns it for filling. Names are quoted here, so they may hold
 * anything; they must be unique without regard to case.
 */
struct db_table *db_new_table(struct db *db, const char *name, const char *comment,
			      const struct db_column *columns, size_t count, struct error *err);

/*
 * A row is given value by value, left to right, and ended by row_end(). Values of too few or too
 * many columns are a bug. Text and blobs are copied. Text that is not UTF-8 is stored with the
 * offending bytes as U+FFFD, so that every TEXT of a database is valid.
 */
void row_int(struct db_table *t, int64_t value);                     /* DB_NULL stores NULL */
void row_ints(struct db_table *t, const int64_t *values, int count); /* row_int() for each */
void row_raw_int(struct db_table *t, int64_t value); /* stores INT64_MIN as itself */
void row_real(struct db_table *t, double value);
void row_null(struct db_table *t);
void row_text(struct db_table *t, const char *text); /* NULL stores NULL */
void row_bytes_as_text(struct db_table *t, const char *text, size_t size);
void row_blob(struct db_table *t, const void *bytes, size_t size);
int row_end(struct db_table *t, struct error *err);

/* How many rows the table was given. */
int64_t db_table_rows(const struct db_table *t);

/*
 * Opens a finished database: read-only, with trusted_schema off, since a database may come from
 * anybody; `write` opens it for adding verdicts. The caller closes it with sqlite3_close(). Refuses
 * what is not a database of gotrace, or one of another schema version, and says what to do.
 */
struct sqlite3 *db_open(const char *path, bool write, struct error *err);

/*
 * Whether a table or view of this name (without regard to case) is there, or will be when the
 * database is finished: such a name is not free for db_new_table().
 */
bool db_name_taken(const struct db *db, const char *name);

/* The text of sql/NAME.sql, NULL where there is none. */
const char *db_sql(const char *name);

/* Runs sql/NAME.sql, which may hold many statements; what they select is thrown away. */
int db_run(struct sqlite3 *connection, const char *name, struct error *err);

#endif
