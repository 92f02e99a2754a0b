/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Uprobes in tracefs: setting them, reading them back, and taking away one's own.
 *
 * Every run of gotrace has an event group of its own, whose name tells who owns it:
 *
 *     gotrace_PID_START[_NAMESPACE]
 *
 * PID and START (the process's start, in clock ticks since boot) are the owner's; NAMESPACE is the
 * inode of its pid namespace, left out in the first one. So a later run knows which groups have lost
 * their owner to a SIGKILL, and may take those away and nobody else's.
 *
 * `folder` is where tracefs is mounted, or a folder that looks like it.
 */
#ifndef GOTRACE_INGEST_PROBE_TRACEFS_H
#define GOTRACE_INGEST_PROBE_TRACEFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* A uprobe as the kernel shows it. */
struct tracefs_probe {
	char *event;      /* without its group */
	char *definition; /* the line of uprobe_events */
	int64_t hits;     /* while some perf had it open; -1: not known */
};

struct tracefs_probes {
	struct tracefs_probe *items;
	size_t count, capacity;
};

/* Where uprobes can be set, in memory that the caller frees. NULL: nowhere; the error says what to type. */
char *tracefs_find(struct error *err);

/* The group of this process, in memory that the caller frees. */
char *tracefs_own_group(void);

/* Is this the group of a gotrace that has ended without taking its probes away? */
bool tracefs_is_orphan(const char *group);

/* Sets one probe: a line of uprobe_events, without a newline. */
int tracefs_add(const char *folder, const char *definition, struct error *err);

/* The probes of a group, in the order in which they were set. The caller frees them. */
int tracefs_read(const char *folder, const char *group, struct tracefs_probes *probes,
		 struct error *err);
void tracefs_free(struct tracefs_probes *probes);

/* Removes the probes of a group; waits up to `patience_ms` for those that somebody still records. */
int tracefs_remove(const char *folder, const char *group, int patience_ms, struct error *err);

/* Removes the probes whose owner has died, and returns how many. Those still in use stay. */
size_t tracefs_remove_orphans(const char *folder);

#endif
