/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An ELF file, opened for reading: segments, sections, build id, and what Go's linker says of the
 * build. Everything that is read is checked against the file's size.
 */
#ifndef GOTRACE_INGEST_ELF_FILE_H
#define GOTRACE_INGEST_ELF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gelf.h>
#include <libelf.h>

#include "base/buffer.h"
#include "base/error.h"
#include "ingest/symbol_table.h"

#define BUILD_ID_MAX 64

struct elf_file {
	int fd;
	Elf *elf;
	int64_t inode;
	uint16_t machine; /* EM_* */
	unsigned char build_id[BUILD_ID_MAX];
	size_t build_id_size; /* 0: the file has no GNU build id */
};

/* An executable segment: bytes [offset, offset + size) of the file lie at `vaddr`. */
struct elf_segment {
	uint64_t offset, size, vaddr;
};

/* Opens a regular file that is ELF of this machine's byte order. The error names no path. */
int elf_file_open(struct elf_file *f, const char *path, struct error *err);
void elf_file_close(struct elf_file *f);

/* The executable PT_LOAD segments; the caller frees. */
struct elf_segment *elf_file_segments(struct elf_file *f, size_t *count);

/* A section by name, NULL: none. */
Elf_Scn *elf_file_section(struct elf_file *f, const char *name, GElf_Shdr *header);

/* `size` bytes at an ELF virtual address, NULL when the file does not hold them all. */
const unsigned char *elf_file_at(struct elf_file *f, uint64_t vaddr, uint64_t size);

/*
 * The pointer-sized word at an ELF virtual address, as the program would find it when loaded where the
 * file says: position independent programs have theirs in relocations (R_*_RELATIVE). False: not there.
 */
bool elf_file_pointer(struct elf_file *f, uint64_t vaddr, uint64_t *value);

/*
 * Adds the functions of .symtab (or, `dynamic`, .dynsym) to a table. False when there is no such
 * section. The table is not finished.
 */
bool elf_file_functions(struct elf_file *f, bool dynamic, struct symbol_table *t);

/* What the linker of Go wrote about the build; texts are empty where it did not. */
struct go_build {
	struct buffer version; /* "go1.22.3" */
	struct buffer path;   /* of package main: "example.com/cmd/app", "command-line-arguments" */
	struct buffer module; /* of the main module: "example.com" */
	struct buffer settings; /* "key=value\n"… as `go version -m` prints them */
};

/* False when the file was not made by Go. */
bool elf_file_go_build(struct elf_file *f, struct go_build *g);
void go_build_free(struct go_build *g);

/* Whether the file has functions and lines in DWARF; its own symbol table. */
bool elf_file_has_dwarf(struct elf_file *f);
bool elf_file_has_symtab(struct elf_file *f);

/* Whether the file has Go's table of functions and lines, in a section of its own. */
bool elf_file_has_pclntab(struct elf_file *f);

#endif
