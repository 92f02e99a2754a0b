/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/probe/cmd_probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/options.h"
#include "ingest/probe/plan.h"

#define OUTPUT "perf.data"

static enum probe_level level_of(const char *word)
{
	return !strcmp(word, "minimal") ? LEVEL_MINIMAL
	       : !strcmp(word, "full")  ? LEVEL_FULL
					: LEVEL_DEFAULT;
}

static char *record_line(const struct words *words, const struct plan_request *r)
{
	struct buffer line = { 0 };

	words_put(&line, words);
	if (!r->pid)
		buffer_text(&line, " -- COMMAND");
	return line.data;
}

static char *remove_line(const struct plan *p)
{
	return xasprintf("perf probe -d '%s:*'", p->group);
}

/* Lines for uprobe_events, which takes what follows a # for a comment; or commands, with --perf. */
static void print_lines(const struct plan *p, bool perf, const char *record, const char *remove)
{
	size_t i;

	/* The kernel takes what one write() brings for whole lines. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < p->point_count; i++)
		if (perf)
			printf("perf probe %s\n", p->points[i].perf);
		else
			printf("%s\n", p->points[i].definition);
	printf("# to record: %s\n", record);
	printf("# to remove the probes: %s\n", remove);
}

static void point_json(struct json *j, const struct probe_point *p)
{
	json_open(j, NULL, '{');
	json_text(j, "event", p->event);
	json_text(j, "function", p->function);
	json_int(j, "pc", (int64_t)p->pc);
	json_int(j, "file_offset", (int64_t)p->file_offset);
	json_text(j, "args", p->args);
	json_text(j, "definition", p->definition);
	json_text(j, "perf_probe", p->perf);
	json_text(j, "tells", p->tells);
	json_text(j, "spec", p->spec);
	json_int(j, "place", (int64_t)p->place);
	json_int(j, "exact", p->exact);
	json_close(j, '}');
}

static void print_json(const struct plan *p, const char *level, const struct words *words,
		       const char *record, const char *remove)
{
	struct json j = { .out = stdout };
	size_t i;

	json_open(&j, NULL, '{');
	json_int(&j, "schema_version", JSON_VERSION);
	json_text(&j, "binary", p->binary);
	json_text(&j, "go_version", p->go_version);
	json_text(&j, "layout", p->layout);
	json_text(&j, "group", p->group);
	json_text(&j, "level", level);
	json_open(&j, "probes", '[');
	for (i = 0; i < p->point_count; i++)
		point_json(&j, &p->points[i]);
	json_close(&j, ']');
	json_open(&j, "notes", '[');
	for (i = 0; i < p->note_count; i++)
		json_text(&j, NULL, p->notes[i]);
	json_close(&j, ']');
	json_open(&j, "perf_record", '[');
	for (i = 0; i < words->count; i++)
		json_text(&j, NULL, words->items[i]);
	json_close(&j, ']');
	json_text(&j, "perf_record_line", record);
	json_text(&j, "remove", remove);
	json_close(&j, '}');
}

static bool has_probe(const struct plan *p, const char *spec)
{
	size_t i;

	for (i = 0; i < p->point_count; i++)
		if (p->points[i].spec && !strcmp(p->points[i].spec, spec))
			return true;
	return false;
}

static int show(const struct plan *p, const struct plan_request *r, const char *level, bool perf,
		bool json)
{
	const struct record_request to_record = { .output = OUTPUT, .pid = r->pid };
	struct words words;
	char *record, *remove = remove_line(p);
	int status = STATUS_OK;
	size_t i;

	plan_record_words(p, &to_record, &words);
	record = record_line(&words, r);
	if (json)
		print_json(p, level, &words, record, remove);
	else
		print_lines(p, perf, record, remove);
	for (i = 0; i < p->note_count && !json; i++)
		fprintf(stderr, "gotrace: %s\n", p->notes[i]);
	for (i = 0; i < r->spec_count; i++)
		if (!has_probe(p, r->specs[i]))
			status = STATUS_MISSING;
	words_free(&words);
	free(record);
	free(remove);
	return status;
}

static int run(const struct plan_request *r, const char *level, bool perf, bool json)
{
	struct error err = { 0 };
	struct plan plan;
	int status;

	if (plan_make(&plan, r, &err))
		return error_say(&err);
	status = show(&plan, r, level, perf, json);
	plan_free(&plan);
	if (fflush(stdout) || ferror(stdout)) {
		error_set(&err, STATUS_UNREADABLE, "standard output: %m");
		return error_say(&err);
	}
	return status;
}

int cmd_probe(int argc, char **argv)
{
	const char *level = "default", *group = NULL;
	struct texts specs = { 0 }, operands = { 0 };
	bool perf = false, json = false;
	int64_t pid = 0;
	const struct option_def defs[] = {
		{ 'b', "breakpoint", "SPEC", "a probe beside this breakpoint, too", OPTION_LIST,
		  &specs },
		{ 0, "level", "minimal|default|full",
		  "panics and exits; and goroutines, defers and waits; and every change of state",
		  OPTION_CHOICE, &level },
		{ 'p', "pid", "PID", "the program that this process executes", OPTION_NUMBER,
		  &pid },
		{ 0, "group", "NAME", "of the events (default: probe_ and the program's name)",
		  OPTION_TEXT, &group },
		{ 0, "perf", NULL, "perf probe commands instead of lines for uprobe_events",
		  OPTION_FLAG, &perf },
		{ 0, "json", NULL, "one JSON object instead of text", OPTION_FLAG, &json },
		{ 0 },
	};
	const struct command_line line = {
		.name = "gotrace probe",
		.example = "gotrace probe ./app -b main.go:42 >>/sys/kernel/tracing/uprobe_events",
		.synopsis = "[-b SPEC]... [--level LEVEL] [--perf|--json] [--group NAME] "
			    "BINARY | -p PID",
		.text = "Prints the probes that tell what a Go program does: lines for uprobe_events of\n"
			"tracefs and, as comments, the perf record command that goes with them and the\n"
			"one that removes them. It changes nothing. No probe stands where a debugger\n"
			"would stop. SPEC is FILE.go:LINE, package.Function, package.(*Type).Method,\n"
			"panic, fatal or 0xADDRESS.",
		.options = defs,
		.min = 0,
		.max = 1,
	};
	struct plan_request request = { 0 };
	int status;

	if (options_parse(&line, argc, argv, &operands, &status)) {
		request.binary = operands.count ? operands.items[0] : NULL;
		request.pid = (int32_t)pid;
		request.specs = specs.items;
		request.spec_count = specs.count;
		request.level = level_of(level);
		request.group = group;
		if (perf && json)
			status = options_wrong(line.name, "--perf and --json exclude each other");
		else if (pid < 0 || pid > INT32_MAX)
			status = options_wrong(line.name, "-p %lld is no process", (long long)pid);
		else if (!pid == !request.binary)
			status = options_wrong(line.name,
					       "name a program, or a process with -p PID");
		else
			status = run(&request, level, perf, json);
	}
	texts_free(&specs);
	texts_free(&operands);
	return status;
}
