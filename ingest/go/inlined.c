/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/go/inlined.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct reader {
	struct inlined_copies *in;
	struct map by_text; /* names by where they lie in the file, to their numbers */
	bool (*wanted)(void *arg, const char *function);
	void *arg;
	bool found; /* the function at hand holds a copy of one that is wanted */
};

static struct inlined_function *function_of(struct reader *r, const char *name)
{
	struct inlined_copies *in = r->in;
	uint64_t *number = map_put(&r->by_text, (uint64_t)(uintptr_t)name, 0, NULL);
	size_t before = in->names.count;

	if (!*number) {
		*number = intern(&in->names, name, strlen(name));
		if (in->names.count != before) {
			ARRAY_GROW(in->functions, before, in->capacity);
			in->functions[before] =
				(struct inlined_function){ .wanted = r->wanted(r->arg, name) };
		}
	}
	return &in->functions[*number - 1];
}

static void add_copy(void *reader, int32_t number, const char *name, int64_t start_line)
{
	struct reader *r = reader;
	struct inlined_function *f = function_of(r, name);

	(void)number;
	f->copies++;
	if (!f->start_line)
		f->start_line = start_line;
	r->found |= f->wanted;
}

void inlined_read(struct inlined_copies *in, const struct pclntab *p,
		  bool (*wanted)(void *arg, const char *function), void *arg)
{
	struct reader r = { .in = in, .wanted = wanted, .arg = arg };
	size_t count = pclntab_count(p), i;

	*in = (struct inlined_copies){ 0 };
	in->hosts = xcalloc(count + 1, sizeof(*in->hosts));
	for (i = 0; i < count; i++) {
		r.found = false;
		pclntab_each_copy(p, i, add_copy, &r);
		in->hosts[i] = r.found;
	}
	map_free(&r.by_text);
}

void inlined_free(struct inlined_copies *in)
{
	intern_free(&in->names);
	free(in->functions);
	free(in->hosts);
	*in = (struct inlined_copies){ 0 };
}

const struct inlined_function *inlined_find(const struct inlined_copies *in, const char *function)
{
	uint32_t number = intern_find(&in->names, function, strlen(function));

	return number ? &in->functions[number - 1] : NULL;
}
