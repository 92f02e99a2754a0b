/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A Go program that is to be probed: its functions by name, and the code of one of them with the
 * places where a debugger may stop in it.
 */
#ifndef GOTRACE_INGEST_PROBE_TARGET_H
#define GOTRACE_INGEST_PROBE_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/map.h"
#include "ingest/go/layout.h"
#include "ingest/probe/catalogue.h"
#include "ingest/probe/written.h"
#include "ingest/program.h"

struct landings;

struct target {
	struct program program;
	struct pclntab *pclntab; /* the program's, which has one */
	struct code *code;       /* the same */
	struct written *written;
	struct elf_segment *segments;
	size_t segment_count;
	uint32_t unit;             /* of the debug information that is loaded; NO_UNIT: none */
	struct landings *landings; /* of one function, where there is no debug information */
	struct layout layout;
	struct calling calling;
	const char *go_version; /* NULL: not known */
};

/* The error names the path. */
int target_open(struct target *t, const char *path, struct error *err);
void target_close(struct target *t);

/*
 * The Go release that decides what functions there are and how they are called: the program's own
 * or, where it is not known, the newest that writes such a pclntab.
 */
int target_release(const struct target *t);

/* Where a function is in the file; number NO_FUNCTION: nowhere. */
struct extent {
	size_t number; /* in pclntab */
	uint64_t entry, end;
};

/*
 * Finds the functions whose names are in `names`; extents[n] is that of name n (from 1). Of two with
 * one name, one is a wrapper that the compiler made for the other calling convention: not that one.
 */
void target_find(struct target *t, const struct intern *names, struct extent *extents);

/* The function that contains an address. */
struct extent target_function_at(struct target *t, uint64_t pc);

/* False where no executable segment holds the address. */
bool target_file_offset(const struct target *t, uint64_t pc, uint64_t *offset);

/* Why a probe should not stand at an address: the worse, the larger. */
enum stop {
	STOP_NONE,
	STOP_LINE,     /* a breakpoint on a line lands there */
	STOP_FUNCTION, /* a breakpoint on a function lands there */
};

/* The code of one function. */
struct body {
	struct extent extent;
	const unsigned char *bytes;
	const struct instruction *list; /* valid until another body is read */
	size_t count;
	bool vague; /* where control may come from is not known: each instruction is a leader */
	size_t behind_check; /* number of the first instruction behind the stack check; 0: there is none */
	struct body_stop {
		uint64_t pc;
		enum stop stop;
	} * stops; /* in the order of addresses */
	size_t stop_count, stop_capacity;
};

/* False when there is no code, or it cannot be decoded. Freed in any case by body_free(). */
bool body_read(struct body *b, struct target *t, const struct extent *e);
void body_free(struct body *b);

enum stop body_stop_at(const struct body *b, uint64_t pc);
/* The number of the instruction at an address; `count`: there begins none. */
size_t body_find(const struct body *b, uint64_t pc);

#endif
