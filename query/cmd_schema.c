/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tables and views say of themselves is in the comments of the SQL that made them: behind each
 * column in the database itself, above each table in sql/schema.sql, sql/views.sql, sql/bare_views.sql.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/options.h"
#include "query/commands.h"
#include "query/output.h"
#include "query/rows.h"
#include "sql/db.h"

/* The comment lines right above "CREATE TABLE name" or "CREATE VIEW name" in a file. */
static bool comment_above(const char *sql, const char *name, struct buffer *out)
{
	static const char *const kinds[] = { "TABLE", "VIEW", "VIEW IF NOT EXISTS" };
	const char *found = NULL, *start;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds) && !found; i++) {
		char *create = xasprintf("\nCREATE %s %s", kinds[i], name);

		n = strlen(create);
		for (found = strstr(sql, create); found && !strchr(" (", found[n]);)
			found = strstr(found + 1, create);
		free(create);
	}
	if (!found)
		return false;
	/* Back to the first line of the comment. */
	for (start = found; start > sql;) {
		const char *p = start;

		while (p > sql && p[-1] != '\n')
			p--;
		if (strncmp(p, "--", 2))
			break;
		start = p > sql ? p - 1 : p;
	}
	while (start < found) {
		start += *start == '\n';
		n = strcspn(start, "\n");
		if (!strncmp(start, "-- ", 3) && strncmp(start, "-- view ", 8)) {
			if (out->size)
				buffer_text(out, "\n");
			buffer_add(out, start + 3, n - 3);
		}
		start += n;
	}
	return out->size;
}

/* The comment behind a column: its name begins the line, or "AS name" ends what is before it. */
static void comment_behind(const char *sql, const char *column, struct buffer *out)
{
	char *plain = xasprintf("%s ", column), *quoted = xasprintf("\"%s\" ", column);
	char *as = xasprintf("AS %s", column);

	while (*sql) {
		size_t n = strcspn(sql, "\n");
		char *line = xstrndup(sql, n), *comment = strstr(line, " -- ");
		const char *p = line + strspn(line, " \t");

		if (comment) {
			char *end = comment;
			size_t size = strlen(as);

			if (end > line && end[-1] == ',')
				end--;
			if (!strncmp(p, plain, strlen(plain)) ||
			    !strncmp(p, quoted, strlen(quoted)) ||
			    ((size_t)(end - line) >= size && !memcmp(end - size, as, size))) {
				buffer_text(out, comment + 4);
				free(line);
				break;
			}
		}
		free(line);
		sql += n + (sql[n] == '\n');
	}
	free(plain);
	free(quoted);
	free(as);
}

/* Tables of events and the views over them begin with the same columns. */
static bool is_of_events(sqlite3 *db, const char *name, struct error *err)
{
	char *sql = sqlite3_mprintf("SELECT count(*) = 3 FROM pragma_table_xinfo(%Q) "
				    "WHERE name IN ('tid', 'goid', 'stack_id')",
				    name);
	bool is = false;

	for (struct rows r = rows_begin(db, sql, 0, err); rows_next(&r);)
		is = rows_int(&r, 0);
	sqlite3_free(sql);
	return is;
}

static void table_comment(sqlite3 *db, const char *name, const char *sql, struct buffer *out,
			  struct error *err)
{
	const char *p;

	if (comment_above(db_sql("schema"), name, out) ||
	    comment_above(db_sql("views"), name, out) ||
	    comment_above(db_sql("bare_views"), name, out))
		return;
	if (!strcmp(name, "event"))
		buffer_text(out, "All events of all sources, with what they have in common.");
	/* A table of events has its own behind the opening parenthesis. */
	p = strstr(sql, "( -- ");
	if (p && p < sql + strcspn(sql, "\n"))
		buffer_add(out, p + 5, strcspn(p + 5, "\n"));
	if (!out->size && is_of_events(db, name, err))
		buffer_text(out, "Events of the source whose table_name this is.");
}

static void print_lines(const struct buffer *text, const char *indent)
{
	const char *p = text->data;

	while (p && *p) {
		struct buffer line = { 0 };
		size_t n = strcspn(p, "\n");

		escape(&line, p, n);
		printf("%s%s\n", indent, line.data);
		buffer_free(&line);
		p += n + (p[n] == '\n');
	}
}

/* What every event has, in views that say nothing of it; and the fields that are the event's own. */
static void event_column(const char *column, struct buffer *out)
{
	static const char *const common[][2] = {
		{ "id", "rank in time order, over the whole recording" },
		{ "ts", "time, ns" },
		{ "cpu", "where" },
		{ "pid", "process" },
		{ "tid", "thread" },
		{ "goid", "goroutine that it is about or that ran; NULL: none, or not known" },
		{ "source_id", "what: source.id" },
		{ "stack_id", "the stack that was recorded" },
		{ "period", "it stands for so many occurrences" },
		{ "raw", "the event's bytes, whose layout the recording does not tell" },
		{ "__probe_ip", "address of the uprobe, as the process has it in memory" },
		{ "__probe_func", "address of the function that returns" },
		{ "__probe_ret_ip", "address that the function returns to" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(common); i++)
		if (!strcmp(common[i][0], column)) {
			buffer_text(out, common[i][1]);
			return;
		}
	buffer_format(out, "the event's own field %s",
		      strncmp(column, "arg_", 4) != 0 ? column : column + 4);
}

static void print_columns(sqlite3 *db, const char *name, const char *sql, struct error *err)
{
	bool events = is_of_events(db, name, err);
	char *pragma = sqlite3_mprintf("SELECT name, type FROM pragma_table_xinfo(%Q)", name);

	for (struct rows r = rows_begin(db, pragma, 0, err); rows_next(&r);) {
		struct buffer column = { 0 }, comment = { 0 };
		const char *type = rows_text(&r, 1);

		escape(&column, rows_text(&r, 0), strlen(rows_text(&r, 0)));
		comment_behind(sql, rows_text(&r, 0), &comment);
		if (!comment.size && events)
			event_column(rows_text(&r, 0), &comment);
		printf("  %-18s  %-8s", column.data, type ? type : "");
		if (comment.size)
			print_lines(&comment, "  ");
		else
			putchar('\n');
		buffer_free(&column);
		buffer_free(&comment);
	}
	sqlite3_free(pragma);
}

/* One table or view with its columns, or all with a line each (`only` NULL). */
static int64_t print_schema(sqlite3 *db, const char *only, struct error *err)
{
	int64_t n = 0;

	for (struct rows r =
		     rows_begin(db,
				"SELECT type, name, sql FROM sqlite_schema "
				"WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' "
				"ESCAPE '\\' AND name NOT LIKE 'event\\_part\\_%' ESCAPE '\\' "
				"ORDER BY rowid",
				0, err);
	     rows_next(&r);) {
		const char *name = rows_text(&r, 1), *sql = rows_text(&r, 2);
		struct buffer comment = { 0 };

		if (!name || !sql || (only && sqlite3_stricmp(only, name)))
			continue;
		if (n++)
			putchar('\n');
		printf("%s ", rows_text(&r, 0));
		put_escaped(stdout, name);
		putchar('\n');
		table_comment(db, name, sql, &comment, err);
		print_lines(&comment, "  ");
		if (comment.size)
			putchar('\n');
		print_columns(db, name, sql, err);
		buffer_free(&comment);
	}
	return n;
}

/* Without a database there is still the schema that every one begins with. */
static sqlite3 *empty_database(struct error *err)
{
	sqlite3 *db = NULL;

	if (sqlite3_open(":memory:", &db) != SQLITE_OK) {
		error_set(err, STATUS_UNREADABLE, "SQLite does not start");
	} else if (!db_run(db, "schema", err) && !db_run(db, "bare_views", err) &&
		   !db_run(db, "views", err)) {
		return db;
	}
	sqlite3_close(db);
	return NULL;
}

int cmd_schema(int argc, char **argv)
{
	const char *path = NULL;
	const struct option_def options[] = {
		{ 'i', "input", "DB",
		  "the database (default: " DEFAULT_DB ", or none if there is none)", OPTION_TEXT,
		  &path },
		{ 0 },
	};
	const struct command_line line = {
		.name = "gotrace schema",
		.example = "gotrace schema -i app.db\ngotrace schema goroutine_slice",
		.synopsis = "[-i DB] [TABLE]",
		.text = "Shows the tables and views of a database, and what is in their columns. Times are\n"
			"nanoseconds of the recording's clock, [ts, ts_end); NULL is \"not known\".\n\n"
			"Exit status: 0; 1 there is no such table; 2 the command line is wrong; 4 the database\n"
			"cannot be read.",
		.options = options,
		.min = 0,
		.max = 1,
	};
	struct texts operands = { 0 };
	struct error err = { 0 };
	sqlite3 *db;
	const char *table;
	int status;

	if (!options_parse(&line, argc, argv, &operands, &status)) {
		texts_free(&operands);
		return status;
	}
	table = operands.count ? operands.items[0] : NULL;
	texts_free(&operands);
	if (!path && access(DEFAULT_DB, F_OK))
		db = empty_database(&err);
	else
		db = db_open(path ? path : DEFAULT_DB, false, &err);
	if (!db)
		return error_say(&err);
	status = STATUS_OK;
	if (!print_schema(db, table, &err) && !err.text[0]) {
		fprintf(stderr, "gotrace: there is no table or view \"%s\"\n", table ? table : "");
		status = STATUS_MISSING;
	}
	sqlite3_close(db);
	return err.text[0] ? error_say(&err) : output_done(status);
}
