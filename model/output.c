/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/output.h"

#include <stdlib.h>

#include "base/memory.h"
#include "sql/db.h"
#include "sql/explain.h"

struct output {
	struct db *db;
	struct model *model;
	char *path;
};

struct output *output_open(const char *path, struct error *err)
{
	struct output *o = xcalloc(1, sizeof(*o));

	o->path = xstrdup(path);
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
	int rc;

	o->db = NULL;
	rc = db_finish(db, err);
	if (!rc && spec_count) /* verdicts need the views and indexes of a finished database */
		rc = explain_store(o->path, specs, spec_count, err);
	output_abandon(o);
	return rc;
}

void output_abandon(struct output *o)
{
	if (!o)
		return;
	model_free(o->model);
	db_abandon(o->db);
	free(o->path);
	free(o);
}
