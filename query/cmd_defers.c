/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The chain of deferred calls of each goroutine, and its panics, as they came.
 *
 * One statement yields all rows in the order in which they are printed, so that memory does not grow
 * with the database. Stacks are only told of one goroutine: there they can be read.
 */
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
#include "sql/files.h"

#define FRAMES_SHOWN 24

struct request {
	const char *path;
	int64_t pid, goid; /* INT64_MIN: all */
	bool json;
};

/* ---- the rows -------------------------------------------------------------------------------- */

/* Columns of the statement. Those before WHAT tell whose it is. */
enum {
	PID,
	GOID,
	START_FUNCTION,
	BASE, /* when the goroutine was made or first seen */
	WHAT, /* defer, panic */
	ID,
	SEQ,
	KIND,
	FN, /* of a panic: who panicked */
	SITE_FUNCTION,
	SITE_FILE,
	SITE_LINE,
	REGISTERED_TS, /* of a panic: when it rose */
	REGISTERED_SP,
	RAN_TS,
	OUTCOME,
	CERTAINTY,
	PANIC_TS,
	ELAPSED,
	RECOVERED_BY,
	STACK_ID,
	FIRST_EVENT,
	LAST_EVENT,
	COLUMNS,
};

/*
 * A call that a panic ran has its time, and an open-coded one its own: there the panic is the last one
 * before.
 */
static const char chain_sql[] =
	"WITH chain AS ("
	"SELECT pid, goid, 'defer' AS what, id, seq, kind, fn, site_function, site_file, site_line, "
	"registered_ts, registered_sp, ran_ts, outcome, certainty, NULL AS recovered_by, stack_id, "
	"first_event, last_event, coalesce(registered_ts, ran_ts) AS at, coalesce(first_event, last_event) "
	"AS at_event, NULL AS rose FROM defer WHERE %s "
	"UNION ALL "
	"SELECT pid, goid, 'panic', id, NULL, NULL, NULL, function, file, line, ts, NULL, recovered_ts, outcome, "
	"NULL, recovered_by, stack_id, first_event, last_event, ts, first_event, ts FROM panic WHERE %s), "
	"told AS (SELECT *, max(rose) OVER (PARTITION BY pid, goid ORDER BY at IS NULL, at, at_event, id "
	"ROWS UNBOUNDED PRECEDING) AS last_panic FROM chain), "
	/* The start function is that of the last life, where a number was given out again. */
	"born AS MATERIALIZED (SELECT pid, goid, start_function, min(created_ts) AS ts, max(created_ts) "
	"FROM goroutine GROUP BY pid, goid) "
	"SELECT t.pid, t.goid, b.start_function, coalesce(b.ts, (SELECT ts FROM recording)) AS ts, "
	"t.what, t.id, t.seq, t.kind, t.fn, t.site_function, t.site_file, t.site_line, t.registered_ts, "
	"t.registered_sp, t.ran_ts, t.outcome, t.certainty, "
	"CASE WHEN t.outcome = 'ran_in_panic' THEN iif(t.kind = 'open', t.last_panic, t.ran_ts) END AS panic_ts, "
	"t.ran_ts - t.registered_ts AS elapsed_ns, t.recovered_by, t.stack_id, t.first_event, t.last_event "
	"FROM told AS t LEFT JOIN born AS b ON b.pid = t.pid AND b.goid = t.goid ORDER BY t.pid, t.goid, t.at IS NULL, t.at, t.at_event, t.id";

/* Which goroutines. The numbers are our own. */
static char *filter(const struct request *r)
{
	char *text = xstrdup("1"), *longer;

	if (r->goid != INT64_MIN) {
		longer = xasprintf("%s AND goid = %" PRId64, text, r->goid);
		free(text);
		text = longer;
	}
	if (r->pid != INT64_MIN) {
		longer = xasprintf("%s AND pid = %" PRId64, text, r->pid);
		free(text);
		text = longer;
	}
	return text;
}

static struct rows chain(sqlite3 *db, const struct request *r, struct error *err)
{
	char *which = filter(r), *sql = xasprintf(chain_sql, which, which);
	struct rows rows = rows_begin(db, sql, 0, err);

	free(sql);
	free(which);
	return rows;
}

/* A goroutine other than that of the row before. */
struct whose {
	bool any, pid_null, goid_null;
	int64_t pid, goid;
};

static bool is_new(struct whose *w, const struct rows *r)
{
	struct whose now = { true, rows_null(r, PID), rows_null(r, GOID), rows_int(r, PID),
			     rows_int(r, GOID) };
	bool same = w->any && w->pid_null == now.pid_null && w->goid_null == now.goid_null &&
		    w->pid == now.pid && w->goid == now.goid;

	*w = now;
	return !same;
}

static const char *query_named(const char *name)
{
	for (const struct sql_file *f = sql_files; f->name; f++)
		if (!strcmp(f->name, name))
			return f->text;
	BUG("no query %s", name);
}

/* ---- what is missing -------------------------------------------------------------------------- */

/* Events that tell of defers and panics: whether any can be missing, by their sources. */
static const char missing_sql[] =
	"SELECT count(*) FROM source WHERE is_uprobe AND (lost_events > 0 OR (complete = 0 AND events > 0)) "
	"UNION ALL SELECT count(*) FROM recording WHERE truncated OR overwrite "
	"UNION ALL SELECT count(*) FROM lost WHERE kind = 'lost' AND (SELECT has_ledger FROM recording) IS NOT 1";

static bool is_missing(sqlite3 *db, struct error *err)
{
	bool missing = false;

	for (struct rows r = rows_begin(db, missing_sql, 0, err); rows_next(&r);)
		missing |= rows_int(&r, 0) > 0;
	return missing;
}

static bool has_row(sqlite3 *db, const char *sql, struct error *err)
{
	bool any = false;

	for (struct rows r = rows_begin(db, sql, 0, err); rows_next(&r);)
		any = true;
	return any;
}

/* Nothing was found: what would show something the next time. */
static void advise(sqlite3 *db, const struct request *r, struct error *err)
{
	bool others = (r->goid != INT64_MIN || r->pid != INT64_MIN) &&
		      has_row(db, "SELECT 1 FROM defer_call LIMIT 1", err);
	bool probed = has_row(db,
			      "SELECT 1 FROM source WHERE function IN ('runtime.deferproc', "
			      "'runtime.deferprocStack', 'runtime.deferreturn') LIMIT 1",
			      err);

	if (others) {
		fputs("gotrace: no deferred call of this goroutine is known. `gotrace defers` without "
		      "--goid and --pid lists the goroutines that have some.\n",
		      stderr);
		return;
	}
	fprintf(stderr,
		"gotrace: no deferred call is in %s. %s\n"
		"Open-coded defers, which most are, leave a trace only where the deferred function "
		"has a probe:\n"
		"    gotrace record -b 'main.cleanup' -b 'main.work.func1' -- ./app\n",
		r->path,
		probed ? "The runtime was not asked to register any."
		       : "The recording has no probes on the runtime's defers; gotrace record sets "
			 "them.");
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void json_query(struct json *j, const char *key, sqlite3 *db, const char *query, int64_t id,
		       struct error *err)
{
	json_open(j, key, '[');
	for (struct rows r = rows_begin(db, query_named(query), id, err); rows_next(&r);) {
		json_open(j, NULL, '{');
		json_columns(j, r.stmt);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void json_call(struct json *j, const struct rows *r)
{
	for (int i = WHAT; i < COLUMNS; i++)
		if (i != RECOVERED_BY)
			json_column(j, sqlite3_column_name(r->stmt, i), r->stmt, i);
}

static void json_panic(struct json *j, const struct rows *r)
{
	static const struct {
		const char *name;
		int column;
	} columns[] = {
		{ "what", WHAT },
		{ "id", ID },
		{ "ts", REGISTERED_TS },
		{ "function", SITE_FUNCTION },
		{ "file", SITE_FILE },
		{ "line", SITE_LINE },
		{ "outcome", OUTCOME },
		{ "recovered_ts", RAN_TS },
		{ "recovered_by", RECOVERED_BY },
		{ "stack_id", STACK_ID },
		{ "first_event", FIRST_EVENT },
		{ "last_event", LAST_EVENT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		json_column(j, columns[i].name, r->stmt, columns[i].column);
}

static bool print_json(sqlite3 *db, const struct request *request, struct error *err)
{
	struct json j = { .out = stdout };
	struct whose whose = { 0 };
	bool any = false;

	json_open(&j, NULL, '{');
	json_int(&j, "schema_version", JSON_VERSION);
	json_open(&j, "goroutines", '[');
	for (struct rows r = chain(db, request, err); rows_next(&r); any = true) {
		bool panic = !strcmp(rows_text(&r, WHAT), "panic");

		if (is_new(&whose, &r)) {
			if (any) {
				json_close(&j, ']');
				json_close(&j, '}');
			}
			json_open(&j, NULL, '{');
			for (int i = PID; i < WHAT; i++)
				json_column(&j, sqlite3_column_name(r.stmt, i), r.stmt, i);
			json_open(&j, "chain", '[');
		}
		json_open(&j, NULL, '{');
		if (panic)
			json_panic(&j, &r);
		else
			json_call(&j, &r);
		if (request->goid != INT64_MIN && !rows_null(&r, STACK_ID))
			json_query(&j, "stack", db, "queries/stack", rows_int(&r, STACK_ID), err);
		if (request->goid != INT64_MIN && panic)
			json_query(&j, "open_chain", db, "queries/open_chain", rows_int(&r, ID),
				   err);
		json_close(&j, '}');
	}
	if (any) {
		json_close(&j, ']');
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
	return any;
}

/* ---- text ------------------------------------------------------------------------------------ */

static const char *colour_of(const char *outcome)
{
	if (!colours())
		return "";
	if (!strcmp(outcome, "ran") || !strcmp(outcome, "recovered"))
		return "\033[32m";
	if (!strcmp(outcome, "skipped_by_exit") || !strcmp(outcome, "fatal"))
		return "\033[31m";
	return !strcmp(outcome, "unknown") || !strcmp(outcome, "pending") ? "\033[33m" : "\033[36m";
}

static void print_outcome(const struct rows *r)
{
	const char *outcome = rows_text(r, OUTCOME);

	printf("%s%s%s", colour_of(outcome), outcome, colours() ? "\033[0m" : "");
}

static void print_place(const struct rows *r)
{
	const char *file = rows_text(r, SITE_FILE), *base = file ? strrchr(file, '/') : NULL;

	if (rows_null(r, SITE_FUNCTION) && !file) {
		fputs("a place not known", stdout);
		return;
	}
	put_escaped(stdout, rows_text(r, SITE_FUNCTION));
	if (!file)
		return;
	putchar(' ');
	put_escaped(stdout, base ? base + 1 : file);
	if (!rows_null(r, SITE_LINE))
		printf(":%" PRId64, rows_int(r, SITE_LINE));
}

/* Since the goroutine was made, or the recording began. */
static void print_since(const struct rows *r, int column)
{
	if (rows_null(r, column) || rows_null(r, BASE))
		printf("%12s   ", "-");
	else
		printf("%+12.6f s ", (double)(rows_int(r, column) - rows_int(r, BASE)) / 1e9);
}

static void print_frames(sqlite3 *db, int64_t stack, struct error *err)
{
	int n = 0;

	for (struct rows r = rows_begin(db, query_named("queries/stack"), stack, err);
	     rows_next(&r); n++) {
		if (n == FRAMES_SHOWN)
			puts("                      … and more (--json has all)");
		if (n >= FRAMES_SHOWN)
			continue;
		fputs("                      ", stdout);
		put_escaped(stdout, rows_null(&r, 1) ? rows_text(&r, 5) : rows_text(&r, 1));
		if (!rows_null(&r, 2)) {
			putchar(' ');
			put_escaped(stdout, rows_text(&r, 2));
			printf(":%" PRId64, rows_int(&r, 3));
		}
		putchar('\n');
	}
}

static void print_open_chain(sqlite3 *db, int64_t panic, struct error *err)
{
	for (struct rows r = rows_begin(db, query_named("queries/open_chain"), panic, err);
	     rows_next(&r);) {
		fputs("                 can have been pending, open-coded: ", stdout);
		put_escaped(stdout, rows_text(&r, 1));
		putchar(' ');
		put_escaped(stdout, rows_text(&r, 2));
		printf(":%" PRId64 "\n", rows_int(&r, 3));
	}
}

static void print_panic(const struct rows *r)
{
	print_since(r, REGISTERED_TS);
	fputs("  panic    in ", stdout);
	print_place(r);
	fputs(": ", stdout);
	print_outcome(r);
	if (!rows_null(r, RECOVERED_BY)) {
		fputs(" by what ", stdout);
		put_escaped(stdout, rows_text(r, RECOVERED_BY));
		fputs(" deferred", stdout);
	}
	if (!rows_null(r, RAN_TS))
		printf(" after %.6f s", (double)rows_int(r, ELAPSED) / 1e9);
	putchar('\n');
}

static void print_call(const struct rows *r)
{
	bool panic = !rows_null(r, PANIC_TS);

	print_since(r, rows_null(r, REGISTERED_TS) ? RAN_TS : REGISTERED_TS);
	if (rows_null(r, SEQ))
		printf("%5s", "");
	else
		printf("%4" PRId64 " ", rows_int(r, SEQ));
	printf(" %-6s", rows_null(r, KIND) ? "?" : rows_text(r, KIND));
	put_escaped(stdout, rows_null(r, FN) ? "a function not known" : rows_text(r, FN));
	fputs(", deferred in ", stdout);
	print_place(r);
	fputs(": ", stdout);
	print_outcome(r);
	if (!rows_null(r, ELAPSED))
		printf(panic ? ", %.6f s before the panic" : " after %.6f s",
		       (double)rows_int(r, ELAPSED) / 1e9);
	else if (panic)
		printf(", %.6f s after the panic rose",
		       (double)(rows_int(r, RAN_TS) - rows_int(r, PANIC_TS)) / 1e9);
	printf(" (%s)\n", rows_text(r, CERTAINTY));
}

static void print_goroutine(const struct rows *r, bool first)
{
	if (!first)
		putchar('\n');
	if (rows_null(r, GOID))
		fputs("goroutines not known", stdout);
	else
		printf("goroutine %" PRId64, rows_int(r, GOID));
	printf(" of process %" PRId64, rows_int(r, PID));
	if (!rows_null(r, START_FUNCTION)) {
		fputs(", ", stdout);
		put_escaped(stdout, rows_text(r, START_FUNCTION));
	}
	putchar('\n');
}

static bool print_text(sqlite3 *db, const struct request *request, struct error *err)
{
	bool stacks = request->goid != INT64_MIN, any = false;
	struct whose whose = { 0 };

	for (struct rows r = chain(db, request, err); rows_next(&r); any = true) {
		bool panic = !strcmp(rows_text(&r, WHAT), "panic");

		if (is_new(&whose, &r))
			print_goroutine(&r, !any);
		if (panic)
			print_panic(&r);
		else
			print_call(&r);
		if (stacks && !rows_null(&r, REGISTERED_SP))
			printf("                 stack pointer 0x%" PRIx64 "\n",
			       (uint64_t)rows_int(&r, REGISTERED_SP));
		if (stacks && !rows_null(&r, STACK_ID))
			print_frames(db, rows_int(&r, STACK_ID), err);
		if (stacks && panic)
			print_open_chain(db, rows_int(&r, ID), err);
	}
	return any;
}

/* ---- the command ----------------------------------------------------------------------------- */

static int defers(const struct request *r)
{
	struct error err = { 0 };
	sqlite3 *db = db_open(r->path, false, &err);
	int status = STATUS_OK;
	bool any;

	if (!db)
		return error_say(&err);
	any = r->json ? print_json(db, r, &err) : print_text(db, r, &err);
	if (!any && !err.text[0])
		advise(db, r, &err);
	if (is_missing(db, &err)) {
		fputs("gotrace: events of the probes are missing from the recording, so that deferred "
		      "calls can be, too; `gotrace info` says how many.\n",
		      stderr);
		status = STATUS_UNTRUSTED;
	} else if (!any) {
		status = STATUS_MISSING;
	}
	sqlite3_close(db);
	return err.text[0] ? error_say(&err) : output_done(status);
}

int cmd_defers(int argc, char **argv)
{
	struct request r = { .path = DEFAULT_DB, .pid = INT64_MIN, .goid = INT64_MIN };
	const struct option_def options[] = {
		{ 'i', "input", "DB", "the database (default: " DEFAULT_DB ")", OPTION_TEXT,
		  &r.path },
		{ 0, "goid", "N", "of this goroutine only, with stacks", OPTION_NUMBER, &r.goid },
		{ 0, "pid", "N", "of this process only", OPTION_NUMBER, &r.pid },
		{ 0, "json", NULL, "one JSON object instead of text", OPTION_FLAG, &r.json },
		{ 0 },
	};
	const struct command_line line = {
		.name = "gotrace defers",
		.example = "gotrace defers -i app.db --goid 18",
		.synopsis = "[-i DB] [--goid N] [--pid N] [--json]",
		.text = "Prints the deferred calls and the panics of each goroutine in their order: where it was\n"
			"deferred and when, which function it runs, and what became of it.\n\n"
			"Of a call that the compiler made open-coded there is no trace before it runs; its time is\n"
			"when it ran, and it shows where the deferred function has a probe.\n\n"
			"Exit status: 0; 1 there is no such goroutine, or no deferred call; 2 the command line is\n"
			"wrong; 4 the database cannot be read; 5 events are missing, so that calls can be.",
		.options = options,
	};
	struct texts operands = { 0 };
	int status;

	if (options_parse(&line, argc, argv, &operands, &status))
		status = defers(&r);
	texts_free(&operands);
	return status;
}
