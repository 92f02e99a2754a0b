/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two hash tables, and no more: numbers to numbers, and texts to small numbers (interning).
 * Keys are hashed with a fixed function: hostile input can make a table slow, never wrong.
 */
#ifndef GOTRACE_BASE_MAP_H
#define GOTRACE_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A pair of numbers to a number. Zeroed is empty. */
struct map {
	struct map_slot *slots;
	size_t count;
	size_t capacity;
};

struct map_slot {
	uint64_t a, b; /* the key */
	uint64_t value;
	bool used;
};

/* The value's place, or NULL where the key is not there. Valid until the next map_put(). */
uint64_t *map_get(const struct map *m, uint64_t a, uint64_t b);
/* The value's place, a new one being 0; *added (may be NULL) tells which. */
uint64_t *map_put(struct map *m, uint64_t a, uint64_t b, bool *added);
/* Forgets a key; true when it was there. */
bool map_remove(struct map *m, uint64_t a, uint64_t b);
void map_free(struct map *m);

/* Texts to 1, 2, 3 … in the order in which they were first seen. Zeroed is empty. */
struct intern {
	struct map map; /* hash of the text, and how many texts had that hash before, to its number */
	char **texts;
	size_t count;
	size_t capacity;
};

/* The number of a text, given one if new. The text is copied. */
uint32_t intern(struct intern *in, const char *text, size_t size);
/* The number of a text, 0 when it is not there. */
uint32_t intern_find(const struct intern *in, const char *text, size_t size);
/* The text of a number; NUL-terminated, owned by the table. */
const char *intern_text(const struct intern *in, uint32_t number);
void intern_free(struct intern *in);

uint64_t hash_bytes(const void *bytes, size_t size);

#endif
