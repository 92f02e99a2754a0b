/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which registers an instruction writes, asked by the names that the kernel gives them.
 */
#ifndef GOTRACE_INGEST_PROBE_WRITTEN_H
#define GOTRACE_INGEST_PROBE_WRITTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct written;

/* NULL for a machine other than EM_X86_64 and EM_AARCH64. */
struct written *written_open(uint16_t machine);
void written_close(struct written *w); /* NULL is allowed */

/* Whether an instruction writes the register "ax", "r14", "x28", or a part of it. True in doubt. */
bool written_by(struct written *w, const unsigned char *bytes, size_t size, const char *name);

#endif
