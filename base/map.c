/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/* Multiply and fold: every bit of the input reaches every bit of the low half. */
static uint64_t mix(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	return x ^ x >> 32;
}

uint64_t hash_bytes(const void *bytes, size_t size)
{
	const unsigned char *p = bytes;
	uint64_t h = size, word;

	for (; size >= sizeof(word); size -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		h = (h ^ word) * 0x9fb21c651e98df25u;
		h ^= h >> 28;
	}
	word = 0;
	memcpy(&word, p, size);
	return mix(h ^ word);
}

static size_t home(const struct map *m, uint64_t a, uint64_t b)
{
	return mix(a + 0x9e3779b97f4a7c15u * b) & (m->capacity - 1);
}

static struct map_slot *find(const struct map *m, uint64_t a, uint64_t b)
{
	size_t i;

	for (i = home(m, a, b);; i = (i + 1) & (m->capacity - 1)) {
		struct map_slot *s = &m->slots[i];

		if (!s->used || (s->a == a && s->b == b))
			return s;
	}
}

static void grow(struct map *m)
{
	struct map old = *m;
	size_t i;

	m->capacity = old.capacity ? 2 * old.capacity : 16;
	m->slots = xcalloc(m->capacity, sizeof(*m->slots));
	for (i = 0; i < old.capacity; i++)
		if (old.slots[i].used)
			*find(m, old.slots[i].a, old.slots[i].b) = old.slots[i];
	free(old.slots);
}

uint64_t *map_get(const struct map *m, uint64_t a, uint64_t b)
{
	struct map_slot *s;

	if (!m->count)
		return NULL;
	s = find(m, a, b);
	return s->used ? &s->value : NULL;
}

uint64_t *map_put(struct map *m, uint64_t a, uint64_t b, bool *added)
{
	struct map_slot *s;

	if (2 * (m->count + 1) > m->capacity)
		grow(m);
	s = find(m, a, b);
	if (added)
		*added = !s->used;
	if (!s->used) {
		*s = (struct map_slot){ .a = a, .b = b, .used = true };
		m->count++;
	}
	return &s->value;
}

bool map_remove(struct map *m, uint64_t a, uint64_t b)
{
	size_t mask = m->capacity - 1, hole, i;
	struct map_slot *s;

	if (!m->count)
		return false;
	s = find(m, a, b);
	if (!s->used)
		return false;
	/* Close the hole: move back each later slot whose home lies at or before the hole. */
	hole = (size_t)(s - m->slots);
	for (i = (hole + 1) & mask; m->slots[i].used; i = (i + 1) & mask) {
		size_t h = home(m, m->slots[i].a, m->slots[i].b);

		if (((i - h) & mask) >= ((i - hole) & mask)) {
			m->slots[hole] = m->slots[i];
			hole = i;
		}
	}
	m->slots[hole].used = false;
	m->count--;
	return true;
}

void map_free(struct map *m)
{
	free(m->slots);
	*m = (struct map){ 0 };
}

uint32_t intern_find(const struct intern *in, const char *text, size_t size)
{
	uint64_t hash, n, *number;

	size = strnlen(text, size);
	hash = hash_bytes(text, size);
	for (n = 0; (number = map_get(&in->map, hash, n)); n++) {
		const char *have = in->texts[*number - 1];

		if (!strncmp(have, text, size) && !have[size])
			return (uint32_t)*number;
	}
	return 0;
}

uint32_t intern(struct intern *in, const char *text, size_t size)
{
	uint64_t hash, n = 0;
	uint32_t number;

	size = strnlen(text, size);
	number = intern_find(in, text, size);
	if (number)
		return number;
	hash = hash_bytes(text, size);
	while (map_get(&in->map, hash, n))
		n++;
	ARRAY_GROW(in->texts, in->count, in->capacity);
	in->texts[in->count++] = xstrndup(text, size);
	if (in->count > UINT32_MAX)
		BUG("more than 2^32 texts");
	*map_put(&in->map, hash, n, NULL) = in->count;
	return (uint32_t)in->count;
}

const char *intern_text(const struct intern *in, uint32_t number)
{
	if (!number || number > in->count)
		BUG("text %u of %zu", number, in->count);
	return in->texts[number - 1];
}

void intern_free(struct intern *in)
{
	size_t i;

	for (i = 0; i < in->count; i++)
		free(in->texts[i]);
	free(in->texts);
	map_free(&in->map);
	*in = (struct intern){ 0 };
}
