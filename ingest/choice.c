/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/choice.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Of these a SPEC can speak without any probe or frame: "panic", "fatal". */
static const char *const always_chosen[] = {
	"runtime.gopanic",
	"runtime.fatalpanic",
	"runtime.throw",
	"runtime.fatal",
};

/* ---- the main module ------------------------------------------------------------------------ */

/* Whether a symbol belongs to the package `path` or one below it, or to its external tests. */
static bool below(const char *symbol, const char *path)
{
	size_t n = strlen(path);

	if (!n || strncmp(symbol, path, n))
		return false;
	symbol += n;
	if (!strncmp(symbol, "_test", 5))
		symbol += 5;
	return *symbol == '.' || *symbol == '/';
}

/* Go writes dots in the last element of a package path as "%2e" (cmd/internal/objabi/path.go). */
static void escape_path(const char *path, struct buffer *escaped)
{
	const char *p, *last = basename(path);

	for (p = path; *p; p++) {
		if (p >= last && *p == '.')
			buffer_text(escaped, "%2e");
		else
			buffer_add(escaped, p, 1);
	}
}

static void choose_main(struct choice *c, const struct go_build *go)
{
	const char *path = go->module.size ? go->module.data : go->path.data;

	/* The name that go gives to a package made of files on its command line. */
	if (!path || !strcmp(path, "command-line-arguments"))
		path = "main";
	buffer_text(&c->main, path);
	escape_path(path, &c->escaped);
}

/* ---- specs ---------------------------------------------------------------------------------- */

/*
 * The last part of a function's name: "Get" of "example.com/kv.(*Store[go.shape.int]).Get[...]",
 * "func1" of a closure. Types in brackets do not count, nor does the suffix of assembly functions.
 */
static const char *last_part(const char *name, size_t *size)
{
	size_t end = strlen(name), begin, depth = 0;

	if (end > 5 && !strcmp(name + end - 5, ".abi0"))
		end -= 5;
	while (end && name[end - 1] == ']') {
		while (end) {
			char c = name[--end];

			depth += c == ']';
			if (c == '[' && !--depth)
				break;
		}
	}
	for (begin = end; begin && name[begin - 1] != '.' && name[begin - 1] != '/'; begin--)
		;
	*size = end - begin;
	return name + begin;
}

static void choose_function(struct choice *c, const char *name)
{
	size_t size;
	const char *part = last_part(name, &size);

	intern(&c->names, part, size);
}

static bool choose_address(struct choice *c, const char *spec)
{
	char *end;
	uint64_t address;

	if (spec[0] != '0' || (spec[1] != 'x' && spec[1] != 'X'))
		return false;
	address = strtoull(spec + 2, &end, 16);
	if (*end)
		return false;
	ARRAY_GROW(c->addresses, c->address_count, c->address_capacity);
	c->addresses[c->address_count++] = address;
	return true;
}

static bool choose_line(struct choice *c, const char *spec)
{
	const char *colon = strrchr(spec, ':');
	char *path;

	if (!colon || !colon[1] || colon[1 + strspn(colon + 1, "0123456789")])
		return false;
	path = xstrndup(spec, (size_t)(colon - spec));
	intern(&c->files, basename(path), strlen(basename(path)));
	free(path);
	return true;
}

static void choose_spec(struct choice *c, const char *spec)
{
	const char *begin = spec + strspn(spec, " ");
	size_t size = strlen(begin);
	char *text;

	while (size && begin[size - 1] == ' ')
		size--;
	text = xstrndup(begin, size);
	if (!choose_address(c, text) && !choose_line(c, text))
		choose_function(c, text);
	free(text);
}

/* ---- the choice ----------------------------------------------------------------------------- */

void choice_init(struct choice *c, const struct symbol_options *options, const struct go_build *go)
{
	size_t i;

	*c = (struct choice){ .lines = options->lines };
	if (!go && c->lines == LINES_MAIN)
		return;
	if (c->lines == LINES_MAIN)
		choose_main(c, go);
	if (c->lines == LINES_SPECS)
		for (i = 0; i < options->spec_count; i++)
			choose_spec(c, options->specs[i]);
}

void choice_free(struct choice *c)
{
	buffer_free(&c->main);
	buffer_free(&c->escaped);
	intern_free(&c->names);
	intern_free(&c->files);
	free(c->addresses);
}

static bool is_always_chosen(const char *function)
{
	size_t i;

	if (strncmp(function, "runtime.", 8))
		return false;
	for (i = 0; i < ARRAY_SIZE(always_chosen); i++)
		if (!strcmp(function, always_chosen[i]))
			return true;
	return false;
}

bool choice_name(const struct choice *c, const char *function)
{
	const char *part;
	size_t size;

	switch (c->lines) {
	case LINES_NONE: return false;
	case LINES_ALL: return true;
	case LINES_MAIN:
		return c->main.size &&
		       (below(function, "main") || below(function, c->main.data) ||
			below(function, c->escaped.data) || is_always_chosen(function));
	case LINES_SPECS:
		part = last_part(function, &size);
		return intern_find(&c->names, part, size) || is_always_chosen(function);
	}
	BUG("lines %d", c->lines);
}

bool choice_file(const struct choice *c, const char *path)
{
	const char *base = basename(path);

	return c->files.count && intern_find(&c->files, base, strlen(base));
}
