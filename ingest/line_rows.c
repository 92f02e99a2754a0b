/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows about lines: where breakpoints land and which code belongs to a line, of the functions that
 * were chosen; and what a hit of a uprobe says about the places around it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "ingest/go/go_landing.h"
#include "ingest/symbol_writer.h"

/* Lines of more functions than this are not compared: what is wrong shows by then. */
#define LINES_COMPARED 4096

/* A call of a function that was inlined: a place only if the line has no other in the binary. */
struct call {
	uint32_t function, into, file;
	int64_t line;
	uint64_t pc;
};

/* ---- which functions ------------------------------------------------------------------------ */

static void choose_address(struct writer *w, uint64_t pc)
{
	size_t number = symbol_table_find(w->table, pc);

	if (number != NO_SYMBOL)
		w->chosen[number] |= CHOSEN_WHOLE;
}

static bool is_chosen_name(struct writer *w, const char *name)
{
	size_t number = symbol_table_named(w->table, name);

	return number != NO_SYMBOL ? w->chosen && w->chosen[number] & CHOSEN_WHOLE
				   : choice_name(&w->choice, name);
}

/* The same of a function that was inlined: of its name, by pointer, as there are few. */
static bool is_chosen_copy(void *writer, const char *name)
{
	struct writer *w = writer;
	uint64_t *known = map_put(&w->by_name, (uint64_t)(uintptr_t)name, 0, NULL);

	if (!*known)
		*known = is_chosen_name(w, name) ? 1 : 2;
	return *known == 1;
}

static bool is_chosen_file(void *writer, const char *path)
{
	struct writer *w = writer;
	uint64_t *known = map_put(&w->by_file, (uint64_t)(uintptr_t)path, 0, NULL);

	if (!*known)
		*known = choice_file(&w->choice, path) ? 1 : 2;
	return *known == 1;
}

static void choose_go_function(struct writer *w, size_t number, enum chosen why)
{
	struct pclntab_function f;
	size_t symbol;

	if (!pclntab_function(w->pclntab, number, &f))
		return;
	symbol = symbol_table_find(w->table, f.entry);
	if (symbol != NO_SYMBOL)
		w->chosen[symbol] |= (uint8_t)why;
}

const struct inlined_copies *lines_copies(struct writer *w)
{
	if (!w->pclntab)
		return NULL;
	if (!w->has_copies)
		inlined_read(&w->copies, w->pclntab, is_chosen_copy, w);
	w->has_copies = true;
	return &w->copies;
}

/* Functions of other packages may hold copies of chosen ones, and code of chosen files. */
static void choose_hosts(struct writer *w)
{
	size_t count = pclntab_count(w->pclntab), i;
	const struct inlined_copies *copies = lines_copies(w);

	for (i = 0; i < count; i++) {
		if (copies->hosts[i])
			choose_go_function(w, i, CHOSEN_COPIES);
		if (w->choice.files.count && pclntab_has_file(w->pclntab, i, is_chosen_file, w))
			choose_go_function(w, i, CHOSEN_FILES);
	}
}

static void choose_units(struct writer *w)
{
	size_t i;

	w->units = xcalloc(debug_info_unit_count(w->debug) + 1, sizeof(*w->units));
	for (i = 0; i < w->table->count; i++) {
		uint32_t unit = NO_UNIT;

		if (w->chosen[i])
			unit = debug_info_unit(w->debug, w->table->symbols[i].addr);
		if (unit != NO_UNIT)
			w->units[unit] = true;
	}
}

void lines_choose(struct writer *w, const struct wanted *list, size_t count)
{
	const struct symbol_options *options = w->rows->images->options;
	bool is_go = w->is_open && w->program.is_go;
	size_t i;

	choice_init(&w->choice, options, w->is_subject ? &w->program.go : NULL);
	if (options->lines == LINES_NONE || (!w->debug && !w->pclntab) || !w->table->count)
		return;
	w->chosen = xcalloc(w->table->count, sizeof(*w->chosen));
	for (i = 0; i < w->b->kept_count; i++)
		choose_address(w, w->b->kept[i]);
	for (i = 0; i < w->choice.address_count; i++)
		choose_address(w, w->choice.addresses[i]);
	for (i = 0; is_go && i < count; i++)
		choose_address(w, list[i].pc);
	for (i = 0; i < w->table->count; i++)
		if (choice_name(&w->choice, symbol_name(w->table, i)))
			w->chosen[i] |= CHOSEN_WHOLE;
	if (w->pclntab)
		choose_hosts(w);
	else
		w->search_copies = w->is_subject;
	if (w->debug)
		choose_units(w);
}

bool lines_want_unit(const struct writer *w, uint32_t unit)
{
	return w->units && (w->search_copies || w->units[unit]);
}

void lines_free(struct writer *w)
{
	choice_free(&w->choice);
	if (w->has_copies)
		inlined_free(&w->copies);
	landings_free(&w->places);
	agreement_free(&w->agree_functions);
	agreement_free(&w->agree_lines);
	map_free(&w->by_name);
	map_free(&w->by_file);
	map_free(&w->lines);
	free(w->chosen);
	free(w->units);
	free(w->calls);
}

/* ---- places and stretches ------------------------------------------------------------------- */

/* Whether a line of a function is stored, the function being chosen for the reasons `why`. */
static bool wanted(struct writer *w, unsigned why, bool inlined, const char *function,
		   const char *file)
{
	return why & CHOSEN_WHOLE || (why & CHOSEN_FILES && is_chosen_file(w, file)) ||
	       (why & CHOSEN_COPIES && inlined && is_chosen_copy(w, function));
}

static int write_place(struct writer *w, const struct landing *p, uint32_t outer)
{
	struct source_line l = {
		.binary = w->number,
		.line = p->line,
		.pc = p->pc,
		.is_stmt = p->is_stmt,
		.is_entry = p->is_entry,
		.is_line = p->is_line,
		.inlined_into = p->inlined ? outer : 0,
		.function = outer,
	};

	if (writer_file(w, p->file, &l.file) ||
	    (p->inlined && writer_inlined(w, p->function, p->file, &l.function)))
		return -1;
	if (p->is_call) {
		ARRAY_GROW(w->calls, w->call_count, w->call_capacity);
		w->calls[w->call_count++] =
			(struct call){ l.function, l.inlined_into, l.file, l.line, l.pc };
		return 0;
	}
	return model_source_line(w->m, &l, w->err);
}

static int write_stretch(struct writer *w, const struct stretch *s, uint32_t outer)
{
	struct line_pc l = {
		.binary = w->number,
		.function = outer,
		.line = s->line,
		.pc = s->pc,
		.end = s->end,
		.is_stmt = s->is_stmt,
		.inlined_into = s->inlined ? outer : 0,
	};

	if (writer_file(w, s->file, &l.file) ||
	    (s->inlined && writer_inlined(w, s->function, s->file, &l.function)))
		return -1;
	return model_line_pc(w->m, &l, w->err);
}

/*
 * Which places a hit at `pc` stands for, by the machine code between the two: a place before it was
 * passed whenever the probe was, one behind it is reached whenever the probe is.
 */
static int write_probe(struct writer *w, const struct probe_at *probe, const struct symbol *f,
		       const struct landings *places)
{
	const struct instruction *code;
	uint64_t last = probe->pc;
	bool indirect = false;
	size_t count, i;

	count = program_decode(&w->program, f->addr, f->addr + f->size, &code, &indirect);
	for (i = 0; i < places->count && !indirect; i++) {
		uint64_t pc = places->list[i].pc;
		bool exact, implied;

		if (pc == last || pc == probe->pc || places->list[i].is_call)
			continue;
		last = pc;
		exact = pc < probe->pc ? code_implies(code, count, pc, probe->pc, false)
				       : code_implies(code, count, probe->pc, pc, false);
		implied = exact ||
			  (pc < probe->pc && code_implies(code, count, pc, probe->pc, true));
		if (implied && model_probe_place(w->m, probe->source, w->number, pc, exact, w->err))
			return -1;
	}
	return 0;
}

static int write_probes(struct writer *w, size_t number, const struct landings *places)
{
	const struct symbol *f = &w->table->symbols[number];
	size_t i;

	for (i = 0; i < w->rows->probe_count; i++) {
		const struct probe_at *p = &w->rows->probes[i];

		if (p->binary == w->number && p->pc - f->addr < f->size &&
		    write_probe(w, p, f, places))
			return -1;
	}
	return 0;
}

static int write_places(struct writer *w, size_t number, const struct landings *places)
{
	unsigned why = w->chosen[number] ? w->chosen[number] : CHOSEN_COPIES;
	uint32_t outer;
	size_t i;

	if (writer_function(w, number, &outer) || write_probes(w, number, places))
		return -1;
	for (i = 0; i < places->count; i++) {
		const struct landing *p = &places->list[i];

		if (wanted(w, why, p->inlined, p->function, p->file) && write_place(w, p, outer))
			return -1;
	}
	for (i = 0; i < places->stretch_count; i++) {
		const struct stretch *s = &places->stretches[i];

		if (wanted(w, why, s->inlined, s->function, s->file) && write_stretch(w, s, outer))
			return -1;
	}
	return 0;
}

/* ---- by DWARF ------------------------------------------------------------------------------- */

static uint64_t *line_bits(struct writer *w, uint32_t file, int64_t line, bool put)
{
	return put ? map_put(&w->lines, file, (uint64_t)line / 64, NULL)
		   : map_get(&w->lines, file, (uint64_t)line / 64);
}

static int write_unit_files(struct writer *w)
{
	size_t i, count = debug_info_file_count(w->debug);
	const char *file;
	uint32_t id;
	int64_t line;

	for (i = 0; i < count; i++) {
		file = debug_info_file(w->debug, i);
		if (file && writer_file(w, file, &id))
			return -1;
	}
	for (i = 0; debug_info_row(w->debug, i, &file, &line); i++) {
		if (!file || line <= 0)
			continue;
		if (writer_file(w, file, &id))
			return -1;
		*line_bits(w, id, line, true) |= UINT64_C(1) << line % 64;
	}
	return 0;
}

static void compare_line(struct writer *w, uint64_t entry)
{
	const struct debug_frame *frames;

	if (w->pclntab && w->agree_lines.compared < LINES_COMPARED &&
	    debug_info_frames(w->debug, entry, &frames) && frames[0].file)
		agreement_line(&w->agree_lines, w->pclntab, entry, frames[0].file, frames[0].line);
}

int lines_write_unit(struct writer *w, uint32_t unit)
{
	size_t i, count = debug_info_function_count(w->debug);
	bool has_files = false;

	for (i = 0; i < count; i++) {
		uint64_t entry = debug_info_function_entry(w->debug, i);
		size_t number = symbol_table_find(w->table, entry);

		if (number == NO_SYMBOL ||
		    (!w->chosen[number] &&
		     (!w->search_copies || !debug_info_has_copy(w->debug, i, is_chosen_copy, w))))
			continue;
		if (!has_files && write_unit_files(w))
			return -1;
		has_files = true;
		compare_line(w, entry);
		if (write_places(w, number, debug_info_landings(w->debug, i)))
			return -1;
	}
	/* The files of a chosen unit are told even if none of its functions has a place. */
	return w->units[unit] && !has_files ? write_unit_files(w) : 0;
}

static int write_calls(struct writer *w)
{
	size_t i;

	for (i = 0; i < w->call_count; i++) {
		const struct call *c = &w->calls[i];
		const uint64_t *bits = line_bits(w, c->file, c->line, false);
		struct source_line l = {
			.binary = w->number,
			.function = c->function,
			.file = c->file,
			.line = c->line,
			.pc = c->pc,
			.is_stmt = 1,
			.is_line = true,
			.inlined_into = c->into,
		};

		if (bits && *bits >> c->line % 64 & 1)
			continue;
		if (model_source_line(w->m, &l, w->err))
			return -1;
	}
	return 0;
}

/* ---- by pclntab ----------------------------------------------------------------------------- */

static int write_go_function(struct writer *w, size_t number)
{
	uint64_t addr = w->table->symbols[number].addr;
	size_t go = pclntab_find(w->pclntab, addr);

	if (go == NO_FUNCTION || (w->debug && debug_info_unit(w->debug, addr) != NO_UNIT))
		return 0;
	go_landings(&w->program, go, &w->places);
	return write_places(w, number, &w->places);
}

int lines_write_rest(struct writer *w)
{
	size_t i;

	if (w->chosen && w->pclntab)
		for (i = 0; i < w->table->count; i++)
			if (w->chosen[i] && write_go_function(w, i))
				return -1;
	return write_calls(w);
}
