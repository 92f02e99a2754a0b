/* SPDX-License-Identifier: GPL-2.0-only */
#include "query/json.h"

#include <inttypes.h>
#include <math.h>
#include <sqlite3.h>
#include <string.h>

static void put_text(FILE *out, const char *text, size_t size)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + size;

	putc('"', out);
	for (; p < end; p++) {
		if (*p == '"' || *p == '\\')
			fprintf(out, "\\%c", *p);
		else if (*p == '\n')
			fputs("\\n", out);
		else if (*p == '\t')
			fputs("\\t", out);
		else if (*p < 0x20 || *p == 0x7f)
			fprintf(out, "\\u%04x", *p);
		else if (*p == 0xc2 && p + 1 < end && p[1] < 0xa0)
			fprintf(out, "\\u%04x", *++p); /* control characters above ASCII */
		else
			putc(*p, out);
	}
	putc('"', out);
}

static void next(struct json *j, const char *key)
{
	if (j->used)
		putc(',', j->out);
	if (j->depth && !j->dense)
		fprintf(j->out, "\n%*s", 2 * j->depth, "");
	else if (j->used)
		putc(' ', j->out);
	j->used = true;
	if (key) {
		put_text(j->out, key, strlen(key));
		fputs(": ", j->out);
	}
}

void json_open(struct json *j, const char *key, char bracket)
{
	next(j, key);
	putc(bracket, j->out);
	j->depth++;
	j->used = false;
}

void json_close(struct json *j, char bracket)
{
	j->depth--;
	if (j->used && !j->dense)
		fprintf(j->out, "\n%*s", 2 * j->depth, "");
	putc(bracket, j->out);
	j->used = true;
	if (!j->depth)
		putc('\n', j->out);
}

void json_bytes(struct json *j, const char *key, const char *text, size_t size)
{
	next(j, key);
	put_text(j->out, text, size);
}

void json_text(struct json *j, const char *key, const char *text)
{
	if (text) {
		json_bytes(j, key, text, strlen(text));
		return;
	}
	next(j, key);
	fputs("null", j->out);
}

void json_int(struct json *j, const char *key, int64_t value)
{
	next(j, key);
	fprintf(j->out, "%" PRId64, value);
}

void json_column(struct json *j, const char *key, sqlite3_stmt *stmt, int column)
{
	const unsigned char *bytes;
	double real;
	int size;

	switch (sqlite3_column_type(stmt, column)) {
	case SQLITE_INTEGER: json_int(j, key, sqlite3_column_int64(stmt, column)); break;
	case SQLITE_TEXT:
		bytes = sqlite3_column_text(stmt, column);
		size = sqlite3_column_bytes(stmt, column);
		json_bytes(j, key, (const char *)bytes, (size_t)size);
		break;
	case SQLITE_FLOAT:
		real = sqlite3_column_double(stmt, column);
		next(j, key);
		if (isfinite(real))
			fprintf(j->out, "%.15g", real);
		else
			fputs("null", j->out);
		break;
	case SQLITE_BLOB:
		bytes = sqlite3_column_blob(stmt, column);
		size = sqlite3_column_bytes(stmt, column);
		next(j, key);
		putc('"', j->out);
		for (int i = 0; i < size; i++)
			fprintf(j->out, "%02x", bytes[i]);
		putc('"', j->out);
		break;
	default: json_text(j, key, NULL); break;
	}
}

void json_columns(struct json *j, sqlite3_stmt *stmt)
{
	for (int i = 0; i < sqlite3_column_count(stmt); i++)
		json_column(j, sqlite3_column_name(stmt, i), stmt, i);
}
