/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The defer statements that ingest/go/defer_site.h finds in a program, as text to hold against what
 * others say:
 *
 *     defer_dump FILE
 *
 *     heap|stack|range|open FUNCTION FILE:LINE PC DEFERRETURN
 *
 * and the calls that run those that are open-coded, by ingest/go/open_defer.h; TARGET is 0 where a
 * register tells, LINE and what follows is - where it is not known which one is run:
 *
 *     exit FUNCTION FILE:LINE PC TARGET SLOT MAY MUST
 *
 * Addresses are hex. "time" on stderr is the CPU time, without that of reading pclntab.
 */
#include <inttypes.h>
#include <stdio.h>

#include "ingest/elf_file.h"
#include "ingest/go/code.h"
#include "ingest/go/defer_site.h"
#include "ingest/go/open_defer.h"
#include "ingest/go/pclntab.h"
#include "tests/lib/tool.h"

static int print_site(void *arg, const struct defer_site *s)
{
	static const char *const kinds[] = {
		[DEFER_HEAP] = "heap",
		[DEFER_STACK] = "stack",
		[DEFER_RANGE] = "range",
		[DEFER_OPEN] = "open",
	};

	(void)arg;
	printf("%s %s %s:%" PRId64 " %" PRIx64 " %" PRIx64 "\n", kinds[s->kind], s->in,
	       s->file ? s->file : "?", s->line, s->pc, s->deferreturn);
	return 0;
}

static void print_exits(const struct open_defers *o, const char *function)
{
	size_t i;

	for (i = 0; i < o->point_count; i++) {
		const struct open_point *at = &o->points[i];
		const struct defer_site *s = at->runs >= 0 ? &o->sites[at->runs] : NULL;

		if (at->runs == RUNS_NONE)
			continue;
		printf("exit %s ", function);
		if (s && s->file)
			printf("%s:%" PRId64, s->file, s->line);
		else
			printf("-");
		printf(" %" PRIx64 " %" PRIx64 " %d %02x %02x\n", at->pc, at->target, at->runs,
		       at->may, at->must);
	}
}

static int print_sites(struct elf_file *f, struct error *err)
{
	struct pclntab *p = pclntab_open(f, err);
	struct code *c = code_open(f->machine);
	struct pclntab_function function;
	struct defer_targets targets;
	struct open_defers open;
	double start;
	size_t i;

	if (p && c) {
		start = cpu_seconds();
		defer_targets(p, &targets);
		for (i = 0; i < pclntab_count(p); i++)
			defer_sites(f, p, c, &targets, i, print_site, NULL);
		for (i = 0; i < pclntab_count(p); i++)
			if (open_defers_read(f, p, c, &targets, i, &open)) {
				if (pclntab_function(p, i, &function))
					print_exits(&open, function.name);
				open_defers_free(&open);
			}
		fprintf(stderr, "time %.3f s\n", cpu_seconds() - start);
	} else if (p) {
		error_set(err, STATUS_UNREADABLE, "code of machine %u is not read", f->machine);
	}
	code_close(c);
	pclntab_close(p);
	return err->text[0] ? -1 : 0;
}

int main(int argc, char **argv)
{
	return tool_main(argc, argv, print_sites);
}
