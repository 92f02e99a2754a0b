/* SPDX-License-Identifier: GPL-2.0-only */
/* What an open table is made of: for pclntab_open.c, which finds it, and pclntab.c, which reads it. */
#ifndef GOTRACE_INGEST_GO_PCLNTAB_TABLE_H
#define GOTRACE_INGEST_GO_PCLNTAB_TABLE_H

#include "ingest/bytes.h"
#include "ingest/go/pclntab.h"

/* What differs between the formats. */
struct pclntab_format {
	uint32_t magic;
	int oldest, newest;
	bool has_text;       /* in the header */
	bool has_start_line; /* in a function */
	uint8_t word;        /* size of an entry, and of an offset in a pair */
	uint8_t funcdata;    /* size of a FUNCDATA_* */
	uint8_t inlined;     /* size of an entry in the inline tree, and its fields */
	uint8_t inlined_name, inlined_call, inlined_line;
};

/* The parts of the table, in the order of the header's offsets, which is that of moduledata's slices. */
enum part { NAMES, UNITS, FILES, PCS, FUNCTIONS, PARTS };

struct span {
	const unsigned char *at;
	size_t size;
};

struct pclntab {
	struct elf_file *file;
	const struct pclntab_format *format;
	struct pclntab_info info;
	uint64_t offsets[PARTS];
	struct span parts[PARTS];
	struct span funcdata; /* from gofunc on */
	size_t count;
	unsigned quantum;

	/* What the last call of pclntab_frames() and of pclntab_rows() gave out. */
	struct pclntab_frame *frames;
	size_t frame_capacity;
	struct pclntab_row *rows;
	size_t row_capacity;
};

/* `size` bytes at an offset; NULL when they are not all there. */
static inline const char *bytes_of(const struct span *s, uint64_t at, size_t size)
{
	return at <= s->size && size <= s->size - at ? (const char *)s->at + at : NULL;
}

static inline bool half_of(const struct span *s, uint64_t at, uint32_t *value)
{
	const char *p = bytes_of(s, at, sizeof(*value));

	if (p)
		*value = half_at(p);
	return p;
}

/* Where function `number` begins; number `count` is the end of the last one. */
bool pclntab_entry(const struct pclntab *p, size_t number, uint64_t *entry);

#endif
