/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/json.h"

#include <inttypes.h>
#include <math.h>
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

void json_real(struct json *j, const char *key, double value)
{
	next(j, key);
	if (isfinite(value))
		fprintf(j->out, "%.15g", value);
	else
		fputs("null", j->out);
}

void json_hex(struct json *j, const char *key, const unsigned char *bytes, size_t size)
{
	next(j, key);
	putc('"', j->out);
	for (size_t i = 0; i < size; i++)
		fprintf(j->out, "%02x", bytes[i]);
	putc('"', j->out);
}
