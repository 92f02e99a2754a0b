/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A database in the making together with the model that fills it: for those who have a recording and
 * need not know where its rows go.
 */
#ifndef GOTRACE_MODEL_OUTPUT_H
#define GOTRACE_MODEL_OUTPUT_H

#include "model/model.h"

struct output;

/* Begins the database that will be `path`; see db_create(). NULL on error. */
struct output *output_open(const char *path, struct error *err);
struct model *output_model(struct output *o);

/*
 * After model_finish(): stores the verdicts of `specs` (breakpoints as `explain` takes them) and puts the
 * database in its place. Frees `o` either way.
 */
int output_finish(struct output *o, const char *const *specs, size_t spec_count, struct error *err);

/* Throws all away; NULL is allowed. */
void output_abandon(struct output *o);

/* ---- without a recording: where breakpoints would stand ----------------------------------------- */

/* A database in memory, which ends with output_abandon(). NULL on error. */
struct output *output_scratch(struct error *err);

struct location {
	size_t spec; /* which of those asked for, from 0 */
	uint32_t binary;
	uint64_t pc;              /* ELF virtual address */
	const char *function;     /* in which the line is written; NULL: not known */
	const char *file;         /* as the compiler stored it; NULL: not known */
	const char *inlined_into; /* the function whose code holds this copy; NULL: not inlined */
	int64_t line;             /* NO_VALUE: not known */
	int is_stmt;              /* 1, 0; -1: not known */
	bool other;               /* code of the line at which no debugger stops */
};

/*
 * The places of breakpoints among the binaries, functions and lines that the model was told: calls
 * `location` for each, in the order of specs and addresses, and `nothing` for a spec that has none,
 * with a sentence that says why and what is near. A non-zero result of either ends it and is
 * returned. What is wrong with a spec is an error with STATUS_USAGE, and -1. Once per output.
 */
int output_locations(struct output *o, const char *const *specs, size_t count,
		     int (*location)(void *arg, const struct location *l),
		     int (*nothing)(void *arg, size_t spec, const char *sentence), void *arg,
		     struct error *err);

/* Whether a debugger would stop at this address for some line or function. */
bool output_is_place(struct output *o, uint32_t binary, uint64_t pc);

/* Calls `place` for all such addresses in [low, high), ascending; a non-zero result ends it. */
int output_places(struct output *o, uint32_t binary, uint64_t low, uint64_t high,
		  int (*place)(void *arg, uint64_t pc), void *arg, struct error *err);

#endif
