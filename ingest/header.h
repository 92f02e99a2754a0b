/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GOTRACE_INGEST_HEADER_H
#define GOTRACE_INGEST_HEADER_H

#include "ingest/perf_data.h"

/*
 * Reads the header of the file `fd` of `size` bytes: attributes, ids and feature sections of a
 * regular file; of a pipe, only that it is one. Tells where the records lie.
 */
int header_read(struct perf_data *d, int fd, uint64_t size, uint64_t *begin, uint64_t *end,
		struct error *err);

/* The name of a feature by its bit, NULL when this program does not know it. */
const char *feature_name(int bit);

#endif
