/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A window that slides over a stretch of a file and shows one whole record at a time.
 */
#ifndef GOTRACE_INGEST_WINDOW_H
#define GOTRACE_INGEST_WINDOW_H

#include <linux/perf_event.h>
#include <stddef.h>
#include <stdint.h>

struct window {
	int fd;
	uint64_t next, end; /* of the file: what is not in the window yet */
	char *bytes;
	size_t have, at; /* bytes in the window; the current record */
	char *aligned;   /* a copy of the current record where it does not lie on 8 bytes */
};

/* Opens on [begin, end). A window may be opened again; window_free() ends it. Zeroed is closed. */
void window_open(struct window *w, int fd, uint64_t begin, uint64_t end);

/*
 * The record at the window's place, whole and aligned to 8 bytes; valid until the window moves.
 * NULL: fewer bytes are left than it takes (or it says a size below that of its header).
 */
const struct perf_event_header *window_record(struct window *w);

/* Up to `size` bytes at the window's place, at most 64 KiB; *have tells how many there are. */
const char *window_bytes(struct window *w, size_t size, size_t *have);

/* Moves on by `size` bytes, as far as there are any. */
void window_skip(struct window *w, uint64_t size);

/* The window's place in the file. */
uint64_t window_offset(const struct window *w);

void window_free(struct window *w);

#endif
