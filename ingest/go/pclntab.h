/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pclntab: the table of functions, lines and inlined calls that Go's own tracebacks use. Every Go
 * program has it, stripped or not. Go 1.16 to 1.27, amd64 and arm64; see pclntab.c for the layout.
 *
 * The file stays the caller's, open and mapped, until pclntab_close(); texts that are handed out point
 * into it or belong to the table, and live as long. All offsets in the file are checked when they are
 * used: what lies outside is "not known".
 */
#ifndef GOTRACE_INGEST_GO_PCLNTAB_H
#define GOTRACE_INGEST_GO_PCLNTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "ingest/elf_file.h"

struct pclntab;

/*
 * Finds and checks the table: by section, or, where there is none, by its header in the loaded segments,
 * confirmed by the moduledata that points to it. NULL and an error that says why when there is none, or
 * none that can be read. Reads the header, moduledata, and the addresses of the functions, which are
 * then known to be in order.
 */
struct pclntab *pclntab_open(struct elf_file *f, struct error *err);
void pclntab_close(struct pclntab *p); /* NULL is allowed */

/* The section that holds the table, NULL: the file has none. */
Elf_Scn *pclntab_section(struct elf_file *f, GElf_Shdr *header);

struct pclntab_info {
	uint64_t addr, size;  /* of the table; size 0: not known */
	uint64_t text, etext; /* Go's code: [text, etext) */
	int oldest, newest;   /* Go 1.oldest … 1.newest write such a table; 20 and 25, say */
	uint64_t moduledata;  /* its address; 0: not found, and then inlined calls are not known */
	uint64_t gofunc;      /* what funcdata is relative to; 0: not known or not used */
	uint64_t types,
		etypes;  /* what the runtime knows of types, names included; both 0: not known */
	bool by_section; /* false: the file has no section headers for it */
};
const struct pclntab_info *pclntab_info(const struct pclntab *p);

#define NO_FUNCTION SIZE_MAX

/* Functions by address, numbers 0 … count - 1. */
size_t pclntab_count(const struct pclntab *p);
/* The function that contains an address; NO_FUNCTION: none. */
size_t pclntab_find(const struct pclntab *p, uint64_t pc);

struct pclntab_function {
	uint64_t entry, end;  /* [entry, end): up to the next function, padding included */
	const char *name;     /* NUL-terminated, as Go writes it; never NULL */
	const char *file;     /* in which it begins; NULL: not known */
	int64_t start_line;   /* of the func keyword; 0: not known (before Go 1.20) */
	uint32_t deferreturn; /* offset of its first call of deferreturn; 0: it has no defer */
	bool open_coded;      /* it has FUNCDATA_OpenCodedDeferInfo */
	uint8_t func_id, flags;
};
#define PCLNTAB_FLAG_ASSEMBLY 4 /* in `flags`, from Go 1.18 on (src/internal/abi/symtab.go) */
/* False when the entry is damaged. */
bool pclntab_function(const struct pclntab *p, size_t number, struct pclntab_function *f);

/* One function at an address: the innermost inlined one first, the out-of-line one last. */
struct pclntab_frame {
	const char *function; /* never NULL */
	const char *file;     /* NULL: not known */
	int64_t line;         /* 0: not known */
	bool inlined;
};
/* The frames at an address of function `number`, valid until the next call; 0: nothing is known. */
size_t pclntab_frames(struct pclntab *p, size_t number, uint64_t pc,
		      const struct pclntab_frame **frames);

/* A stretch of a function's code that belongs to one line of one copy. In the order of addresses. */
struct pclntab_row {
	uint64_t pc, end;
	const char *file; /* NULL: not known */
	int64_t line;     /* 0: not known */
	int32_t copy;     /* number in the inline tree; -1: the function's own code */
};
/* All rows of a function, valid until the next call of this or of pclntab_frames(). */
size_t pclntab_rows(struct pclntab *p, size_t number, const struct pclntab_row **rows);

/* An inlined copy in a function: the inline tree, whose numbers pclntab_row.copy names. */
struct pclntab_copy {
	const char *function; /* whose code it is */
	int64_t start_line;   /* of its func keyword; 0: not known */
	int32_t parent;       /* the copy that it was inlined into; -1: the function itself */
	uint64_t call_pc;     /* an address in the parent's code, on the line of the call */
	const char *call_file;
	int64_t call_line; /* 0: not known */
};
bool pclntab_copy(struct pclntab *p, size_t number, int32_t copy, struct pclntab_copy *out);

/*
 * Calls `copy` for each entry of a function's inline tree that its addresses name or stand below, with
 * what can be told without a look at lines: for walks over a whole program.
 */
void pclntab_each_copy(const struct pclntab *p, size_t number,
		       void (*copy)(void *arg, int32_t number, const char *function,
				    int64_t start_line),
		       void *arg);

/* FUNCDATA_* number `index` of a function, up to the end of the table's segment; NULL: it has none. */
#define FUNCDATA_LOCALS_POINTER_MAPS 1
#define FUNCDATA_INL_TREE 3
#define FUNCDATA_OPEN_CODED_DEFER_INFO 4
const unsigned char *pclntab_funcdata(const struct pclntab *p, size_t number, unsigned index,
				      size_t *size);

#define PCDATA_UNSAFE_POINT 0
#define SAFE_POINT (-1)
#define UNSAFE_POINT (-2) /* Go 1.17: whatever is not SAFE_POINT */
#define PCDATA_INL_TREE_INDEX 2
/* The value of PCDATA_* table `index` at an address of the function; -1 where there is none. */
int32_t pclntab_pcdata(const struct pclntab *p, size_t number, unsigned index, uint64_t pc);

/* How far the stack pointer lies below its value at the entry (after the call), in bytes; -1: not known. */
int32_t pclntab_sp_delta(const struct pclntab *p, size_t number, uint64_t pc);

/*
 * Whether any row of a function is in a file for which `is` is true; `is` is asked once per distinct
 * file and function. Cheap: decodes the function's table of files and no other.
 */
bool pclntab_has_file(struct pclntab *p, size_t number, bool (*is)(void *arg, const char *file),
		      void *arg);

#endif
