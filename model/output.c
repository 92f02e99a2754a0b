/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/output.h"

#include <stdlib.h>

#include "base/memory.h"
#include "sql/db.h"
#include "sql/explain.h"
#include "sql/places.h"

struct output {
	struct db *db;
	struct model *model;
	char *path;            /* NULL: in memory */
	struct places *places; /* for output_places(); NULL until then */
};

static struct output *output_new(struct output *o, struct error *err)
{
	if (o->db)
		o->model = model_new(o->db, err);
	if (!o->model) {
		output_abandon(o);
		return NULL;
	}
	return o;
}

struct output *output_open(const char *path, struct error *err)
{
	struct output *o = xcalloc(1, sizeof(*o));

	o->path = xstrdup(path);
	o->db = db_create(path, err);
	return output_new(o, err);
}

struct output *output_scratch(struct error *err)
{
	struct output *o = xcalloc(1, sizeof(*o));

	o->db = db_scratch(err);
	return output_new(o, err);
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
	places_close(o->places);
	model_free(o->model);
	db_abandon(o->db);
	free(o->path);
	free(o);
}

/* ---- without a recording -------------------------------------------------------------------- */

/* Those who are told, and what a row of sql/ becomes for them. */
struct listener {
	int (*location)(void *arg, const struct location *l);
	int (*nothing)(void *arg, size_t spec, const char *sentence);
	void *arg;
};

static int tell(void *arg, const struct place_row *p)
{
	const struct listener *to = arg;
	struct location l = {
		.spec = (size_t)p->breakpoint - 1,
		.binary = (uint32_t)p->binary,
		.pc = (uint64_t)p->pc,
		.function = p->function,
		.file = p->file,
		.inlined_into = p->inlined_into,
		.line = p->line == DB_NULL ? NO_VALUE : p->line,
		.is_stmt = p->is_stmt,
		.other = p->other,
	};

	return p->nothing ? to->nothing(to->arg, l.spec, p->nothing) : to->location(to->arg, &l);
}

int output_locations(struct output *o, const char *const *specs, size_t count,
		     int (*location)(void *arg, const struct location *l),
		     int (*nothing)(void *arg, size_t spec, const char *sentence), void *arg,
		     struct error *err)
{
	struct listener to = { location, nothing, arg };
	struct sqlite3 *sqlite = db_connection(o->db, err);

	if (!sqlite || db_run(sqlite, "indexes", err))
		return -1;
	return places_of_specs(sqlite, specs, count, tell, &to, err);
}

/* No program lies in the upper half of the address space. */
static int64_t user_address(uint64_t pc)
{
	return pc > INT64_MAX ? INT64_MAX : (int64_t)pc;
}

int output_places(struct output *o, uint32_t binary, uint64_t low, uint64_t high,
		  int (*place)(void *arg, uint64_t pc), void *arg, struct error *err)
{
	struct sqlite3 *sqlite = db_connection(o->db, err);

	if (sqlite && !o->places)
		o->places = places_open(sqlite, err);
	if (!sqlite || !o->places)
		return -1;
	return places_between(o->places, binary, user_address(low), user_address(high), place, arg,
			      err);
}

static int found(void *arg, uint64_t pc)
{
	(void)arg;
	(void)pc;
	return 1;
}

bool output_is_place(struct output *o, uint32_t binary, uint64_t pc)
{
	struct error err;

	return output_places(o, binary, pc, pc + 1, found, NULL, &err) == 1;
}
