/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The body of a PERF_RECORD_SAMPLE; perf_event_open(2). In this order, each only when its bit is set:
 *
 *     IDENTIFIER u64   IP u64   TID u32 pid, u32 tid   TIME u64   ADDR u64   ID u64   STREAM_ID u64
 *     CPU u32 cpu, u32   PERIOD u64   READ (counter values)   CALLCHAIN u64 n, u64 × n
 *     RAW u32 size, bytes   BRANCH_STACK u64 n, [u64 index], 24 bytes × n, [u64 × n]
 *     REGS_USER u64 abi, u64 × registers   STACK_USER u64 size, bytes, u64 used size
 *     WEIGHT u64   DATA_SRC u64   TRANSACTION u64   REGS_INTR as REGS_USER   PHYS_ADDR u64
 *     CGROUP u64   DATA_PAGE_SIZE u64   CODE_PAGE_SIZE u64   AUX u64 size, bytes
 */
#ifndef GOTRACE_INGEST_SAMPLE_H
#define GOTRACE_INGEST_SAMPLE_H

#include "ingest/perf_data.h"

/* The words of a sample that become columns of their own. */
enum sample_word {
	WORD_ADDR,
	WORD_WEIGHT,
	WORD_DATA_SRC,
	WORD_TRANSACTION,
	WORD_PHYS_ADDR,
	WORD_CGROUP,
	WORD_DATA_PAGE_SIZE,
	WORD_CODE_PAGE_SIZE,
	WORD_COUNT,
};

extern const struct sample_word_name {
	uint64_t bit;
	const char *name;
} sample_words[WORD_COUNT];

struct sample {
	uint64_t ip, time;
	int64_t period;        /* NO_VALUE: not recorded */
	int32_t pid, tid, cpu; /* -1: not recorded, or the kernel did not know */
	bool has_ip;
	const char *chain; /* u64 × chain_count, not aligned for sure; inside the record */
	size_t chain_count;
	const char *raw; /* NULL: not recorded */
	size_t raw_size;
	uint64_t words[WORD_COUNT]; /* as far as their bits are set */
};

/* False when the record is too short for what its event says that it holds. */
bool sample_parse(const struct sample_layout *layout, const struct perf_event_header *header,
		  struct sample *sample);

/* What the end of another kernel record tells: its time, task and CPU (-1: not told). */
struct trailer {
	int32_t pid, tid, cpu;
};
void trailer_parse(const struct sample_layout *layout, const struct perf_event_header *header,
		   struct trailer *trailer);

#endif
