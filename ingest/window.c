/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/window.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "ingest/perf_data.h"

/* Several times the largest record (64 KiB), so that little is moved. */
#define WINDOW_SIZE ((size_t)192 << 10)
#define LARGEST_RECORD ((size_t)64 << 10)

void window_open(struct window *w, int fd, uint64_t begin, uint64_t end)
{
	if (!w->bytes)
		w->bytes = xmalloc(WINDOW_SIZE);
	w->fd = fd;
	w->next = begin;
	w->end = end;
	w->have = w->at = 0;
}

static size_t fill(struct window *w, size_t size)
{
	size_t want;

	if (w->have - w->at >= size)
		return w->have - w->at;
	memmove(w->bytes, w->bytes + w->at, w->have - w->at);
	w->have -= w->at;
	w->at = 0;
	want = WINDOW_SIZE - w->have;
	if (want > w->end - w->next)
		want = (size_t)(w->end - w->next);
	want = read_at(w->fd, w->bytes + w->have, want, w->next);
	w->have += want;
	w->next += want;
	return w->have;
}

const char *window_bytes(struct window *w, size_t size, size_t *have)
{
	size_t left = fill(w, size < LARGEST_RECORD ? size : LARGEST_RECORD);

	*have = left < size ? left : size;
	return w->bytes + w->at;
}

const struct perf_event_header *window_record(struct window *w)
{
	struct perf_event_header header;
	const char *record;

	if (fill(w, sizeof(header)) < sizeof(header))
		return NULL;
	memcpy(&header, w->bytes + w->at, sizeof(header));
	if (header.size < sizeof(header) || fill(w, header.size) < header.size)
		return NULL;
	record = w->bytes + w->at;
	if (w->at % 8) {
		if (!w->aligned)
			w->aligned = xmalloc(LARGEST_RECORD);
		memcpy(w->aligned, record, header.size);
		record = w->aligned;
	}
	return (const struct perf_event_header *)(const void *)record;
}

void window_skip(struct window *w, uint64_t size)
{
	uint64_t inside = w->have - w->at;

	if (size <= inside) {
		w->at += (size_t)size;
		return;
	}
	size -= inside;
	w->next = size < w->end - w->next ? w->next + size : w->end;
	w->have = w->at = 0;
}

uint64_t window_offset(const struct window *w)
{
	return w->next - (w->have - w->at);
}

void window_free(struct window *w)
{
	free(w->bytes);
	free(w->aligned);
	*w = (struct window){ 0 };
}
