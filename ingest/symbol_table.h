/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions by address and by name: of an ELF file, of DWARF, of kallsyms.
 *
 * Filled by symbol_table_add() in any order, then sorted and cleared of doubles by
 * symbol_table_finish(); only then can it be asked. 16 bytes a function, names in one block.
 */
#ifndef GOTRACE_INGEST_SYMBOL_TABLE_H
#define GOTRACE_INGEST_SYMBOL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct symbol {
	uint64_t addr;
	uint32_t size;
	uint32_t name; /* place in names; above that flags, while the table is being filled */
};

struct symbol_table {
	struct symbol *symbols; /* by address, no two alike */
	size_t count, capacity;
	struct buffer names;
	uint32_t *by_name; /* numbers of symbols in the order of their names; made when first asked */
};

enum symbol_flags {
	SYMBOL_WEAK = 1,
	SYMBOL_LOCAL = 2,
	SYMBOL_UNSIZED = 4, /* ends where the next one begins, at the latest after `size` bytes */
};

/*
 * Adds a function of `size` bytes. The name is copied. Tables whose names pass half a GiB take no
 * more: no real binary has that, and hostile ones must not eat all memory.
 */
void symbol_table_add(struct symbol_table *t, uint64_t addr, uint64_t size, const char *name,
		      size_t name_size, unsigned flags);
void symbol_table_finish(struct symbol_table *t);
void symbol_table_free(struct symbol_table *t);

#define NO_SYMBOL SIZE_MAX

/* The number of the function that contains an address; NO_SYMBOL: none. */
size_t symbol_table_find(const struct symbol_table *t, uint64_t addr);
/* The number of a function of this name, the one with the lowest address; NO_SYMBOL: none. */
size_t symbol_table_named(struct symbol_table *t, const char *name);

static inline const char *symbol_name(const struct symbol_table *t, size_t number)
{
	return t->names.data + t->symbols[number].name;
}

#endif
