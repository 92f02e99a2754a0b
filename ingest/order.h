/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time order. perf writes the ring of one CPU after the other; each ring is sorted, the file is not.
 *
 * The first walk cuts the file into runs: stretches in which time does not go back. The second merges
 * the runs, each through a window of its own, so that memory grows with the number of runs that overlap
 * in time and not with the recording. FINISHED_ROUND marks are not needed, and so cannot lie. Records
 * without a time have time 0 and thus come first. Equal times keep the order of the file.
 */
#ifndef GOTRACE_INGEST_ORDER_H
#define GOTRACE_INGEST_ORDER_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct perf_data;

struct run {
	uint64_t begin, end;  /* bytes of the segment */
	uint64_t first, last; /* times */
	uint32_t segment;
	uint32_t number; /* in the order of the file */
};

struct runs {
	struct run *list;
	size_t count, capacity;
};

/* A record of `time` lies at [begin, end) of the segment; calls come in file order. */
void runs_add(struct runs *r, uint32_t segment, uint64_t begin, uint64_t end, uint64_t time);
void runs_free(struct runs *r);

struct merge;

/* Sorts the runs by their beginning. `d` and `r` are borrowed until merge_free(). */
struct merge *merge_new(const struct perf_data *d, struct runs *r);
/*
 * The next kernel record in time order, NULL at the end; valid until the next call and aligned to 8
 * bytes. *offset: where it lies in its file (of compressed records: in the inflated stream).
 */
const struct perf_event_header *merge_next(struct merge *m, uint64_t *time, uint64_t *offset);
/* How many bytes of records were handed out. */
uint64_t merge_position(const struct merge *m);
void merge_free(struct merge *m);

#endif
