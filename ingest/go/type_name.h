/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Types of a Go program, by the address of their descriptor: what the first word of an interface
 * points to. Every Go program has them, stripped or not, and the same in Go 1.17 to 1.27.
 */
#ifndef GOTRACE_INGEST_GO_TYPE_NAME_H
#define GOTRACE_INGEST_GO_TYPE_NAME_H

#include "ingest/go/pclntab.h"
#include "model/model.h"

struct go_type {
	const char *name; /* as %T prints it, in the file; not NUL-terminated */
	size_t name_size;
	enum value_shape shape;
	uint8_t size; /* bytes of a number; else 0 */
};

/*
 * Reads the descriptor at an ELF address, the file being that of the table. False: there is none, as for
 * a type that was made at run time.
 */
bool go_type_read(struct elf_file *f, const struct pclntab_info *table, uint64_t addr,
		  struct go_type *t);

#endif
