/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The probes file: lines of tracefs `uprobe_events`, as `gotrace record` saves them beside a
 * recording. perf.data does not hold the path, the offset and the arguments of a uprobe.
 *
 *     p:GROUP/NAME PATH:0xOFFSET[(REF_CTR)] [ARG=FETCHARG[:TYPE]]...
 *     r:GROUP/NAME …                                        (a return probe)
 *     # cost_ns N       what a hit of the probe in the next line cost its thread, as measured
 *     # a comment
 */
#ifndef GOTRACE_INGEST_PROBES_H
#define GOTRACE_INGEST_PROBES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct probe_line {
	char *event; /* "GROUP:NAME", as perf names the source */
	char *path;
	uint64_t file_offset;
	bool is_return;
	char *definition; /* the whole line */
	int64_t cost_ns;  /* what a hit cost the thread; 0: not told */
};

/*
 * Reads a probes file. Lines that are not uprobe definitions are counted in *skipped. The caller
 * frees with probes_free(). A file that cannot be opened is an error; `path` is told in it.
 */
int probes_read(const char *path, struct probe_line **lines, size_t *count, size_t *skipped,
		struct error *err);
void probes_free(struct probe_line *lines, size_t count);

#endif
