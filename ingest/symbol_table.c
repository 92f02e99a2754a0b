/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/symbol_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/bisect.h"
#include "base/memory.h"
#include "base/text.h"

#define FLAG_SHIFT 29
#define NAME_MASK ((UINT32_C(1) << FLAG_SHIFT) - 1)
#define NAMES_MAX NAME_MASK

/* How far a function that starts earlier is looked for when the nearest one has ended. */
#define ENCLOSING_MAX 16

void symbol_table_add(struct symbol_table *t, uint64_t addr, uint64_t size, const char *name,
		      size_t name_size, unsigned flags)
{
	struct symbol *s;

	name_size = strnlen(name, name_size);
	if (!name_size || t->names.size + name_size + 1 > NAMES_MAX || t->count >= UINT32_MAX)
		return;
	if (size > UINT64_MAX - addr)
		size = UINT64_MAX - addr;
	ARRAY_GROW(t->symbols, t->count, t->capacity);
	s = &t->symbols[t->count++];
	s->addr = addr;
	s->size = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
	s->name = (uint32_t)t->names.size | (uint32_t)flags << FLAG_SHIFT;
	buffer_add(&t->names, name, name_size);
	buffer_add(&t->names, "", 1);
}

/*
 * Names that Go's linker gives to something besides a function: its ABI0 alias, and the text of a
 * C object file as a whole.
 */
static bool is_secondary(const char *name)
{
	return text_ends_with(name, ".abi0") || text_ends_with(name, "(.text)");
}

/*
 * The better name of two at one address comes first. A secondary one comes after the plain name,
 * which is what a user writes; the rest is perf's order (choose_best_symbol() in its symbol.c), so
 * that both tools give a function the same name.
 */
static int compare_names(const char *names, uint32_t a, uint32_t b)
{
	const char *x = names + (a & NAME_MASK), *y = names + (b & NAME_MASK);
	unsigned fa = a >> FLAG_SHIFT, fb = b >> FLAG_SHIFT;
	size_t i, j;
	bool p, q;

	p = is_secondary(x);
	q = is_secondary(y);
	if (p != q)
		return p - q;
	if ((fa ^ fb) & SYMBOL_UNSIZED)
		return fa & SYMBOL_UNSIZED ? 1 : -1;
	if ((fa ^ fb) & SYMBOL_WEAK)
		return fa & SYMBOL_WEAK ? 1 : -1;
	if ((fa ^ fb) & SYMBOL_LOCAL)
		return fa & SYMBOL_LOCAL ? 1 : -1;
	i = strspn(x, "_");
	j = strspn(y, "_");
	if (i != j)
		return i < j ? -1 : 1;
	i = strlen(x);
	j = strlen(y);
	if (i != j)
		return i > j ? -1 : 1;
	return strcmp(x, y);
}

static int compare_symbols(const void *a, const void *b, void *names)
{
	const struct symbol *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return compare_names(names, x->name, y->name);
}

void symbol_table_finish(struct symbol_table *t)
{
	uint64_t covered = 0; /* the end of the sized functions so far */
	size_t i, n = 0;

	if (!t->count)
		return;
	qsort_r(t->symbols, t->count, sizeof(*t->symbols), compare_symbols, t->names.data);
	for (i = 0; i < t->count; i++) {
		struct symbol s = t->symbols[i];
		bool unsized = s.name >> FLAG_SHIFT & SYMBOL_UNSIZED;

		if (n && t->symbols[n - 1].addr == s.addr)
			continue;
		/* A label inside a function is not a function. */
		if (unsized && s.addr < covered)
			continue;
		if (!unsized && s.addr + s.size > covered)
			covered = s.addr + s.size;
		t->symbols[n++] = s;
	}
	t->count = n;
	for (i = 0; i < n; i++) {
		struct symbol *s = &t->symbols[i];

		if (s->name >> FLAG_SHIFT & SYMBOL_UNSIZED && i + 1 < n &&
		    s[1].addr - s->addr < s->size)
			s->size = (uint32_t)(s[1].addr - s->addr);
		s->name &= NAME_MASK;
	}
	t->symbols = xrealloc(t->symbols, n, sizeof(*t->symbols));
	t->capacity = n;
}

void symbol_table_free(struct symbol_table *t)
{
	free(t->symbols);
	free(t->by_name);
	buffer_free(&t->names);
	*t = (struct symbol_table){ 0 };
}

size_t symbol_table_find(const struct symbol_table *t, uint64_t addr)
{
	size_t at, i;

	BISECT(at, t->count, t->symbols[at].addr <= addr);
	for (i = 0; i < ENCLOSING_MAX && at > 0; i++, at--)
		if (addr - t->symbols[at - 1].addr < t->symbols[at - 1].size)
			return at - 1;
	return NO_SYMBOL;
}

static int compare_by_name(const void *a, const void *b, void *table)
{
	const struct symbol_table *t = table;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int diff = strcmp(symbol_name(t, x), symbol_name(t, y));

	return diff ? diff : (x > y) - (x < y);
}

size_t symbol_table_named(struct symbol_table *t, const char *name)
{
	size_t at;

	if (!t->count)
		return NO_SYMBOL;
	if (!t->by_name) {
		size_t i;

		t->by_name = xcalloc(t->count, sizeof(*t->by_name));
		for (i = 0; i < t->count; i++)
			t->by_name[i] = (uint32_t)i;
		qsort_r(t->by_name, t->count, sizeof(*t->by_name), compare_by_name, t);
	}
	BISECT(at, t->count, strcmp(symbol_name(t, t->by_name[at]), name) < 0);
	if (at < t->count && !strcmp(symbol_name(t, t->by_name[at]), name))
		return t->by_name[at];
	return NO_SYMBOL;
}
