/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records: their types, their extent, and the first walk over a recording.
 *
 *     0   u32  type      < 64: written by the kernel, >= 64: by perf
 *     4   u16  misc      CPU mode and flags
 *     6   u16  size      of the record, these 8 bytes included
 *     8   …              the body; kernel records but samples end with a trailer (struct sample_layout)
 *
 * TRACING_DATA and AUXTRACE are followed by bytes that their size does not count.
 */
#ifndef GOTRACE_INGEST_RECORD_H
#define GOTRACE_INGEST_RECORD_H

#include "ingest/holes.h"
#include "ingest/order.h"
#include "ingest/perf_data.h"

/* Types that the oldest supported <perf/event.h> does not name yet. */
enum {
	RECORD_CALLCHAIN_DEFERRED = 22,
	RECORD_COMPRESSED2 = 83,
	RECORD_TYPE_MAX = 128, /* beyond: counted together */
};

/* What the first walk found out. */
struct survey {
	struct runs runs;
	struct holes holes;
	uint64_t counts[RECORD_TYPE_MAX + 1]; /* records by type; the last: all other types */
	uint64_t lost;                        /* sum over LOST records */
	uint64_t ledger;                      /* sum over LOST_SAMPLES records */
	uint64_t filtered;                    /* samples that a BPF filter rejected: not lost */
	bool has_ledger;                      /* there was a LOST_SAMPLES record */
	struct lost_samples {
		struct perf_source *source; /* NULL: its id belongs to no event */
		int32_t cpu;
		uint64_t count;
		int64_t offset;
	} * lost_samples;
	size_t lost_samples_count, lost_samples_capacity;
	int32_t *cpus;   /* of CPU_MAP and ID_INDEX, distinct */
	bool per_thread; /* rings are of threads: ID_INDEX has a thread and any CPU */
	size_t cpu_count, cpu_capacity;
};

/* The name of a record type, "PERF_RECORD_LOST"; NULL when unknown. */
const char *record_name(uint32_t type);
/* Whether something of such a record ends up in the database. */
bool record_is_used(uint32_t type);

/*
 * How many bytes of file a record takes, the bytes behind it included. 0: it makes no sense. Needs the
 * first min(16, size) bytes of the record.
 */
uint64_t record_extent(const struct perf_event_header *header);

/* The source that a kernel record belongs to; NULL when its id is unknown. */
struct perf_source *record_source(const struct perf_data *d, const struct perf_event_header *header,
				  uint64_t *id);

/* Whether such a record has a place in the order of time: all that the kernel wrote into a ring. */
bool record_is_timed(uint32_t type);

/* The time of a kernel record as an order key; 0: it has none. */
uint64_t record_time(const struct perf_data *d, const struct perf_event_header *header);

/* The CPU in whose ring a kernel record was; -1: not told. */
int32_t record_cpu(const struct perf_data *d, const struct perf_event_header *header);

/*
 * The first walk: reads all records once, in file order. Takes in what has no time (attributes, names,
 * formats, ids, the ledger of lost samples), inflates what is compressed, and notes the runs. `on_map` is
 * shown every MMAP and MMAP2 record.
 */
int survey_read(struct survey *s, struct perf_data *d,
		void (*on_map)(void *arg, const struct perf_event_header *map), void *arg,
		struct error *err);
void survey_free(struct survey *s);

#endif
