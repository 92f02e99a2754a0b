/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/cmd_ingest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/options.h"
#include "ingest/ingest.h"
#include "model/output.h"

char *ingest_output_name(const char *recording)
{
	size_t size = strlen(recording), suffix = strlen(".data");

	if (!strcmp(recording, "-"))
		return xstrdup("perf.db");
	while (size > 1 && recording[size - 1] == '/')
		size--;
	if (size > suffix && !strncmp(recording + size - suffix, ".data", suffix))
		size -= suffix;
	return xasprintf("%.*s.db", (int)size, recording);
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	return xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static void show_progress(double done)
{
	fprintf(stderr, "\r%3.0f %%", 100 * done);
}

static void end_progress(void)
{
	fputs("\r     \r", stderr);
}

static enum lines lines_of(const char *word)
{
	return !strcmp(word, "all") ? LINES_ALL : !strcmp(word, "none") ? LINES_NONE : LINES_MAIN;
}

static int load(const char *recording, const char *db, const struct ingest_options *options,
		const struct texts *specs)
{
	struct ingest_result result = { 0 };
	struct output *output;
	struct error err = { 0 };
	int rc;

	output = output_open(db, &err);
	if (!output)
		return error_say(&err);
	rc = ingest(recording, options, output_model(output), &result, &err);
	if (rc)
		output_abandon(output);
	else
		rc = output_finish(output, specs->items, specs->count, &err);
	if (options->progress)
		end_progress();
	if (rc)
		return error_say(&err);
	if (result.damaged)
		fprintf(stderr, "gotrace: %s: %s; loaded as far as it goes\n", recording,
			result.damage);
	fprintf(stderr,
		"%s: %llu events; `gotrace info -i %s` says what they are and how far to trust them\n",
		db, (unsigned long long)result.events, db);
	return result.damaged ? STATUS_DAMAGED : STATUS_OK;
}

int cmd_ingest(int argc, char **argv)
{
	const char *db = NULL, *lines = "main";
	struct texts binaries = { 0 }, specs = { 0 }, operands = { 0 };
	struct ingest_options options = { 0 };
	const struct option_def defs[] = {
		{ 'o', "output", "DB", "the database (default: RECORDING with .db for .data)",
		  OPTION_TEXT, &db },
		{ 0, "binary", "FILE", "the traced program, when it is not where it was recorded",
		  OPTION_LIST, &binaries },
		{ 0, "symfs", "DIR", "look for binaries below this folder", OPTION_TEXT,
		  &options.symbols.symfs },
		{ 0, "kallsyms", "FILE", "a copy of /proc/kallsyms of the recorded kernel",
		  OPTION_TEXT, &options.symbols.kallsyms },
		{ 0, "probes", "FILE",
		  "lines of tracefs uprobe_events (default: RECORDING.probes if it is there)",
		  OPTION_TEXT, &options.probes },
		{ 0, "lines", "main|all|none",
		  "store where breakpoints can land: in the main module (the default), everywhere, "
		  "nowhere",
		  OPTION_CHOICE, &lines },
		{ 'b', "breakpoint", "SPEC", "store the verdict on this breakpoint, too",
		  OPTION_LIST, &specs },
		{ 0 },
	};
	const struct command_line line = {
		.name = "gotrace ingest",
		.example = "gotrace ingest perf.data",
		.synopsis =
			"[-o DB] [--binary FILE]... [--symfs DIR] [--kallsyms FILE] [--probes FILE]\n"
			"               [--lines main|all|none] [-b SPEC]... RECORDING|-",
		.text = "Reads what `perf record` wrote and makes one SQLite database of it. RECORDING is\n"
			"a perf.data file, a folder of `perf record --threads`, or - for a pipe on\n"
			"standard input. A damaged recording is loaded as far as it goes (exit status 3).",
		.options = defs,
		.min = 1,
		.max = 1,
	};
	char *made = NULL;
	int status;

	if (options_parse(&line, argc, argv, &operands, &status)) {
		made = db ? xstrdup(db) : ingest_output_name(operands.items[0]);
		options.spool_dir = folder_of(made);
		options.symbols.binaries = binaries.items;
		options.symbols.binary_count = binaries.count;
		options.symbols.lines = lines_of(lines);
		if (isatty(STDERR_FILENO))
			options.progress = show_progress;
		status = load(operands.items[0], made, &options, &specs);
		free((char *)options.spool_dir);
		free(made);
	}
	texts_free(&binaries);
	texts_free(&specs);
	texts_free(&operands);
	return status;
}
