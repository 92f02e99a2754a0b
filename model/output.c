/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/output.h"

#include <stdlib.h>

#include "base/memory.h"
#include "sql/db.h"

struct output {
	struct db *db;
	struct model *model;
};

struct output *output_open(const char *path, struct error *err)
{
	struct output *o = xcalloc(1, sizeof(*o));

	o->db = db_create(path, err);
	if (o->db)
		o->model = model_new(o->db, err);
	if (!o->model) {
		output_abandon(o);
		return NULL;
	}
	return o;
}

struct model *output_model(struct output *o)
{
	return o->model;
}

int output_finish(struct output *o, const char *const *specs, size_t spec_count, struct error *err)
{
	struct db *db = o->db;

	(void)specs;
	(void)spec_count;
	model_free(o->model);
	free(o);
	return db_finish(db, err);
}

void output_abandon(struct output *o)
{
	if (!o)
		return;
	model_free(o->model);
	db_abandon(o->db);
	free(o);
}
