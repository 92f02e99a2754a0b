/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/program.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "ingest/debug_file.h"
#include "ingest/go/dropped.h"

/* No compiler makes such a function; what a damaged table calls one is not decoded. */
#define CODE_MAX (4 << 20)

/* Of so many functions in pclntab, one is looked up in the symbol table, to see whether it has Go's. */
#define SPOT_CHECKS 16

int program_open(struct program *p, const char *path, const char *symfs, struct error *err)
{
	*p = (struct program){ 0 };
	if (elf_file_open(&p->elf, path, err))
		return -1;
	p->path = xstrdup(path);
	p->symfs = symfs ? xstrdup(symfs) : NULL;
	p->is_go = go_build_read(&p->elf, &p->go);
	return 0;
}

void program_close(struct program *p)
{
	debug_info_close(p->debug);
	pclntab_close(p->pclntab);
	code_close(p->code);
	go_build_free(&p->go);
	if (p->has_split)
		elf_file_close(&p->split);
	elf_file_close(&p->elf);
	free(p->path);
	free(p->symfs);
	*p = (struct program){ 0 };
}

static void open_split(struct program *p)
{
	char *path = debug_file_find(&p->elf, p->path, p->symfs);
	struct error ignored;

	p->has_split = path && !elf_file_open(&p->split, path, &ignored);
	free(path);
}

struct elf_file *program_debug_file(struct program *p)
{
	if (!p->tried_split && !elf_file_has_dwarf(&p->elf))
		open_split(p);
	p->tried_split = true;
	return p->has_split ? &p->split : &p->elf;
}

struct debug_info *program_debug(struct program *p)
{
	/* Of C libraries names are enough: the DWARF of one may cost more than all the rest. */
	struct elf_file *f = p->is_go ? program_debug_file(p) : &p->elf;

	if (!p->tried_debug && elf_file_has_dwarf(f))
		p->debug = debug_info_open(f->elf);
	p->tried_debug = true;
	return p->debug;
}

struct pclntab *program_pclntab(struct program *p)
{
	struct error ignored;

	if (!p->tried_pclntab && p->is_go)
		p->pclntab = pclntab_open(&p->elf, &ignored);
	p->tried_pclntab = true;
	return p->pclntab;
}

struct code *program_code(struct program *p)
{
	if (!p->tried_code)
		p->code = code_open(p->elf.machine);
	p->tried_code = true;
	return p->code;
}

const char *program_release(struct program *p)
{
	const struct pclntab_info *info;

	if (p->go.version.size)
		return p->go.version.data;
	info = program_pclntab(p) ? pclntab_info(p->pclntab) : NULL;
	if (!info || info->oldest != info->newest)
		return NULL;
	snprintf(p->release, sizeof(p->release), "go1.%d", info->oldest);
	return p->release;
}

bool program_has_symtab(struct program *p)
{
	return elf_file_has_symtab(&p->elf) || (p->has_split && elf_file_has_symtab(&p->split));
}

/* ---- functions ------------------------------------------------------------------------------ */

/* Whether the table has the functions of Go's compiler: it does when it has a few, from end to end. */
static bool has_go_functions(const struct symbol_table *t, const struct pclntab *go)
{
	size_t count = pclntab_count(go), i;
	struct pclntab_function f;

	for (i = 0; i < SPOT_CHECKS; i++)
		if (pclntab_function(go, count * i / SPOT_CHECKS, &f) &&
		    symbol_table_find(t, f.entry) == NO_SYMBOL)
			return false;
	return true;
}

static void add_go_functions(struct symbol_table *t, const struct pclntab *go)
{
	size_t count = pclntab_count(go), i;
	struct pclntab_function f;

	for (i = 0; i < count; i++)
		if (pclntab_function(go, i, &f))
			symbol_table_add(t, f.entry, f.end - f.entry, f.name, SIZE_MAX, 0);
}

void program_functions(struct program *p, struct symbol_table *t)
{
	struct pclntab *go = program_pclntab(p);
	bool has_symtab;

	has_symtab = elf_file_functions(&p->elf, false, t) ||
		     elf_file_functions(program_debug_file(p), false, t);
	if (!has_symtab) {
		/* What is exported is not all: DWARF has the rest, of a Go program that of C. */
		elf_file_functions(&p->elf, true, t);
		if (program_debug(p))
			debug_info_functions(p->debug, t);
	}
	symbol_table_finish(t);
	if (go && pclntab_count(go) && !has_go_functions(t, go)) {
		add_go_functions(t, go);
		symbol_table_finish(t);
	}
}

const unsigned char *program_bytes(const struct program *p, uint64_t low, uint64_t high)
{
	if (low >= high || high - low > CODE_MAX)
		return NULL;
	return elf_file_at(&p->elf, low, high - low);
}

size_t program_decode(struct program *p, uint64_t low, uint64_t high,
		      const struct instruction **list, bool *indirect)
{
	const unsigned char *bytes = program_bytes(p, low, high);
	struct pclntab *go = program_pclntab(p);
	struct code *code = program_code(p);
	size_t number = go ? pclntab_find(go, low) : NO_FUNCTION;
	struct pclntab_function f;
	uint64_t deferreturn = 0;

	if (!bytes || !code)
		return 0;
	/* After a recovery control comes back there. */
	if (number != NO_FUNCTION && pclntab_function(go, number, &f) && f.deferreturn)
		deferreturn = f.entry + f.deferreturn;
	return code_decode(code, bytes, high - low, low, &deferreturn, deferreturn != 0, list,
			   indirect);
}

uint64_t program_after_prologue(struct program *p, uint64_t low, uint64_t high)
{
	const unsigned char *bytes = program_bytes(p, low, high);
	struct code *code = program_code(p);

	return code && bytes ? code_after_prologue(code, bytes, high - low, low) : low;
}

int program_drops(struct program *p, uint64_t low, uint64_t high, uint64_t at)
{
	const unsigned char *bytes = program_bytes(p, low, high);
	const char *release = program_release(p);
	const struct instruction *list;
	size_t count;
	int minor;

	if (!bytes || !release || sscanf(release, "go1.%d", &minor) != 1 ||
	    minor < (p->elf.machine == EM_AARCH64 ? 18 : 17))
		return -1;
	count = program_decode(p, low, high, &list, NULL);
	return code_drops_result(p->elf.machine, bytes, list, count, at);
}

const char *program_arch(const struct program *p)
{
	switch (p->elf.machine) {
	case EM_X86_64: return "x86_64";
	case EM_AARCH64: return "aarch64";
	case EM_386: return "i686";
	case EM_ARM: return "armv7l";
	case EM_RISCV: return "riscv64";
	case EM_PPC64: return "ppc64le";
	case EM_S390: return "s390x";
	default: return NULL;
	}
}
