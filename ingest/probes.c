/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A line of tracefs uprobe_events (kernel/trace/trace_uprobe.c, trace_uprobe_show() and
 * __trace_uprobe_create()):
 *
 *     {p|r}[MAXACTIVE]:[GROUP/]EVENT PATH:OFFSET[(REF_CTR)][%return] [ARG]...
 *
 * OFFSET and REF_CTR as the kernel prints them are 0x and hex digits; decimal is read too. A group
 * that is not told is "uprobes". PATH may hold anything but white space; the last colon ends it.
 */
#include "ingest/probes.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define DEFAULT_GROUP "uprobes"
#define MOST_COST_NS 1000000000 /* no hit takes a second */

static const char *skip_spaces(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

static size_t word_size(const char *p)
{
	return strcspn(p, " \t");
}

/* "0x32640", "0x32640(0x8)", "0x32640%return": the offset, and the flag at the end. */
static bool parse_offset(const char *p, const char *end, struct probe_line *l)
{
	char *after;

	if (p >= end || !isdigit((unsigned char)*p))
		return false;
	errno = 0;
	l->file_offset = strtoull(p, &after, 0);
	if (errno || after > end)
		return false;
	if (*after == '(') {
		after = memchr(after, ')', (size_t)(end - after));
		if (!after)
			return false;
		after++;
	}
	if (end - after == 7 && !memcmp(after, "%return", 7)) {
		l->is_return = true;
		return true;
	}
	return after == end;
}

static bool parse_line(const char *text, struct probe_line *l)
{
	const char *p = skip_spaces(text), *name, *end, *slash, *colon;

	*l = (struct probe_line){ 0 };
	if (*p != 'p' && *p != 'r')
		return false;
	l->is_return = *p == 'r';
	for (p++; isdigit((unsigned char)*p); p++)
		;
	if (*p != ':')
		return false;
	name = p + 1;
	end = name + word_size(name);
	slash = memchr(name, '/', (size_t)(end - name));
	p = skip_spaces(end);
	colon = memrchr(p, ':', word_size(p));
	if (end == name || slash == name || slash == end - 1 || !colon || colon == p ||
	    !parse_offset(colon + 1, p + word_size(p), l))
		return false;
	/* A kprobe is written "p:GROUP/EVENT [MODULE:]SYMBOL+0x10": never an absolute path. */
	if (*p != '/')
		return false;
	l->event = slash ? xasprintf("%.*s:%.*s", (int)(slash - name), name, (int)(end - slash - 1),
				     slash + 1)
			 : xasprintf(DEFAULT_GROUP ":%.*s", (int)(end - name), name);
	l->path = xstrndup(p, (size_t)(colon - p));
	l->definition = xstrdup(text);
	return true;
}

/* "# cost_ns 2712" about the line that follows; 0: some other comment, or a number that cannot be. */
static int64_t parse_cost(const char *text)
{
	static const char mark[] = "# cost_ns ";
	long long ns;
	char *end;

	if (strncmp(text, mark, sizeof(mark) - 1) ||
	    !isdigit((unsigned char)text[sizeof(mark) - 1]))
		return 0;
	errno = 0;
	ns = strtoll(text + sizeof(mark) - 1, &end, 10);
	return errno || *end || ns > MOST_COST_NS ? 0 : ns;
}

int probes_read(const char *path, struct probe_line **lines, size_t *count, size_t *skipped,
		struct error *err)
{
	size_t capacity = 0, room = 0;
	int64_t cost = 0;
	struct probe_line l;
	char *text = NULL;
	int ret = 0;
	ssize_t n;
	FILE *in;

	*lines = NULL;
	*count = 0;
	*skipped = 0;
	in = fopen(path, "re");
	if (!in)
		return error_set(err, STATUS_UNREADABLE, "cannot open the probes file %s: %m",
				 path);
	while ((n = getline(&text, &room, in)) >= 0) {
		while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
			text[--n] = '\0';
		/* The kernel takes what follows a # for a comment, too. */
		if ((!*skip_spaces(text) && (size_t)n == strlen(text)) || *text == '#') {
			cost = (size_t)n == strlen(text) ? parse_cost(text) : 0;
			continue;
		}
		/* A line with a NUL in it would be cut there, and so be something else. */
		if ((size_t)n == strlen(text) && parse_line(text, &l)) {
			l.cost_ns = cost;
			ARRAY_GROW(*lines, *count, capacity);
			(*lines)[(*count)++] = l;
		} else {
			(*skipped)++;
		}
		cost = 0;
	}
	if (ferror(in)) {
		probes_free(*lines, *count);
		*lines = NULL;
		*count = 0;
		ret = error_set(err, STATUS_UNREADABLE, "cannot read the probes file %s: %m", path);
	}
	free(text);
	fclose(in);
	return ret;
}

void probes_free(struct probe_line *lines, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		free(lines[i].event);
		free(lines[i].path);
		free(lines[i].definition);
	}
	free(lines);
}
