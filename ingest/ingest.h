/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a recording to a model: opens it, walks it twice, and tells the model all that it finds.
 */
#ifndef GOTRACE_INGEST_INGEST_H
#define GOTRACE_INGEST_INGEST_H

#include "ingest/symbols.h"
#include "model/model.h"

struct ingest_options {
	struct symbol_options symbols;
	const char *probes;    /* the probes file, NULL: RECORDING.probes where it exists */
	const char *spool_dir; /* for temporary files */
	/* Called now and then with what is done of the work, 0 to 1; NULL: nobody wants to know. */
	void (*progress)(double done);
};

struct ingest_result {
	uint64_t events;
	bool damaged;
	char damage[512]; /* where and why */
};

/*
 * Tells `m` everything about the recording at `path` ("-": stdin) and finishes it. 0 also for a damaged recording that
 * was read as far as it goes: see *result.
 */
int ingest(const char *path, const struct ingest_options *options, struct model *m,
	   struct ingest_result *result, struct error *err);

#endif
