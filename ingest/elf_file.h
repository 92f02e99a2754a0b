/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An ELF file, opened for reading: segments, sections, symbols, build id. Everything that is read is
 * checked against the file's size. What Go's linker says of the build is in ingest/go/build_info.h.
 */
#ifndef GOTRACE_INGEST_ELF_FILE_H
#define GOTRACE_INGEST_ELF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gelf.h>
#include <libelf.h>

#include "base/error.h"
#include "ingest/symbol_table.h"

#define BUILD_ID_MAX 64

/* A PT_LOAD segment: its bytes in the file, cut off where the file ends, and where they are loaded. */
struct elf_load {
	uint64_t vaddr, size;
	const unsigned char *bytes;
	uint32_t flags; /* PF_* */
};

struct elf_pointers;

struct elf_file {
	int fd; /* -1: opened from memory */
	Elf *elf;
	struct elf_load *loads; /* in the order of addresses, none overlapping another */
	size_t load_count;
	struct elf_pointers *pointers; /* NULL: elf_file_pointer() was not called yet */
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
/* The same of bytes in memory, which must stay until the file is closed. */
int elf_file_open_memory(struct elf_file *f, const void *bytes, size_t size, struct error *err);
void elf_file_close(struct elf_file *f);

/* The executable PT_LOAD segments; the caller frees. */
struct elf_segment *elf_file_segments(struct elf_file *f, size_t *count);

/* A section by name, NULL: none. */
Elf_Scn *elf_file_section(struct elf_file *f, const char *name, GElf_Shdr *header);

/* `size` bytes at an ELF virtual address, NULL when the file does not hold them all. */
const unsigned char *elf_file_at(const struct elf_file *f, uint64_t vaddr, uint64_t size);

/* What the file holds from an ELF virtual address to the end of its segment; NULL: nothing. */
const unsigned char *elf_file_rest(const struct elf_file *f, uint64_t vaddr, size_t *size);

/*
 * The 8-byte word at an ELF virtual address, as the program would find it when loaded where the file
 * says: position independent programs have pointers in relocations (R_*_RELATIVE), which are read from
 * the dynamic segment, once per file. False: not there.
 */
bool elf_file_pointer(struct elf_file *f, uint64_t vaddr, uint64_t *value);

/*
 * Calls `found` with the address of each word that may be a pointer to `value`, until it returns true;
 * whether it did. Words with a relocation, and aligned ones in writable segments. `found` makes sure with
 * elf_file_pointer(), as a word may have the value in the file and another one by its relocation.
 */
bool elf_file_find_pointer(struct elf_file *f, uint64_t value,
			   bool (*found)(void *arg, uint64_t vaddr), void *arg);

/*
 * Adds the functions of .symtab (or, `dynamic`, .dynsym) to a table. False when there is no such
 * section. The table is not finished.
 */
bool elf_file_functions(struct elf_file *f, bool dynamic, struct symbol_table *t);

/* Whether the file has functions and lines in DWARF; its own symbol table. */
bool elf_file_has_dwarf(struct elf_file *f);
bool elf_file_has_symtab(struct elf_file *f);

#endif
