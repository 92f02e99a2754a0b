/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A reader that cannot run over: every take is checked against what is left, and once one failed,
 * all later ones fail too, so that a parser may look at `failed` at its end only.
 */
#ifndef GOTRACE_INGEST_BYTES_H
#define GOTRACE_INGEST_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const char *at;
	size_t left;
	bool failed;
};

/* The next `size` bytes, NULL when there are fewer. */
static inline const char *take(struct bytes *b, size_t size)
{
	const char *at = b->at;

	if (b->failed || size > b->left) {
		b->failed = true;
		return NULL;
	}
	b->at += size;
	b->left -= size;
	return at;
}

static inline uint32_t take_u32(struct bytes *b)
{
	const char *at = take(b, sizeof(uint32_t));
	uint32_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint64_t take_u64(struct bytes *b)
{
	const char *at = take(b, sizeof(uint64_t));
	uint64_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	return value;
}

/* A text that ends with NUL inside the bytes; NULL when it does not. */
static inline const char *take_text(struct bytes *b)
{
	size_t size = b->failed ? 0 : strnlen(b->at, b->left);

	if (b->failed || size == b->left) {
		b->failed = true;
		return NULL;
	}
	return take(b, size + 1);
}

static inline uint64_t word_at(const char *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint32_t half_at(const char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

#endif
