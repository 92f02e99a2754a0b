/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values as text: what a probe fetched of an interface's second word, or of a string.
 *
 * A probe cannot know the type, so it fetches what would be there in each case: `word` and `length`,
 * the two words behind the address, and `text`, so many bytes behind the first of them. The type says
 * which of them mean anything; what does not may be left over from an older event.
 */
#include "model/machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LENGTH_LIMIT ((int64_t)1 << 40) /* a longer string is none */

/* The length without what is left of a character that was cut. UTF-8: go.dev/ref/spec, "Source code". */
static size_t whole_characters(const char *text, size_t size)
{
	size_t i = size, want;
	unsigned char c;

	while (i && size - i < 4 && ((unsigned char)text[i - 1] & 0xc0) == 0x80)
		i--;
	if (!i)
		return size;
	c = (unsigned char)text[i - 1];
	want = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
	return i - 1 + want > size ? i - 1 : size;
}

void value_of_string(const struct event *e, struct value_text *v)
{
	const struct source_state *s = e->source->model;
	int64_t length = event_field(e, FIELD_LENGTH);
	const struct value *text = s->text < 0 ? NULL : &e->sample.values[s->text];
	size_t size;

	*v = (struct value_text){ .length = NO_VALUE };
	if (length < 0 || length > LENGTH_LIMIT || !text || text->is_null)
		return;
	size = text->size < sizeof(v->bytes) ? text->size : sizeof(v->bytes);
	if ((uint64_t)length < size)
		size = (size_t)length;
	memcpy(v->bytes, text->bytes, size);
	if ((uint64_t)length > size)
		size = whole_characters(v->bytes, size);
	v->size = (uint8_t)size;
	v->length = length;
}

static void value_of_number(int64_t word, const struct value_type *type, struct value_text *v)
{
	unsigned unused = 64 - 8U * type->size;
	uint64_t bits = (uint64_t)word << unused;
	int size;

	if (type->shape == VALUE_SIGNED)
		size = snprintf(v->bytes, sizeof(v->bytes), "%" PRId64, (int64_t)bits >> unused);
	else
		size = snprintf(v->bytes, sizeof(v->bytes), "%" PRIu64, bits >> unused);
	v->size = (uint8_t)size;
	v->length = size;
}

void value_of(const struct event *e, const struct value_type *type, struct value_text *v)
{
	int64_t word = event_field(e, FIELD_WORD);

	*v = (struct value_text){ .length = NO_VALUE };
	switch (type->shape) {
	case VALUE_STRING: value_of_string(e, v); return;
	case VALUE_SIGNED:
	case VALUE_UNSIGNED:
		if (word != NO_VALUE && type->size)
			value_of_number(word, type, v);
		return;
	case VALUE_BOOL:
		if (word == NO_VALUE)
			return;
		v->size = (uint8_t)snprintf(v->bytes, sizeof(v->bytes),
					    word & 0xff ? "true" : "false");
		v->length = v->size;
		return;
	case VALUE_OTHER: return;
	}
}

void row_value(struct db_table *t, const struct value_text *v)
{
	if (v->length == NO_VALUE)
		row_null(t);
	else
		row_bytes_as_text(t, v->bytes, v->size);
}
