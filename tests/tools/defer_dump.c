/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The defer statements that ingest/go/defer_site.h finds in a program, as text to hold against what
 * others say:
 *
 *     defer_dump FILE
 *
 *     heap|stack|range|open FUNCTION FILE:LINE PC DEFERRETURN
 *
 * Addresses are hex. "time" on stderr is the CPU time, without that of reading pclntab.
 */
#include <inttypes.h>
#include <stdio.h>

#include "ingest/elf_file.h"
#include "ingest/go/code.h"
#include "ingest/go/defer_site.h"
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

static int print_sites(struct elf_file *f, struct error *err)
{
	struct pclntab *p = pclntab_open(f, err);
	struct code *c = code_open(f->machine);
	struct defer_targets targets;
	double start;
	size_t i;

	if (p && c) {
		start = cpu_seconds();
		defer_targets(p, &targets);
		for (i = 0; i < pclntab_count(p); i++)
			defer_sites(f, p, c, &targets, i, print_site, NULL);
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
