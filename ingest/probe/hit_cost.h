/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a hit of a uprobe costs the thread that it stops, measured here and now: on places in gotrace
 * itself, with perf's own settings (every hit, a call chain of eight frames).
 */
#ifndef GOTRACE_INGEST_PROBE_HIT_COST_H
#define GOTRACE_INGEST_PROBE_HIT_COST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Nanoseconds. */
struct hit_cost {
	int64_t emulated; /* on an instruction that the kernel carries out itself, as a push */
	int64_t stepped;  /* on any other: it is copied, stepped over, and trapped again */
	int64_t fetch;    /* for each word that is fetched from memory, beyond the first */
};

/*
 * Takes a quarter of a second, as the kernel takes its time to set and remove probes. `folder` is tracefs; `group`, which must be this process's own and have no probes,
 * is left without any. An error: it cannot be measured here.
 */
int hit_cost_measure(const char *folder, const char *group, struct hit_cost *cost,
		     struct error *err);

/* Of a probe with these fetch arguments ("goid=+152(%r14):u64 …"). */
int64_t hit_cost_of(const struct hit_cost *cost, bool emulated, const char *args);

#endif
