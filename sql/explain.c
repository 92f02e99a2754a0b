/* SPDX-License-Identifier: GPL-2.0-only */
#include "sql/explain.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "sql/db.h"
#include "sql/files.h"
#include "sql/names.h"

#define CAUSES "causes/"

static const char *const resolving[] = { "explain/2_resolve", "explain/2_unresolved" };
static const char *const before_causes[] = { "explain/3_ledger", "explain/4_stacks" };
static const char *const after_causes[] = { "explain/5_causes", "explain/6_verdict",
					    "explain/7_next", "explain/8_others" };

/* What the scripts want to know of the head of a cause. */
static const char *const head_keys[] = { "verdict", "order" };

static int fail(sqlite3 *sqlite, const char *where, struct error *err)
{
	return error_set(err, STATUS_UNREADABLE, "%s: %s", where, sqlite3_errmsg(sqlite));
}

/* ---- the heads of causes -------------------------------------------------------------------- */

/*
 * A head is the comment at the beginning of a file: "-- key: text", continued by lines that are
 * indented ("--   more"). Appends the text of `key` on one line; false when there is none.
 */
static bool head_text(const char *sql, const char *key, struct buffer *out)
{
	bool in = false, found = false;
	size_t n = strlen(key);

	while (!strncmp(sql, "--", 2)) {
		const char *end = sql + strcspn(sql, "\n"), *p = sql + 2;
		size_t blanks = strspn(p, " ");

		p += blanks;
		if (blanks < 3)
			in = !strncmp(p, key, n) && p[n] == ':';
		if (in && blanks < 3) {
			p += n + 1;
			p += strspn(p, " ");
			found = true;
		} else if (in) {
			buffer_text(out, " ");
		}
		if (in)
			buffer_add(out, p, (size_t)(end - p));
		sql = end + (*end == '\n');
	}
	return found;
}

static char *head_copy(const char *sql, const char *key)
{
	struct buffer b = { 0 };

	buffer_text(&b, "");
	head_text(sql, key, &b);
	return b.data;
}

struct cause *explain_causes(size_t *count)
{
	struct cause *causes = NULL;
	size_t capacity = 0;

	*count = 0;
	for (const struct sql_file *f = sql_files; f->name; f++) {
		if (strncmp(f->name, CAUSES, strlen(CAUSES)))
			continue;
		ARRAY_GROW(causes, *count, capacity);
		causes[(*count)++] = (struct cause){
			.name = xstrdup(f->name + strlen(CAUSES)),
			.title = head_copy(f->text, "title"),
			.meaning = head_copy(f->text, "meaning"),
			.proves = head_copy(f->text, "proves"),
			.rules_out = head_copy(f->text, "rules out"),
			.what_to_do = head_copy(f->text, "what to do"),
		};
	}
	return causes;
}

void explain_causes_free(struct cause *causes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(causes[i].name);
		free(causes[i].title);
		free(causes[i].meaning);
		free(causes[i].proves);
		free(causes[i].rules_out);
		free(causes[i].what_to_do);
	}
	free(causes);
}

/* ---- running -------------------------------------------------------------------------------- */

/* Runs one statement with up to three texts bound. */
static int run_bound(sqlite3 *sqlite, const char *sql, const char *a, const char *b, const char *c,
		     struct error *err)
{
	const char *const texts[] = { a, b, c };
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(sqlite, sql, -1, &stmt, NULL);

	for (int i = 0; i < 3 && code == SQLITE_OK; i++)
		if (texts[i])
			code = sqlite3_bind_text(stmt, i + 1, texts[i], -1, SQLITE_STATIC);
	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	return code == SQLITE_DONE ? 0 : fail(sqlite, sql, err);
}

static int run_all(sqlite3 *sqlite, const char *const *names, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (db_run(sqlite, names[i], err))
			return -1;
	return 0;
}

/* The first thing that the scripts refuse, as an error. */
static int check_refusals(sqlite3 *sqlite, struct error *err)
{
	sqlite3_stmt *stmt = NULL;
	int bad = 0;

	if (sqlite3_prepare_v2(sqlite, "SELECT spec, sentence FROM temp.refusal", -1, &stmt,
			       NULL) != SQLITE_OK)
		return fail(sqlite, "refusal", err);
	if (sqlite3_step(stmt) == SQLITE_ROW)
		bad = error_set(err, STATUS_USAGE, "\"%s\": %s",
				(const char *)sqlite3_column_text(stmt, 0),
				(const char *)sqlite3_column_text(stmt, 1));
	sqlite3_finalize(stmt);
	return bad;
}

/* Runs the one query of a cause and keeps its rows. */
static int run_cause(sqlite3 *sqlite, const struct sql_file *f, struct error *err)
{
	const char *name = f->name + strlen(CAUSES);
	size_t size = strlen(f->text);
	struct buffer sql = { 0 };
	int bad = 0;

	while (size && strchr("; \t\n", f->text[size - 1]))
		size--;
	buffer_text(&sql, "INSERT INTO temp.cause_row SELECT ?1, * FROM (");
	buffer_add(&sql, f->text, size);
	buffer_text(&sql, "\n)");
	if (run_bound(sqlite, sql.data, name, NULL, NULL, err))
		bad = error_set(err, STATUS_UNREADABLE, "sql/%s.sql: %s", f->name,
				sqlite3_errmsg(sqlite));
	for (size_t i = 0; i < ARRAY_SIZE(head_keys) && !bad; i++) {
		struct buffer text = { 0 };

		if (head_text(f->text, head_keys[i], &text))
			bad = run_bound(sqlite, "INSERT INTO temp.cause_head VALUES (?1, ?2, ?3)",
					name, head_keys[i], text.data, err);
		buffer_free(&text);
	}
	buffer_free(&sql);
	return bad;
}

int explain_resolve(sqlite3 *sqlite, const char *const *specs, const char *const *resolved,
		    size_t count, struct error *err)
{
	if (names_register(sqlite) != SQLITE_OK)
		return fail(sqlite, "names", err);
	if (db_run(sqlite, "explain/1_tables", err))
		return -1;
	for (size_t i = 0; i < count; i++)
		if (run_bound(sqlite,
			      "INSERT INTO temp.breakpoint (spec, resolved) VALUES (?1, ?2)",
			      specs[i], resolved ? resolved[i] : NULL, NULL, err))
			return -1;
	if (run_all(sqlite, resolving, ARRAY_SIZE(resolving), err))
		return -1;
	return check_refusals(sqlite, err);
}

int explain_run(sqlite3 *sqlite, const char *const *specs, const char *const *resolved,
		size_t count, struct error *err)
{
	if (explain_resolve(sqlite, specs, resolved, count, err) ||
	    run_all(sqlite, before_causes, ARRAY_SIZE(before_causes), err))
		return -1;
	for (const struct sql_file *f = sql_files; f->name; f++)
		if (!strncmp(f->name, CAUSES, strlen(CAUSES)) && run_cause(sqlite, f, err))
			return -1;
	return run_all(sqlite, after_causes, ARRAY_SIZE(after_causes), err);
}

int explain_save(sqlite3 *sqlite, struct error *err)
{
	if (!db_run(sqlite, "explain/save", err))
		return 0;
	if (!sqlite3_get_autocommit(sqlite))
		sqlite3_exec(sqlite, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}

int explain_store(const char *path, const char *const *specs, size_t count, struct error *err)
{
	struct sqlite3 *sqlite = db_open(path, true, err);
	int rc;

	if (!sqlite)
		return -1;
	rc = explain_run(sqlite, specs, NULL, count, err);
	if (!rc)
		rc = explain_save(sqlite, err);
	sqlite3_close(sqlite);
	return rc;
}
