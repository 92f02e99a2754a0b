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

#endif
