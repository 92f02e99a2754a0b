/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes that grow. `data` is always followed by a NUL, so a buffer of text is a C string; it is
 * never NULL once something was added. The owner calls buffer_free(); a zeroed struct is empty.
 */
#ifndef GOTRACE_BASE_BUFFER_H
#define GOTRACE_BASE_BUFFER_H

#include <stddef.h>

struct buffer {
	char *data;
	size_t size;
	size_t capacity;
};

void buffer_add(struct buffer *b, const void *bytes, size_t size);
void buffer_text(struct buffer *b, const char *text);
void buffer_format(struct buffer *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Room for `size` bytes after the end, to be written by the caller, who then adds to b->size. */
char *buffer_room(struct buffer *b, size_t size);
void buffer_clear(struct buffer *b);
void buffer_free(struct buffer *b);

#endif
