/* SPDX-License-Identifier: GPL-2.0-only */
#include "query/output.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "query/json.h"

#define MEASURED_ROWS 500 /* a table's columns are as wide as these rows need */
#define WIDEST 80         /* no column is wider, unless a row behind those is */

struct output {
	FILE *out;
	bool terminal;
	int columns;
	struct json json;
	char **names;
	/* table: rows that wait until the widths are known */
	char **cells;
	size_t cell_count, cell_capacity;
	size_t *widths;
	bool *numbers; /* aligned to the right */
	bool measured;
};

/* ---- characters ----------------------------------------------------------------------------- */

void escape(struct buffer *b, const char *text, size_t size)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + size;

	buffer_text(b, "");
	for (; p < end; p++) {
		if (*p < 0x20 || *p == 0x7f) {
			buffer_format(b, "\\x%02x", *p);
		} else if (*p == 0xc2 && p + 1 < end && p[1] < 0xa0) {
			buffer_format(b, "\\x%02x", *++p); /* control characters above ASCII */
		} else {
			buffer_add(b, p, 1);
		}
	}
}

void put_escaped(FILE *out, const char *text)
{
	struct buffer b = { 0 };

	if (text)
		escape(&b, text, strlen(text));
	else
		buffer_text(&b, "-");
	fwrite(b.data, 1, b.size, out);
	buffer_free(&b);
}

bool colours(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

int output_done(int status)
{
	int bad = ferror(stdout), number;

	errno = 0;
	bad |= fclose(stdout);
	number = errno;
	/* Whoever reads us through a pipe may have seen enough. */
	if (!bad || number == EPIPE)
		return status;
	fprintf(stderr, "gotrace: the output cannot be written: %s\n",
		number ? strerror(number) : "write error");
	return STATUS_UNREADABLE;
}

/* A value as text; blobs in hexadecimal. NULL is no text at all. */
static bool cell_text(sqlite3_stmt *stmt, int column, struct buffer *b)
{
	int size = sqlite3_column_bytes(stmt, column);
	const unsigned char *bytes;

	buffer_clear(b);
	buffer_text(b, "");
	switch (sqlite3_column_type(stmt, column)) {
	case SQLITE_NULL: return false;
	case SQLITE_BLOB:
		bytes = sqlite3_column_blob(stmt, column);
		for (int i = 0; i < size; i++)
			buffer_format(b, "%02x", bytes[i]);
		return true;
	default:
		bytes = sqlite3_column_text(stmt, column);
		size = sqlite3_column_bytes(stmt, column);
		if (bytes)
			buffer_add(b, bytes, (size_t)size);
		return true;
	}
}

/* Columns on the screen, near enough: characters of UTF-8. */
static size_t width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* ---- table ---------------------------------------------------------------------------------- */

static void table_cell(struct output *o, int column, const char *text)
{
	size_t w = width(text), pad = w < o->widths[column] ? o->widths[column] - w : 0;
	bool last = column + 1 == o->columns;

	if (o->numbers[column])
		fprintf(o->out, "%*s%s", (int)pad, "", text);
	else
		fprintf(o->out, "%s%*s", text, last ? 0 : (int)pad, "");
	fputs(last ? "\n" : "  ", o->out);
}

static void table_flush(struct output *o)
{
	size_t rows = o->cell_count / (size_t)o->columns;

	if (!o->measured) {
		for (int c = 0; c < o->columns; c++)
			table_cell(o, c, o->names[c]);
		for (int c = 0; c < o->columns; c++) {
			for (size_t i = 0; i < o->widths[c]; i++)
				putc('-', o->out);
			fputs(c + 1 == o->columns ? "\n" : "  ", o->out);
		}
	}
	o->measured = true;
	for (size_t r = 0; r < rows; r++)
		for (int c = 0; c < o->columns; c++) {
			char *text = o->cells[r * (size_t)o->columns + (size_t)c];

			table_cell(o, c, text);
			free(text);
		}
	o->cell_count = 0;
}

static void table_begin(struct output *o, sqlite3_stmt *stmt)
{
	(void)stmt;
	o->widths = xcalloc((size_t)o->columns, sizeof(*o->widths));
	o->numbers = xcalloc((size_t)o->columns, sizeof(*o->numbers));
	for (int c = 0; c < o->columns; c++)
		o->widths[c] = width(o->names[c]);
}

static void table_row(struct output *o, sqlite3_stmt *stmt)
{
	struct buffer raw = { 0 };

	for (int c = 0; c < o->columns; c++) {
		struct buffer text = { 0 };
		int type = sqlite3_column_type(stmt, c);
		size_t w;

		if (!o->measured && (type == SQLITE_INTEGER || type == SQLITE_FLOAT))
			o->numbers[c] = true;
		if (cell_text(stmt, c, &raw))
			escape(&text, raw.data, raw.size);
		else
			buffer_text(&text, "");
		w = width(text.data);
		if (!o->measured && w > o->widths[c])
			o->widths[c] = w < WIDEST              ? w
				       : o->widths[c] > WIDEST ? o->widths[c]
							       : WIDEST;
		ARRAY_GROW(o->cells, o->cell_count, o->cell_capacity);
		o->cells[o->cell_count++] = text.data;
	}
	buffer_free(&raw);
	if (o->measured || o->cell_count >= MEASURED_ROWS * (size_t)o->columns)
		table_flush(o);
}

static void table_end(struct output *o)
{
	if (o->columns)
		table_flush(o);
}

/* ---- csv, tsv ------------------------------------------------------------------------------- */

static void csv_cell(struct output *o, int column, const char *text, size_t size)
{
	struct buffer safe = { 0 };

	if (o->terminal) {
		escape(&safe, text, size);
		text = safe.data;
		size = safe.size;
	}
	if (column)
		putc(',', o->out);
	if (memchr(text, '"', size) || memchr(text, ',', size) || memchr(text, '\n', size) ||
	    memchr(text, '\r', size)) {
		putc('"', o->out);
		for (size_t i = 0; i < size; i++) {
			if (text[i] == '"')
				putc('"', o->out);
			putc(text[i], o->out);
		}
		putc('"', o->out);
	} else {
		fwrite(text, 1, size, o->out);
	}
	if (column + 1 == o->columns)
		putc('\n', o->out);
	buffer_free(&safe);
}

static void csv_begin(struct output *o, sqlite3_stmt *stmt)
{
	(void)stmt;
	for (int c = 0; c < o->columns; c++)
		csv_cell(o, c, o->names[c], strlen(o->names[c]));
}

static void csv_row(struct output *o, sqlite3_stmt *stmt)
{
	struct buffer raw = { 0 };

	for (int c = 0; c < o->columns; c++) {
		cell_text(stmt, c, &raw);
		csv_cell(o, c, raw.data, raw.size);
	}
	buffer_free(&raw);
}

static void tsv_cell(struct output *o, int column, const char *text, size_t size)
{
	struct buffer safe = { 0 };

	escape(&safe, text, size);
	fprintf(o->out, "%s%c", safe.data, column + 1 == o->columns ? '\n' : '\t');
	buffer_free(&safe);
}

static void tsv_begin(struct output *o, sqlite3_stmt *stmt)
{
	(void)stmt;
	for (int c = 0; c < o->columns; c++)
		tsv_cell(o, c, o->names[c], strlen(o->names[c]));
}

static void tsv_row(struct output *o, sqlite3_stmt *stmt)
{
	struct buffer raw = { 0 };

	for (int c = 0; c < o->columns; c++) {
		cell_text(stmt, c, &raw);
		tsv_cell(o, c, raw.data, raw.size);
	}
	buffer_free(&raw);
}

/* ---- json, ndjson --------------------------------------------------------------------------- */

static void json_row(struct output *o, sqlite3_stmt *stmt)
{
	json_open(&o->json, NULL, '{');
	for (int c = 0; c < o->columns; c++)
		json_column(&o->json, o->names[c], stmt, c);
	json_close(&o->json, '}');
}

static void json_begin(struct output *o, sqlite3_stmt *stmt)
{
	(void)stmt;
	json_open(&o->json, NULL, '{');
	json_int(&o->json, "schema_version", JSON_VERSION);
	json_open(&o->json, "columns", '[');
	for (int c = 0; c < o->columns; c++)
		json_text(&o->json, NULL, o->names[c]);
	json_close(&o->json, ']');
	json_open(&o->json, "rows", '[');
}

static void json_end(struct output *o)
{
	json_close(&o->json, ']');
	json_close(&o->json, '}');
}

static void ndjson_row(struct output *o, sqlite3_stmt *stmt)
{
	o->json = (struct json){ .out = o->out, .dense = true };
	json_row(o, stmt);
}

/* ---- Markdown ------------------------------------------------------------------------------- */

static void md_cell(struct output *o, int column, const char *text, size_t size)
{
	struct buffer safe = { 0 };

	escape(&safe, text, size);
	fputs(column ? " " : "| ", o->out);
	for (size_t i = 0; i < safe.size; i++) {
		if (strchr("|\\`*_<>[]", safe.data[i]))
			putc('\\', o->out);
		putc(safe.data[i], o->out);
	}
	fputs(column + 1 == o->columns ? " |\n" : " |", o->out);
	buffer_free(&safe);
}

static void md_begin(struct output *o, sqlite3_stmt *stmt)
{
	(void)stmt;
	for (int c = 0; c < o->columns; c++)
		md_cell(o, c, o->names[c], strlen(o->names[c]));
	for (int c = 0; c < o->columns; c++)
		fputs(c + 1 == o->columns ? "| --- |\n" : "| --- ", o->out);
}

static void md_row(struct output *o, sqlite3_stmt *stmt)
{
	struct buffer raw = { 0 };

	for (int c = 0; c < o->columns; c++) {
		cell_text(stmt, c, &raw);
		md_cell(o, c, raw.data, raw.size);
	}
	buffer_free(&raw);
}

/* ---- all of them ---------------------------------------------------------------------------- */

static const struct format formats[] = {
	{ "table", table_begin, table_row, table_end },
	{ "csv", csv_begin, csv_row, NULL },
	{ "tsv", tsv_begin, tsv_row, NULL },
	{ "json", json_begin, json_row, json_end },
	{ "ndjson", NULL, ndjson_row, NULL },
	{ "md", md_begin, md_row, NULL },
};

const struct format *format_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}

/* Columns may have one name twice; an object's keys may not. */
static void name_columns(struct output *o, sqlite3_stmt *stmt)
{
	o->names = xcalloc((size_t)o->columns + 1, sizeof(*o->names));
	for (int c = 0; c < o->columns; c++) {
		struct buffer name = { 0 };
		const char *given = sqlite3_column_name(stmt, c);
		int same = 1;

		for (int i = 0; i < c; i++)
			same += !strcmp(sqlite3_column_name(stmt, i), given);
		escape(&name, given, strlen(given));
		if (same > 1)
			buffer_format(&name, "_%d", same);
		o->names[c] = name.data;
	}
}

int64_t output_rows(const struct format *format, sqlite3_stmt *stmt, FILE *out)
{
	struct output o = { .out = out, .terminal = isatty(fileno(out)) };
	int64_t rows = 0;
	int code;

	o.columns = sqlite3_column_count(stmt);
	o.json = (struct json){ .out = out };
	name_columns(&o, stmt);
	code = sqlite3_step(stmt);
	if (format->begin && (code == SQLITE_ROW || code == SQLITE_DONE))
		format->begin(&o, stmt);
	while (code == SQLITE_ROW) {
		format->row(&o, stmt);
		rows++;
		code = sqlite3_step(stmt);
	}
	if (format->end && (rows || code == SQLITE_DONE))
		format->end(&o);
	for (int c = 0; c < o.columns; c++)
		free(o.names[c]);
	free(o.names);
	free(o.cells);
	free(o.widths);
	free(o.numbers);
	return code == SQLITE_DONE ? rows : -1;
}
