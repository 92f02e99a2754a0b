/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/options.h"
#include "query/commands.h"
#include "query/output.h"
#include "sql/db.h"
#include "sql/files.h"

#define QUERIES "queries/"

/* PRAGMAs that only look. */
static const char *const pragmas[] = {
	"application_id",    "collation_list",   "compile_options", "database_list", "encoding",
	"foreign_key_check", "foreign_key_list", "freelist_count",  "function_list", "index_info",
	"index_list",        "index_xinfo",      "integrity_check", "page_count",    "page_size",
	"quick_check",       "schema_version",   "table_info",      "table_list",    "table_xinfo",
	"user_version",
};

/* SQLite asks for everything that a statement does: only reading is allowed. */
static int authorize(void *data, int action, const char *a, const char *b, const char *c,
		     const char *d)
{
	(void)data;
	(void)c;
	(void)d;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_RECURSIVE: return SQLITE_OK;
	case SQLITE_FUNCTION:
		return b && !strcasecmp(b, "load_extension") ? SQLITE_DENY : SQLITE_OK;
	case SQLITE_PRAGMA:
		for (size_t i = 0; i < ARRAY_SIZE(pragmas); i++)
			if (a && !strcasecmp(a, pragmas[i]))
				return SQLITE_OK;
		return SQLITE_DENY;
	default: return SQLITE_DENY;
	}
}

/* The value of "-- key: text" in a named query's head, in memory that the caller frees. */
static char *head(const char *sql, const char *key)
{
	char *start = xasprintf("\n-- %s: ", key);
	const char *p = strstr(sql, start);
	char *text = p ? xstrndup(p + strlen(start), strcspn(p + strlen(start), "\n"))
		       : xstrdup("");

	free(start);
	return text;
}

static int list_queries(void)
{
	for (const struct sql_file *f = sql_files; f->name; f++) {
		char *title, *arguments, *name;

		if (strncmp(f->name, QUERIES, strlen(QUERIES)))
			continue;
		title = head(f->text, "title");
		arguments = head(f->text, "arguments");
		name = xasprintf("%s%s%s", f->name + strlen(QUERIES), *arguments ? " " : "",
				 arguments);
		printf("%-27s %s\n", name, title);
		free(name);
		free(title);
		free(arguments);
	}
	return output_done(STATUS_OK);
}

/* What follows a statement and is not blank, a comment or a semicolon. */
static bool is_more(const char *sql)
{
	for (;;) {
		sql += strspn(sql, " \t\r\n;");
		if (!strncmp(sql, "--", 2)) {
			sql += strcspn(sql, "\n");
		} else if (!strncmp(sql, "/*", 2)) {
			sql = strstr(sql, "*/");
			if (!sql)
				return false;
			sql += 2;
		} else {
			return *sql;
		}
	}
}

static int wrong_sql(sqlite3 *db, const char *sql, struct error *err)
{
	int at = sqlite3_error_offset(db), line = 1, column = 1;

	if (sqlite3_errcode(db) == SQLITE_AUTH)
		return error_set(err, STATUS_USAGE,
				 "only reading is possible here (%s). To change a "
				 "database, use sqlite3",
				 sqlite3_errmsg(db));
	for (int i = 0; i < at; i++) {
		column = sql[i] == '\n' ? 1 : column + 1;
		line += sql[i] == '\n';
	}
	return at < 0 ? error_set(err, STATUS_USAGE, "SQL: %s", sqlite3_errmsg(db))
		      : error_set(err, STATUS_USAGE, "SQL, line %d, column %d: %s", line, column,
				  sqlite3_errmsg(db));
}

static bool is_integer(const char *text, int64_t *value)
{
	char *end;

	if (!strchr("-0123456789", *text) || !*text)
		return false;
	if (*text == '0' && strchr("0123456789", text[1]) &&
	    text[1]) /* digits of a name, as of a trace */
		return false;
	errno = 0;
	*value = strtoll(text, &end, strncasecmp(text, "0x", 2) ? 10 : 16);
	return !*end && !errno && end != text && end[-1] != '-';
}

static int bind_arguments(sqlite3_stmt *stmt, const struct texts *t, struct error *err)
{
	int wanted = sqlite3_bind_parameter_count(stmt), given = (int)t->count - 1;
	int64_t value;

	if (wanted != given)
		return error_set(err, STATUS_USAGE, "the query takes %d %s, and %d %s given",
				 wanted, wanted == 1 ? "argument" : "arguments", given,
				 given == 1 ? "was" : "were");
	for (int i = 1; i <= given; i++)
		if (is_integer(t->items[i], &value))
			sqlite3_bind_int64(stmt, i, value);
		else
			sqlite3_bind_text(stmt, i, t->items[i], -1, SQLITE_STATIC);
	return 0;
}

/* The text of a query by name; what is no single word is SQL. */
static const char *find_sql(const char *given)
{
	char *path = xasprintf(QUERIES "%s", given);
	const char *sql = db_sql(path);

	free(path);
	return sql || !strpbrk(given, " \t\n(") ? sql : given;
}

static int run(sqlite3 *db, const char *sql, const struct texts *t, const struct format *format,
	       struct error *err)
{
	sqlite3_stmt *stmt = NULL;
	const char *rest = "";
	int64_t rows;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, &rest) != SQLITE_OK)
		return wrong_sql(db, sql, err);
	if (!stmt)
		return error_set(err, STATUS_USAGE, "there is no SQL in it");
	if (!sqlite3_stmt_readonly(stmt) || is_more(rest)) {
		sqlite3_finalize(stmt);
		return error_set(err, STATUS_USAGE, "one statement that reads, please");
	}
	if (bind_arguments(stmt, t, err)) {
		sqlite3_finalize(stmt);
		return -1;
	}
	rows = output_rows(format, stmt, stdout);
	sqlite3_finalize(stmt);
	if (rows < 0) {
		fflush(stdout);
		return error_set(err, STATUS_UNREADABLE, "SQL: %s", sqlite3_errmsg(db));
	}
	return rows ? STATUS_OK : STATUS_MISSING;
}

static int query(const char *path, const char *format, const struct texts *t)
{
	const char *sql = find_sql(t->items[0]);
	struct error err = { 0 };
	sqlite3 *db;
	int status;

	if (!sql)
		return options_wrong("gotrace query",
				     "there is no query \"%s\" (gotrace query --list shows them)",
				     t->items[0]);
	db = db_open(path, false, &err);
	if (!db)
		return error_say(&err);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_set_authorizer(db, authorize, NULL);
	status = run(db, sql, t, format_find(format), &err);
	sqlite3_close(db);
	if (status >= 0)
		return output_done(status);
	return err.status == STATUS_USAGE ? options_wrong("gotrace query", "%s", err.text)
					  : error_say(&err);
}

int cmd_query(int argc, char **argv)
{
	const char *path = DEFAULT_DB, *format = "table";
	bool list = false;
	const struct option_def options[] = {
		{ 'i', "input", "DB", "the database to ask (default: " DEFAULT_DB ")", OPTION_TEXT,
		  &path },
		{ 0, "format", FORMATS, "how rows are written (default: table)", OPTION_CHOICE,
		  &format },
		{ 0, "list", NULL, "list the named queries and exit", OPTION_FLAG, &list },
		{ 0 },
	};
	const struct command_line line = {
		.name = "gotrace query",
		.example = "gotrace query 'SELECT name, events FROM source'\n"
			   "gotrace query -i app.db --format csv stack 17",
		.synopsis = "[-i DB] [--format FORMAT] SQL | NAME [ARG...]",
		.text = "Asks the database: one SQL statement that reads, or a query by its name. ARGs take the\n"
			"places of ?1, ?2 ... \"gotrace schema\" shows what there is to ask.\n\n"
			"Exit status: 0 there are rows; 1 there is none; 2 the command line or the SQL is wrong;\n"
			"4 the database cannot be read.",
		.options = options,
		.min = 0,
		.max = -1,
	};
	struct texts operands = { 0 };
	int status;

	if (!options_parse(&line, argc, argv, &operands, &status))
		;
	else if (list)
		status = list_queries();
	else if (!operands.count)
		status = options_wrong(line.name, "which query? %s %s", line.name, line.synopsis);
	else
		status = query(path, format, &operands);
	texts_free(&operands);
	return status;
}
