/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/symbol_rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "ingest/clean_path.h"
#include "ingest/symbol_writer.h"

#define ENTRY_NONE UINT64_MAX

/* ---- functions and files -------------------------------------------------------------------- */

int writer_file(struct writer *w, const char *text, uint32_t *id)
{
	struct intern *files = &w->rows->files;
	struct buffer clean = { 0 };
	size_t before = files->count;
	uint64_t *place;
	bool added;
	int ret = 0;

	place = map_put(&w->by_text, (uint64_t)(uintptr_t)text, 0, &added);
	if (added) {
		clean_path(text, &clean);
		*place = intern(files, clean.data, clean.size);
		if (files->count != before)
			ret = model_source_file(w->m, (uint32_t)*place, clean.data, w->err);
		buffer_free(&clean);
	}
	*id = (uint32_t)*place;
	return ret;
}

/*
 * Go up to 1.20 writes "[...]" in pclntab for what stands in brackets, so that copies of one instance of
 * a generic function cannot be told from those of another.
 */
static void count_copies(struct writer *w, struct function *f)
{
	const struct inlined_copies *copies = lines_copies(w);
	const struct inlined_function *inlined = copies ? inlined_find(copies, f->name) : NULL;

	f->copies_known = inlined || (copies && !strchr(f->name, '['));
	if (inlined) {
		f->inlined_copies = inlined->copies;
		f->line = inlined->start_line;
	}
}

/* Completes a function's row by what pclntab knows, and writes it. */
static int write_function(struct writer *w, struct function *f, const char *file, uint32_t *id)
{
	size_t number = w->pclntab && f->has_addr ? pclntab_find(w->pclntab, f->addr) : NO_FUNCTION;
	struct pclntab_function go;

	count_copies(w, f);
	if (number != NO_FUNCTION && pclntab_function(w->pclntab, number, &go) &&
	    go.entry == f->addr) {
		file = go.file;
		f->line = go.start_line;
	}
	if (file && writer_file(w, file, &f->file))
		return -1;
	f->binary = w->number;
	f->id = *id = ++w->rows->last_function;
	return model_function(w->m, f, w->err);
}

int writer_function(struct writer *w, size_t number, uint32_t *id)
{
	const struct symbol *s = &w->table->symbols[number];
	struct function f = {
		.name = symbol_name(w->table, number),
		.addr = s->addr,
		.size = s->size,
		.has_addr = true,
	};

	if (!w->functions)
		w->functions = xcalloc(w->table->count, sizeof(*w->functions));
	if (!w->functions[number] && write_function(w, &f, NULL, &w->functions[number]))
		return -1;
	*id = w->functions[number];
	return 0;
}

/* A function that the symbol table does not have, by its DWARF name; 0 where it has none. */
static int other_function(struct writer *w, const char *name, uint64_t entry, const char *file,
			  uint32_t *id)
{
	struct function f = {
		.name = name,
		.addr = entry == ENTRY_NONE ? 0 : entry,
		.has_addr = entry != ENTRY_NONE,
	};
	uint64_t *place;
	uint32_t new;
	bool added;

	*id = 0;
	if (!name)
		return 0;
	place = map_put(&w->others, intern(&w->names, name, strlen(name)), entry, &added);
	if (added) {
		if (write_function(w, &f, file, &new))
			return -1;
		*place = new;
	}
	*id = (uint32_t)*place;
	return 0;
}

int writer_inlined(struct writer *w, const char *name, const char *file, uint32_t *id)
{
	size_t number = name ? symbol_table_named(w->table, name) : NO_SYMBOL;

	return number == NO_SYMBOL ? other_function(w, name, ENTRY_NONE, file, id)
				   : writer_function(w, number, id);
}

static int outer_function(struct writer *w, const struct debug_frame *frame, uint64_t pc,
			  uint32_t *id)
{
	size_t number = symbol_table_find(w->table, pc);

	return number == NO_SYMBOL
		       ? other_function(w, frame->function, frame->entry, frame->file, id)
		       : writer_function(w, number, id);
}

/* ---- frames --------------------------------------------------------------------------------- */

static int write_frame(struct writer *w, const struct address *a, uint32_t function,
		       const struct debug_frame *d)
{
	struct frame f = {
		.id = ++w->rows->last_frame,
		.function = function,
		.binary = a->binary,
		.pc = a->pc,
		.line = d->line > 0 ? d->line : NO_VALUE,
		.inlined = d->inlined,
	};
	uint32_t file;

	if (d->file) {
		if (writer_file(w, d->file, &file))
			return -1;
		f.file = intern_text(&w->rows->files, file);
	}
	return model_frame(w->m, &f, w->err);
}

/* The frames at an address as pclntab knows them, at most FRAMES_MAX; 0: it knows nothing. */
#define FRAMES_MAX 64
static size_t go_frames(struct writer *w, uint64_t pc, struct debug_frame *list)
{
	size_t number = w->pclntab ? pclntab_find(w->pclntab, pc) : NO_FUNCTION, count, i;
	const struct pclntab_frame *frames;
	struct pclntab_function f;

	if (number == NO_FUNCTION || !pclntab_function(w->pclntab, number, &f))
		return 0;
	count = pclntab_frames(w->pclntab, number, pc, &frames);
	/* Of more the innermost are left out: the last one must be the function itself. */
	if (count > FRAMES_MAX)
		frames += count - FRAMES_MAX;
	for (i = 0; i < count && i < FRAMES_MAX; i++)
		list[i] = (struct debug_frame){
			.function = frames[i].function,
			.entry = frames[i].inlined ? 0 : f.entry,
			.file = frames[i].file,
			.line = frames[i].line,
			.inlined = frames[i].inlined,
		};
	return i;
}

static int write_frames(struct writer *w, const struct address *a, uint64_t pc,
			struct frames *frames)
{
	struct debug_frame go[FRAMES_MAX] = { 0 };
	const struct debug_frame *list = go;
	size_t count = 0, i;
	uint32_t function;

	if (w->debug && debug_info_unit(w->debug, pc) != NO_UNIT)
		count = debug_info_frames(w->debug, pc, &list);
	if (!count) {
		list = go;
		count = go_frames(w, pc, go);
	}
	if (!count)
		count = 1; /* one that says nothing */
	frames->first = w->rows->last_frame + 1;
	frames->count = (uint32_t)count;
	for (i = 0; i < count; i++) {
		if (list[i].inlined ? writer_inlined(w, list[i].function, list[i].file, &function)
				    : outer_function(w, &list[i], pc, &function))
			return -1;
		if (write_frame(w, a, function, &list[i]))
			return -1;
	}
	return 0;
}

int symbol_rows_stray(struct symbol_rows *rows, const struct wanted *list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		struct frame f = {
			.id = ++rows->last_frame,
			.pc = rows->addresses[list[i].number].pc,
			.line = NO_VALUE,
		};

		rows->frames[list[i].number] = (struct frames){ f.id, 1 };
		if (model_frame(rows->m, &f, rows->err))
			return -1;
	}
	return 0;
}

/* ---- one binary ----------------------------------------------------------------------------- */

int compare_wanted(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	if (x->binary != y->binary)
		return x->binary < y->binary ? -1 : 1;
	if (x->unit != y->unit)
		return x->unit < y->unit ? -1 : 1;
	if (x->pc != y->pc)
		return x->pc < y->pc ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

/* The addresses of one unit, or of none, then the unit's lines. */
static int write_unit(struct writer *w, uint32_t unit, const struct wanted *list, size_t count)
{
	size_t i;

	if (w->debug && unit != NO_UNIT) {
		map_free(&w->by_text);
		map_free(&w->by_name);
		if (!debug_info_load(w->debug, unit))
			unit = NO_UNIT;
	}
	for (i = 0; i < count; i++)
		if (write_frames(w, &w->rows->addresses[list[i].number], list[i].pc,
				 &w->rows->frames[list[i].number]))
			return -1;
	return unit != NO_UNIT && lines_want_unit(w, unit) ? lines_write_unit(w, unit) : 0;
}

static int write_units(struct writer *w, struct wanted *list, size_t count)
{
	size_t units = w->debug ? debug_info_unit_count(w->debug) : 0, i = 0, n;
	uint32_t unit;

	for (unit = 0; unit < units; unit++) {
		for (n = 0; i + n < count && list[i + n].unit == unit; n++)
			;
		if ((n || lines_want_unit(w, unit)) && write_unit(w, unit, list + i, n))
			return -1;
		i += n;
	}
	return write_unit(w, NO_UNIT, list + i, count - i);
}

static int write_rows(struct writer *w, struct wanted *list, size_t count, bool needed)
{
	if (program_rows_binary(w, needed) || write_units(w, list, count) || lines_write_rest(w))
		return -1;
	return w->is_open ? program_rows_go(w) || program_rows_quality(w) ? -1 : 0 : 0;
}

/* Opens the file, and reads of it what is needed; false: the binary is not at hand. */
static bool open_program(struct writer *w, bool needed)
{
	struct symbol_rows *rows = w->rows;
	struct image *b = w->b;
	struct error ignored;

	if (!b->file || program_open(&w->program, b->file, rows->images->options->symfs, &ignored))
		return false;
	w->is_open = true;
	if (needed || w->program.is_go) {
		w->debug = program_debug(&w->program);
		w->pclntab = program_pclntab(&w->program);
		image_load_table(b, &w->program);
		w->table = &b->table;
	}
	return true;
}

static void free_writer(struct writer *w)
{
	lines_free(w);
	intern_free(&w->names);
	map_free(&w->others);
	map_free(&w->by_text);
	free(w->functions);
	if (w->is_open)
		program_close(&w->program);
}

int symbol_rows_binary(struct symbol_rows *rows, uint32_t number, struct wanted *list, size_t count)
{
	struct image *b = images_get(rows->images, number);
	enum lines lines = rows->images->options->lines;
	bool had_table = b->has_table, needed;
	struct symbol_table none = { 0 };
	struct writer w = {
		.rows = rows,
		.m = rows->m,
		.err = rows->err,
		.number = number,
		.b = b,
		.table = b->kernel ? rows->kernel : &none,
	};
	size_t i;
	int ret;

	images_search_again(rows->images, b);
	needed = count || b->kept_count || lines == LINES_ALL || lines == LINES_SPECS;
	open_program(&w, needed);
	w.is_subject = w.is_open && w.program.is_go &&
		       (b->kept_count || !rows->some_kept || lines != LINES_MAIN);
	for (i = 0; i < count; i++)
		list[i].unit = w.debug ? debug_info_unit(w.debug, list[i].pc) : NO_UNIT;
	if (count)
		qsort(list, count, sizeof(*list), compare_wanted);
	lines_choose(&w, list, count);
	ret = write_rows(&w, list, count, needed);
	free_writer(&w);
	if (!had_table) {
		symbol_table_free(&b->table);
		b->has_table = false;
	}
	return ret;
}
