/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/probe/plan.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "ingest/go/inlined.h"
#include "ingest/probe/beside.h"
#include "ingest/probe/catalogue.h"
#include "ingest/probe/running.h"
#include "ingest/probe/target.h"
#include "ingest/symbols.h"
#include "model/output.h"

#define NAME_LIMIT 48 /* of groups and events; the kernel takes 63 (MAX_EVENT_NAME_LEN) */

/* A plan in the making. */
struct maker {
	struct plan *plan;
	struct target target;
	const struct plan_request *request;
	struct buffer absent;   /* functions of the catalogue that the program does not have */
	struct buffer on_lines; /* events that stand where a line of the runtime begins */
	size_t spec;            /* whose locations are being told, and how many there were */
	size_t locations;
	struct inlined_copies inlined;
	struct body body; /* of the function that was needed last */
};

/* ---- texts ---------------------------------------------------------------------------------- */

static void note(struct plan *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void note(struct plan *p, const char *fmt, ...)
{
	char *text;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		BUG("a note cannot be formatted");
	va_end(args);
	ARRAY_GROW(p->notes, p->note_count, p->note_capacity);
	p->notes[p->note_count++] = text;
}

/* What the kernel takes as a name: every other stretch becomes one underscore. */
static void put_name(struct buffer *b, const char *text)
{
	size_t begin = b->size;

	for (; *text && b->size - begin < NAME_LIMIT; text++) {
		if (isalnum((unsigned char)*text) && (unsigned char)*text < 0x80)
			buffer_add(b, text, 1);
		else if (b->size > begin && b->data[b->size - 1] != '_')
			buffer_text(b, "_");
	}
	while (b->size > begin && b->data[b->size - 1] == '_')
		b->data[--b->size] = '\0';
}

/* A word as a shell has to be given it. */
static void put_word(struct buffer *b, const char *word)
{
	if (*word &&
	    !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			       "_-+=/.,:@%^")]) {
		buffer_text(b, word);
		return;
	}
	buffer_text(b, "'");
	for (; *word; word++) {
		if (*word == '\'')
			buffer_text(b, "'\\'");
		buffer_add(b, word, 1);
	}
	buffer_text(b, "'");
}

static char *group_name(const char *binary)
{
	struct buffer name = { 0 };

	buffer_text(&name, "probe_");
	put_name(&name, basename(binary));
	return name.data;
}

static bool is_name(const char *text)
{
	return *text && !isdigit((unsigned char)*text) && strlen(text) <= NAME_LIMIT &&
	       !text[strspn(text,
			    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")];
}

/* ---- points --------------------------------------------------------------------------------- */

/* Takes over `event` and the texts of `args`. */
static struct probe_point *add_point(struct maker *m, char *event, const char *function,
				     const struct beside *at, struct buffer *args)
{
	struct plan *plan = m->plan;
	struct probe_point *p;
	struct buffer perf = { 0 };
	char *definition;
	uint64_t offset;

	if (!target_file_offset(&m->target, at->pc, &offset)) {
		note(plan, "%s is not in an executable part of the file.", function);
		free(event);
		buffer_free(args);
		return NULL;
	}
	ARRAY_GROW(plan->points, plan->point_count, plan->point_capacity);
	p = &plan->points[plan->point_count++];
	*p = (struct probe_point){
		.event = event,
		.function = xstrdup(function),
		.pc = at->pc,
		.file_offset = offset,
		.args = args->size ? args->data : xstrdup(""),
		.emulated = at->emulated,
		.exact = at->exact,
	};
	if (!args->size)
		buffer_free(args);
	p->definition = xasprintf("p:%s/%s %s:0x%llx%s%s", plan->group, event, plan->binary,
				  (unsigned long long)offset, *p->args ? " " : "", p->args);
	/* perf takes a file offset for an address. It needs no symbols then, and no debug information. */
	definition = xasprintf("%s:%s=0x%llx%s%s", plan->group, event, (unsigned long long)offset,
			       *p->args ? " " : "", p->args);
	buffer_text(&perf, "-x ");
	put_word(&perf, plan->binary);
	buffer_text(&perf, " ");
	put_word(&perf, definition);
	free(definition);
	p->perf = perf.data;
	return p;
}

/* ---- the runtime's functions ---------------------------------------------------------------- */

static bool wanted(const struct catalogue_entry *c, const struct maker *m)
{
	int release = target_release(&m->target);

	return c->level <= m->request->level && (!c->oldest || release >= c->oldest) &&
	       (!c->newest || release <= c->newest) && !(c->registers && m->target.calling.stack) &&
	       !(c->release && !m->target.layout.minor);
}

static void add_entry(struct maker *m, const struct catalogue_entry *c, const struct extent *e)
{
	const struct calling *calling = &m->target.calling;
	const struct layout *layout = &m->target.layout;
	struct buffer args = { 0 };
	const struct inlined_function *copies;
	struct probe_point *point;
	struct beside at;
	unsigned missing;

	body_free(&m->body);
	catalogue_args(c->args, calling, layout, 0, &args); /* as to the registers in it */
	if (!body_read(&m->body, &m->target, e) ||
	    !beside_entry(&m->target, &m->body, args.size ? args.data : "", c->activation, &at)) {
		note(m->plan, "%s has no probe: its code cannot be read.", c->function);
		buffer_free(&args);
		return;
	}
	buffer_clear(&args);
	missing = catalogue_args(c->args, calling, layout, at.shift, &args);
	if (missing && layout->origin != LAYOUT_UNKNOWN)
		note(m->plan, "%s: %u of its arguments cannot be told in this program.", c->event,
		     missing);
	if (at.stop == STOP_FUNCTION)
		note(m->plan,
		     "%s stands where a debugger stops for a breakpoint on %s; such a breakpoint does "
		     "not work meanwhile.",
		     c->event, c->function);
	else if (at.stop == STOP_LINE)
		buffer_format(&m->on_lines, "%s%s", m->on_lines.size ? ", " : "", c->event);
	copies = inlined_find(&m->inlined, c->function);
	if (copies)
		note(m->plan, "%s: %lld of its calls are inlined; the probe does not see these.",
		     c->function, (long long)copies->copies);
	point = add_point(m, xstrdup(c->event), c->function, &at, &args);
	if (point) {
		point->tells = c->tells;
		point->place = e->entry;
	}
}

static bool no_function(void *arg, const char *function)
{
	(void)arg;
	(void)function;
	return false;
}

static void add_catalogue(struct maker *m)
{
	struct intern names = { 0 };
	struct extent *extents;
	size_t i;

	inlined_read(&m->inlined, m->target.pclntab, no_function, NULL);
	for (i = 0; i < catalogue_size; i++)
		intern(&names, catalogue[i].function, strlen(catalogue[i].function));
	extents = xcalloc(names.count + 1, sizeof(*extents));
	target_find(&m->target, &names, extents);
	for (i = 0; i < catalogue_size; i++) {
		const char *function = catalogue[i].function;
		const struct extent *e = &extents[intern_find(&names, function, strlen(function))];

		if (!wanted(&catalogue[i], m))
			continue;
		if (e->number != NO_FUNCTION)
			add_entry(m, &catalogue[i], e);
		else
			buffer_format(&m->absent, "%s%s", m->absent.size ? ", " : "", function);
	}
	free(extents);
	intern_free(&names);
	inlined_free(&m->inlined);
}

/* ---- breakpoints ---------------------------------------------------------------------------- */

static bool ready_body(struct maker *m, uint64_t pc)
{
	struct extent e = target_function_at(&m->target, pc);

	if (e.number == NO_FUNCTION)
		return false;
	if (m->body.count && m->body.extent.number == e.number)
		return true;
	body_free(&m->body);
	return body_read(&m->body, &m->target, &e);
}

static char *spec_event(struct maker *m)
{
	struct buffer name = { 0 };

	buffer_format(&name, "b%zu_", m->spec + 1);
	put_name(&name, m->request->specs[m->spec]);
	if (m->locations > 1)
		buffer_format(&name, "_%zu", m->locations);
	return name.data;
}

/*
 * Of a call of the function that the place is the begin of: who called. Behind the prologue arm64 has
 * the return address at the top of the frame, and may use its register for something else.
 */
static void add_caller(const struct maker *m, const struct location *l, const struct beside *at,
		       struct buffer *args)
{
	const struct calling *c = &m->target.calling;

	if (l->inlined_into || at->shift < 0 || !beside_entered(&m->body, at->pc))
		return;
	if (c->link && at->shift)
		buffer_format(args, "%sret=+0(%%sp):u64", args->size ? " " : "");
	else
		catalogue_args("ret=%ret:u64", c, &m->target.layout, at->shift, args);
}

static int add_location(void *arg, const struct location *l)
{
	struct maker *m = arg;
	const char *spec = m->request->specs[l->spec];
	const char *function = l->function ? l->function : "?";
	struct buffer args = { 0 };
	struct probe_point *point;
	struct beside at;

	if (l->other)
		return 0;
	if (l->spec != m->spec)
		m->locations = 0;
	m->spec = l->spec;
	m->locations++;
	if (!ready_body(m, l->pc) || !beside_place(&m->target, &m->body, l->pc, &at)) {
		note(m->plan,
		     "%s at 0x%llx (%s) has no probe: no instruction beside it tells that it was "
		     "executed.",
		     spec, (unsigned long long)l->pc, function);
		return 0;
	}
	if (!at.exact)
		note(m->plan,
		     "%s at 0x%llx (%s): the probe does not see every time it is executed; no hit "
		     "proves nothing.",
		     spec, (unsigned long long)l->pc, function);
	catalogue_args("goid=+g.goid(%g):u64", &m->target.calling, &m->target.layout, at.shift,
		       &args);
	add_caller(m, l, &at, &args);
	point = add_point(m, spec_event(m), l->inlined_into ? l->inlined_into : function, &at,
			  &args);
	if (point) {
		point->tells = at.exact ? "the breakpoint's place is executed"
					: "the breakpoint's place was executed";
		point->spec = xstrdup(spec);
		point->place = l->pc;
	}
	return 0;
}

static int no_location(void *arg, size_t spec, const char *sentence)
{
	struct maker *m = arg;

	note(m->plan, "%s: %s", m->request->specs[spec], sentence);
	return 0;
}

/* Asks the database that explain asks too: the program's lines, without any recording. */
static int add_specs(struct maker *m, const char *path, struct error *err)
{
	const struct plan_request *r = m->request;
	const struct symbol_options options = {
		.lines = LINES_SPECS,
		.specs = r->specs,
		.spec_count = r->spec_count,
	};
	struct output *output = NULL;
	struct symbols *symbols;
	int rc = -1;

	if (!r->spec_count)
		return 0;
	symbols = symbols_new(&options, err);
	if (symbols)
		output = output_scratch(err);
	if (output) {
		symbols_binary(symbols, path, NULL, 0, NO_VALUE, false);
		rc = symbols_write(symbols, NULL, 0, NULL, output_model(output), err);
		if (!rc)
			rc = model_finish(output_model(output), err);
		if (!rc)
			rc = output_locations(output, r->specs, r->spec_count, add_location,
					      no_location, m, err);
	}
	output_abandon(output);
	symbols_free(symbols);
	return rc;
}

/* ---- the plan ------------------------------------------------------------------------------- */

static void describe_layout(struct maker *m)
{
	const struct target *t = &m->target;
	const char *version = t->go_version ? t->go_version : "a version that is not told";

	m->plan->layout = xstrdup(layout_origin_name(t->layout.origin));
	m->plan->go_version = t->go_version ? xstrdup(t->go_version) : NULL;
	if (t->layout.origin == LAYOUT_UNKNOWN)
		note(m->plan,
		     "The program has no debug information, and the structs of %s are not known: the "
		     "probes tell no goroutine.",
		     version);
	if (t->calling.stack)
		note(m->plan, "%s has no register ABI here: arguments are fetched from the stack.",
		     version);
}

static void end_notes(struct maker *m)
{
	if (m->on_lines.size)
		note(m->plan,
		     "These stand where a debugger stops for a breakpoint on a line of the runtime, which "
		     "does not work meanwhile: %s.",
		     m->on_lines.data);
	if (m->absent.size)
		note(m->plan, "Not in this program: %s.", m->absent.data);
}

static int fill(struct maker *m, const char *path, struct error *err)
{
	const char *group = m->request->group;
	int rc;

	if (group && !is_name(group))
		return error_set(
			err, STATUS_USAGE,
			"\"%s\" cannot be the name of a group: letters, digits and _, at most "
			"%d, and no digit first",
			group, NAME_LIMIT);
	m->plan->group = group ? xstrdup(group) : group_name(m->plan->binary);
	if (target_open(&m->target, path, err))
		return -1;
	describe_layout(m);
	add_catalogue(m);
	rc = add_specs(m, path, err);
	end_notes(m);
	body_free(&m->body);
	buffer_free(&m->absent);
	buffer_free(&m->on_lines);
	target_close(&m->target);
	return rc;
}

int plan_make(struct plan *p, const struct plan_request *r, struct error *err)
{
	struct maker m = { .plan = p, .request = r };
	bool lasting = true;
	int rc = -1;

	*p = (struct plan){ 0 };
	if (r->pid)
		p->binary = running_file(r->pid, &lasting, err);
	else
		p->binary = probed_path(r->binary, err);
	if (p->binary)
		rc = fill(&m, p->binary, err);
	if (!rc && !lasting)
		note(p,
		     "The program has no name of its own here (a container, or a file that was "
		     "replaced): %s names it as long as process %d lives.",
		     p->binary, (int)r->pid);
	if (rc)
		plan_free(p);
	return rc;
}

void plan_free(struct plan *p)
{
	size_t i;

	for (i = 0; i < p->point_count; i++) {
		struct probe_point *point = &p->points[i];

		free(point->event);
		free(point->function);
		free(point->args);
		free(point->definition);
		free(point->perf);
		free(point->spec);
	}
	for (i = 0; i < p->note_count; i++)
		free(p->notes[i]);
	free(p->points);
	free(p->notes);
	free(p->binary);
	free(p->group);
	free(p->go_version);
	free(p->layout);
	*p = (struct plan){ 0 };
}

/* ---- perf record ---------------------------------------------------------------------------- */

static void add_word(struct words *w, char *word)
{
	ARRAY_GROW(w->items, w->count + 1, w->capacity);
	w->items[w->count++] = word;
	w->items[w->count] = NULL;
}

static void add_words(struct words *w, const char *const *words)
{
	for (; *words; words++)
		add_word(w, xstrdup(*words));
}

void plan_record_words(const struct plan *p, const struct record_request *r, struct words *w)
{
	static const char *const begin[] = { "perf", "record", "-k", "CLOCK_MONOTONIC", NULL };
	static const char *const stacks[] = { "--call-graph", "fp", "-m", "4M", "-o", NULL };
	static const char *const kernel[] = {
		"-e",
		"sched:sched_switch,sched:sched_wakeup,sched:sched_waking,sched:sched_wakeup_new,"
		"sched:sched_migrate_task,sched:sched_process_fork,sched:sched_process_exec,"
		"sched:sched_process_exit",
		"-e",
		"signal:signal_generate,signal:signal_deliver",
		NULL,
	};
	/* The frequency is the clock's own: a global -F would thin out the probes as well. */
	static const char *const clock[] = { "-e", "cpu-clock/freq=999,name=cpu-clock/", NULL };

	*w = (struct words){ 0 };
	add_words(w, begin);
	if (r->pid) {
		add_word(w, xstrdup("-p"));
		add_word(w, xasprintf("%d", (int)r->pid));
	} else {
		add_word(w, xstrdup("-a"));
	}
	add_words(w, stacks);
	add_word(w, xstrdup(r->output));
	if (p->point_count) {
		add_word(w, xstrdup("-e"));
		add_word(w, xasprintf("%s:*", p->group));
	}
	if (!r->no_switches)
		add_words(w, kernel);
	add_words(w, clock);
}

void words_free(struct words *w)
{
	size_t i;

	for (i = 0; i < w->count; i++)
		free(w->items[i]);
	free(w->items);
	*w = (struct words){ 0 };
}

void words_put(struct buffer *b, const struct words *w)
{
	size_t i;

	for (i = 0; i < w->count; i++) {
		if (i)
			buffer_text(b, " ");
		put_word(b, w->items[i]);
	}
}
