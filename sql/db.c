/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows wait in the table's own memory until there are BATCH of them, and then go into SQLite with
 * one statement: parsing is done once per table, and a step of the statement costs far more than a
 * row in it. What is left at the end goes in row by row.
 */
#include "sql/db.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/map.h"
#include "base/memory.h"
#include "sql/files.h"

#define BATCH 64              /* rows in a statement, where it may have so many values */
#define MOST_VALUES 32000     /* SQLite takes 32,766 in a statement */
#define ARENA_SIZE (64 << 10) /* bytes of text in a batch; more ends the batch early */
#define PAGE_SIZE "16384"
#define LOAD_CACHE                                                                                 \
	"-6144" /* KiB. Loading only appends, so a small cache is as good as a large one */
#define SORT_CACHE "-12288" /* KiB, while indexes are made: SQLite sorts as much in memory */
#define UNION_TERMS 400     /* SQLite takes 500 SELECTs in one compound */

enum cell_type { CELL_NULL, CELL_INT, CELL_REAL, CELL_TEXT, CELL_BLOB };

struct cell {
	union {
		int64_t number;
		double real;
		const char *bytes;
	};
	uint32_t size;
	enum cell_type type;
};

/* Text too long for the arena, freed with its batch. */
struct long_text {
	struct long_text *next;
	char bytes[];
};

struct db_table {
	struct db_table *next;
	struct db *db;
	char *insert; /* "INSERT INTO t (a, b)" */
	int columns;
	int filled; /* cells of the row that is being given */
	int batch;  /* rows in a full statement */
	int rows;   /* complete rows that wait */
	int64_t total;
	struct cell *cells; /* a batch of rows */
	struct cell *bound; /* what `many` has for them since its last run */
	sqlite3_stmt *one, *many;
	char *arena; /* NULL until there is text */
	size_t arena_used;
	struct long_text *long_texts;
};

struct db {
	sqlite3 *sqlite;
	char *path, *part; /* the target, and the file beside it that is written */
	int fd;            /* of `part`; holds the lock that keeps a second writer away */
	mode_t mode;       /* of the file that is replaced, 0: none */
	struct db_table *tables;
	struct intern names; /* of tables and views, in lower case */
	bool failed;         /* `error` tells; nothing is written any more */
	struct error error;
};

/* ---- errors --------------------------------------------------------------------------------- */

static int fail_sqlite(sqlite3 *sqlite, const char *path, struct error *err)
{
	int code = sqlite3_errcode(sqlite);

	if (code == SQLITE_FULL)
		return error_set(err, STATUS_UNREADABLE,
				 "%s: the disk is full (this folder's, or that of temporary files: "
				 "TMPDIR). Free some space, or write elsewhere with -o",
				 path);
	return error_set(err, STATUS_UNREADABLE, "%s: SQLite says: %s (code %d)", path,
			 sqlite3_errmsg(sqlite), sqlite3_extended_errcode(sqlite));
}

static int fail_errno(struct error *err, const char *what, const char *path)
{
	int number = errno;

	return error_set(err, STATUS_UNREADABLE, "%s: %s: %s%s", path, what, strerror(number),
			 number == ENOSPC ? ". Free some space, or write elsewhere with -o" : "");
}

/* The first error of a database stays its error: what comes after it would only hide it. */
static int fail(struct db *db, struct error *err)
{
	if (!db->failed) {
		db->failed = true;
		fail_sqlite(db->sqlite, db->part, &db->error);
	}
	*err = db->error;
	return -1;
}

static int exec(sqlite3 *sqlite, const char *path, const char *sql, struct error *err)
{
	if (sqlite3_exec(sqlite, sql, NULL, NULL, NULL) != SQLITE_OK)
		return fail_sqlite(sqlite, path, err);
	return 0;
}

/* ---- .sql files ----------------------------------------------------------------------------- */

const char *db_sql(const char *name)
{
	for (const struct sql_file *f = sql_files; f->name; f++)
		if (!strcmp(f->name, name))
			return f->text;
	return NULL;
}

int db_run(sqlite3 *connection, const char *name, struct error *err)
{
	const char *text = db_sql(name), *p = text;

	if (!text)
		BUG("there is no sql/%s.sql", name);
	while (*p) {
		sqlite3_stmt *stmt = NULL;
		const char *start = p;
		int code = sqlite3_prepare_v2(connection, p, -1, &stmt, &p);

		if (code == SQLITE_OK && stmt)
			while ((code = sqlite3_step(stmt)) == SQLITE_ROW)
				;
		sqlite3_finalize(stmt);
		if (code != SQLITE_OK && code != SQLITE_DONE) {
			int line = 1, at = sqlite3_error_offset(connection);

			for (const char *q = text; q < start + (at > 0 ? at : 0); q++)
				line += *q == '\n';
			return error_set(err, STATUS_UNREADABLE, "sql/%s.sql, line %d: %s", name,
					 line, sqlite3_errmsg(connection));
		}
	}
	return 0;
}

/* ---- names ---------------------------------------------------------------------------------- */

static void lower(char *text)
{
	for (; *text; text++)
		*text = (char)tolower((unsigned char)*text);
}

static void name_add(struct db *db, const char *name, size_t size)
{
	char *copy = xstrndup(name, size);

	lower(copy);
	intern(&db->names, copy, strlen(copy));
	free(copy);
}

bool db_name_taken(const struct db *db, const char *name)
{
	char *copy = xstrdup(name);
	bool taken;

	lower(copy);
	taken = intern_find(&db->names, copy, strlen(copy)) || !strncmp(copy, "sqlite_", 7);
	free(copy);
	return taken;
}

/* Every "CREATE TABLE name" and "CREATE VIEW name" at the beginning of a line. */
static void names_of(struct db *db, const char *sql)
{
	while (*sql) {
		const char *p = sql;

		if (!strncmp(p, "CREATE TABLE ", 13) || !strncmp(p, "CREATE VIEW ", 12)) {
			p += p[7] == 'T' ? 13 : 12;
			if (!strncmp(p, "IF NOT EXISTS ", 14))
				p += 14;
			name_add(db, p, strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789_"));
		}
		sql += strcspn(sql, "\n");
		sql += *sql == '\n';
	}
}

static void add_quoted(struct buffer *b, const char *name)
{
	buffer_text(b, "\"");
	for (; *name; name++)
		buffer_add(b, *name == '"' ? "\"\"" : name, *name == '"' ? 2 : 1);
	buffer_text(b, "\"");
}

/* ---- rows ----------------------------------------------------------------------------------- */

static int bind(sqlite3_stmt *stmt, int index, const struct cell *c)
{
	switch (c->type) {
	case CELL_INT: return sqlite3_bind_int64(stmt, index, c->number);
	case CELL_REAL: return sqlite3_bind_double(stmt, index, c->real);
	case CELL_NULL: return sqlite3_bind_null(stmt, index);
	case CELL_TEXT:
		return sqlite3_bind_text64(stmt, index, c->bytes, c->size, SQLITE_STATIC,
					   SQLITE_UTF8);
	case CELL_BLOB: return sqlite3_bind_blob64(stmt, index, c->bytes, c->size, SQLITE_STATIC);
	}
	BUG("cell type %d", (int)c->type);
}

static int run_insert(sqlite3_stmt *stmt)
{
	int code = sqlite3_step(stmt);

	sqlite3_reset(stmt);
	return code == SQLITE_DONE ? 0 : -1;
}

static bool same(const struct cell *a, const struct cell *b)
{
	return a->type == b->type &&
	       (a->type == CELL_NULL || (a->type == CELL_INT && a->number == b->number));
}

/* All rows of a full batch. What has not changed since the last one is bound still. */
static int insert_batch(struct db_table *t)
{
	int n = t->batch * t->columns;

	for (int i = 0; i < n; i++) {
		if (same(&t->cells[i], &t->bound[i]))
			continue;
		if (bind(t->many, i + 1, &t->cells[i]) != SQLITE_OK)
			return -1;
		t->bound[i] = t->cells[i];
	}
	return run_insert(t->many);
}

static int insert_row(struct db_table *t, int row)
{
	const struct cell *c = t->cells + (size_t)row * (size_t)t->columns;

	for (int i = 0; i < t->columns; i++)
		if (bind(t->one, i + 1, &c[i]) != SQLITE_OK)
			return -1;
	return run_insert(t->one);
}

static int prepare_insert(struct db_table *t, sqlite3_stmt **stmt, int rows)
{
	struct buffer sql = { 0 };
	int code;

	buffer_text(&sql, t->insert);
	buffer_text(&sql, " VALUES ");
	for (int r = 0; r < rows; r++) {
		buffer_text(&sql, r ? ",(?" : "(?");
		for (int i = 1; i < t->columns; i++)
			buffer_text(&sql, ",?");
		buffer_text(&sql, ")");
	}
	code = sqlite3_prepare_v3(t->db->sqlite, sql.data, (int)sql.size, SQLITE_PREPARE_PERSISTENT,
				  stmt, NULL);
	buffer_free(&sql);
	return code == SQLITE_OK ? 0 : -1;
}

/* Hands all rows that wait to SQLite. */
static int flush(struct db_table *t, struct error *err)
{
	int bad = 0;

	if (t->db->failed)
		return fail(t->db, err);
	if (t->rows == t->batch) {
		if (!t->many)
			bad = prepare_insert(t, &t->many, t->batch);
		if (!bad)
			bad = insert_batch(t);
	} else {
		if (!t->one)
			bad = prepare_insert(t, &t->one, 1);
		for (int r = 0; r < t->rows && !bad; r++)
			bad = insert_row(t, r);
	}
	t->rows = 0;
	t->arena_used = 0;
	while (t->long_texts) {
		struct long_text *next = t->long_texts->next;

		free(t->long_texts);
		t->long_texts = next;
	}
	return bad ? fail(t->db, err) : 0;
}

static inline struct cell *next_cell(struct db_table *t)
{
	if (t->filled >= t->columns)
		BUG("too many values: %s", t->insert);
	return &t->cells[t->rows * t->columns + t->filled++];
}

void row_raw_int(struct db_table *t, int64_t value)
{
	struct cell *c = next_cell(t);

	c->number = value;
	c->type = CELL_INT;
}

void row_int(struct db_table *t, int64_t value)
{
	struct cell *c = next_cell(t);

	c->number = value;
	c->type = value == DB_NULL ? CELL_NULL : CELL_INT;
}

void row_ints(struct db_table *t, const int64_t *values, int count)
{
	struct cell *c = &t->cells[t->rows * t->columns + t->filled];

	if (count > t->columns - t->filled)
		BUG("too many values: %s", t->insert);
	t->filled += count;
	for (int i = 0; i < count; i++) {
		c[i].number = values[i];
		c[i].type = values[i] == DB_NULL ? CELL_NULL : CELL_INT;
	}
}

void row_real(struct db_table *t, double value)
{
	struct cell *c = next_cell(t);

	c->type = CELL_REAL;
	c->real = value;
}

void row_null(struct db_table *t)
{
	next_cell(t)->type = CELL_NULL;
}

/* Memory that lives as long as the batch. */
static char *arena(struct db_table *t, size_t size)
{
	struct long_text *text;
	char *p;

	if (!t->arena)
		t->arena = xmalloc(ARENA_SIZE);
	if (size <= ARENA_SIZE - t->arena_used) {
		p = t->arena + t->arena_used;
		t->arena_used += size;
		return p;
	}
	text = xmalloc(sizeof(*text) + size);
	text->next = t->long_texts;
	t->long_texts = text;
	return text->bytes;
}

static bool is_ascii(const char *text, size_t size)
{
	uint64_t word, high = 0x8080808080808080, low = 0x0101010101010101;
	size_t i = 0;

	for (; i + 8 <= size; i += 8) {
		memcpy(&word, text + i, 8);
		/* A byte with the high bit set, or perhaps a NUL. */
		if ((word | (word - low)) & high)
			return false;
	}
	for (; i < size; i++)
		if ((unsigned char)(text[i] - 1) >= 0x7f)
			return false;
	return true;
}

/* Bytes of the UTF-8 character at `p`, 0 if there is none: too short, too long, or a surrogate. */
static size_t utf8_length(const unsigned char *p, size_t size)
{
	size_t n = *p < 0x80   ? 1
		   : *p < 0xc2 ? 0
		   : *p < 0xe0 ? 2
		   : *p < 0xf0 ? 3
		   : *p < 0xf5 ? 4
			       : 0;

	if (!n || n > size || !*p)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] >= 0xa0) ||
	    (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] >= 0x90))
		return 0;
	return n;
}

/* Copies text, each byte that is not UTF-8 (and NUL, which ends a text for most) as U+FFFD. */
static size_t copy_utf8(char *to, const char *text, size_t size)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + size;
	char *start = to;

	while (p < end) {
		size_t n = utf8_length(p, (size_t)(end - p));

		memcpy(to, n ? (const char *)p : "\xef\xbf\xbd", n ? n : 3);
		to += n ? n : 3;
		p += n ? n : 1;
	}
	return (size_t)(to - start);
}

void row_bytes_as_text(struct db_table *t, const char *text, size_t size)
{
	struct cell *c = next_cell(t);
	char *copy;

	if (size > INT_MAX / 4)
		size = INT_MAX / 4;
	c->type = CELL_TEXT;
	if (is_ascii(text, size)) {
		copy = arena(t, size);
		memcpy(copy, text, size);
		c->size = (uint32_t)size;
	} else {
		copy = arena(t, 3 * size);
		c->size = (uint32_t)copy_utf8(copy, text, size);
	}
	c->bytes = copy;
}

void row_text(struct db_table *t, const char *text)
{
	if (text)
		row_bytes_as_text(t, text, strlen(text));
	else
		row_null(t);
}

void row_blob(struct db_table *t, const void *bytes, size_t size)
{
	struct cell *c = next_cell(t);
	char *copy;

	if (size > INT_MAX / 4)
		size = INT_MAX / 4;
	copy = arena(t, size);
	if (size)
		memcpy(copy, bytes, size);
	c->bytes = copy;
	c->size = (uint32_t)size;
	c->type = CELL_BLOB;
}

int row_end(struct db_table *t, struct error *err)
{
	if (t->filled != t->columns)
		BUG("%d of %d values: %s", t->filled, t->columns, t->insert);
	t->filled = 0;
	t->total++;
	if (++t->rows == t->batch || t->long_texts)
		return flush(t, err);
	return 0;
}

int64_t db_table_rows(const struct db_table *t)
{
	return t->total;
}

/* ---- tables --------------------------------------------------------------------------------- */

static struct db_table *table_new(struct db *db, char *insert, int columns, struct error *err)
{
	struct db_table *t = xcalloc(1, sizeof(*t));

	t->db = db;
	t->insert = insert;
	t->columns = columns;
	t->batch = columns * BATCH > MOST_VALUES ? MOST_VALUES / columns : BATCH;
	t->cells = xcalloc((size_t)columns * (size_t)t->batch, sizeof(*t->cells));
	t->bound = xcalloc((size_t)columns * (size_t)t->batch,
			   sizeof(*t->bound)); /* NULL, as in SQLite */
	t->next = db->tables;
	db->tables = t;
	/* At once, so that a wrong column is found where it is named. */
	if (prepare_insert(t, &t->one, 1)) {
		fail(db, err);
		error_prefix(err, "%s", insert);
		return NULL;
	}
	return t;
}

static void tables_free(struct db *db)
{
	while (db->tables) {
		struct db_table *t = db->tables;

		db->tables = t->next;
		while (t->long_texts) {
			struct long_text *next = t->long_texts->next;

			free(t->long_texts);
			t->long_texts = next;
		}
		sqlite3_finalize(t->one);
		sqlite3_finalize(t->many);
		free(t->arena);
		free(t->cells);
		free(t->bound);
		free(t->insert);
		free(t);
	}
}

struct db_table *db_table(struct db *db, const char *name_and_columns, struct error *err)
{
	int columns = 1;

	if (!strchr(name_and_columns, '('))
		BUG("no columns: %s", name_and_columns);
	for (const char *p = name_and_columns; *p; p++)
		columns += *p == ',';
	return table_new(db, xasprintf("INSERT INTO %s", name_and_columns), columns, err);
}

/*
 * A comment for the end of a line of SQL: what it says may come from the recording, so control
 * characters become blanks, and bytes that are not UTF-8 become U+FFFD as in every text.
 */
static void add_comment(struct buffer *b, const char *comment)
{
	size_t size;
	char *text;

	if (!comment)
		return;
	size = strlen(comment);
	text = xmalloc(3 * size + 1);
	size = copy_utf8(text, comment, size);
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			text[i] = ' ';
	buffer_text(b, " -- ");
	buffer_add(b, text, size);
	free(text);
}

struct db_table *db_new_table(struct db *db, const char *name, const char *comment,
			      const struct db_column *columns, size_t count, struct error *err)
{
	struct buffer create = { 0 }, insert = { 0 };
	int bad;

	buffer_text(&create, "CREATE TABLE ");
	add_quoted(&create, name);
	buffer_text(&create, " (");
	add_comment(&create, comment);
	buffer_text(&insert, "INSERT INTO ");
	add_quoted(&insert, name);
	buffer_text(&insert, " (");
	for (size_t i = 0; i < count; i++) {
		buffer_text(&create, "\n\t");
		add_quoted(&create, columns[i].name);
		buffer_format(&create, " %s%s", columns[i].type, i + 1 < count ? "," : "");
		add_comment(&create, columns[i].comment);
		if (i)
			buffer_text(&insert, ", ");
		add_quoted(&insert, columns[i].name);
	}
	buffer_text(&create, "\n) STRICT");
	buffer_text(&insert, ")");
	name_add(db, name, strlen(name));
	bad = db->failed || sqlite3_exec(db->sqlite, create.data, NULL, NULL, NULL) != SQLITE_OK;
	buffer_free(&create);
	if (bad) {
		fail(db, err);
		buffer_free(&insert);
		return NULL;
	}
	return table_new(db, insert.data, (int)count, err);
}

/* ---- beginning ------------------------------------------------------------------------------ */

static bool is_ours(const unsigned char *header)
{
	uint32_t id = (uint32_t)header[68] << 24 | (uint32_t)header[69] << 16 |
		      (uint32_t)header[70] << 8 | header[71];

	return !memcmp(header, "SQLite format 3", 16) && id == DB_APPLICATION_ID;
}

/* Whether the file that stands at the target may be replaced. */
static int check_target(struct db *db, struct error *err)
{
	unsigned char header[100];
	struct stat st;
	ssize_t n;
	int fd;

	if (stat(db->path, &st))
		return errno == ENOENT ? 0 : fail_errno(err, "cannot be looked at", db->path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, STATUS_UNREADABLE,
				 "%s: not a regular file, and a database cannot go there",
				 db->path);
	db->mode = st.st_mode & 0777;
	if (!st.st_size)
		return 0;
	fd = open(db->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(err, "exists and cannot be read", db->path);
	n = pread(fd, header, sizeof(header), 0);
	close(fd);
	if (n == sizeof(header) && is_ours(header))
		return 0;
	return error_set(
		err, STATUS_UNREADABLE,
		"%s: exists and is not a gotrace database, so it is left alone. Remove it, "
		"or write elsewhere with -o",
		db->path);
}

/*
 * Opens and locks the file that is written. The lock ends with its writer, however that ends, so a
 * locked file has a writer at work and any other is a dead one's.
 */
static int open_part(struct db *db, struct error *err)
{
	struct stat ours, there;

	for (;;) {
		db->fd = open(db->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
		if (db->fd < 0)
			return fail_errno(err, "cannot be created", db->part);
		if (flock(db->fd, LOCK_EX | LOCK_NB)) {
			close(db->fd);
			db->fd = -1;
			return error_set(err, STATUS_UNREADABLE,
					 "%s: another gotrace is writing this database right now",
					 db->path);
		}
		/* A writer that was at work until now may have moved it away as its finished file. */
		if (!fstat(db->fd, &ours) && !stat(db->part, &there) &&
		    ours.st_ino == there.st_ino && ours.st_dev == there.st_dev)
			break;
		close(db->fd);
	}
	if (ftruncate(db->fd, 0) || (db->mode && fchmod(db->fd, db->mode)))
		return fail_errno(err, "cannot be written", db->part);
	return 0;
}

static int open_sqlite(struct db *db, struct error *err)
{
	/* One thread, and nobody asks for memory statistics. Has no effect on a second database. */
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (sqlite3_open_v2(db->part, &db->sqlite,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
			    NULL) != SQLITE_OK)
		return db->sqlite ? fail_sqlite(db->sqlite, db->part, err)
				  : error_set(err, STATUS_UNREADABLE, "SQLite does not start");
	return exec(db->sqlite, db->part,
		    "PRAGMA page_size = " PAGE_SIZE ";"
		    "PRAGMA journal_mode = off;"
		    "PRAGMA synchronous = off;"
		    "PRAGMA locking_mode = exclusive;"
		    "PRAGMA cache_size = " LOAD_CACHE ";"
		    "PRAGMA foreign_keys = off;"
		    /* An IN list costs a temporary index for each statement. The tests hold every
		     * database against its constraints. */
		    "PRAGMA ignore_check_constraints = on;"
		    "BEGIN EXCLUSIVE",
		    err);
}

/* Opens `part` in SQLite and makes the tables. */
static int begin(struct db *db, struct error *err)
{
	char *sql = xasprintf("PRAGMA application_id = %d; PRAGMA user_version = %d",
			      DB_APPLICATION_ID, DB_SCHEMA_VERSION);
	int bad = open_sqlite(db, err) || exec(db->sqlite, db->part, sql, err) ||
		  db_run(db->sqlite, "schema", err);

	free(sql);
	if (bad)
		return -1;
	names_of(db, db_sql("schema"));
	names_of(db, db_sql("views"));
	names_of(db, db_sql("bare_views"));
	name_add(db, "event", 5);
	return 0;
}

struct db *db_create(const char *path, struct error *err)
{
	struct db *db = xcalloc(1, sizeof(*db));
	char *real = realpath(path, NULL);

	db->fd = -1;
	/* What a symbolic link points to is replaced, not the link. */
	db->path = real ? xstrdup(real) : xstrdup(path);
	free(real);
	db->part = xasprintf("%s.part", db->path);
	if (check_target(db, err) || open_part(db, err) || begin(db, err)) {
		db_abandon(db);
		return NULL;
	}
	return db;
}

struct db *db_scratch(struct error *err)
{
	struct db *db = xcalloc(1, sizeof(*db));

	db->fd = -1;
	db->path = xstrdup(":memory:");
	db->part = xstrdup(":memory:");
	if (begin(db, err)) {
		db_abandon(db);
		return NULL;
	}
	return db;
}

sqlite3 *db_connection(struct db *db, struct error *err)
{
	for (struct db_table *t = db->tables; t; t = t->next)
		if (flush(t, err))
			return NULL;
	return db->sqlite;
}

/* ---- the end -------------------------------------------------------------------------------- */

static bool exists(sqlite3 *sqlite, const char *table, const char *column)
{
	return sqlite3_table_column_metadata(sqlite, NULL, table, column, NULL, NULL, NULL, NULL,
					     NULL) == SQLITE_OK;
}

/* The view `event`: all tables of events under one another, through helper views if they are many. */
static int make_event_view(struct db *db, struct error *err)
{
	struct buffer view = { 0 }, all = { 0 };
	sqlite3_stmt *stmt = NULL;
	int terms = 0, parts = 0, code, bad = 0;

	code = sqlite3_prepare_v2(db->sqlite,
				  "SELECT table_name, min(id) FROM source GROUP BY table_name "
				  "ORDER BY min(id)",
				  -1, &stmt, NULL);
	while (code == SQLITE_OK || code == SQLITE_ROW) {
		const char *table;

		code = sqlite3_step(stmt);
		if ((code == SQLITE_DONE && terms) || terms == UNION_TERMS) {
			buffer_format(&all, "%s SELECT * FROM event_part_%d",
				      parts ? " UNION ALL" : "", parts + 1);
			bad |= sqlite3_exec(db->sqlite, view.data, NULL, NULL, NULL) != SQLITE_OK;
			parts++;
			terms = 0;
			buffer_clear(&view);
		}
		if (code != SQLITE_ROW)
			break;
		table = (const char *)sqlite3_column_text(stmt, 0);
		if (!table || !exists(db->sqlite, table, "stack_id"))
			continue;
		if (!terms)
			buffer_format(&view, "CREATE VIEW event_part_%d AS", parts + 1);
		buffer_format(&view, "%s SELECT id, ts, cpu, pid, tid, goid, ",
			      terms++ ? " UNION ALL" : "");
		if (exists(db->sqlite, table, "source_id"))
			buffer_text(&view, "source_id");
		else
			buffer_format(&view, "%d AS source_id", sqlite3_column_int(stmt, 1));
		buffer_text(&view, ", stack_id FROM ");
		add_quoted(&view, table);
	}
	sqlite3_finalize(stmt);
	if (!parts)
		buffer_text(&all,
			    " SELECT 0 AS id, 0 AS ts, 0 AS cpu, 0 AS pid, 0 AS tid, 0 AS goid, "
			    "0 AS source_id, 0 AS stack_id WHERE 0");
	buffer_clear(&view);
	buffer_format(&view, "CREATE VIEW event AS%s", all.data);
	bad |= code != SQLITE_DONE ||
	       sqlite3_exec(db->sqlite, view.data, NULL, NULL, NULL) != SQLITE_OK;
	buffer_free(&view);
	buffer_free(&all);
	return bad ? fail(db, err) : 0;
}

/*
 * Columns that a bare view has in every database, and that this table has not: a field that another
 * kernel calls otherwise, or all fields where the event's format is missing. `declared` is the empty
 * view of sql/bare_views.sql, which says "NULL AS name" for each.
 */
static void add_missing_columns(struct db *db, const char *declared, const char *table,
				struct buffer *sql)
{
	const char *end = strstr(declared, "WHERE 0;");

	if (!end)
		BUG("sql/bare_views.sql: %.40s", declared);
	for (const char *p = strstr(declared, "NULL AS "); p && p < end;
	     p = strstr(p, "NULL AS ")) {
		char column[64];

		p += strlen("NULL AS ");
		p += *p == '"';
		if (sscanf(p, "%63[a-z_]", column) != 1)
			BUG("sql/bare_views.sql: %.40s", p);
		if (!exists(db->sqlite, table, column))
			buffer_format(sql, ", NULL AS \"%s\"", column);
	}
}

/*
 * sql/bare_views.sql says "-- view NAME of TABLE" and then creates an empty view NAME if there is
 * none; here those are made whose table was recorded.
 */
static int make_bare_views(struct db *db, struct error *err)
{
	const char *p = db_sql("bare_views");

	while ((p = strstr(p, "\n-- view "))) {
		struct buffer sql = { 0 };
		char view[64], table[64];
		int code;

		p++;
		if (sscanf(p, "-- view %63[a-z_] of %63[a-z_]", view, table) != 2)
			BUG("sql/bare_views.sql: %.40s", p);
		if (!exists(db->sqlite, table, "stack_id"))
			continue;
		buffer_format(&sql, "CREATE VIEW %s AS SELECT *", view);
		add_missing_columns(db, p, table, &sql);
		buffer_format(&sql, " FROM %s", table);
		code = sqlite3_exec(db->sqlite, sql.data, NULL, NULL, NULL);
		buffer_free(&sql);
		if (code != SQLITE_OK)
			return fail(db, err);
	}
	return db_run(db->sqlite, "bare_views", err);
}

static int complete(struct db *db, struct error *err)
{
	if (db->failed)
		return fail(db, err);
	if (!db_connection(db, err))
		return -1;
	tables_free(db);
	if (make_event_view(db, err) || make_bare_views(db, err) ||
	    db_run(db->sqlite, "views", err) ||
	    exec(db->sqlite, db->part, "PRAGMA cache_size = " SORT_CACHE, err) ||
	    db_run(db->sqlite, "indexes", err) || db_run(db->sqlite, "overlap", err) ||
	    exec(db->sqlite, db->part, "COMMIT", err))
		return -1;
	return 0;
}

/* Makes sure that a rename survives a crash. Some file systems know no fsync of a folder. */
static void sync_folder(const char *path)
{
	char *folder = xstrdup(path), *slash = strrchr(folder, '/');
	int fd;

	if (slash)
		slash[slash == folder] = '\0';
	fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(folder);
}

static int put_in_place(struct db *db, struct error *err)
{
	static const char *const beside[] = { "-journal", "-wal", "-shm" };

	if (sqlite3_close(db->sqlite) != SQLITE_OK)
		BUG("a statement is still open");
	db->sqlite = NULL;
	if (fsync(db->fd))
		return fail_errno(err, "cannot be written to the disk", db->part);
	/* What an interrupted writer left beside the old file would be taken for the new one's. */
	for (size_t i = 0; i < ARRAY_SIZE(beside); i++) {
		char *name = xasprintf("%s%s", db->path, beside[i]);

		unlink(name);
		free(name);
	}
	if (rename(db->part, db->path))
		return fail_errno(err, "cannot be put in its place", db->path);
	sync_folder(db->path);
	return 0;
}

static void db_free(struct db *db)
{
	tables_free(db);
	sqlite3_close(db->sqlite);
	if (db->fd >= 0)
		close(db->fd);
	intern_free(&db->names);
	free(db->path);
	free(db->part);
	free(db);
}

int db_finish(struct db *db, struct error *err)
{
	if (complete(db, err) || put_in_place(db, err)) {
		db_abandon(db);
		return -1;
	}
	db_free(db);
	return 0;
}

void db_abandon(struct db *db)
{
	if (!db)
		return;
	/* Only where the lock is ours is the file. */
	if (db->fd >= 0)
		unlink(db->part);
	db_free(db);
}

/* ---- reading -------------------------------------------------------------------------------- */

static int number_of(sqlite3 *sqlite, const char *pragma, int *value)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(sqlite, pragma, -1, &stmt, NULL);

	if (code == SQLITE_OK) {
		code = sqlite3_step(stmt);
		*value = sqlite3_column_int(stmt, 0);
	}
	sqlite3_finalize(stmt);
	return code;
}

static int try_open(const char *path, bool write, bool immutable, sqlite3 **sqlite, int *id)
{
	struct buffer uri = { 0 };
	int code;

	/* "./" so that a relative path is not taken for the authority of the URI. */
	buffer_text(&uri, path[0] == '/' ? "file://" : "file:./");
	for (const char *p = path; *p; p++)
		if (isalnum((unsigned char)*p) || strchr("/._-", *p))
			buffer_add(&uri, p, 1);
		else
			buffer_format(&uri, "%%%02x", (unsigned char)*p);
	buffer_text(&uri, immutable ? "?immutable=1" : "");
	code = sqlite3_open_v2(uri.data, sqlite,
			       (write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
				       SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
				       SQLITE_OPEN_EXRESCODE,
			       NULL);
	buffer_free(&uri);
	if (code != SQLITE_OK)
		return code;
	/* A file from a stranger: no triggers, no functions with side effects in its views. */
	sqlite3_db_config(*sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(*sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(*sqlite, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_busy_timeout(*sqlite, 5000);
	return number_of(*sqlite, "PRAGMA application_id", id);
}

sqlite3 *db_open(const char *path, bool write, struct error *err)
{
	sqlite3 *sqlite = NULL;
	int id = 0, version = 0, code;

	if (access(path, write ? R_OK | W_OK : R_OK)) {
		int number = errno;

		fail_errno(err, "cannot be opened", path);
		if (number == ENOENT)
			error_set(err, STATUS_UNREADABLE,
				  "%s: there is no such file. Make it with: gotrace ingest -o %s "
				  "RECORDING, or name another with -i",
				  path, path);
		return NULL;
	}
	code = try_open(path, write, false, &sqlite, &id);
	if (code != SQLITE_ROW && !write && (code & 0xff) == SQLITE_CANTOPEN) {
		/* In WAL mode, in a folder that is not ours: nobody can be writing it then. */
		sqlite3_close(sqlite);
		code = try_open(path, write, true, &sqlite, &id);
	}
	if (code == SQLITE_ROW)
		code = number_of(sqlite, "PRAGMA user_version", &version);
	if (code == SQLITE_ROW && id == DB_APPLICATION_ID && version == DB_SCHEMA_VERSION)
		return sqlite;
	if (code == SQLITE_NOTADB || (code == SQLITE_ROW && id != DB_APPLICATION_ID))
		error_set(
			err, STATUS_UNREADABLE,
			"%s: not a gotrace database. If it is a recording, load it first: gotrace "
			"ingest %s",
			path, path);
	else if (code == SQLITE_ROW)
		error_set(
			err, STATUS_UNREADABLE,
			"%s: written by another version of gotrace (schema %d, this one reads %d). "
			"Ingest the recording again",
			path, version, DB_SCHEMA_VERSION);
	else
		fail_sqlite(sqlite, path, err);
	sqlite3_close(sqlite);
	return NULL;
}
