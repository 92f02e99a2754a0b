/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When rings were full. The kernel writes LOST before the next record that fits, so a hole reaches from
 * the record of that CPU before it to it; in the file, the records of a ring are in time order. So the
 * first walk can tell of all holes before the first event is taken in.
 */
#ifndef GOTRACE_INGEST_HOLES_H
#define GOTRACE_INGEST_HOLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hole_times {
	int32_t cpu;       /* -1: not known */
	uint64_t from, to; /* as record_time(); 0: from the beginning, UINT64_MAX: to the end */
};

struct holes {
	struct hole_times *list;
	size_t count, capacity;
	struct ring *rings; /* by CPU */
	size_t ring_count;
};

/* A record of that CPU (-1: not known) and time; `lost`: it is a LOST record. Calls come in file order. */
void holes_record(struct holes *h, int32_t cpu, uint64_t time, bool lost);
/* What was lost after the last record of a CPU is announced nowhere; `cpus`: those that were recorded. */
void holes_at_end(struct holes *h, const int32_t *cpus, size_t count);
void holes_free(struct holes *h);

#endif
