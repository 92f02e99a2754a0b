/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/agreement.h"

#include <inttypes.h>
#include <string.h>

/* Enough to see a table that was shifted or replaced; more costs more than it tells. */
#define FUNCTIONS_COMPARED 4096

void agreement_free(struct agreement *a)
{
	buffer_free(&a->example);
}

/*
 * The next character of a function's name as Go's linker spells it in symbol tables: some that are
 * punctuation of its own (U+00B7, U+2215) become plain ones.
 */
static int plain_char(const char **name)
{
	const char *p = *name;

	if (!strncmp(p, "·", strlen("·"))) {
		*name += strlen("·");
		return '.';
	}
	if (!strncmp(p, "∕", strlen("∕"))) {
		*name += strlen("∕");
		return '/';
	}
	*name += *p != '\0';
	return (unsigned char)*p;
}

/* Behind the bracket that closes the one at `text`; the text itself where none does. */
static const char *skip_brackets(const char *text)
{
	const char *p;
	size_t depth = 0;

	for (p = text; *p; p++) {
		depth += *p == '[';
		depth -= *p == ']';
		if (!depth)
			return p + 1;
	}
	return text;
}

/*
 * Symbols of functions for assembly end in ".abi0", which pclntab leaves out; and it writes [...] for
 * what stands in brackets.
 */
static bool same_name(const char *symbol, const char *name)
{
	for (;;) {
		int x, y;

		if (!*name && !strcmp(symbol, ".abi0"))
			return true;
		if (*symbol == '[' && !strncmp(name, "[...]", 5)) {
			symbol = skip_brackets(symbol);
			name += 5;
		}
		x = plain_char(&symbol);
		y = plain_char(&name);
		if (x != y)
			return false;
		if (!x)
			return true;
	}
}

void agreement_functions(struct agreement *a, const struct symbol_table *t, const struct pclntab *p)
{
	size_t count = pclntab_count(p), step = count / FUNCTIONS_COMPARED + 1, i;

	for (i = 0; i < count; i += step) {
		struct pclntab_function f;
		const char *name;
		size_t number;

		if (!pclntab_function(p, i, &f))
			continue;
		number = symbol_table_find(t, f.entry);
		name = number == NO_SYMBOL ? "nothing" : symbol_name(t, number);
		a->compared++;
		if (number != NO_SYMBOL && t->symbols[number].addr == f.entry &&
		    same_name(name, f.name))
			continue;
		if (!a->differ++)
			buffer_format(&a->example,
				      "at 0x%" PRIx64 " pclntab has %s, the symbol table %s",
				      f.entry, f.name, name);
	}
}

void agreement_line(struct agreement *a, struct pclntab *p, uint64_t pc, const char *file,
		    int64_t line)
{
	size_t number = pclntab_find(p, pc);
	const struct pclntab_frame *frames;

	if (number == NO_FUNCTION || !pclntab_frames(p, number, pc, &frames) || !frames[0].file)
		return;
	a->compared++;
	if (frames[0].line == line && !strcmp(basename(frames[0].file), basename(file)))
		return;
	if (!a->differ++)
		buffer_format(&a->example,
			      "0x%" PRIx64 " is %s:%" PRId64 " by pclntab, %s:%" PRId64 " by DWARF",
			      pc, frames[0].file, frames[0].line, file, line);
}
