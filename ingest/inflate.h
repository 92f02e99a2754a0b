/* SPDX-License-Identifier: GPL-2.0-only */
/* Compressed records (perf record -z): each carries a piece of one zstd stream of records. */
#ifndef GOTRACE_INGEST_INFLATE_H
#define GOTRACE_INGEST_INFLATE_H

#include "ingest/perf_data.h"

/*
 * Appends what a COMPRESSED or COMPRESSED2 record of segment `s` holds to the spool file of `d`,
 * which is made when it is first needed. Damage of the stream is noted in `d`; then 0 is returned and
 * *ended set: nothing after it in this segment can be read. -1: the spool cannot be written.
 */
int inflate_record(struct perf_data *d, struct segment *s, uint64_t offset,
		   const struct perf_event_header *record, bool *ended, struct error *err);
void inflate_end(struct segment *s);

#endif
