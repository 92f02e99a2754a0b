/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows about a binary as a whole, and what a Go program tells of itself besides functions and lines.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "ingest/clean_path.h"
#include "ingest/go/defer_site.h"
#include "ingest/go/layout.h"
#include "ingest/probe/catalogue.h"
#include "ingest/symbol_writer.h"

static const char *text_of(const struct buffer *b)
{
	return b->size ? b->data : NULL;
}

/* ---- the binary ----------------------------------------------------------------------------- */

/* Build settings, and how the compiler was called, by DWARF. */
static void add_flags(struct writer *w, struct buffer *flags)
{
	const struct go_build *go = &w->program.go;
	const char *producer = NULL;
	size_t number;

	if (go->path.size)
		buffer_format(flags, "path=%s\n", go->path.data);
	if (go->module.size)
		buffer_format(flags, "mod=%s\n", go->module.data);
	if (go->settings.size)
		buffer_text(flags, go->settings.data);
	number = symbol_table_named(w->table, "main.main");
	if (w->debug)
		producer = debug_info_producer(
			w->debug, "main", number == NO_SYMBOL ? 0 : w->table->symbols[number].addr);
	if (producer)
		buffer_format(flags, "producer=%s\n", producer);
}

static int write_layout(struct writer *w, const struct layout *l)
{
	size_t i;

	for (i = 0; i < l->count; i++)
		if (model_layout_field(w->m, w->number, l->fields[i].type, l->fields[i].name,
				       l->fields[i].offset, w->err))
			return -1;
	return 0;
}

static void add_program(struct writer *w, struct binary *b, bool needed)
{
	struct program *p = &w->program;
	GElf_Ehdr header;

	b->has_symtab = program_has_symtab(p);
	b->has_dwarf = w->debug || (!needed && !p->is_go && elf_file_has_dwarf(&p->elf));
	b->has_pclntab = w->pclntab || pclntab_section(&p->elf, &(GElf_Shdr){ 0 });
	b->position_independent = gelf_getehdr(p->elf.elf, &header) && header.e_type == ET_DYN;
	b->arch = program_arch(p);
	if (w->pclntab) {
		b->go_text = pclntab_info(w->pclntab)->text;
		b->go_text_end = pclntab_info(w->pclntab)->etext;
	}
	b->go_version = text_of(&p->go.version);
	b->go_build_id = text_of(&p->go.id);
}

int program_rows_binary(struct writer *w, bool needed)
{
	struct binary b = {
		.id = w->number,
		.path = image_path(w->rows->images, w->b),
		.build_id = image_build_id(w->rows->images, w->b),
		.inode = w->b->inode,
		.read = w->is_open || (w->b->kernel && w->table->count),
		.has_symtab = w->b->kernel && w->table->count,
		.problem = w->b->problem,
	};
	bool is_go = w->is_open && w->program.is_go;
	struct layout layout = { 0 };
	struct buffer flags = { 0 };
	int ret;

	if (w->is_open)
		add_program(w, &b, needed);
	if (is_go) {
		layout_read(&layout, program_debug_file(&w->program), program_release(&w->program));
		b.layout_origin = layout_origin_name(layout.origin);
		add_flags(w, &flags);
		b.flags = text_of(&flags);
	}
	ret = model_binary(w->m, &b, w->err);
	if (!ret && is_go)
		ret = write_layout(w, &layout);
	layout_free(&layout);
	buffer_free(&flags);
	return ret;
}

/* ---- what a Go program tells ---------------------------------------------------------------- */

static int write_numbers(struct writer *w, const char *kind,
			 void (*read)(struct number_names *n, struct elf_file *f,
				      const char *version))
{
	struct number_names n;
	size_t i;
	int ret = 0;

	read(&n, &w->program.elf, program_release(&w->program));
	for (i = 0; !ret && i < n.count; i++)
		if (n.names[i])
			ret = model_number_name(w->m, w->number, kind, (int64_t)i, n.names[i],
						w->err);
	number_names_free(&n);
	return ret;
}

struct defers {
	struct writer *w;
	uint32_t function;
};

static int write_defer(void *arg, const struct defer_site *s)
{
	static const char *const kinds[] = {
		[DEFER_HEAP] = "heap",
		[DEFER_STACK] = "stack",
		[DEFER_RANGE] = "range",
		[DEFER_OPEN] = "open",
	};
	const struct defers *d = arg;
	struct buffer file = { 0 };
	struct defer_site_row row = {
		.binary = d->w->number,
		.function = s->in,
		.function_id = d->function,
		.pc = s->pc,
		.deferreturn = s->deferreturn,
		.line = s->line,
		.kind = kinds[s->kind],
		.slot = s->slot,
	};
	int ret;

	if (s->file) {
		clean_path(s->file, &file);
		row.file = file.data;
	}
	ret = model_defer_site(d->w->m, &row, d->w->err);
	buffer_free(&file);
	return ret;
}

/* Of all functions, however many: those that defer are few. With SPECs only of those that were meant. */
static int write_defers(struct writer *w)
{
	bool all = w->choice.lines == LINES_MAIN || w->choice.lines == LINES_ALL;
	struct code *code = program_code(&w->program);
	size_t count = pclntab_count(w->pclntab), i;
	struct defers d = { .w = w };
	struct defer_targets targets;

	defer_targets(w->pclntab, &targets);
	for (i = 0; code && i < count; i++) {
		struct pclntab_function f;
		size_t number;

		if (!pclntab_function(w->pclntab, i, &f) || !f.deferreturn)
			continue;
		number = symbol_table_find(w->table, f.entry);
		if (number == NO_SYMBOL || (!all && !(w->chosen && w->chosen[number])))
			continue;
		if (writer_function(w, number, &d.function) ||
		    defer_sites(&w->program.elf, w->pclntab, code, &targets, i, write_defer, &d))
			return -1;
	}
	return 0;
}

/* Functions of the runtime that a probe could stand on: whether they are there is an answer. */
static int write_catalogue(struct writer *w)
{
	size_t i;

	for (i = 0; i < catalogue_size; i++) {
		size_t number = symbol_table_named(w->table, catalogue[i].function);
		char *assembly;
		uint32_t id;

		if (number == NO_SYMBOL) {
			assembly = xasprintf("%s.abi0", catalogue[i].function);
			number = symbol_table_named(w->table, assembly);
			free(assembly);
		}
		if (number != NO_SYMBOL && writer_function(w, number, &id))
			return -1;
	}
	return 0;
}

int program_rows_go(struct writer *w)
{
	if (!w->is_subject)
		return 0;
	if (write_numbers(w, "wait_reason", layout_wait_reasons) ||
	    write_numbers(w, "stop_reason", layout_stop_reasons) ||
	    write_numbers(w, "goroutine_status", layout_statuses) || write_catalogue(w))
		return -1;
	return w->pclntab ? write_defers(w) : 0;
}

/* ---- contradictions ------------------------------------------------------------------------- */

static int write_disagreement(struct writer *w, const struct agreement *a, const char *what)
{
	char *sentence;
	int ret;

	if (!a->differ)
		return 0;
	sentence = xasprintf(
		"%s contradicts itself: of %zu %s that were compared, %zu differ between "
		"its tables; the first: %s",
		image_path(w->rows->images, w->b), a->compared, what, a->differ, a->example.data);
	ret = model_quality(w->m, "binary_tables_disagree", "info", (int64_t)a->differ, sentence,
			    w->err);
	free(sentence);
	return ret;
}

int program_rows_quality(struct writer *w)
{
	if (w->pclntab && program_has_symtab(&w->program))
		agreement_functions(&w->agree_functions, w->table, w->pclntab);
	return write_disagreement(w, &w->agree_functions, "functions") ||
			       write_disagreement(w, &w->agree_lines, "lines")
		       ? -1
		       : 0;
}
