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
	"sampled_reason, function, function_offset, carries_sideband FROM source ORDER BY id";
static const char binaries_sql[] =
	"SELECT id, path, build_id, go_version, read, has_dwarf, problem, "
	"id IN (SELECT binary_id FROM source UNION SELECT binary_id FROM probe) AS probed FROM binary "
	"WHERE go_version IS NOT NULL OR problem IS NOT NULL ORDER BY id";
static const char quality_sql[] =
	"SELECT q.id, q.name, q.severity, q.cpu, s.name AS source, q.ts, q.ts_end, q.value, q.sentence "
	"FROM data_quality AS q LEFT JOIN source AS s ON s.id = q.source_id "
	"ORDER BY CASE q.severity WHEN 'error' THEN 1 WHEN 'data_loss' THEN 2 ELSE 3 END, q.id";
/* The same for people: severity, cpu, sentence, the how manieth of its kind, of how many, kind. */
#define QUALITY_SHOWN 4
static const char shown_quality_sql[] =
	"SELECT severity, cpu, sentence, n, of, name FROM ("
	"SELECT *, CASE severity WHEN 'error' THEN 1 WHEN 'data_loss' THEN 2 ELSE 3 END AS rank, "
	"min(id) OVER (PARTITION BY name, severity) AS first, "
	"count(*) OVER (PARTITION BY name, severity) AS of, "
	"row_number() OVER (PARTITION BY name, severity ORDER BY value DESC, id) AS n "
	"FROM data_quality) WHERE n <= 4 ORDER BY rank, first, n";
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

/* Complete is only what a ledger of lost events says so of. */
static void print_trust(const struct rows *r, int complete, int ledger, int rest)
{
	bool known = !rows_null(r, ledger) && rows_int(r, ledger);
	bool all = known && !rows_null(r, complete) && rows_int(r, complete);

	print_pair(
		"trust",
		all     ? "complete: between its first and its last event nothing was lost, cut, "
			  "thinned or overwritten"
		: known ? rows_int(r, rest)
				  ? "every event of the probes and tracepoints is there; what is "
				    "missing is of other sources (see below)"
				  : "not complete (see below)"
		: rows_int(r, complete)
			? "not known whether anything is missing: there is no ledger of lost events"
			: "not complete, and what was lost is not known (see below)");
}

/* Programs with probes whose beginning is not in the recording: what they did before is not, too. */
static void print_late(sqlite3 *db, struct error *err)
{
	static const char sql[] =
		"SELECT DISTINCT 'the beginning of process ' || p.pid || coalesce(' (' || p.comm || ')', '') "
		"|| ' is not in the recording: what it did before is not known' FROM process AS p "
		"WHERE p.ts IS NULL AND p.comm IS NOT 'perf-exec' AND p.pid IN "
		"(SELECT pid FROM goroutine UNION SELECT m.pid FROM mapping AS m WHERE m.binary_id IN "
		"(SELECT binary_id FROM source UNION SELECT binary_id FROM probe)) "
		/* Before its exec it was another program. */
		"AND NOT EXISTS (SELECT 1 FROM process AS o WHERE o.pid = p.pid AND o.ts = p.ts_end) "
		"ORDER BY p.pid";

	for (struct rows r = rows_begin(db, sql, 0, err); rows_next(&r);)
		print_pair("late", rows_text(&r, 0));
}

static void print_recording(sqlite3 *db, struct error *err)
{
	for (struct rows r = rows_begin(
		     db,
		     "SELECT path, cmdline, perf_version, hostname, kernel, arch, "
		     "nr_cpus, ts, ts_end, wall_clock_offset, damage, complete, "
		     "has_ledger, size, NOT EXISTS (SELECT 1 FROM source WHERE type IN "
		     "('tracepoint', 'uprobe') AND (complete IS NOT 1 OR lost_events IS NOT 0)) "
		     "AND truncated IS NOT 1 AND overwrite IS NOT 1 "
		     "AND NOT EXISTS (SELECT 1 FROM lost) FROM recording",
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
		print_trust(&r, 11, 12, 14);
	}
	print_late(db, err);
}

/* A clock is there to be sampled; of a probe or a tracepoint each hit is wanted. */
static void print_sampling(const struct rows *r)
{
	const char *type = rows_text(r, 3);
	bool clock = type && strcmp(type, "tracepoint") != 0 && strcmp(type, "uprobe") != 0;

	if (rows_null(r, 6) || rows_int(r, 6))
		return;
	if (clock && !rows_null(r, 8))
		printf(", %" PRId64 " samples a second asked for", rows_int(r, 8));
	else if (clock && !rows_null(r, 7))
		printf(", period %" PRId64, rows_int(r, 7));
	else if (!rows_null(r, 8))
		printf(", thinned out by -F %" PRId64 ": there may have been many more",
		       rows_int(r, 8));
	else if (rows_int(r, 7) > 1)
		printf(", only one of %" PRId64 " was written", rows_int(r, 7));
	else
		fputs(", not every occurrence was written", stdout);
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
		else if (rows_int(&r, 5) && rows_int(&r, 12))
			printf(", up to %" PRId64 " lost: records of processes count, too",
			       rows_int(&r, 5));
		else if (rows_int(&r, 5))
			printf(", %" PRId64 " lost", rows_int(&r, 5));
		print_sampling(&r);
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

static const char *meaning_of(const char *cause)
{
	static const char *const meanings[][2] = {
		{ "lost", "perf could not write fast enough" },
		{ "throttled", "the kernel held a source back that came too often" },
		{ "sampled", "only some of the hits were written (perf record -F or -c)" },
		{ "not_armed", "a CPU on which nothing was recorded yet, or nothing any more" },
		{ "gap", "a clock's sample was due and did not come" },
		{ "overwritten", "recorded with --overwrite: the beginning is gone" },
		{ "truncated", "the input is damaged or ends early" },
	};

	for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++)
		if (!strcmp(meanings[i][0], cause))
			return meanings[i][1];
	return "";
}

static void print_blindness(sqlite3 *db, struct error *err)
{
	bool first = true;

	for (struct rows r = rows_begin(db, blind_sql, 0, err); rows_next(&r);) {
		bool sampled = !strcmp(rows_text(&r, 0), "sampled");

		if (first)
			puts("\nblind windows (where the recorder could not see)");
		first = false;
		printf("  %-12s%s; %" PRId64 " %s", rows_text(&r, 0), meaning_of(rows_text(&r, 0)),
		       rows_int(&r, 1), rows_int(&r, 1) == 1 ? "window" : "windows");
		/* Those of sources lie over one another. */
		if (!rows_null(&r, 2) && !sampled)
			printf(", %.3f ms over all CPUs", (double)rows_int(&r, 2) / 1e6);
		if (!rows_null(&r, 3))
			printf(", %s%" PRId64 " events missing", sampled ? "about " : "",
			       rows_int(&r, 3));
		putchar('\n');
	}
}

/* Of many of one kind the worst are shown. */
static void print_quality(sqlite3 *db, struct error *err)
{
	bool first = true;

	for (struct rows r = rows_begin(db, shown_quality_sql, 0, err); rows_next(&r);) {
		if (first)
			puts("\ndata quality");
		first = false;
		printf("  %-10s", rows_text(&r, 0));
		if (!rows_null(&r, 1))
			printf("CPU %" PRId64 ": ", rows_int(&r, 1));
		put_escaped(stdout, rows_text(&r, 2));
		putchar('\n');
		if (rows_int(&r, 3) == QUALITY_SHOWN && rows_int(&r, 4) > QUALITY_SHOWN)
			printf("  %-10s… and %" PRId64
			       " more of this kind (%s; --json has them all)\n",
			       "", rows_int(&r, 4) - QUALITY_SHOWN, rows_text(&r, 5));
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
