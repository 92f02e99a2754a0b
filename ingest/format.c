/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TRACING_DATA section, as perf writes it (the head of a trace.dat file, version 6):
 *
 *     23 8 68 "tracing", text version "0.6", u8 byte order (1: big), u8 size of a long, u32 page size
 *     text "header_page", u64 size, bytes        text "header_event", u64 size, bytes
 *     u32 number of ftrace formats; each: u64 size, bytes
 *     u32 number of systems; each: text name, u32 number of formats; each: u64 size, bytes
 *     u32 size, bytes of /proc/kallsyms          u32 size, bytes of printk_formats
 *     u64 size, bytes of saved_cmdlines
 *
 * A field of an event lies at a fixed offset of its raw data. A "__data_loc" field holds u16 offset,
 * u16 size of what it stands for; the offset counts from the data's beginning, that of a "__rel_loc"
 * from the end of the field.
 */
#include "ingest/format.h"

#include <stdlib.h>
#include <string.h>
#include <traceevent/event-parse.h>

#include "base/memory.h"
#include "ingest/bytes.h"

struct formats {
	struct tep_handle *tep;
	char *kallsyms;
	size_t kallsyms_size;
};

enum where {
	PLACE_FIXED,
	PLACE_DATA_LOC,
	PLACE_REL_LOC,
};

enum shape {
	SHAPE_NUMBER,
	SHAPE_TEXT,
	SHAPE_NUMBERS, /* "[1,2,3]" */
	SHAPE_CPUS,    /* "0-3,8" */
	SHAPE_BYTES,
};

struct step {
	uint16_t offset, size;
	uint8_t place, shape;
	uint8_t element; /* bytes of a number */
	bool is_signed;
};

struct format {
	struct step *steps;
	struct field *fields;
	size_t count;
	bool makes_text;
	bool is_probe, is_return;
};

/* ---- the section ---------------------------------------------------------------------------- */

/* Skips one of the characters of `set`, any number of times. */
static void skip_set(const char **at, const char *end, const char *set)
{
	while (*at < end && **at && strchr(set, **at))
		++*at;
}

static bool skip_text(const char **at, const char *end, const char *text)
{
	size_t size = strlen(text);

	if ((size_t)(end - *at) < size || memcmp(*at, text, size))
		return false;
	*at += size;
	return true;
}

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"

/* "name:", a number, ";" */
static bool skip_number(const char **at, const char *end, const char *name)
{
	const char *digits;

	if (!skip_text(at, end, name))
		return false;
	digits = *at;
	skip_set(at, end, DIGITS);
	return *at > digits && *at - digits <= 9 && skip_text(at, end, ";");
}

/*
 * "\tfield:TYPE NAME[SIZE];\toffset:N;\tsize:N;\tsigned:N;", as the kernel writes it: words, stars,
 * brackets that close and hold a word or a sum, and a name before the first bracket and the end.
 */
static bool field_makes_sense(const char *at, const char *end)
{
	const char *inside = NULL, *c;
	bool named = false;

	if (!skip_text(&at, end, "\tfield:"))
		return false;
	for (c = at; c < end && *c != ';'; c++) {
		if (*c == '[') {
			if (inside || !named)
				return false;
			inside = c;
		} else if (*c == ']') {
			if (!inside)
				return false;
			inside = NULL;
		} else if (!*c || !strchr(DIGITS LETTERS " *"
							 "+()",
					  *c)) {
			return false;
		} else {
			named |= strchr(LETTERS, *c) != NULL;
		}
	}
	if (inside || !named || c == at)
		return false;
	at = c;
	if (!skip_text(&at, end, ";\t") || !skip_number(&at, end, "offset:") ||
	    !skip_text(&at, end, "\t") || !skip_number(&at, end, "size:"))
		return false;
	skip_set(&at, end, "\t");
	return at == end || (skip_number(&at, end, "signed:") && at == end);
}

/* libtraceevent trusts the kernel's text; a damaged one makes it crash or leak. */
static bool format_makes_sense(const char *at, const char *end)
{
	bool seen = false;

	while (at < end) {
		const char *line = at, *stop = memchr(at, '\n', (size_t)(end - at));

		stop = stop ? stop : end;
		at = stop + (stop < end);
		if (line == stop)
			continue;
		if (*line == '\t') {
			if (!field_makes_sense(line, stop))
				return false;
			seen = true;
		} else if (skip_text(&line, stop, "name: ")) {
			skip_set(&line, stop, DIGITS LETTERS "-.:");
			if (line != stop)
				return false;
		} else if (skip_text(&line, stop, "ID: ")) {
			const char *digits = line;

			skip_set(&line, stop, DIGITS);
			if (line != stop || line == digits || line - digits > 9)
				return false;
		} else if (!skip_text(&line, stop, "format:") || line != stop) {
			return false;
		}
	}
	return seen;
}

/*
 * Only the fields are wanted. The print format is the larger part of the text and the harder one to
 * read, so it is not shown to the library. False: the text is none that a kernel wrote.
 */
static bool parse_format(struct tep_handle *tep, const char *at, size_t size, const char *system)
{
	const char *print = memmem(at, size, "\nprint fmt:", 11);
	struct buffer text = { 0 };

	size = print ? (size_t)(print - at) : strnlen(at, size);
	if (!format_makes_sense(at, at + size))
		return false;
	buffer_add(&text, at, size);
	buffer_text(&text, "\nprint fmt: \"\"\n");
	tep_parse_event(tep, text.data, text.size, system);
	buffer_free(&text);
	return true;
}

static const char *take_sized(struct bytes *b, size_t *size)
{
	uint64_t n = take_u64(b);

	if (n > b->left)
		b->failed = true;
	*size = b->failed ? 0 : (size_t)n;
	return take(b, *size);
}

static bool take_expected(struct bytes *b, const char *text, size_t size)
{
	const char *at = take(b, size);

	if (at && memcmp(at, text, size))
		b->failed = true;
	return !b->failed;
}

static bool read_formats(struct formats *f, struct bytes *b)
{
	bool sound = true;
	uint32_t systems, events, i, j;
	const char *at;
	size_t size;

	events = take_u32(b);
	for (i = 0; i < events && !b->failed; i++)
		take_sized(b, &size); /* ftrace's own */
	systems = take_u32(b);
	for (i = 0; i < systems && !b->failed; i++) {
		const char *system = take_text(b);

		events = take_u32(b);
		for (j = 0; j < events && !b->failed; j++) {
			at = take_sized(b, &size);
			if (at && system && *system)
				sound &= parse_format(f->tep, at, size, system);
		}
	}
	size = take_u32(b);
	at = take(b, size);
	if (at && size) {
		f->kallsyms = xmalloc(size);
		memcpy(f->kallsyms, at, size);
		f->kallsyms_size = size;
	}
	return sound && !b->failed;
}

struct formats *formats_read(const char *bytes, size_t size, const char **damage)
{
	struct formats *f = xcalloc(1, sizeof(*f));
	struct bytes b = { .at = bytes, .left = size };
	const char *flags;

	*damage = NULL;
	tep_set_loglevel(TEP_LOG_NONE);
	f->tep = tep_alloc();
	if (!f->tep)
		BUG("libtraceevent: out of memory");
	if (!size)
		return f;
	if (!take_expected(&b, "\27\10\104tracing", 10) || !take_text(&b)) {
		*damage = "the tracepoint formats do not begin as they should";
		return f;
	}
	flags = take(&b, 2);
	take_u32(&b); /* page size */
	if (flags && flags[0]) {
		*damage = "the tracepoint formats are of a machine of the other byte order";
		return f;
	}
	if (flags && (flags[1] == 4 || flags[1] == 8))
		tep_set_long_size(f->tep, flags[1]);
	take_expected(&b, "header_page", 12);
	take_sized(&b, &size);
	take_expected(&b, "header_event", 13);
	take_sized(&b, &size);
	if (!read_formats(f, &b))
		*damage = "the tracepoint formats are cut or damaged";
	return f;
}

void formats_free(struct formats *f)
{
	if (!f)
		return;
	tep_free(f->tep);
	free(f->kallsyms);
	free(f);
}

static struct tep_event *find(const struct formats *f, uint64_t id)
{
	return id <= INT32_MAX ? tep_find_event(f->tep, (int)id) : NULL;
}

char *formats_name(const struct formats *f, uint64_t id)
{
	const struct tep_event *e = find(f, id);

	return e ? xasprintf("%s:%s", e->system, e->name) : NULL;
}

const char *formats_kallsyms(const struct formats *f, size_t *size)
{
	*size = f->kallsyms_size;
	return f->kallsyms;
}

/* ---- compiling ------------------------------------------------------------------------------ */

static bool is_number(size_t size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

static enum field_type compile_field(const struct tep_format_field *t, struct step *s)
{
	bool is_char = strstr(t->type, "char");
	bool is_dynamic = t->flags & TEP_FIELD_IS_DYNAMIC;
	size_t element = t->elementsize;

	s->offset = (uint16_t)t->offset;
	s->size = (uint16_t)t->size;
	s->is_signed = t->flags & TEP_FIELD_IS_SIGNED;
	s->place = !is_dynamic                        ? PLACE_FIXED
		   : t->flags & TEP_FIELD_IS_RELATIVE ? PLACE_REL_LOC
						      : PLACE_DATA_LOC;
	if (!is_dynamic && !(t->flags & TEP_FIELD_IS_ARRAY)) {
		s->shape = is_number(s->size) ? SHAPE_NUMBER : SHAPE_BYTES;
		s->element = (uint8_t)(is_number(s->size) ? s->size : 1);
		return s->shape == SHAPE_BYTES ? FIELD_BLOB
		       : s->is_signed          ? FIELD_INTEGER
					       : FIELD_UNSIGNED;
	}
	s->element = (uint8_t)(is_number(element) ? element : 1);
	if (strstr(t->type, "cpumask")) {
		s->shape = SHAPE_CPUS;
		return FIELD_TEXT;
	}
	if (is_char && s->element == 1) {
		s->shape = SHAPE_TEXT;
		return FIELD_TEXT;
	}
	if (s->element == 1) { /* addresses, hashes: hex(column) shows them */
		s->shape = SHAPE_BYTES;
		return FIELD_BLOB;
	}
	s->shape = SHAPE_NUMBERS;
	return FIELD_TEXT;
}

/* A table has no room for more columns, and no kernel comes near it. */
#define MOST_FIELDS 1000

struct format *format_compile(const struct formats *formats, uint64_t id)
{
	const struct tep_event *e = find(formats, id);
	const struct tep_format_field *t;
	struct format *f;
	size_t capacity = 0;

	if (!e || e->flags & (int)TEP_EVENT_FL_FAILED || e->format.nr_fields > MOST_FIELDS)
		return NULL;
	f = xcalloc(1, sizeof(*f));
	for (t = e->format.fields; t; t = t->next) {
		struct step *s;

		if (t->offset < 0 || t->offset > UINT16_MAX || t->size < 0 || t->size > UINT16_MAX)
			continue;
		if (f->count >= capacity) {
			capacity = capacity ? 2 * capacity : 16;
			f->steps = xrealloc(f->steps, capacity, sizeof(*f->steps));
			f->fields = xrealloc(f->fields, capacity, sizeof(*f->fields));
		}
		s = &f->steps[f->count];
		*s = (struct step){ 0 };
		f->fields[f->count].name = xstrdup(t->name);
		f->fields[f->count++].type = compile_field(t, s);
		f->makes_text |= s->shape == SHAPE_NUMBERS || s->shape == SHAPE_CPUS;
		f->is_probe |= !strcmp(t->name, "__probe_ip") || !strcmp(t->name, "__probe_ret_ip");
		f->is_return |= !strcmp(t->name, "__probe_ret_ip");
	}
	return f;
}

void format_free(struct format *f)
{
	size_t i;

	if (!f)
		return;
	for (i = 0; i < f->count; i++)
		free((char *)f->fields[i].name);
	free(f->fields);
	free(f->steps);
	free(f);
}

const struct field *format_fields(const struct format *f, size_t *count)
{
	*count = f->count;
	return f->fields;
}

bool format_is_probe(const struct format *f, bool *is_return)
{
	*is_return = f->is_return;
	return f->is_probe;
}

/* ---- decoding ------------------------------------------------------------------------------- */

static int64_t number(const char *at, unsigned int size, bool is_signed)
{
	uint64_t value = 0;

	memcpy(&value, at, size);
	if (is_signed && size < 8) {
		unsigned int shift = 64 - 8 * size;

		return (int64_t)(value << shift) >> shift;
	}
	return (int64_t)value;
}

static void numbers(struct buffer *text, const struct step *s, const char *at, size_t size)
{
	size_t i;

	buffer_text(text, "[");
	for (i = 0; i + s->element <= size; i += s->element) {
		int64_t value = number(at + i, s->element, s->is_signed);

		if (s->is_signed)
			buffer_format(text, i ? ",%lld" : "%lld", (long long)value);
		else
			buffer_format(text, i ? ",%llu" : "%llu", (unsigned long long)value);
	}
	buffer_text(text, "]");
}

/* The set bits as a list of ranges, the form that the kernel uses in its files. */
static void cpus(struct buffer *text, const char *at, size_t size)
{
	size_t bits = 8 * size, i, from, begin = text->size;

	for (i = 0; i < bits; i++) {
		if (!((unsigned char)at[i / 8] >> i % 8 & 1))
			continue;
		from = i;
		while (i + 1 < bits && (unsigned char)at[(i + 1) / 8] >> (i + 1) % 8 & 1)
			i++;
		if (text->size > begin)
			buffer_text(text, ",");
		if (from == i)
			buffer_format(text, "%zu", i);
		else
			buffer_format(text, "%zu-%zu", from, i);
	}
}

/* Where the field's content lies; NULL when it is not all there. */
static const char *locate(const struct step *s, const char *raw, size_t size, size_t *length)
{
	uint32_t word;
	size_t offset;

	if ((size_t)s->offset + s->size > size)
		return NULL;
	*length = s->size;
	if (s->place == PLACE_FIXED)
		return raw + s->offset;
	if (s->size < sizeof(word))
		return NULL;
	word = half_at(raw + s->offset);
	offset = word & 0xffff;
	if (s->place == PLACE_REL_LOC)
		offset += (size_t)s->offset + sizeof(word);
	*length = word >> 16;
	return offset + *length > size ? NULL : raw + offset;
}

void format_decode(const struct format *f, const char *raw, size_t size, struct value *values,
		   struct buffer *text)
{
	size_t i, length, begin;

	if (f->makes_text) {
		buffer_clear(text);
		/* Values point into the text, so it must not move: a bit makes at most 7 characters. */
		buffer_room(text, f->count * (56 * size + 8));
	}
	for (i = 0; i < f->count; i++) {
		const struct step *s = &f->steps[i];
		struct value *v = &values[i];
		const char *at;

		if (s->place == PLACE_FIXED && s->shape == SHAPE_NUMBER) {
			v->is_null = (size_t)s->offset + s->size > size;
			if (!v->is_null)
				v->number = number(raw + s->offset, s->size, s->is_signed);
			continue;
		}
		at = locate(s, raw, size, &length);
		v->is_null = !at;
		if (!at)
			continue;
		if (s->shape == SHAPE_TEXT)
			length = strnlen(at, length);
		begin = text->size;
		if (s->shape == SHAPE_NUMBERS)
			numbers(text, s, at, length);
		else if (s->shape == SHAPE_CPUS)
			cpus(text, at, length);
		if (s->shape == SHAPE_NUMBERS || s->shape == SHAPE_CPUS) {
			at = text->data + begin;
			length = text->size - begin;
		}
		v->bytes = at;
		v->size = (uint32_t)length;
	}
}
