/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/options.h"
#include "query/commands.h"
#include "query/json.h"
#include "query/output.h"
#include "query/rows.h"
#include "sql/db.h"

static const char recording_sql[] = "SELECT * FROM recording";
static const char sources_sql[] =
	"SELECT id, name, table_name, type, events, lost_events, complete, period, freq, "
	"sampled_reason, function, function_offset FROM source ORDER BY id";
static const char binaries_sql[] =
	"SELECT id, path, build_id, go_version, read, has_dwarf, problem, "
	"id IN (SELECT binary_id FROM source UNION SELECT binary_id FROM probe) AS probed FROM binary "
	"WHERE go_version IS NOT NULL OR problem IS NOT NULL ORDER BY id";
static const char quality_sql[] =
	"SELECT q.id, q.name, q.severity, q.cpu, s.name AS source, q.ts, q.ts_end, q.value, q.sentence "
	"FROM data_quality AS q LEFT JOIN source AS s ON s.id = q.source_id "
	"ORDER BY CASE q.severity WHEN 'error' THEN 1 WHEN 'data_loss' THEN 2 ELSE 3 END, q.id";
static const char blind_sql[] =
	"SELECT cause, count(*) AS windows, sum(ts_end - ts) AS ns, sum(lost_events) AS lost_events, "
	"count(DISTINCT cpu) AS cpus FROM blind_window GROUP BY cause ORDER BY min(id)";

/* ---- JSON ----------------------------------------------------------------------------------- */

static void json_list(struct json *j, const char *key, sqlite3 *db, const char *sql,
		      struct error *err)
{
	json_open(j, key, '[');
	for (struct rows r = rows_begin(db, sql, 0, err); rows_next(&r);) {
		json_open(j, NULL, '{');
		json_columns(j, r.stmt);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void print_json(sqlite3 *db, struct error *err)
{
	struct json j = { .out = stdout };

	json_open(&j, NULL, '{');
	json_int(&j, "schema_version", JSON_VERSION);
	json_open(&j, "recording", '{');
	for (struct rows r = rows_begin(db, recording_sql, 0, err); rows_next(&r);)
		json_columns(&j, r.stmt);
	json_close(&j, '}');
	json_list(&j, "sources", db, sources_sql, err);
	json_list(&j, "binaries", db, binaries_sql, err);
	json_list(&j, "blind_windows", db, blind_sql, err);
	json_list(&j, "data_quality", db, quality_sql, err);
	json_close(&j, '}');
}

/* ---- text ----------------------------------------------------------------------------------- */

static void print_pair(const char *key, const char *text)
{
	if (!text)
		return;
	printf("%-12s", key);
	put_escaped(stdout, text);
	putchar('\n');
}

static void print_time(const struct rows *r, int ts, int ts_end, int offset)
{
	int64_t from = rows_int(r, ts), ns = rows_int(r, ts_end) - from, wall;
	char text[64] = "";
	struct tm tm;
	time_t seconds;

	if (rows_null(r, ts) || rows_null(r, ts_end))
		return;
	printf("time        %" PRId64 ".%09" PRId64 " s long", ns / 1000000000, ns % 1000000000);
	if (!rows_null(r, offset)) {
		wall = from + rows_int(r, offset);
		seconds = (time_t)(wall / 1000000000);
		if (gmtime_r(&seconds, &tm) &&
		    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
			printf(", from %s.%09" PRId64 " UTC", text, wall % 1000000000);
	}
	putchar('\n');
}

static void print_recording(sqlite3 *db, struct error *err)
{
	for (struct rows r =
		     rows_begin(db,
				"SELECT path, cmdline, perf_version, hostname, kernel, arch, "
				"nr_cpus, ts, ts_end, wall_clock_offset, damage, complete, "
				"has_ledger, size FROM recording",
				0, err);
	     rows_next(&r);) {
		print_pair("recording", rows_text(&r, 0));
		print_pair("made by", rows_text(&r, 1));
		print_pair("perf", rows_text(&r, 2));
		print_pair("host", rows_text(&r, 3));
		print_pair("kernel", rows_text(&r, 4));
		print_pair("machine", rows_text(&r, 5));
		print_pair("CPUs", rows_text(&r, 6));
		print_time(&r, 7, 8, 9);
		print_pair("damage", rows_text(&r, 10));
		print_pair("trust",
			   rows_null(&r, 11) ? "not known whether anything is missing"
			   : rows_int(&r, 11)
				   ? "complete: nothing was lost, cut, thinned or overwritten"
			   : !rows_null(&r, 12) && !rows_int(&r, 12)
				   ? "not complete, and what was lost is not known (see below)"
				   : "not complete (see below)");
	}
}

static void print_sources(sqlite3 *db, struct error *err)
{
	puts("\nsources");
	for (struct rows r = rows_begin(db, sources_sql, 0, err); rows_next(&r);) {
		struct buffer name = { 0 };

		escape(&name, rows_text(&r, 1), strlen(rows_text(&r, 1)));
		printf("  %-32s %10" PRId64 " events", name.data, rows_int(&r, 4));
		buffer_free(&name);
		if (rows_null(&r, 5))
			fputs(", lost: not known", stdout);
		else if (rows_int(&r, 5))
			printf(", %" PRId64 " lost", rows_int(&r, 5));
		if (!rows_null(&r, 6) && !rows_int(&r, 6)) {
			fputs(", sampled: ", stdout);
			put_escaped(stdout, rows_null(&r, 9) ? "not every occurrence was written"
							     : rows_text(&r, 9));
		}
		putchar('\n');
	}
}

/* Go programs each, other files that were not at hand only by number: they are mostly libraries. */
static void print_binaries(sqlite3 *db, struct error *err)
{
	int64_t others = 0;
	bool first = true;

	for (struct rows r = rows_begin(db, binaries_sql, 0, err); rows_next(&r);) {
		if (rows_null(&r, 3) && !rows_int(&r, 7)) {
			others++;
			continue;
		}
		if (first)
			puts("\nprograms");
		first = false;
		fputs("  ", stdout);
		put_escaped(stdout, rows_text(&r, 1));
		if (!rows_null(&r, 3)) {
			fputs("  ", stdout);
			put_escaped(stdout, rows_text(&r, 3));
		}
		if (!rows_null(&r, 5) && !rows_int(&r, 5))
			fputs("  no debug information", stdout);
		if (!rows_null(&r, 6)) {
			fputs("  ", stdout);
			put_escaped(stdout, rows_text(&r, 6));
		}
		putchar('\n');
	}
	if (others)
		printf("%s  and %" PRId64 " other %s not at hand (--json names them)\n",
		       first ? "\nprograms\n" : "", others, others == 1 ? "file" : "files");
}

static void print_blindness(sqlite3 *db, struct error *err)
{
	bool first = true;

	for (struct rows r = rows_begin(db, blind_sql, 0, err); rows_next(&r);) {
		if (first)
			puts("\nblind windows (where the recorder could not see)");
		first = false;
		printf("  %-12s%6" PRId64 " %s", rows_text(&r, 0), rows_int(&r, 1),
		       rows_int(&r, 1) == 1 ? "window" : "windows");
		if (!rows_null(&r, 2))
			printf(", %.3f ms over all CPUs", (double)rows_int(&r, 2) / 1e6);
		if (!rows_null(&r, 3))
			printf(", %" PRId64 " events missing", rows_int(&r, 3));
		putchar('\n');
	}
}

static void print_quality(sqlite3 *db, struct error *err)
{
	bool first = true;

	for (struct rows r = rows_begin(db, quality_sql, 0, err); rows_next(&r);) {
		if (first)
			puts("\ndata quality");
		first = false;
		printf("  %-10s", rows_text(&r, 2));
		put_escaped(stdout, rows_text(&r, 8));
		putchar('\n');
	}
}

int cmd_info(int argc, char **argv)
{
	const char *path = DEFAULT_DB;
	bool json = false;
	const struct option_def options[] = {
		{ 'i', "input", "DB", "the database (default: " DEFAULT_DB ")", OPTION_TEXT,
		  &path },
		{ 0, "json", NULL, "one JSON object instead of text", OPTION_FLAG, &json },
		{ 0 },
	};
	const struct command_line line = {
		.name = "gotrace info",
		.example = "gotrace info -i app.db",
		.synopsis = "[-i DB] [--json]",
		.text = "Says what was recorded, and how far it can be trusted.\n\n"
			"Exit status: 0; 2 the command line is wrong; 4 the database cannot be read.",
		.options = options,
	};
	struct texts operands = { 0 };
	struct error err = { 0 };
	sqlite3 *db;
	int status;

	if (!options_parse(&line, argc, argv, &operands, &status)) {
		texts_free(&operands);
		return status;
	}
	db = db_open(path, false, &err);
	if (!db)
		return error_say(&err);
	if (json) {
		print_json(db, &err);
	} else {
		print_recording(db, &err);
		print_sources(db, &err);
		print_binaries(db, &err);
		print_blindness(db, &err);
		print_quality(db, &err);
	}
	sqlite3_close(db);
	return err.text[0] ? error_say(&err) : output_done(STATUS_OK);
}
