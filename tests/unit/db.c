/* SPDX-License-Identifier: GPL-2.0-only */
/* The writer of databases: what goes in comes out, whole or not at all. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "sql/db.h"

static char folder[256];
static char path[300];

static int begin(void **state)
{
	const char *tmp = getenv("TEST_TMP");

	(void)state;
	snprintf(folder, sizeof(folder), "%s/gotrace-db-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/x.db", folder);
	return 0;
}

static int end(void **state)
{
	char *part = xasprintf("%s.part", path);

	(void)state;
	unlink(part);
	unlink(path);
	rmdir(folder);
	free(part);
	return 0;
}

static const struct db_column event_columns[] = {
	{ "id", "INTEGER PRIMARY KEY", "rank in time" },
	{ "ts", "INTEGER", "when" },
	{ "cpu", "INTEGER", NULL },
	{ "pid", "INTEGER", NULL },
	{ "tid", "INTEGER", NULL },
	{ "goid", "INTEGER", NULL },
	{ "stack_id", "INTEGER", NULL },
	{ "period", "INTEGER", NULL },
	{ "text", "TEXT", "with \"quotes\"\nand a second line" },
	{ "raw", "BLOB", NULL },
};

static struct db *must_create(void)
{
	struct error err = { 0 };
	struct db *db = db_create(path, &err);

	if (!db)
		fail_msg("%s", err.text);
	return db;
}

static struct db_table *must_table(struct db *db, const char *name)
{
	struct error err = { 0 };
	struct db_table *t =
		db_new_table(db, name, "events", event_columns, ARRAY_SIZE(event_columns), &err);

	if (!t)
		fail_msg("%s", err.text);
	return t;
}

static void add_source(struct db *db, int id, const char *name, const char *table)
{
	struct error err = { 0 };
	struct db_table *t = db_table(db, "source(id, name, table_name, type)", &err);

	assert_non_null(t);
	row_int(t, id);
	row_text(t, name);
	row_text(t, table);
	row_text(t, "tracepoint");
	assert_int_equal(row_end(t, &err), 0);
}

static void add_event(struct db_table *t, int64_t id, const char *text, size_t size)
{
	struct error err = { 0 };

	row_int(t, id);
	row_int(t, 1000 * id);
	for (int i = 0; i < 6; i++)
		row_int(t, i ? DB_NULL : 3);
	row_bytes_as_text(t, text, size);
	row_blob(t, &id, sizeof(id));
	assert_int_equal(row_end(t, &err), 0);
}

static void must_finish(struct db *db)
{
	struct error err = { 0 };

	if (db_finish(db, &err))
		fail_msg("%s", err.text);
}

static sqlite3 *must_open(void)
{
	struct error err = { 0 };
	sqlite3 *sqlite = db_open(path, false, &err);

	if (!sqlite)
		fail_msg("%s", err.text);
	return sqlite;
}

/* The first value of a query, as text; "NULL" for NULL. Valid until the next call. */
static const char *ask(sqlite3 *sqlite, const char *sql)
{
	static char answer[512];
	sqlite3_stmt *stmt = NULL;
	const unsigned char *text;

	if (sqlite3_prepare_v2(sqlite, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(sqlite));
	if (sqlite3_step(stmt) != SQLITE_ROW)
		fail_msg("%s: no row", sql);
	text = sqlite3_column_text(stmt, 0);
	snprintf(answer, sizeof(answer), "%s", text ? (const char *)text : "NULL");
	sqlite3_finalize(stmt);
	return answer;
}

/* Every number of rows around the size of a batch. */
static void test_rows_of_every_batch(void **state)
{
	(void)state;
	for (int n = 0; n < 200; n += n < 70 ? 1 : 29) {
		struct db *db = must_create();
		struct db_table *t = must_table(db, "a__b");
		sqlite3 *sqlite;

		add_source(db, 1, "a:b", "a__b");
		for (int i = 1; i <= n; i++)
			add_event(t, i, "text", 4);
		assert_int_equal(db_table_rows(t), n);
		must_finish(db);
		sqlite = must_open();
		assert_int_equal(atoi(ask(sqlite, "SELECT count(*) FROM a__b WHERE ts = 1000 * id "
						  "AND cpu = 3 AND pid IS NULL AND text = 'text' "
						  "AND length(raw) = 8")),
				 n);
		assert_int_equal(
			atoi(ask(sqlite, "SELECT count(*) FROM event WHERE source_id = 1")), n);
		assert_int_equal(atoi(ask(sqlite, "SELECT count(*) FROM sched_switch")), 0);
		sqlite3_close(sqlite);
	}
}

static void test_text_is_always_utf8(void **state)
{
	static const struct {
		const char *in, *hex;
		size_t size;
	} cases[] = {
		{ "plain", "706C61696E", 5 },
		{ "", "", 0 },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82", "C3A9E282ACF09F9982", 9 },
		{ "a\xff"
		  "b",
		  "61EFBFBD62", 3 },
		{ "\xc0\x80", "EFBFBDEFBFBD", 2 },                     /* too long */
		{ "\xed\xa0\x80", "EFBFBDEFBFBDEFBFBD", 3 },           /* surrogate */
		{ "\xf4\x90\x80\x80", "EFBFBDEFBFBDEFBFBDEFBFBD", 4 }, /* beyond Unicode */
		{ "longer than eight bytes \xe2\x82", "", 26 },        /* cut in a character */
		{ "a\0b", "61EFBFBD62", 3 },                           /* NUL */
		{ "eight by\0and more", "6569676874206279EFBFBD616E64206D6F7265", 17 },
	};
	struct db *db = must_create();
	struct db_table *t = must_table(db, "a__b");
	sqlite3 *sqlite;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		add_event(t, (int64_t)i, cases[i].in, cases[i].size);
	must_finish(db);
	sqlite = must_open();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *sql = xasprintf("SELECT hex(text) FROM a__b WHERE id = %zu", i);
		const char *hex = ask(sqlite, sql);

		if (i == 7)
			assert_string_equal(hex + strlen(hex) - 12, "EFBFBDEFBFBD");
		else
			assert_string_equal(hex, cases[i].hex);
		free(sql);
	}
	sqlite3_close(sqlite);
}

static void test_long_text_and_numbers(void **state)
{
	size_t size = 300000;
	char *text = xmalloc(size);
	struct db *db = must_create();
	struct db_table *t = must_table(db, "a__b"), *plain;
	struct error err = { 0 };
	sqlite3 *sqlite;

	(void)state;
	memset(text, 'x', size);
	for (int i = 1; i <= 5; i++) {
		add_event(t, 2 * i - 1, "short", 5);
		add_event(t, 2 * i, text, size);
	}
	plain = db_table(db, "frame(id, pc)", &err);
	assert_non_null(plain);
	row_int(plain, 1);
	row_int(plain, INT64_MIN);
	assert_int_equal(row_end(plain, &err), 0);
	row_int(plain, 2);
	row_raw_int(plain, INT64_MIN);
	assert_int_equal(row_end(plain, &err), 0);
	must_finish(db);
	free(text);
	sqlite = must_open();
	assert_string_equal(ask(sqlite, "SELECT group_concat(length(text)) FROM a__b"),
			    "5,300000,5,300000,5,300000,5,300000,5,300000");
	assert_string_equal(ask(sqlite, "SELECT pc FROM frame WHERE id = 1"), "NULL");
	assert_string_equal(ask(sqlite, "SELECT pc FROM frame WHERE id = 2"),
			    "-9223372036854775808");
	sqlite3_close(sqlite);
}

static void test_hostile_names(void **state)
{
	struct db *db = must_create();
	struct db_table *t = must_table(db, "a\"b'; DROP TABLE source; --");
	sqlite3 *sqlite;

	(void)state;
	add_source(db, 1, "a", "a\"b'; DROP TABLE source; --");
	add_event(t, 1, "x", 1);
	must_finish(db);
	sqlite = must_open();
	assert_string_equal(ask(sqlite, "SELECT count(*) FROM event"), "1");
	assert_string_equal(ask(sqlite, "PRAGMA integrity_check"), "ok");
	sqlite3_close(sqlite);
}

static void test_taken_names(void **state)
{
	struct db *db = must_create();

	(void)state;
	assert_true(db_name_taken(db, "source"));
	assert_true(db_name_taken(db, "Event"));
	assert_true(db_name_taken(db, "sched_switch"));
	assert_true(db_name_taken(db, "correlation"));
	assert_true(db_name_taken(db, "sqlite_stat1"));
	assert_false(db_name_taken(db, "cpu_clock"));
	must_table(db, "CPU_clock");
	assert_true(db_name_taken(db, "cpu_clock"));
	db_abandon(db);
	assert_int_equal(access(path, F_OK), -1);
}

/* More tables than one compound SELECT takes. */
static void test_many_sources(void **state)
{
	struct db *db = must_create();
	sqlite3 *sqlite;

	(void)state;
	for (int i = 1; i <= 850; i++) {
		char *name = xasprintf("t%d", i);

		add_source(db, i, name, name);
		add_event(must_table(db, name), i, "x", 1);
		free(name);
	}
	must_finish(db);
	sqlite = must_open();
	assert_string_equal(ask(sqlite, "SELECT count(*) FROM event WHERE id = source_id"), "850");
	sqlite3_close(sqlite);
}

/* A statement takes 32,766 values: of such rows fewer go into one. */
static void test_many_columns(void **state)
{
	enum { COLUMNS = 1000, ROWS = 200 };
	struct db_column columns[COLUMNS];
	struct db *db = must_create();
	struct error err = { 0 };
	struct db_table *t;
	sqlite3 *sqlite;

	(void)state;
	for (int i = 0; i < COLUMNS; i++)
		columns[i] = (struct db_column){ xasprintf("c%d", i), "INTEGER", "a number" };
	t = db_new_table(db, "wide", "many columns", columns, COLUMNS, &err);
	assert_non_null(t);
	for (int row = 0; row < ROWS; row++) {
		for (int i = 0; i < COLUMNS; i++)
			row_int(t, row + i);
		assert_int_equal(row_end(t, &err), 0);
	}
	for (int i = 0; i < COLUMNS; i++)
		free((char *)columns[i].name);
	must_finish(db);
	sqlite = must_open();
	assert_string_equal(ask(sqlite, "SELECT count(*) FROM wide WHERE c999 = c0 + 999"), "200");
	sqlite3_close(sqlite);
}

static void test_bare_view_is_the_table(void **state)
{
	struct db *db = must_create();
	sqlite3 *sqlite;

	(void)state;
	add_source(db, 1, "sched:sched_switch", "sched__sched_switch");
	add_event(must_table(db, "sched__sched_switch"), 1, "x", 1);
	must_finish(db);
	sqlite = must_open();
	assert_string_equal(ask(sqlite, "SELECT text FROM sched_switch"), "x");
	assert_string_equal(ask(sqlite, "SELECT count(*) FROM sched_wakeup WHERE arg_pid = 1"),
			    "0");
	sqlite3_close(sqlite);
}

static void test_foreign_file_is_left_alone(void **state)
{
	struct error err = { 0 };
	char text[16] = "";
	FILE *f = fopen(path, "w");

	(void)state;
	fputs("my thesis", f);
	fclose(f);
	assert_null(db_create(path, &err));
	assert_int_equal(err.status, STATUS_UNREADABLE);
	assert_non_null(strstr(err.text, "not a gotrace database"));
	assert_null(db_open(path, false, &err));
	f = fopen(path, "r");
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	assert_string_equal(text, "my thesis");
	unlink(path);
	assert_null(db_open(path, false, &err));
	assert_non_null(strstr(err.text, "no such file"));
}

static void test_unwritable_folder(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_null(db_create("/nowhere/at/all/x.db", &err));
	assert_int_equal(err.status, STATUS_UNREADABLE);
	assert_null(db_create(folder, &err));
	assert_non_null(strstr(err.text, "not a regular file"));
}

static void test_second_writer_is_kept_away(void **state)
{
	struct error err = { 0 };
	struct db *db = must_create();

	(void)state;
	assert_null(db_create(path, &err));
	assert_non_null(strstr(err.text, "another gotrace"));
	must_finish(db);
	must_finish(must_create());
}

/* A writer killed at any moment leaves the old file, and the next one is not hindered. */
static void test_killed_writer(void **state)
{
	struct db *db = must_create();
	char *part = xasprintf("%s.part", path);
	sqlite3 *sqlite;

	(void)state;
	add_event(must_table(db, "old"), 1, "x", 1);
	must_finish(db);
	for (int ms = 1; ms < 60; ms += 7) {
		pid_t pid = fork();

		if (!pid) {
			struct db_table *t;

			db = must_create();
			t = must_table(db, "new");
			for (int i = 1;; i++)
				add_event(t, i, "x", 1);
		}
		usleep((useconds_t)ms * 1000);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		sqlite = must_open();
		assert_string_equal(ask(sqlite, "SELECT count(*) FROM old"), "1");
		sqlite3_close(sqlite);
	}
	db = must_create();
	add_event(must_table(db, "new"), 1, "x", 1);
	must_finish(db);
	assert_int_equal(access(part, F_OK), -1);
	sqlite = must_open();
	assert_string_equal(ask(sqlite, "SELECT count(*) FROM new"), "1");
	sqlite3_close(sqlite);
	free(part);
}

/* No room: the error comes out, the old file stays, nothing is left behind. */
static void test_full_disk(void **state)
{
	struct rlimit old, small;
	struct error err = { 0 };
	struct db *db = must_create();
	char *part = xasprintf("%s.part", path), *text;
	struct db_table *t;
	sqlite3 *sqlite;
	int bad = 0;

	(void)state;
	add_event(must_table(db, "old"), 1, "x", 1);
	must_finish(db);
	db = must_create();
	t = must_table(db, "new");
	text = xcalloc(1, 1 << 16);
	memset(text, 'x', 1 << 16);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 4 << 20;
	setrlimit(RLIMIT_FSIZE, &small);
	for (int i = 1; i < 1000 && !bad; i++) {
		row_int(t, i);
		for (int c = 1; c < 8; c++)
			row_null(t);
		row_bytes_as_text(t, text, 1 << 16);
		row_null(t);
		bad = row_end(t, &err);
	}
	assert_int_equal(bad, -1);
	assert_int_equal(err.status, STATUS_UNREADABLE);
	assert_non_null(strstr(err.text, "x.db"));
	assert_int_equal(db_finish(db, &err), -1);
	setrlimit(RLIMIT_FSIZE, &old);
	free(text);
	assert_int_equal(access(part, F_OK), -1);
	sqlite = must_open();
	assert_string_equal(ask(sqlite, "SELECT count(*) FROM old"), "1");
	sqlite3_close(sqlite);
	free(part);
}

static void test_other_schema_version(void **state)
{
	struct error err = { 0 };
	sqlite3 *sqlite;

	(void)state;
	must_finish(must_create());
	assert_int_equal(sqlite3_open(path, &sqlite), SQLITE_OK);
	sqlite3_exec(sqlite, "PRAGMA user_version = 99", NULL, NULL, NULL);
	sqlite3_close(sqlite);
	assert_null(db_open(path, false, &err));
	assert_non_null(strstr(err.text, "schema 99"));
}

/* A foreign database is opened so that it cannot do anything. */
static void test_opened_for_reading_only(void **state)
{
	sqlite3 *sqlite;

	(void)state;
	must_finish(must_create());
	sqlite = must_open();
	assert_int_not_equal(sqlite3_exec(sqlite, "DELETE FROM source", NULL, NULL, NULL),
			     SQLITE_OK);
	assert_int_equal(sqlite3_exec(sqlite, "CREATE TEMP TABLE t (a)", NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(sqlite);
}

static void test_permissions_are_kept(void **state)
{
	struct stat st;

	(void)state;
	must_finish(must_create());
	assert_int_equal(chmod(path, 0600), 0);
	must_finish(must_create());
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rows_of_every_batch),
		TEST(test_text_is_always_utf8),
		TEST(test_long_text_and_numbers),
		TEST(test_hostile_names),
		TEST(test_taken_names),
		TEST(test_many_sources),
		TEST(test_many_columns),
		TEST(test_bare_view_is_the_table),
		TEST(test_foreign_file_is_left_alone),
		TEST(test_unwritable_folder),
		TEST(test_second_writer_is_kept_away),
		TEST(test_killed_writer),
		TEST(test_full_disk),
		TEST(test_other_schema_version),
		TEST(test_opened_for_reading_only),
		TEST(test_permissions_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
