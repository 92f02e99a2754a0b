/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of commands.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "ingest/cmd_ingest.h"
#include "ingest/probe/cmd_probe.h"
#include "ingest/probe/cmd_record.h"
#include "query/commands.h"

static const struct command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "probe", "which probes to set in a program", cmd_probe },
	{ "record", "set probes, run perf record and a program, remove the probes", cmd_record },
	{ "ingest", "make a database from a recording of perf", cmd_ingest },
	{ "info", "what was recorded, and how far it can be trusted", cmd_info },
	{ "explain", "why a breakpoint was or was not seen", cmd_explain },
	{ "defers", "deferred calls and panics of each goroutine, in their order", cmd_defers },
	{ "query", "ask the database in SQL, or by the name of a query", cmd_query },
	{ "schema", "the tables and views of the database, with comments", cmd_schema },
};

static void help(FILE *out)
{
	fputs("Example:\n"
	      "  gotrace ingest perf.data && gotrace explain main.go:42\n"
	      "\n"
	      "Usage: gotrace COMMAND [OPTION...] [ARGUMENT...]\n"
	      "\n"
	      "Reads what perf record wrote about a Go program and explains, with proof, why a breakpoint,\n"
	      "a panic or a defer was not seen.\n"
	      "\n"
	      "Commands (each has --help):\n",
	      out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  %-10s%s\n", commands[i].name, commands[i].summary);
	fputs("\n"
	      "Options:\n"
	      "  -h, --help      show this text and exit\n"
	      "      --version   show the version and exit\n",
	      out);
}

/* Insertions, deletions and replacements that lead from one word to the other. */
static size_t distance(const char *a, const char *b)
{
	size_t row[32], diagonal, n = strlen(b);

	if (n + 1 > ARRAY_SIZE(row))
		return n;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[n];
}

static int unknown(const char *name)
{
	const struct command *near = &commands[0];

	for (size_t i = 1; i < ARRAY_SIZE(commands); i++)
		if (distance(name, commands[i].name) < distance(name, near->name))
			near = &commands[i];
	fprintf(stderr, "gotrace: there is no command \"%s\".", name);
	if (distance(name, near->name) <= 2)
		fprintf(stderr, " Did you mean: gotrace %s", near->name);
	fputs("\nTry: gotrace --help\n", stderr);
	return STATUS_USAGE;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		help(stderr);
		return STATUS_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		help(stdout);
		return STATUS_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("gotrace " GOTRACE_VERSION);
		return STATUS_OK;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	return unknown(argv[1]);
}
