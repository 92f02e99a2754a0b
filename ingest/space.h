/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Address spaces: what each process had mapped where, as of the event that is being read.
 */
#ifndef GOTRACE_INGEST_SPACE_H
#define GOTRACE_INGEST_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mapping {
	uint64_t addr, end, file_offset;
	uint32_t binary;
	bool executable;
};

struct spaces;

struct spaces *spaces_new(void);
void spaces_free(struct spaces *s);

/* Maps; what the new mapping covers of older ones is gone. pid -1: the kernel. */
void spaces_map(struct spaces *s, int32_t pid, const struct mapping *m);
/* A new process begins with its parent's mappings. */
void spaces_fork(struct spaces *s, int32_t pid, int32_t parent);
/* A process executes another program: nothing is mapped. */
void spaces_exec(struct spaces *s, int32_t pid);

/* The mapping that holds an address, NULL: none. Valid until something is mapped. */
const struct mapping *spaces_find(const struct spaces *s, int32_t pid, uint64_t addr);

/* A number that changes whenever the space of `pid` does; never the same for two states. */
uint64_t spaces_version(const struct spaces *s, int32_t pid);

#endif
