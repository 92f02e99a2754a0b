/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine code of a Go program as ingest/go/code.h sees it, as text to hold against what others
 * say:
 *
 *     code_dump FILE
 *
 *     function ENTRY AFTER_PROLOGUE indirect|direct NAME
 *     PC SIZE FLOW TARGET|- leader|- faults|- [sp|fp OFFSET BYTES VALUE|?]
 *
 * Addresses are hex. "time" on stderr is the CPU time, without that of printing.
 */
#include <inttypes.h>
#include <stdio.h>

#include "ingest/elf_file.h"
#include "ingest/go/code.h"
#include "ingest/go/pclntab.h"
#include "tests/lib/tool.h"

static const char *const flows[] = {
	[FLOW_NEXT] = "next", [FLOW_CALL] = "call",     [FLOW_BRANCH] = "branch",
	[FLOW_JUMP] = "jump", [FLOW_RETURN] = "return", [FLOW_TRAP] = "trap",
	[FLOW_BAD] = "bad",
};

static void print_instruction(const struct instruction *i)
{
	printf("%" PRIx64 " %u %s ", i->pc, i->size, flows[i->flow]);
	if (i->target)
		printf("%" PRIx64, i->target);
	else
		printf("-");
	printf(" %s %s", i->leader ? "leader" : "-", i->faults ? "faults" : "-");
	if (i->stores_stack) {
		printf(" %s %d %u ", i->by_sp ? "sp" : "fp", i->stack_offset, i->stack_bytes);
		if (i->stack_known)
			printf("%" PRId64, i->stack_value);
		else
			printf("?");
	}
	printf("\n");
}

/* The CPU time it took to decode. */
static double print_function(struct elf_file *f, struct code *c, const struct pclntab_function *fn)
{
	size_t size = fn->end - fn->entry, count, i;
	uint64_t after;
	const unsigned char *bytes = elf_file_at(f, fn->entry, size);
	const struct instruction *list;
	double start = cpu_seconds(), took;
	bool indirect;

	if (!bytes)
		return 0;
	after = code_after_prologue(c, bytes, size, fn->entry);
	count = code_decode(c, bytes, size, fn->entry, NULL, 0, &list, &indirect);
	took = cpu_seconds() - start;
	printf("function %" PRIx64 " %" PRIx64 " %s %s\n", fn->entry, after,
	       indirect ? "indirect" : "direct", fn->name);
	for (i = 0; i < count; i++)
		print_instruction(&list[i]);
	return took;
}

static int print_program(struct elf_file *f, struct error *err)
{
	struct pclntab *p = pclntab_open(f, err);
	struct code *c = code_open(f->machine);
	struct pclntab_function fn;
	double took = 0;
	size_t i;

	if (p && !c)
		error_set(err, STATUS_UNREADABLE, "code of machine %u is not read", f->machine);
	for (i = 0; p && c && i < pclntab_count(p); i++)
		if (pclntab_function(p, i, &fn))
			took += print_function(f, c, &fn);
	fprintf(stderr, "time %.3f s\n", took);
	code_close(c);
	pclntab_close(p);
	return err->text[0] ? -1 : 0;
}

int main(int argc, char **argv)
{
	return tool_main(argc, argv, print_program);
}
