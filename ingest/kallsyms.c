/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A line of /proc/kallsyms (kernel/kallsyms.c, s_show()):
 *
 *     ADDRESS (16 or 8 hex digits) ' ' TYPE (a letter as in nm) ' ' NAME ['\t' '[' MODULE ']'] '\n'
 */
#include "ingest/kallsyms.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/*
 * The text has no sizes. A function ends where the next one begins, but the last one before
 * another module's code ends with its page, as in perf (symbols__fixup_end()).
 */
#define PAGE 4096

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct line {
	uint64_t addr;
	char type;
	const char *name, *module;
	size_t name_size, module_size;
};

static bool parse_line(const char *p, const char *end, struct line *l)
{
	int digits, digit;

	*l = (struct line){ 0 };
	for (digits = 0; p < end && (digit = hex_digit(*p)) >= 0; digits++, p++)
		l->addr = l->addr << 4 | (unsigned)digit;
	if (!digits || digits > 16 || end - p < 4 || p[0] != ' ' || p[2] != ' ')
		return false;
	l->type = p[1];
	l->name = p += 3;
	while (p < end && *p != '\t' && *p != ' ' && *p != '\r')
		p++;
	l->name_size = (size_t)(p - l->name);
	while (p < end && (*p == '\t' || *p == ' '))
		p++;
	l->module = p;
	l->module_size = (size_t)(end - p);
	return l->name_size > 0;
}

/* The functions of the kernel, or of one module. */
struct region {
	uint64_t last;
	const char *module;
	size_t module_size;
};

static bool is_text(char type)
{
	return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

static const char *line_end(const char *p, const char *end)
{
	const char *newline = memchr(p, '\n', (size_t)(end - p));

	return newline ? newline : end;
}

void kallsyms_parse(struct symbol_table *t, const char *text, size_t size)
{
	const char *end = text + size, *p, *next;
	size_t count = 0, capacity = 0, i;
	struct region *regions = NULL, *r;
	struct line l;

	/* Modules come one after the other, so a region is a run of lines. */
	for (p = text; p < end; p = next + 1) {
		next = line_end(p, end);
		if (!parse_line(p, next, &l) || !l.addr || !is_text(l.type))
			continue;
		r = count ? &regions[count - 1] : NULL;
		if (!r || r->module_size != l.module_size ||
		    memcmp(r->module, l.module, l.module_size)) {
			ARRAY_GROW(regions, count, capacity);
			r = &regions[count++];
			*r = (struct region){ l.addr, l.module, l.module_size };
		}
		if (l.addr > r->last)
			r->last = l.addr;
	}
	for (i = 0, p = text; p < end; p = next + 1) {
		uint64_t limit;

		next = line_end(p, end);
		if (!parse_line(p, next, &l) || !l.addr || !is_text(l.type))
			continue;
		if (regions[i].module_size != l.module_size ||
		    memcmp(regions[i].module, l.module, l.module_size))
			i++;
		limit = regions[i].last > UINT64_MAX - 2 * PAGE
				? UINT64_MAX
				: (regions[i].last + 2 * PAGE - 1) / PAGE * PAGE;
		symbol_table_add(t, l.addr, limit - l.addr, l.name, l.name_size,
				 SYMBOL_UNSIZED | (l.type == 'w' || l.type == 'W' ? SYMBOL_WEAK
						   : l.type == 't'                ? SYMBOL_LOCAL
										  : 0));
	}
	free(regions);
	symbol_table_finish(t);
}

uint64_t kallsyms_stext(const char *text, size_t size)
{
	static const char name[] = " T _stext\n";
	const char *at = memmem(text, size, name, sizeof(name) - 1), *begin;
	struct line l;

	if (!at)
		return 0;
	begin = memrchr(text, '\n', (size_t)(at - text));
	return parse_line(begin ? begin + 1 : text, at + sizeof(name) - 2, &l) ? l.addr : 0;
}
