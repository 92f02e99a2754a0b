/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs an explanation, which is written in SQL: the scripts sql/explain/N_NAME.sql in order, and the
 * queries sql/causes/NAME.sql between the fourth and the fifth.
 *
 * The result is in temporary tables of the connection: breakpoint, breakpoint_location,
 * breakpoint_hit, verdict, verdict_cause, evidence, as sql/schema.sql describes them. Temporary
 * tables come before those of the file under the same name, so a query reads them without a prefix.
 */
#ifndef GOTRACE_SQL_EXPLAIN_H
#define GOTRACE_SQL_EXPLAIN_H

#include <stddef.h>

#include "base/error.h"

struct sqlite3;

/*
 * Explains `count` breakpoints, numbered from 1 in the order given. Once per connection. What is
 * wrong with a spec is an error with STATUS_USAGE. `resolved` has for each spec the same with its
 * path freed of symbolic links, NULL where there are none; it may be NULL as a whole.
 */
int explain_run(struct sqlite3 *sqlite, const char *const *specs, const char *const *resolved,
		size_t count, struct error *err);

/*
 * The first half of explain_run(), which needs no events and no views: temp.every_location has the
 * places, temp.unresolved a sentence for each breakpoint that has none.
 */
int explain_resolve(struct sqlite3 *sqlite, const char *const *specs, const char *const *resolved,
		    size_t count, struct error *err);

/* Copies the result into the database, which must be open for writing. All or nothing. */
int explain_save(struct sqlite3 *sqlite, struct error *err);

/* explain_run() and explain_save() on the finished database at `path`. */
int explain_store(const char *path, const char *const *specs, size_t count, struct error *err);

/* A cause, as the head of its file tells it. All texts are one line and owned by the struct. */
struct cause {
	char *name;
	char *title;     /* a few words */
	char *meaning;   /* what happens */
	char *proves;    /* what must be seen to be sure */
	char *rules_out; /* what would exclude it */
	char *what_to_do;
};

/* All causes, sorted by name; freed with explain_causes_free(). */
struct cause *explain_causes(size_t *count);
void explain_causes_free(struct cause *causes, size_t count);

#endif
