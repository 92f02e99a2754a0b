/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/probe/cmd_record.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/options.h"
#include "ingest/cmd_ingest.h"
#include "ingest/probe/hit_cost.h"
#include "ingest/probe/plan.h"
#include "ingest/probe/run.h"
#include "ingest/probe/tracefs.h"

#define PATIENCE_MS 5000 /* for the kernel to let go of a probe when perf has ended */

struct record {
	/* what was asked for */
	struct texts specs, command; /* the command ends with NULL, which is not counted */
	const char *output, *level, *group, *binary;
	int64_t pid;
	bool no_switches;

	char *file;         /* that the command runs; NULL with a pid */
	const char *target; /* the program to probe; NULL with a pid */
	char *folder;       /* tracefs */
	char *own_group;
	struct plan plan; /* the points that were set come first */
	size_t set;
	struct hit_cost cost;
	bool has_cost;
	struct run run;
	struct stat old; /* the recording that was there before; st_ino 0: none */
};

/* ---- what to probe ---------------------------------------------------------------------------- */

/* The program: the file that the command runs, or the one that the user names. */
static int find_target(struct record *r, struct error *err)
{
	const char *name = r->command.items[0];

	r->file = run_find(name);
	r->target = r->binary ? r->binary : r->file;
	if (r->file)
		return 0;
	return error_set(err, STATUS_UNREADABLE, "%s: there is no such program%s", name,
			 strchr(name, '/') ? "" : " in PATH");
}

static bool is_script(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char start[2] = { 0 };
	ssize_t n = fd < 0 ? -1 : read(fd, start, sizeof(start));

	if (fd >= 0)
		close(fd);
	return n == 2 && start[0] == '#' && start[1] == '!';
}

static enum probe_level level_of(const char *word)
{
	return !strcmp(word, "minimal") ? LEVEL_MINIMAL
	       : !strcmp(word, "full")  ? LEVEL_FULL
					: LEVEL_DEFAULT;
}

static int make_plan(struct record *r, struct error *err)
{
	const struct plan_request request = {
		.binary = r->target,
		.pid = (int32_t)r->pid,
		.specs = r->specs.items,
		.spec_count = r->specs.count,
		.level = level_of(r->level),
		.group = r->group ? r->group : r->own_group,
	};

	if (r->target && is_script(r->target))
		return error_set(err, STATUS_UNREADABLE,
				 "%s is a script. Name the Go program that it runs: --binary FILE",
				 r->target);
	if (!plan_make(&r->plan, &request, err))
		return 0;
	if (r->target && !r->binary && err->status == STATUS_UNREADABLE) {
		size_t size = strlen(err->text);

		snprintf(err->text + size, sizeof(err->text) - size,
			 "\nIf %s starts the Go program, name that one: --binary FILE",
			 r->command.items[0]);
	}
	return -1;
}

/* ---- the probes ------------------------------------------------------------------------------- */

/* A group that has probes already is somebody's, and would lose them to us at the end. */
static int check_group(const struct record *r, struct error *err)
{
	struct tracefs_probes probes;
	int rc = tracefs_read(r->folder, r->plan.group, &probes, err);

	if (!rc && probes.count)
		rc = error_set(err, STATUS_USAGE,
			       "the group %s has probes already; choose another one with --group",
			       r->plan.group);
	tracefs_free(&probes);
	return rc;
}

/* What the kernel refuses is told and left out, and moves behind those that were set. */
static int set_probes(struct record *r, struct error *err)
{
	struct plan *p = &r->plan;

	for (size_t i = 0; i < p->point_count; i++) {
		struct probe_point point = p->points[i];

		if (tracefs_add(r->folder, point.definition, err)) {
			fprintf(stderr, "gotrace: %s\n", err->text);
			continue;
		}
		p->points[i] = p->points[r->set];
		p->points[r->set++] = point;
	}
	if (r->set)
		return 0;
	return error_set(err, STATUS_UNREADABLE, "no probe could be set in %s", p->binary);
}

/* Writes a file that is there as a whole or not at all. */
static int write_file(const char *path, const struct buffer *text, struct error *err)
{
	char *temporary = xasprintf("%s.XXXXXX", path);
	int fd = mkostemp(temporary, O_CLOEXEC), rc = 0;

	if (fd < 0 || write(fd, text->data, text->size) != (ssize_t)text->size ||
	    rename(temporary, path)) {
		rc = error_set(err, STATUS_UNREADABLE, "cannot write %s: %m", path);
		if (fd >= 0)
			unlink(temporary);
	}
	if (fd >= 0)
		close(fd);
	free(temporary);
	return rc;
}

/* What a hit of the probe costs, in a line before its own: "# cost_ns 2712". */
static void add_cost(struct buffer *text, const struct record *r, const char *event)
{
	for (size_t i = 0; r->has_cost && i < r->set; i++) {
		const struct probe_point *p = &r->plan.points[i];

		if (!strcmp(p->event, event)) {
			buffer_format(text, "# cost_ns %lld\n",
				      (long long)hit_cost_of(&r->cost, p->emulated, p->args));
			return;
		}
	}
}

static void add_probes(struct buffer *text, const struct record *r,
		       const struct tracefs_probes *probes, bool with_hits)
{
	const struct tracefs_probe *p = probes->items, *end = p + probes->count;

	for (; p < end; p++) {
		add_cost(text, r, p->event);
		buffer_format(text, "%s\n", p->definition);
	}
	for (p = probes->items; with_hits && p < end; p++)
		if (p->hits >= 0)
			buffer_format(text, "# hits %s %lld\n", p->event, (long long)p->hits);
}

/*
 * The probes of the recording as the kernel shows them, and afterwards as comments how often it saw
 * each one hit: what perf wrote and what it lost must add up to that.
 */
static int save_probes(const struct record *r, bool with_hits, struct error *err)
{
	char *path = xasprintf("%s.probes", r->output);
	struct buffer text = { 0 };
	struct tracefs_probes probes;
	int rc = tracefs_read(r->folder, r->plan.group, &probes, err);

	if (!rc) {
		add_probes(&text, r, &probes, with_hits);
		rc = write_file(path, &text, err);
	}
	tracefs_free(&probes);
	buffer_free(&text);
	free(path);
	return rc;
}

/* perf keeps an older recording as FILE.old; what its probes were goes with it. */
static void keep_old_probes(const struct record *r)
{
	char *old = xasprintf("%s.old", r->output);
	char *probes = xasprintf("%s.probes", r->output);
	char *old_probes = xasprintf("%s.old.probes", r->output);
	struct stat now;

	if (r->old.st_ino && !stat(old, &now) && now.st_ino == r->old.st_ino &&
	    now.st_dev == r->old.st_dev && rename(probes, old_probes))
		unlink(old_probes);
	free(old);
	free(probes);
	free(old_probes);
}

/* ---- the recording ---------------------------------------------------------------------------- */

static int start_perf(struct record *r, struct error *err)
{
	const struct record_request request = {
		.output = r->output,
		.pid = (int32_t)r->pid,
		.no_switches = r->no_switches,
	};
	struct plan plan = r->plan; /* borrowed: only what was set is recorded */
	struct words words = { 0 };
	int rc;

	plan.point_count = r->set;
	plan_record_words(&plan, &request, &words);
	if (stat(r->output, &r->old))
		r->old.st_ino = 0;
	rc = run_perf(&r->run, words.items, err);
	if (!rc)
		keep_old_probes(r);
	words_free(&words);
	return rc;
}

static int record(struct record *r, struct error *err)
{
	struct error after;
	int rc;

	if (start_perf(r, err))
		return -1;
	rc = save_probes(r, false, err);
	if (!rc && r->pid)
		run_watch(&r->run);
	else if (!rc)
		rc = run_command(&r->run, r->file, (char *const *)r->command.items, err);
	if (run_stop(&r->run, rc ? &after : err))
		rc = -1;
	if (save_probes(r, true, rc ? &after : err))
		rc = -1;
	return rc;
}

static int record_with_probes(struct record *r, struct error *err)
{
	struct error after;
	int rc;

	tracefs_remove_orphans(r->folder);
	if (check_group(r, err))
		return -1;
	r->has_cost = !hit_cost_measure(r->folder, r->own_group, &r->cost, &after);
	if (!r->has_cost)
		fprintf(stderr, "gotrace: note: what a hit costs is not measured: %s\n",
			after.text);
	rc = set_probes(r, err);
	if (!rc)
		rc = record(r, err);
	if (tracefs_remove(r->folder, r->plan.group, PATIENCE_MS, rc ? &after : err)) {
		if (rc)
			fprintf(stderr, "gotrace: %s\n", after.text);
		rc = -1;
	}
	return rc;
}

/* ---- talk ------------------------------------------------------------------------------------- */

static void put_words(struct buffer *text, const char *const *items, size_t count)
{
	words_put(text, &(struct words){ .items = (char **)items, .count = count });
}

static void say_what_next(const struct record *r)
{
	char *db = ingest_output_name(r->output);
	const char *ingest[] = { "gotrace", "ingest", r->output, NULL };
	const char *explain[] = { "gotrace", "explain", "-i", db, NULL };
	struct texts panic = { 0 };
	const struct texts *specs = r->specs.count ? &r->specs : &panic;
	struct buffer text = { 0 };

	texts_add(&panic, "panic");
	put_words(&text, ingest, 3);
	buffer_text(&text, " && ");
	put_words(&text, explain, 4);
	buffer_text(&text, " ");
	put_words(&text, specs->items, specs->count);
	fprintf(stderr, "gotrace: %s: %zu probes in %s. Next:\n  %s\n", r->output, r->set,
		r->plan.binary, text.data);
	texts_free(&panic);
	buffer_free(&text);
	free(db);
}

static void say_notes(const struct plan *p)
{
	for (size_t i = 0; i < p->note_count; i++)
		fprintf(stderr, "gotrace: note: %s\n", p->notes[i]);
}

static int need_perf(struct error *err)
{
	char *perf = run_find("perf");

	if (!perf)
		return error_set(err, STATUS_UNREADABLE,
				 "perf is not installed. It is in the package linux-perf (Debian), "
				 "linux-tools-generic (Ubuntu) or perf (Fedora, Arch)");
	free(perf);
	return 0;
}

static int prepare(struct record *r, struct error *err)
{
	if (need_perf(err))
		return -1;
	if (!r->pid && find_target(r, err))
		return -1;
	r->folder = tracefs_find(err);
	if (!r->folder)
		return -1;
	r->own_group = tracefs_own_group();
	return make_plan(r, err);
}

static int run_it(struct record *r)
{
	struct error err = { 0 };
	int rc;

	if (prepare(r, &err))
		return error_say(&err);
	say_notes(&r->plan);
	if (run_begin(&r->run, &err))
		return error_say(&err);
	rc = record_with_probes(r, &err);
	if (!rc)
		say_what_next(r);
	else
		error_say(&err);
	run_end(&r->run);
	if (rc)
		return (int)err.status;
	return r->pid ? STATUS_OK : run_exit_status(r->run.program_status);
}

static int check_usage(const struct record *r, const char *name)
{
	if (r->pid < 0 || r->pid > INT32_MAX)
		return options_wrong(name, "%lld is no process", (long long)r->pid);
	if (r->pid && r->command.count)
		return options_wrong(name, "-p and a command exclude each other");
	if (r->pid && r->binary)
		return options_wrong(name, "-p and --binary exclude each other");
	if (!r->pid && !r->command.count)
		return options_wrong(name, "what to record is missing: -- COMMAND, or -p PID");
	if (!strcmp(r->output, "-"))
		return options_wrong(name, "a recording goes to a file: -o FILE");
	return STATUS_OK;
}

int cmd_record(int argc, char **argv)
{
	struct record r = { .output = "perf.data", .level = "default" };
	const struct option_def defs[] = {
		{ 'b', "breakpoint", "SPEC",
		  "also probe this place: file.go:LINE, pkg.Func, pkg.(*T).Method, 0xADDR",
		  OPTION_LIST, &r.specs },
		{ 'o', "output", "FILE", "the recording (default: perf.data)", OPTION_TEXT,
		  &r.output },
		{ 'p', "pid", "PID", "record a process that runs already, until Ctrl-C or its end",
		  OPTION_NUMBER, &r.pid },
		{ 0, "binary", "FILE", "the Go program, when the command is not it but starts it",
		  OPTION_TEXT, &r.binary },
		{ 0, "level", "minimal|default|full",
		  "what to record of the runtime: panics and exits; goroutines and defers, too; "
		  "every change of state",
		  OPTION_CHOICE, &r.level },
		{ 0, "group", "NAME",
		  "the event group of the probes (default: one of its own for each run)",
		  OPTION_TEXT, &r.group },
		{ 0, "no-switches", NULL, "without the kernel's scheduler and signal events",
		  OPTION_FLAG, &r.no_switches },
		{ 0 },
	};
	const struct command_line line = {
		.name = "gotrace record",
		.example = "gotrace record -b main.go:42 -- ./app --some-option\n"
			   "gotrace record -b main.work --binary ./app -- dlv exec ./app",
		.synopsis =
			"[-b SPEC]... [-o FILE] [--binary FILE] [--level LEVEL] [--group NAME]\n"
			"               [--no-switches] {-p PID | [--] COMMAND...}",
		.text = "Sets probes in a Go program, runs perf record and the program, and takes its probes\n"
			"away again. The exit status is the program's. FILE.probes says what the probes were;\n"
			"gotrace ingest reads it.",
		.options = defs,
		.command = true,
		.max = -1,
	};
	int status;

	if (options_parse(&line, argc, argv, &r.command, &status)) {
		status = check_usage(&r, line.name);
		texts_add(&r.command, NULL);
		r.command.count--;
		if (status == STATUS_OK)
			status = run_it(&r);
	}
	plan_free(&r.plan);
	free(r.file);
	free(r.folder);
	free(r.own_group);
	texts_free(&r.specs);
	texts_free(&r.command);
	return status;
}
