/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DWARF through libdw: for one compilation unit at a time, the functions inlined at an address and
 * the places in a function where a breakpoint lands.
 *
 * Texts that are handed out live until the next debug_info_load() or debug_info_close().
 */
#ifndef GOTRACE_INGEST_DEBUG_INFO_H
#define GOTRACE_INGEST_DEBUG_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libelf.h>

#include "ingest/landing.h"
#include "ingest/symbol_table.h"

struct debug_info;

/* NULL when there is no DWARF, or none that can be read. `elf` is the caller's and must outlive it. */
struct debug_info *debug_info_open(Elf *elf);
void debug_info_close(struct debug_info *d);

#define NO_UNIT UINT32_MAX

size_t debug_info_unit_count(const struct debug_info *d);

/* The unit whose code an address belongs to; units count from 0. NO_UNIT: none. */
uint32_t debug_info_unit(const struct debug_info *d, uint64_t pc);

/* DW_AT_producer of the unit named `name` or, where there is none, of the unit at `pc`; may be NULL. */
const char *debug_info_producer(struct debug_info *d, const char *name, uint64_t pc);

/* Adds the functions of all units to a table that is not finished yet. */
void debug_info_functions(struct debug_info *d, struct symbol_table *t);

/*
 * Makes a unit the current one, which the calls below are about. Texts that were handed out before
 * are gone: where the units so far have taken much memory, all of it is given back.
 */
bool debug_info_load(struct debug_info *d, uint32_t unit);

/* The files that the current unit's lines name: number 0 … count - 1; a text may be NULL. */
size_t debug_info_file_count(struct debug_info *d);
const char *debug_info_file(struct debug_info *d, size_t number);

/* Line-table rows of the current unit, without the ends of sequences. False after the last. */
bool debug_info_row(struct debug_info *d, size_t number, const char **file, int64_t *line);

/* One function at an address; the innermost inlined one comes first, the out-of-line one last. */
struct debug_frame {
	const char *function; /* DW_AT_linkage_name or DW_AT_name; NULL: not known */
	uint64_t entry;       /* of the out-of-line function; 0 in inlined frames */
	const char *file;     /* NULL: not known */
	int64_t line;         /* 0: not known */
	bool inlined;
};

/*
 * The frames at an address of the current unit, valid until the next call; 0: nothing is known.
 * Where only the line is known there is one frame without function.
 */
size_t debug_info_frames(struct debug_info *d, uint64_t pc, const struct debug_frame **frames);

/* The functions of the current unit that have code; numbers 0 … count - 1. */
size_t debug_info_function_count(struct debug_info *d);
uint64_t debug_info_function_entry(struct debug_info *d, size_t number);
const char *debug_info_function_name(struct debug_info *d, size_t number);
/* Whether a function for which `is` is true was inlined into this one. */
bool debug_info_has_copy(struct debug_info *d, size_t number,
			 bool (*is)(void *arg, const char *function), void *arg);
/* The places and stretches in a function, valid until the next call. */
const struct landings *debug_info_landings(struct debug_info *d, size_t number);

#endif
