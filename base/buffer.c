/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

char *buffer_room(struct buffer *b, size_t size)
{
	size_t want = b->size + size + 1;

	if (want > b->capacity) {
		b->capacity = want > 2 * b->capacity ? want : 2 * b->capacity;
		b->data = xrealloc(b->data, b->capacity, 1);
	}
	return b->data + b->size;
}

void buffer_add(struct buffer *b, const void *bytes, size_t size)
{
	char *room = buffer_room(b, size);

	if (size)
		memcpy(room, bytes, size);
	b->size += size;
	b->data[b->size] = '\0';
}

void buffer_text(struct buffer *b, const char *text)
{
	buffer_add(b, text, strlen(text));
}

void buffer_format(struct buffer *b, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n < 0)
		BUG("format '%s'", fmt);
	buffer_room(b, (size_t)n);
	va_start(args, fmt);
	vsnprintf(b->data + b->size, (size_t)n + 1, fmt, args);
	va_end(args);
	b->size += (size_t)n;
}

void buffer_clear(struct buffer *b)
{
	b->size = 0;
	if (b->data)
		b->data[0] = '\0';
}

void buffer_free(struct buffer *b)
{
	free(b->data);
	*b = (struct buffer){ 0 };
}
