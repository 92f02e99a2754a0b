/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/options.h"
#include "query/commands.h"
#include "query/json.h"
#include "query/output.h"
#include "query/rows.h"
#include "sql/db.h"
#include "sql/explain.h"

#define SHOWN 12 /* places and rows of evidence in text; all are in --json and in the tables */

/* ---- JSON ----------------------------------------------------------------------------------- */

/* Each row as an object. */
static void json_rows(struct json *j, const char *key, sqlite3 *db, const char *sql, int64_t id,
		      struct error *err)
{
	json_open(j, key, '[');
	for (struct rows r = rows_begin(db, sql, id, err); rows_next(&r);) {
		json_open(j, NULL, '{');
		json_columns(j, r.stmt);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void json_causes(struct json *j, sqlite3 *db, int64_t id, struct error *err)
{
	json_open(j, "causes", '[');
	for (struct rows r =
		     rows_begin(db,
				"SELECT cause, strength, sentence, id FROM temp.verdict_cause "
				"WHERE breakpoint_id = ?1 ORDER BY id",
				id, err);
	     rows_next(&r);) {
		json_open(j, NULL, '{');
		json_text(j, "cause", rows_text(&r, 0));
		json_text(j, "strength", rows_text(&r, 1));
		json_text(j, "sentence", rows_text(&r, 2));
		json_rows(j, "evidence", db,
			  "SELECT table_name, row_id, sentence FROM temp.evidence "
			  "WHERE verdict_cause_id = ?1 ORDER BY id",
			  rows_int(&r, 3), err);
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* Breakpoints with their verdicts; both outputs read the columns by number. */
static const char verdicts_sql[] =
	"SELECT b.spec, v.verdict, v.reached, v.trapped, v.missed_min, v.missed_max, v.sentence, b.id, "
	"v.next_recording FROM temp.breakpoint AS b JOIN temp.verdict AS v "
	"ON v.breakpoint_id = b.id ORDER BY b.id";

static void print_json(sqlite3 *db, struct error *err)
{
	struct json j = { .out = stdout };

	json_open(&j, NULL, '{');
	json_int(&j, "schema_version", JSON_VERSION);
	json_open(&j, "breakpoints", '[');
	for (struct rows r = rows_begin(db, verdicts_sql, 0, err); rows_next(&r);) {
		json_open(&j, NULL, '{');
		for (int i = 0; i < 7; i++)
			json_column(&j, sqlite3_column_name(r.stmt, i), r.stmt, i);
		json_rows(
			&j, "locations", db,
			"SELECT l.pc, l.function, l.file, l.line, l.inlined_into, l.is_stmt, l.other, "
			"n.path AS binary, "
			"(SELECT count(*) FROM temp.breakpoint_hit AS h WHERE h.location_id = l.id "
			"AND h.kind = 'reached') AS reached, "
			"(SELECT count(*) FROM temp.breakpoint_hit AS h WHERE h.location_id = l.id "
			"AND h.kind = 'trapped') AS trapped "
			"FROM temp.breakpoint_location AS l LEFT JOIN binary AS n "
			"ON n.id = l.binary_id WHERE l.breakpoint_id = ?1 ORDER BY l.id",
			rows_int(&r, 7), err);
		json_causes(&j, db, rows_int(&r, 7), err);
		json_column(&j, "next_recording", r.stmt, 8);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
}

/* ---- text ----------------------------------------------------------------------------------- */

static const char *colour_of(const char *verdict)
{
	if (!colours())
		return "";
	return !strcmp(verdict, "hit")       ? "\033[1;32m"
	       : !strcmp(verdict, "unknown") ? "\033[1;33m"
					     : "\033[1;31m";
}

static void print_places(sqlite3 *db, int64_t id, struct error *err)
{
	int64_t n = 0;

	for (struct rows r = rows_begin(db,
					"SELECT pc, function, file, line, inlined_into, "
					"count(*) OVER (), other FROM temp.breakpoint_location "
					"WHERE breakpoint_id = ?1 ORDER BY id",
					id, err);
	     rows_next(&r); n++) {
		if (n == SHOWN)
			printf("  place   … and %" PRId64 " more\n", rows_int(&r, 5) - n);
		if (n >= SHOWN)
			continue;
		/* also: code of the line at which no debugger stops */
		printf("  %s 0x%" PRIx64 "  ", rows_int(&r, 6) ? "also   " : "place  ",
		       (uint64_t)rows_int(&r, 0));
		put_escaped(stdout, rows_text(&r, 1));
		if (!rows_null(&r, 2)) {
			fputs("  ", stdout);
			put_escaped(stdout, rows_text(&r, 2));
			if (!rows_null(&r, 3))
				printf(":%" PRId64, rows_int(&r, 3));
		}
		if (!rows_null(&r, 4)) {
			fputs("  inlined into ", stdout);
			put_escaped(stdout, rows_text(&r, 4));
		}
		putchar('\n');
	}
}

static void print_evidence(sqlite3 *db, int64_t id, struct error *err)
{
	int64_t n = 0;

	for (struct rows r =
		     rows_begin(db,
				"SELECT table_name, row_id, sentence, count(*) OVER () "
				"FROM temp.evidence WHERE verdict_cause_id = ?1 ORDER BY id",
				id, err);
	     rows_next(&r); n++) {
		if (n == SHOWN)
			printf("            … and %" PRId64 " more rows\n", rows_int(&r, 3) - n);
		if (n >= SHOWN)
			continue;
		fputs("            ", stdout);
		put_escaped(stdout, rows_text(&r, 0));
		printf(" %" PRId64 ": ", rows_int(&r, 1));
		put_escaped(stdout, rows_text(&r, 2));
		putchar('\n');
	}
}

static const char *advice(const struct cause *causes, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(causes[i].name, name))
			return causes[i].what_to_do;
	return "";
}

static void print_causes(sqlite3 *db, int64_t id, struct error *err)
{
	size_t count;
	struct cause *causes = explain_causes(&count);

	for (struct rows r =
		     rows_begin(db,
				"SELECT strength, cause, sentence, id FROM temp.verdict_cause "
				"WHERE breakpoint_id = ?1 ORDER BY id",
				id, err);
	     rows_next(&r);) {
		const char *strength = rows_text(&r, 0), *name = rows_text(&r, 1);

		printf("  %-9s %s: ", strcmp(strength, "ruled_out") ? strength : "ruled out", name);
		put_escaped(stdout, rows_text(&r, 2));
		putchar('\n');
		print_evidence(db, rows_int(&r, 3), err);
		if (!strcmp(strength, "proved") || !strcmp(strength, "likely"))
			printf("            What to do: %s\n", advice(causes, count, name));
	}
	explain_causes_free(causes, count);
}

/* Lines of commands; what is in them may come from the recording. */
static void print_commands(const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		struct buffer line = { 0 };

		escape(&line, text, n);
		printf("    %s\n", line.data);
		buffer_free(&line);
		text += n + (text[n] == '\n');
	}
}

static void print_counts(const struct rows *r)
{
	printf("  counted %" PRId64 " executed, %" PRId64 " stopped", rows_int(r, 2),
	       rows_int(r, 3));
	if (rows_int(r, 4) || rows_int(r, 5) ||
	    (rows_null(r, 5) && strcmp(rows_text(r, 1), "hit"))) {
		printf("; missed at least %" PRId64, rows_int(r, 4));
		if (rows_null(r, 5))
			fputs(", no upper bound is known", stdout);
		else
			printf(", at most %" PRId64, rows_int(r, 5));
	}
	putchar('\n');
}

static void print_text(sqlite3 *db, struct error *err)
{
	bool first = true;

	for (struct rows r = rows_begin(db, verdicts_sql, 0, err); rows_next(&r);) {
		if (!first)
			putchar('\n');
		first = false;
		put_escaped(stdout, rows_text(&r, 0));
		printf(": %s%s%s\n  ", colour_of(rows_text(&r, 1)), rows_text(&r, 1),
		       colours() ? "\033[0m" : "");
		put_escaped(stdout, rows_text(&r, 6));
		putchar('\n');
		print_places(db, rows_int(&r, 7), err);
		print_counts(&r);
		print_causes(db, rows_int(&r, 7), err);
		if (!rows_null(&r, 8)) {
			fputs("  This would decide it (a probe beside the place: one at it would silence a "
			      "debugger):\n",
			      stdout);
			print_commands(rows_text(&r, 8));
		}
	}
}

/* ---- the command ---------------------------------------------------------------------------- */

static int list_causes(bool json)
{
	struct json j = { .out = stdout };
	size_t count;
	struct cause *causes = explain_causes(&count);

	if (json) {
		json_open(&j, NULL, '{');
		json_int(&j, "schema_version", JSON_VERSION);
		json_open(&j, "causes", '[');
	}
	for (size_t i = 0; i < count; i++) {
		const struct cause *c = &causes[i];

		if (json) {
			json_open(&j, NULL, '{');
			json_text(&j, "cause", c->name);
			json_text(&j, "title", c->title);
			json_text(&j, "meaning", c->meaning);
			json_text(&j, "proves", c->proves);
			json_text(&j, "rules_out", c->rules_out);
			json_text(&j, "what_to_do", c->what_to_do);
			json_close(&j, '}');
		} else {
			printf("%s%s: %s\n  %s\n  proves:     %s\n  rules out:  %s\n  what to do: %s\n",
			       i ? "\n" : "", c->name, c->title, c->meaning, c->proves,
			       c->rules_out, c->what_to_do);
		}
	}
	if (json) {
		json_close(&j, ']');
		json_close(&j, '}');
	}
	explain_causes_free(causes, count);
	return output_done(STATUS_OK);
}

/* What the verdicts together mean for a script. */
static int status_of(sqlite3 *db, struct error *err)
{
	int status = STATUS_OK;

	for (struct rows r =
		     rows_begin(db, "SELECT verdict = 'hit', trusted FROM temp.verdict", 0, err);
	     rows_next(&r);) {
		if (!rows_int(&r, 1))
			status = STATUS_UNTRUSTED;
		else if (!rows_int(&r, 0) && status == STATUS_OK)
			status = STATUS_MISSING;
	}
	return status;
}

/*
 * "/home/me/app/main.go:42" with its path freed of symbolic links, as far as they are known on this
 * machine, in memory that the caller frees. NULL: no whole path, no such file, or nothing to free it of.
 */
static char *resolve_links(const char *spec)
{
	const char *colon = strrchr(spec, ':');
	char *path, *real, *resolved = NULL;

	if (spec[0] != '/' || !colon)
		return NULL;
	path = xstrndup(spec, (size_t)(colon - spec));
	real = realpath(path, NULL);
	if (real && strcmp(real, path))
		resolved = xasprintf("%s%s", real, colon);
	free(real);
	free(path);
	return resolved;
}

static int run(sqlite3 *db, const struct texts *specs, struct error *err)
{
	char **resolved = xcalloc(specs->count, sizeof(*resolved));
	int rc;

	for (size_t i = 0; i < specs->count; i++)
		resolved[i] = resolve_links(specs->items[i]);
	rc = explain_run(db, specs->items, (const char *const *)resolved, specs->count, err);
	for (size_t i = 0; i < specs->count; i++)
		free(resolved[i]);
	free(resolved);
	return rc;
}

static int explain(const char *path, const struct texts *specs, bool json, bool save)
{
	struct error err = { 0 };
	sqlite3 *db = db_open(path, save, &err);
	int status = STATUS_OK;

	if (!db)
		return error_say(&err);
	if (run(db, specs, &err) || (save && explain_save(db, &err))) {
		sqlite3_close(db);
		return err.status == STATUS_USAGE ? options_wrong("gotrace explain", "%s", err.text)
						  : error_say(&err);
	}
	if (json)
		print_json(db, &err);
	else
		print_text(db, &err);
	status = status_of(db, &err);
	sqlite3_close(db);
	if (err.text[0])
		return error_say(&err);
	return output_done(status);
}

int cmd_explain(int argc, char **argv)
{
	const char *path = DEFAULT_DB;
	bool json = false, save = false, list = false;
	const struct option_def options[] = {
		{ 'i', "input", "DB", "the database to ask (default: " DEFAULT_DB ")", OPTION_TEXT,
		  &path },
		{ 0, "json", NULL, "one JSON object instead of text", OPTION_FLAG, &json },
		{ 0, "save", NULL, "also store the answers in the database", OPTION_FLAG, &save },
		{ 0, "list-causes", NULL, "describe all causes that gotrace knows, and exit",
		  OPTION_FLAG, &list },
		{ 0 },
	};
	const struct command_line line = {
		.name = "gotrace explain",
		.example = "gotrace explain -i app.db main.go:42 'main.(*Server).Close' panic",
		.synopsis = "[-i DB] [--json] [--save] SPEC...",
		.text = "Says why a breakpoint was or was not seen, and names the rows that prove it.\n\n"
			"SPEC is one of:\n"
			"  file.go:LINE        a source line; as much of the path as tells the file\n"
			"  pkg.Func            a function, behind its prologue, and its inlined copies\n"
			"  pkg.(*T).Method     a method; T.Method and Method will do, too\n"
			"  panic               any panic (runtime.gopanic)\n"
			"  fatal               the end of a program (runtime.fatalpanic, throw, fatal)\n"
			"  0xADDR              an address of the ELF file\n\n"
			"Exit status: 0 every breakpoint was hit; 1 one was not; 2 the command line is wrong;\n"
			"4 the database cannot be read; 5 events are missing, so one cannot be answered.",
		.options = options,
		.min = 0,
		.max = -1,
	};
	struct texts specs = { 0 };
	int status;

	if (!options_parse(&line, argc, argv, &specs, &status))
		;
	else if (list)
		status = list_causes(json);
	else if (!specs.count)
		status = options_wrong(line.name, "which breakpoint? %s %s", line.name,
				       line.synopsis);
	else
		status = explain(path, &specs, json, save);
	texts_free(&specs);
	return status;
}
