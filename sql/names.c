/* SPDX-License-Identifier: GPL-2.0-only */
#include "sql/names.h"

#include <ctype.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/memory.h"

#define NONE INT_MAX
#define SAME_LAST_NAME 3 /* as far as three slips of the pen */
#define NEAR_MAX 80      /* longer names are not compared letter by letter */

/* ---- text ----------------------------------------------------------------------------------- */

/* Whether `text` ends with `tail`, behind a separator. */
static bool has_tail(const char *text, const char *tail, char separator)
{
	size_t size = strlen(text), n = strlen(tail);

	return size > n && text[size - n - 1] == separator && !strcmp(text + size - n, tail);
}

static const char *behind_last(const char *text, char separator)
{
	const char *p = strrchr(text, separator);

	return p ? p + 1 : text;
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that "%2e" stands for; -1: no such escape. */
static int escaped(const char *p)
{
	int high, low;

	if (p[0] != '%' || (high = hex_digit(p[1])) < 0 || (low = hex_digit(p[2])) < 0)
		return -1;
	return high << 4 | low;
}

/* ---- functions ------------------------------------------------------------------------------ */

static void unescape(struct buffer *out, const char *name)
{
	buffer_text(out, "");
	while (*name) {
		int byte = escaped(name);
		char c = byte > 0 ? (char)byte : *name;

		buffer_add(out, &c, 1);
		name += byte > 0 ? 3 : 1;
	}
}

/* Bytes of "v2" or "v11", if that is what is there up to `end`. */
static size_t version_size(const char *p, char end)
{
	size_t n = *p == 'v' ? 1 + strspn(p + 1, "0123456789") : 0;

	return n > 1 && p[n] == end ? n : 0;
}

/*
 * The name without what people leave out: type arguments, the parentheses and star of a receiver, the
 * calling convention (".abi0"), and, unless `versions`, the major version of the package (".../y/v2.F",
 * "yaml%2ev3.F").
 */
static void plain(struct buffer *out, const char *name, bool versions)
{
	int depth = 0;

	buffer_clear(out);
	buffer_text(out, "");
	for (const char *p = name; *p; p++) {
		int byte = escaped(p);
		char c = byte > 0 ? (char)byte : *p;
		size_t size = byte > 0 ? 3 : 1, version = 0;

		if (!versions && !depth && (byte == '.' || *p == '/'))
			version = version_size(p + size, '.');
		depth += *p == '[';
		if (!depth && !version && (byte > 0 || !strchr("(*)", c)))
			buffer_add(out, &c, 1);
		depth -= *p == ']' && depth;
		p += size + version - 1;
	}
	if (has_tail(out->data, "abi0", '.'))
		out->data[strlen(out->data) - strlen(".abi0")] = '\0';
}

/* function_level() of two names that are plain. */
static int plain_level(const char *have, const char *want)
{
	return !*want                      ? NONE
	       : !strcmp(have, want)       ? 3
	       : has_tail(have, want, '/') ? 4
	       : has_tail(have, want, '.') ? 5
					   : NONE;
}

static int function_level(const char *name, const char *typed)
{
	struct buffer have = { 0 }, want = { 0 };
	int level = NONE;

	unescape(&have, name);
	if (!strcmp(name, typed) || !strcmp(have.data, typed))
		level = 1;
	else if (has_tail(have.data, typed, '/'))
		level = 2;
	for (int versions = 1; versions >= 0 && level == NONE; versions--) {
		plain(&have, name, versions);
		plain(&want, typed, versions);
		level = plain_level(have.data, want.data);
	}
	buffer_free(&have);
	buffer_free(&want);
	return level;
}

/* ---- files ---------------------------------------------------------------------------------- */

/*
 * A path as the module cache and -trimpath may have it: "\" is "/", "./" is left out, and so are the
 * versions of modules ("y@v1.2.3/z.go"); "!b" is "B".
 */
static void plain_path(struct buffer *out, const char *path)
{
	bool backslashes = !strchr(path, '/');

	buffer_text(out, "");
	if (path[0] == '.' && (path[1] == '/' || (path[1] == '\\' && backslashes)))
		path += 2;
	while (*path) {
		char c = *path == '\\' && backslashes ? '/' : *path;

		path++;
		if (c == '@') {
			path += strcspn(path, "/");
			continue;
		}
		if (c == '!' && islower((unsigned char)*path))
			c = (char)toupper((unsigned char)*path++);
		buffer_add(out, &c, 1);
	}
}

/* How many names at the end of two paths are the same but for upper and lower case. */
static int common_names(const char *a, const char *b)
{
	size_t i = strlen(a), j = strlen(b);
	int count = 0;

	while (i && j && tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1])) {
		count += a[i - 1] == '/';
		i--;
		j--;
	}
	if ((!i || a[i - 1] == '/') && (!j || b[j - 1] == '/'))
		count += a[i] && a[i] != '/';
	return count;
}

static int file_common(const char *path, const char *typed)
{
	struct buffer have = { 0 }, want = { 0 };
	int count;

	plain_path(&have, path);
	plain_path(&want, typed);
	count = common_names(have.data, want.data);
	buffer_free(&have);
	buffer_free(&want);
	return count ? count : NONE;
}

static int file_level(const char *path, const char *typed)
{
	struct buffer have = { 0 }, want = { 0 };
	int level = NONE;

	if (typed[0] == '.' && typed[1] == '/')
		typed += 2;
	if (!strcmp(path, typed))
		return 1;
	if (has_tail(path, typed, '/'))
		return 2;
	plain_path(&have, path);
	plain_path(&want, typed);
	if (!strcmp(have.data, want.data) || has_tail(have.data, want.data, '/') ||
	    (strchr(have.data, '/') && has_tail(want.data, have.data, '/')))
		level = 3;
	else if (common_names(have.data, want.data))
		level = 4;
	buffer_free(&have);
	buffer_free(&want);
	return level;
}

/* ---- slips of the pen ----------------------------------------------------------------------- */

static int least(int a, int b)
{
	return a < b ? a : b;
}

/*
 * Letters to change, add, leave out or swap with their neighbour to make one text of the other, without
 * regard to case; NONE when that is more than `most`.
 */
static int distance(const char *a, const char *b, int most)
{
	int rows[3][NEAR_MAX + 1], n = (int)strlen(a), m = (int)strlen(b), best = 0;

	if (n > NEAR_MAX || m > NEAR_MAX || abs(n - m) > most)
		return NONE;
	for (int j = 0; j <= m; j++)
		rows[0][j] = j;
	for (int i = 1; i <= n && best <= most; i++) {
		int *row = rows[i % 3], *above = rows[(i + 2) % 3], *higher = rows[(i + 1) % 3];
		int letter = tolower((unsigned char)a[i - 1]);

		row[0] = best = i;
		for (int j = 1; j <= m; j++) {
			int other = tolower((unsigned char)b[j - 1]);

			row[j] = least(above[j - 1] + (letter != other),
				       1 + least(above[j], row[j - 1]));
			if (i > 1 && j > 1 && letter == tolower((unsigned char)b[j - 2]) &&
			    other == tolower((unsigned char)a[i - 2]))
				row[j] = least(row[j], higher[j - 2] + 1);
			best = least(best, row[j]);
		}
	}
	return best <= most && rows[n % 3][m] <= most ? rows[n % 3][m] : NONE;
}

/* So many slips of the pen a name can have and still be meant. */
static int slips(const char *name)
{
	return least(1 + (int)strlen(name) / 3, NEAR_MAX);
}

/* A closure's number says nothing about the function that is meant. */
static bool is_telling(const char *last)
{
	return *last && !(!strncmp(last, "func", 4) && isdigit((unsigned char)last[4])) &&
	       !isdigit((unsigned char)*last);
}

/* Functions that have the last name in common are near, too: in another package, of another type. */
static int function_distance(const char *name, const char *typed)
{
	struct buffer have = { 0 }, want = { 0 };
	const char *last;
	int near;

	plain(&have, name, false);
	plain(&want, typed, false);
	last = behind_last(want.data, '.');
	near = distance(behind_last(have.data, '/'), behind_last(want.data, '/'), slips(last));
	if (near > SAME_LAST_NAME && is_telling(last) &&
	    !strcasecmp(behind_last(have.data, '.'), last))
		near = SAME_LAST_NAME;
	buffer_free(&have);
	buffer_free(&want);
	return near;
}

static int file_distance(const char *path, const char *typed)
{
	const char *name = behind_last(typed, '/');

	return distance(behind_last(path, '/'), name, slips(name));
}

/* ---- SQLite --------------------------------------------------------------------------------- */

struct comparison {
	const char *name;
	int (*compare)(const char *name, const char *typed);
};

static const struct comparison comparisons[] = {
	{ "function_level", function_level }, { "function_distance", function_distance },
	{ "file_level", file_level },         { "file_common", file_common },
	{ "file_distance", file_distance },
};

static void compare(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct comparison *c = sqlite3_user_data(context);
	const char *name = (const char *)sqlite3_value_text(values[0]);
	const char *typed = (const char *)sqlite3_value_text(values[1]);
	int result = count == 2 && name && typed ? c->compare(name, typed) : NONE;

	if (result != NONE)
		sqlite3_result_int(context, result);
}

int names_register(sqlite3 *sqlite)
{
	int code = SQLITE_OK;

	for (size_t i = 0; i < ARRAY_SIZE(comparisons) && code == SQLITE_OK; i++)
		code = sqlite3_create_function_v2(
			sqlite, comparisons[i].name, 2,
			SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
			(void *)&comparisons[i], compare, NULL, NULL, NULL);
	return code;
}
