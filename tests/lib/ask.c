/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/lib/ask.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ingest/go/build_info.h"
#include "ingest/go/pclntab.h"

static void hold(bool condition, const char *what, uint64_t where)
{
	if (!condition)
		BUG("%s, at %" PRIx64, what, where);
}

static bool never(void *arg, uint64_t vaddr)
{
	(void)arg;
	(void)vaddr;
	return false;
}

void ask_elf(struct elf_file *f)
{
	struct symbol_table t = { 0 };
	uint64_t value;
	size_t i, count;

	free(elf_file_segments(f, &count));
	for (i = 0; i < f->load_count; i++) {
		const struct elf_load *load = &f->loads[i];

		hold(elf_file_at(f, load->vaddr, load->size) == load->bytes,
		     "a segment is not there", load->vaddr);
		hold(!elf_file_at(f, load->vaddr, load->size + 1), "a segment goes on",
		     load->vaddr);
		elf_file_pointer(f, load->vaddr, &value);
		elf_file_find_pointer(f, load->vaddr, never, NULL);
	}
	elf_file_has_dwarf(f);
	elf_file_has_symtab(f);
	elf_file_functions(f, false, &t);
	elf_file_functions(f, true, &t);
	symbol_table_finish(&t);
	symbol_table_free(&t);
}

void ask_build_info(struct elf_file *f)
{
	struct go_build g;

	go_build_read(f, &g);
	go_build_free(&g);
}

static bool is_none(void *arg, const char *file)
{
	*(size_t *)arg += strlen(file);
	return false;
}

static void ask_function(struct pclntab *p, size_t number)
{
	const struct pclntab_frame *frames;
	const struct pclntab_row *rows;
	struct pclntab_function f;
	struct pclntab_copy copy;
	size_t i, count, size = 0;
	uint64_t at;

	count = pclntab_rows(p, number, &rows);
	for (i = 0; i < count; i++) {
		hold(rows[i].pc < rows[i].end, "an empty row", rows[i].pc);
		hold(!i || rows[i].pc == rows[i - 1].end, "rows apart", rows[i].pc);
		if (rows[i].copy >= 0 && pclntab_copy(p, number, rows[i].copy, &copy))
			hold(copy.parent < rows[i].copy, "a copy in a later one", rows[i].pc);
	}
	pclntab_copy(p, number, INT32_MAX, &copy);
	pclntab_has_file(p, number, is_none, &size);
	pclntab_funcdata(p, number, FUNCDATA_OPEN_CODED_DEFER_INFO, &size);
	if (!pclntab_function(p, number, &f))
		return;
	hold(f.entry <= f.end, "a function ends before it begins", f.entry);
	for (at = f.entry; at<f.end; at += f.end - at> 4096 ? 1024 : 3) {
		hold(pclntab_find(p, at) == number, "a function is not found", at);
		count = pclntab_frames(p, number, at, &frames);
		hold(count && !frames[count - 1].inlined, "a function without frames", at);
		pclntab_sp_delta(p, number, at);
		pclntab_pcdata(p, number, PCDATA_UNSAFE_POINT, at);
	}
}

void ask_pclntab(struct elf_file *f)
{
	struct error err = { 0 };
	struct pclntab *p = pclntab_open(f, &err);
	size_t i;

	hold(p || err.text[0], "no table and no reason", 0);
	for (i = 0; p && i < pclntab_count(p); i++)
		ask_function(p, i);
	pclntab_close(p);
}
