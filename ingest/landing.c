/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/landing.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void landings_clear(struct landings *p)
{
	p->row_count = 0;
	p->count = 0;
	p->stretch_count = 0;
}

void landings_free(struct landings *p)
{
	free(p->rows);
	free(p->list);
	free(p->stretches);
	*p = (struct landings){ 0 };
}

void landings_row(struct landings *p, const struct line_row *row)
{
	ARRAY_GROW(p->rows, p->row_count, p->row_capacity);
	p->rows[p->row_count++] = *row;
}

void landings_add(struct landings *p, const struct landing *place)
{
	if (!place->file || place->line <= 0)
		return;
	ARRAY_GROW(p->list, p->count, p->capacity);
	p->list[p->count++] = *place;
}

static bool same_file(const char *a, const char *b)
{
	return a == b || !strcmp(a, b);
}

static bool same_line(const struct line_row *a, const struct line_row *b)
{
	return a->copy == b->copy && a->line == b->line && same_file(a->file, b->file);
}

/* Where a statement begins, a stretch does too: control may come in there from elsewhere. */
static void add_stretch(struct landings *p, const struct line_row *r, const char *function)
{
	struct stretch *last = p->stretch_count ? &p->stretches[p->stretch_count - 1] : NULL;

	if (last && last->end == r->pc && r->is_stmt != 1 && last->line == r->line &&
	    last->inlined == (r->copy != 0) && last->function == function &&
	    same_file(last->file, r->file)) {
		last->end = r->end;
		return;
	}
	ARRAY_GROW(p->stretches, p->stretch_count, p->stretch_capacity);
	p->stretches[p->stretch_count++] = (struct stretch){
		.function = function,
		.file = r->file,
		.line = r->line,
		.pc = r->pc,
		.end = r->end,
		.inlined = r->copy != 0,
		.is_stmt = r->is_stmt,
	};
}

/* By copy, line and file; in each group the one that a breakpoint gets comes first. */
static int compare_rows(const void *a, const void *b)
{
	const struct line_row *x = a, *y = b;

	if (x->copy != y->copy)
		return x->copy < y->copy ? -1 : 1;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->file != y->file) {
		int diff = strcmp(x->file, y->file);

		if (diff)
			return diff;
	}
	if (x->is_stmt != y->is_stmt)
		return x->is_stmt > y->is_stmt ? -1 : 1;
	return (x->pc > y->pc) - (x->pc < y->pc);
}

void landings_lines(struct landings *p, uint64_t entry, uint64_t line_entry,
		    const char *(*name)(void *arg, uint32_t copy), void *arg)
{
	size_t i;

	if (!p->row_count)
		return;
	for (i = 0; i < p->row_count; i++) {
		const struct line_row *r = &p->rows[i];
		const char *function = r->copy ? name(arg, r->copy) : NULL;

		if (r->line > 0 && r->pc < r->end && (!r->copy || function))
			add_stretch(p, r, function);
	}
	qsort(p->rows, p->row_count, sizeof(*p->rows), compare_rows);
	for (i = 0; i < p->row_count; i++) {
		const struct line_row *r = &p->rows[i];
		struct landing place = {
			.function = r->copy ? name(arg, r->copy) : NULL,
			.file = r->file,
			.line = r->line,
			.pc = !r->copy && r->pc == entry ? line_entry : r->pc,
			.inlined = r->copy != 0,
			.is_stmt = r->is_stmt,
			.is_line = true,
		};

		if ((i && same_line(&r[-1], r)) || (r->copy && !place.function))
			continue;
		landings_add(p, &place);
	}
}

static int compare_places(const void *a, const void *b)
{
	const struct landing *x = a, *y = b;
	int diff;

	if (x->pc != y->pc)
		return x->pc < y->pc ? -1 : 1;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->inlined != y->inlined)
		return x->inlined ? 1 : -1;
	diff = x->inlined ? strcmp(x->function, y->function) : 0;
	if (!diff && x->file != y->file)
		diff = strcmp(x->file, y->file);
	return diff ? diff : x->is_call - y->is_call;
}

void landings_finish(struct landings *p)
{
	size_t i, n = 0;

	if (!p->count)
		return;
	qsort(p->list, p->count, sizeof(*p->list), compare_places);
	for (i = 0; i < p->count; i++) {
		struct landing *last = n ? &p->list[n - 1] : NULL;
		const struct landing *place = &p->list[i];

		if (last && !compare_places(last, place)) {
			if (place->is_stmt > last->is_stmt)
				last->is_stmt = place->is_stmt;
			last->is_entry |= place->is_entry;
			last->is_line |= place->is_line;
		} else {
			p->list[n++] = *place;
		}
	}
	p->count = n;
}
