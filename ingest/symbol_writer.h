/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What symbol_rows.c, line_rows.c and program_rows.c share while the rows of one binary are written.
 */
#ifndef GOTRACE_INGEST_SYMBOL_WRITER_H
#define GOTRACE_INGEST_SYMBOL_WRITER_H

#include "ingest/agreement.h"
#include "ingest/choice.h"
#include "ingest/go/inlined.h"
#include "ingest/program.h"
#include "ingest/symbol_rows.h"

/* Why lines of a function are stored. */
enum chosen {
	CHOSEN_WHOLE = 1,  /* all of them */
	CHOSEN_FILES = 2,  /* those in files that were chosen */
	CHOSEN_COPIES = 4, /* those of copies of chosen functions */
};

struct writer {
	struct symbol_rows *rows;
	struct model *m;
	struct error *err;
	uint32_t number;
	struct image *b;
	struct symbol_table *table;
	bool is_open;
	bool is_subject;          /* a Go program that was probed; all of them, where none was */
	struct program program;   /* when is_open */
	struct debug_info *debug; /* of the program; NULL: none, or nothing is to be written */
	struct pclntab *pclntab;  /* likewise */

	uint32_t *functions; /* ids of the table's functions; 0: not written yet */
	struct intern names; /* of functions that the table does not have … */
	struct map others;   /* … name and entry (ENTRY_NONE: inlined only) to id */
	struct map by_text;  /* file names of the current unit, by pointer, to file ids */

	/* line_rows.c */
	struct choice choice;
	uint8_t *chosen;    /* enum chosen of the table's functions; NULL: no lines are stored */
	bool *units;        /* units that have such functions */
	bool search_copies; /* in all units, as pclntab cannot tell where copies are */
	bool has_copies;
	struct inlined_copies copies;
	struct map by_name; /* functions of the current unit, by pointer: 1 chosen, 2 not */
	struct map by_file; /* file names, by pointer: 1 chosen, 2 not */
	struct map lines;   /* file, line / 64: which lines have a row, one bit each */
	struct call *calls;
	size_t call_count, call_capacity;
	struct landings places;
	struct agreement agree_functions, agree_lines;
};

/* ---- symbol_rows.c: ids; a row is written for what is new --------------------------------------- */

int writer_function(struct writer *w, size_t number, uint32_t *id);
/* The function that was inlined, the same one as out of line; `file`: in which it is, may be NULL. */
int writer_inlined(struct writer *w, const char *name, const char *file, uint32_t *id);
/* A file whose name belongs to the current unit or to the program. */
int writer_file(struct writer *w, const char *text, uint32_t *id);

/* ---- line_rows.c: places and stretches ----------------------------------------------------------- */

/* Which functions; `list` are the addresses that frames are made of. */
void lines_choose(struct writer *w, const struct wanted *list, size_t count);
/* The inlined copies of the whole program; NULL: not known. */
const struct inlined_copies *lines_copies(struct writer *w);
/* Whether anything of a unit is stored. */
bool lines_want_unit(const struct writer *w, uint32_t unit);
/* Those of a unit, which is the current one. */
int lines_write_unit(struct writer *w, uint32_t unit);
/* Those of functions that have no unit, and of lines that are known by calls only. */
int lines_write_rest(struct writer *w);
void lines_free(struct writer *w);

/* ---- program_rows.c: the binary as a whole -------------------------------------------------------- */

int program_rows_binary(struct writer *w, bool needed);
/* What else a Go program tells: layouts, names of numbers, defer statements, functions to probe. */
int program_rows_go(struct writer *w);
/* Where the binary contradicts itself. */
int program_rows_quality(struct writer *w);

#endif
