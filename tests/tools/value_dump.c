/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ingest/go/type_name.h and ingest/go/dropped.h tell about one file:
 *
 *     value_dump FILE
 *
 *     types BEGIN END                       of the runtime's type descriptors; 0 0: not known
 *     drops ADDR 1|0|-1 FUNCTION            for the return address of each call of runtime.gorecover
 *     type ADDR other|string|signed|unsigned|bool SIZE NAME   of each address on stdin; NAME "?": none
 *
 * Addresses are hexadecimal.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/go/type_name.h"
#include "ingest/program.h"

static uint64_t entry_of(struct pclntab *p, const char *name)
{
	struct pclntab_function f;
	size_t i;

	for (i = 0; i < pclntab_count(p); i++)
		if (pclntab_function(p, i, &f) && !strcmp(f.name, name))
			return f.entry;
	return 0;
}

static void dump_drops(struct program *p)
{
	uint64_t gorecover = entry_of(p->pclntab, "runtime.gorecover");
	const struct instruction *list;
	struct pclntab_function f;
	size_t i, n, count, calls;

	for (i = 0; gorecover && i < pclntab_count(p->pclntab); i++) {
		uint64_t behind[64];

		if (!pclntab_function(p->pclntab, i, &f))
			continue;
		count = program_decode(p, f.entry, f.end, &list, NULL);
		for (n = calls = 0; n + 1 < count && calls < 64; n++)
			if (list[n].flow == FLOW_CALL && list[n].target == gorecover)
				behind[calls++] = list[n + 1].pc;
		for (n = 0; n < calls; n++)
			printf("drops %" PRIx64 " %d %s\n", behind[n],
			       program_drops(p, f.entry, f.end, behind[n]), f.name);
	}
}

static void dump_types(struct program *p)
{
	static const char *const shapes[] = {
		[VALUE_OTHER] = "other",       [VALUE_STRING] = "string", [VALUE_SIGNED] = "signed",
		[VALUE_UNSIGNED] = "unsigned", [VALUE_BOOL] = "bool",
	};
	struct go_type t;
	char line[64];

	while (fgets(line, sizeof(line), stdin)) {
		uint64_t at = strtoull(line, NULL, 16);

		if (go_type_read(&p->elf, pclntab_info(p->pclntab), at, &t))
			printf("type %" PRIx64 " %s %d %.*s\n", at, shapes[t.shape], t.size,
			       (int)t.name_size, t.name);
		else
			printf("type %" PRIx64 " other 0 ?\n", at);
	}
}

int main(int argc, char **argv)
{
	struct error err = { 0 };
	struct program p;

	if (argc != 2)
		return 2;
	if (program_open(&p, argv[1], NULL, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 4;
	}
	if (!program_pclntab(&p)) {
		fprintf(stderr, "there is no table of Go's functions in it\n");
		program_close(&p);
		return 4;
	}
	printf("types %" PRIx64 " %" PRIx64 "\n", pclntab_info(p.pclntab)->types,
	       pclntab_info(p.pclntab)->etypes);
	dump_drops(&p);
	dump_types(&p);
	program_close(&p);
	return 0;
}
