/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An open binary and everything that can testify to its functions and lines: ELF symbols, DWARF (its
 * own or that of a split debug file), and Go's pclntab. Each witness is opened when it is first asked.
 */
#ifndef GOTRACE_INGEST_PROGRAM_H
#define GOTRACE_INGEST_PROGRAM_H

#include "ingest/debug_info.h"
#include "ingest/elf_file.h"
#include "ingest/go/build_info.h"
#include "ingest/go/code.h"
#include "ingest/go/pclntab.h"
#include "ingest/symbol_table.h"

struct program {
	struct elf_file elf;
	bool is_go;
	struct go_build go; /* empty when it is no Go program */
	char release[16];   /* see program_release() */

	char *path, *symfs;
	struct elf_file split; /* the debug file, when has_split */
	bool has_split;
	bool tried_split, tried_debug, tried_pclntab, tried_code;
	struct debug_info *debug;
	struct pclntab *pclntab;
	struct code *code;
};

/*
 * Opens a file and reads what Go's linker says of it. `symfs`: the folder below which split debug
 * files lie, too; NULL: none. The error names no path.
 */
int program_open(struct program *p, const char *path, const char *symfs, struct error *err);
void program_close(struct program *p);

/* The file that holds the DWARF, if any does: the split debug file, else the program's own. */
struct elf_file *program_debug_file(struct program *p);

/*
 * NULL: there is none, or none that can be read. They belong to the program. Split DWARF is read of Go
 * programs only.
 */
struct debug_info *program_debug(struct program *p);
struct pclntab *program_pclntab(struct program *p);
struct code *program_code(struct program *p);

/*
 * The Go release that the layouts of the runtime go by: "go1.26.3" as its build info says, or, where
 * that says nothing, "go1.26" when no other release writes such a pclntab. NULL: not known.
 */
const char *program_release(struct program *p);

/* Whether the file or its split debug file has a symbol table. */
bool program_has_symtab(struct program *p);

/*
 * Fills a table with all functions, and finishes it: from the symbol table; where there is none from
 * what is exported, from pclntab and from DWARF.
 */
void program_functions(struct program *p, struct symbol_table *t);

/* The machine code of [low, high); NULL: the file does not hold it, or it is too long to be one function. */
const unsigned char *program_bytes(const struct program *p, uint64_t low, uint64_t high);

/*
 * Decodes the function [low, high), its end being known by who calls; see code_decode(). `indirect` may
 * be NULL. 0: it cannot be read.
 */
size_t program_decode(struct program *p, uint64_t low, uint64_t high,
		      const struct instruction **list, bool *indirect);
/* See code_after_prologue(); `low` where the code cannot be read. */
uint64_t program_after_prologue(struct program *p, uint64_t low, uint64_t high);

/*
 * Whether the function [low, high) drops what the call before `at` returned, see code_drops_result(); -1
 * also where results are not returned in registers, as by Go 1.17 on arm64.
 */
int program_drops(struct program *p, uint64_t low, uint64_t high, uint64_t at);

/* The machine as uname -m spells it; NULL: one that gotrace does not know. */
const char *program_arch(const struct program *p);

#endif
