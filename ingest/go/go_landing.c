/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/go/go_landing.h"

#include <stdlib.h>

#include "base/bisect.h"
#include "base/memory.h"

#define AMD64_FS 0x64 /* prefix of an instruction that loads from thread-local storage */

/* The inlined copies of a function, by their number in the inline tree. */
struct copies {
	const char **names; /* NULL: not known */
	size_t count, capacity;
};

static void add_name(void *copies, int32_t number, const char *function, int64_t start_line)
{
	struct copies *c = copies;

	(void)start_line;
	while (c->count <= (size_t)number) {
		ARRAY_GROW(c->names, c->count, c->capacity);
		c->names[c->count++] = NULL;
	}
	c->names[number] = function;
}

static const char *name_of_copy(void *copies, uint32_t copy)
{
	const struct copies *c = copies;

	return copy <= c->count ? c->names[copy - 1] : NULL;
}

/* The row that an address belongs to; NULL: none. */
static const struct line_row *row_at(const struct landings *p, uint64_t pc)
{
	size_t at;

	BISECT(at, p->row_count, p->rows[at].pc <= pc);
	return at && pc < p->rows[at - 1].end ? &p->rows[at - 1] : NULL;
}

/* Where the code of each copy begins stands for the name of its function. */
static void add_entries(struct copies *c, struct landings *places)
{
	bool *seen = xcalloc(c->count + 1, sizeof(*seen));
	size_t i;

	for (i = 0; i < places->row_count; i++) {
		const struct line_row *r = &places->rows[i];
		struct landing place = {
			.function = r->copy ? name_of_copy(c, r->copy) : NULL,
			.file = r->file,
			.line = r->line,
			.pc = r->pc,
			.inlined = true,
			.is_stmt = -1,
			.is_entry = true,
		};

		if (!place.function || seen[r->copy])
			continue;
		seen[r->copy] = true;
		landings_add(places, &place);
	}
	free(seen);
}

/*
 * Where Delve puts a breakpoint on a function's name: behind a stack check that it knows, which has one
 * branch as its third or fourth instruction; see go_landing.h. `after`: behind the whole prologue.
 */
static uint64_t delve_entry(struct program *p, uint64_t entry, uint64_t after)
{
	bool is_arm = p->elf.machine == EM_AARCH64;
	const unsigned char *bytes = program_bytes(p, entry, after);
	size_t count, branches = 0, branch = 0, i;
	const struct instruction *code;

	if (!bytes || !(is_arm || (p->elf.machine == EM_X86_64 && bytes[0] == AMD64_FS)))
		return entry;
	count = program_decode(p, entry, after, &code, NULL);
	for (i = 0; i < count; i++) {
		if (code[i].flow != FLOW_BRANCH)
			continue;
		branches++;
		branch = i;
	}
	if (branches != 1 || branch > 3 || branch < (is_arm ? 3 : 2))
		return entry;
	return code[branch].pc + code[branch].size;
}

static void read_rows(struct pclntab *table, size_t number, struct landings *places)
{
	const struct pclntab_row *rows;
	size_t count = pclntab_rows(table, number, &rows), i;

	for (i = 0; i < count; i++)
		if (rows[i].file)
			landings_row(places, &(struct line_row){
						     .pc = rows[i].pc,
						     .end = rows[i].end,
						     .file = rows[i].file,
						     .line = rows[i].line,
						     .copy = (uint32_t)(rows[i].copy + 1),
						     .is_stmt = -1,
					     });
}

void go_landings(struct program *p, size_t number, struct landings *places)
{
	struct pclntab *table = program_pclntab(p);
	struct copies copies = { 0 };
	const struct line_row *first, *behind;
	struct pclntab_function of;
	struct landing entry = { .is_stmt = -1, .is_entry = true };
	uint64_t after;

	landings_clear(places);
	if (!pclntab_function(table, number, &of))
		return;
	read_rows(table, number, places);
	if (!places->row_count)
		return;
	after = program_after_prologue(p, of.entry, of.end);
	entry.pc = delve_entry(p, of.entry, after);
	first = &places->rows[0];
	behind = row_at(places, after);
	if (!behind || behind->copy || behind->line != first->line)
		after = of.entry;
	entry.file = first->file;
	entry.line = first->line;
	landings_add(places, &entry);
	pclntab_each_copy(table, number, add_name, &copies);
	add_entries(&copies, places);
	landings_lines(places, of.entry, after, name_of_copy, &copies);
	landings_finish(places);
	free(copies.names);
}
