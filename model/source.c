/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sources and their events: one table per source, one row per event, as recorded.
 *
 * Here is the one path that every event takes, so it asks for no memory and looks nothing up.
 */
#include "model/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

static const char *const event_columns[] = { "id",  "ts",   "cpu",      "pid",
					     "tid", "goid", "stack_id", "period" };

struct source_rows {
	struct model *model;
	struct db_table *table; /* of sources */
	struct intern names;    /* of tables, lower case */
};

/* ---- names ----------------------------------------------------------------------------------- */

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '_';
}

/* "sched:sched_switch" to "sched__sched_switch": see the contract on names in docs. */
static void table_name(struct buffer *b, const char *source)
{
	const char *colon = strchr(source, ':'), *p;
	bool gap = false;

	for (p = source; *p; p++) {
		if (p == colon) {
			buffer_text(b, "__");
			gap = false;
		} else if (is_word(*p)) {
			buffer_add(b, p, 1);
			gap = false;
		} else if (!gap) {
			buffer_text(b, "_");
			gap = true;
		}
	}
	if (!b->size)
		buffer_text(b, "event");
	if (!strncasecmp(b->data, "sqlite_", 7)) { /* such names are SQLite's own */
		char *rest = xstrdup(b->data);

		buffer_clear(b);
		buffer_format(b, "event_%s", rest);
		free(rest);
	}
}

/* Is the name new, without regard to case? Then it is taken from now on. */
static bool take_name(struct intern *taken, const char *name)
{
	char *lower = xstrdup(name), *p;
	size_t before = taken->count;

	for (p = lower; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	intern(taken, lower, strlen(lower));
	free(lower);
	return taken->count > before;
}

/* The name itself, or with _2, _3 … behind it. The caller frees. */
static char *unique_name(struct intern *taken, const char *name)
{
	char *unique = xstrdup(name);
	unsigned n;

	for (n = 2; !take_name(taken, unique); n++) {
		free(unique);
		unique = xasprintf("%s_%u", name, n);
	}
	return unique;
}

static const char *field_type(enum field_type type)
{
	switch (type) {
	case FIELD_INTEGER:
	case FIELD_UNSIGNED: return "INTEGER";
	case FIELD_TEXT: return "TEXT";
	case FIELD_BLOB: return "BLOB";
	}
	BUG("field type %d", type);
}

/* ---- a source -------------------------------------------------------------------------------- */

static int create_table(struct model *m, struct source_state *s, struct error *err)
{
	static const char *const comments[] = {
		"rank in time order, over the whole recording",
		"time, ns",
		"where",
		"process",
		"thread",
		"goroutine that it is about or that ran; NULL: none, or not known",
		"the stack that was recorded",
		"it stands for so many occurrences",
	};
	const struct source *source = s->source;
	size_t own = ARRAY_SIZE(event_columns), count = own + source->field_count, i;
	struct db_column *columns = xcalloc(count, sizeof(*columns));
	char **names = xcalloc(count, sizeof(*names));
	struct intern taken = { 0 };
	char *comment;

	for (i = 0; i < own; i++) {
		take_name(&taken, event_columns[i]);
		columns[i].name = event_columns[i];
		columns[i].type = i ? "INTEGER" : "INTEGER PRIMARY KEY";
		columns[i].comment = comments[i];
	}
	/* Names that no other field wants stay what they are, so they are taken first. */
	for (i = 0; i < source->field_count; i++)
		if (*source->fields[i].name && take_name(&taken, source->fields[i].name))
			names[i] = xstrdup(source->fields[i].name);
	for (i = 0; i < source->field_count; i++) {
		if (!names[i]) {
			char *arg = xasprintf("arg_%s", source->fields[i].name);

			names[i] = unique_name(&taken, arg);
			free(arg);
		}
		columns[own + i].name = names[i];
		columns[own + i].type = field_type(source->fields[i].type);
	}
	comment = xasprintf("Events of %s.", source->name);
	s->table = db_new_table(m->db, s->table_name, comment, columns, count, err);
	for (i = 0; i < source->field_count; i++)
		free(names[i]);
	free(names);
	free(comment);
	free(columns);
	intern_free(&taken);
	return s->table ? 0 : -1;
}

static void find_fields(struct source_state *s)
{
	static const struct {
		const char *name;
		enum known_field field;
	} known[] = {
		{ "goid", FIELD_GOID },
		{ "fn", FIELD_FN },
		{ "ret", FIELD_RET },
		{ "old", FIELD_OLD },
		{ "new", FIELD_NEW },
		{ "reason", FIELD_REASON },
		{ "parent", FIELD_PARENT },
		{ "code", FIELD_CODE },
		{ "sp", FIELD_SP },
		{ "hi", FIELD_HI },
		{ "why", FIELD_WHY },
		{ "startpc", FIELD_STARTPC },
		{ "p", FIELD_P },
		{ "m", FIELD_M },
		{ "exit", FIELD_EXIT },
		{ "pc", FIELD_PC },
		{ "prev_pid", FIELD_PREV_PID },
		{ "prev_state", FIELD_PREV_STATE },
		{ "next_pid", FIELD_NEXT_PID },
		{ "target_cpu", FIELD_TARGET_CPU },
		{ "sig", FIELD_SIG },
		{ "caller_offs", FIELD_CALLER_OFFS },
		{ "pid", FIELD_PID },
		{ "labels", FIELD_LABELS },
		{ "type", FIELD_TYPE },
		{ "word", FIELD_WORD },
		{ "length", FIELD_LENGTH },
		{ "curg", FIELD_CURG },
		{ "curgoid", FIELD_CURGOID },
	};
	size_t i, j;

	for (i = 0; i < SOURCE_FIELDS; i++)
		s->field[i] = -1;
	s->text = -1;
	for (i = 0; i < s->source->field_count; i++) {
		const struct field *f = &s->source->fields[i];

		if (f->type == FIELD_BLOB && !strcasecmp(f->name, "text"))
			s->text = (int)i;
		if (f->type != FIELD_INTEGER && f->type != FIELD_UNSIGNED)
			continue;
		for (j = 0; j < ARRAY_SIZE(known); j++)
			if (s->field[known[j].field] < 0 && !strcasecmp(known[j].name, f->name))
				s->field[known[j].field] = (int)i;
	}
	s->exiting_prev = !strcmp(s->source->name, "sched:sched_switch") &&
			  s->field[FIELD_PREV_PID] >= 0;
	s->exiting_pid = (!strcmp(s->source->name, "sched:sched_process_exit") ||
			  !strcmp(s->source->name, "sched:sched_stat_runtime")) &&
			 s->field[FIELD_PID] >= 0;
	/* Only a probe of ours can name a goroutine; "goid" of a tracepoint would be chance. */
	if (!s->source->is_uprobe)
		s->field[FIELD_GOID] = -1;
}

static void take_role(struct source_state *s, const struct runtime_function *r, bool proved,
		      bool at_entry)
{
	s->runtime = r;
	s->role = r && !s->source->is_return_probe ? r->role : ROLE_NONE;
	s->role_proved = proved;
	s->restarts = s->role != ROLE_NONE && at_entry && r->restarts;
}

int model_source(struct model *m, struct source *source, struct error *err)
{
	struct source_rows *rows = model_machine(m, &source_machine);
	struct source_state *s = xcalloc(1, sizeof(*s));
	struct buffer name = { 0 };

	s->source = source;
	s->function_offset = s->binary = s->pc = s->depth = NO_VALUE;
	source->model = s;
	*m->last_source = s;
	m->last_source = &s->next;
	find_fields(s);
	s->tracepoint = tracepoint_by_name(source);
	if (source->is_uprobe)
		take_role(s, runtime_function_by_event(source->name), false, true);
	table_name(&name, source->name);
	s->table_name = unique_name(&rows->names, name.data);
	while (db_name_taken(m->db, s->table_name)) { /* by a table or view of gotrace's own */
		free(s->table_name);
		s->table_name = unique_name(&rows->names, name.data);
	}
	buffer_free(&name);
	return create_table(m, s, err);
}

int model_probed_function(struct model *m, struct source *source, const char *function,
			  uint64_t offset, bool once, struct error *err)
{
	struct source_state *s = source->model;

	(void)m;
	(void)err;
	free(s->function);
	s->function = xstrdup(function);
	s->function_offset = offset > INT64_MAX ? NO_VALUE : (int64_t)offset;
	/* A hit that is not a call of the function says nothing that a machine could use. */
	take_role(s, once ? runtime_function(function) : NULL, true, !offset);
	s->enters = once && !source->is_return_probe && strncmp(function, "runtime.", 8) != 0;
	return 0;
}

void model_probe_depth(struct source *source, uint32_t depth)
{
	struct source_state *s = source->model;

	s->depth = depth;
}

/*
 * A clock or a counter: there a sample for every so many is the purpose. Of all others (what has
 * fields was traced) every occurrence is wanted.
 */
static bool by_design(const struct source *s)
{
	return !s->is_uprobe && s->number != SOURCE_TRACEPOINT && s->number != SOURCE_BREAKPOINT &&
	       !(s->number >= SOURCE_PMU && s->field_count);
}

bool source_sampled(const struct source_state *s)
{
	if (s->source->dummy || by_design(s->source))
		return false;
	return s->source->is_freq || s->thinned ||
	       (s->source->period != NO_VALUE && s->source->period > 1);
}

/* ---- an event -------------------------------------------------------------------------------- */

static int add_event(void *machine, const struct event *e, struct thread *t, struct error *err)
{
	struct source_rows *rows = machine;
	const struct source *source = e->source;
	struct source_state *s = source->model;
	struct db_table *table = s->table;
	const struct value *v = s->role == ROLE_LABELS ? label_values(rows->model, e)
						       : e->sample.values;
	int64_t period = e->sample.period;
	size_t i;

	s->events++;
	if (__builtin_add_overflow(s->hits, period > 0 ? period : 1, &s->hits))
		s->hits = INT64_MAX; /* a damaged period */
	s->thinned |= period > 1;
	s->no_time += e->ts == NO_TIME;
	row_ints(table,
		 (const int64_t[]){
			 e->id,
			 e->ts,
			 e->cpu < 0 ? DB_NULL : e->cpu,
			 e->pid < 0 ? DB_NULL : e->pid,
			 e->tid < 0 ? DB_NULL : e->tid,
			 goroutine_of(rows->model, e, t),
			 e->sample.stack ? (int64_t)e->sample.stack : DB_NULL,
			 period,
		 },
		 8);
	for (i = 0; i < source->field_count; i++, v++) {
		if (v->is_null) {
			row_null(table);
			continue;
		}
		switch (source->fields[i].type) {
		case FIELD_INTEGER:
		case FIELD_UNSIGNED: row_raw_int(table, v->number); break;
		case FIELD_TEXT: row_bytes_as_text(table, v->bytes, v->size); break;
		case FIELD_BLOB: row_blob(table, v->bytes, v->size); break;
		}
	}
	return row_end(table, err);
}

/* ---- the rows of the sources, and of the recording ------------------------------------------ */

static int64_t or_null(bool known, int64_t value)
{
	return known ? value : DB_NULL;
}

static int source_row(struct source_rows *rows, const struct source_state *s, struct error *err)
{
	const struct source *source = s->source;
	struct db_table *t = rows->table;
	const char *reason = NULL;
	bool complete = true;
	char *made = NULL;

	if (source->dummy) {
		reason = "it carries no events of its own";
	} else if (by_design(source)) {
		complete = source->period == 1 && !s->thinned;
		if (!complete)
			reason = "it counts, and a sample for every so many is its purpose";
	} else if (source->is_freq) {
		complete = false;
		if (s->events)
			made = xasprintf(
				"recorded with -F %lld: the kernel kept %lld of about %lld hits",
				(long long)source->freq, (long long)s->events, (long long)s->hits);
		else
			made = xasprintf("recorded with -F %lld: the kernel kept no hit",
					 (long long)source->freq);
	} else if (source->period != NO_VALUE && source->period > 1) {
		complete = false;
		made = xasprintf("recorded with -c %lld: one of so many hits was kept",
				 (long long)source->period);
	} else if (s->thinned) {
		complete = false;
		made = xasprintf("%lld events stand for %lld hits", (long long)s->events,
				 (long long)s->hits);
	}
	row_int(t, source->id);
	row_text(t, source->name);
	row_text(t, s->table_name);
	row_text(t, source->type);
	row_int(t, complete);
	row_int(t, source->period);
	row_int(t, source->freq);
	row_text(t, made ? made : reason);
	row_int(t, s->events);
	row_int(t, or_null(rows->model->recording.has_ledger, s->lost));
	row_int(t, source->is_uprobe);
	row_int(t, source->is_return_probe);
	row_int(t, s->binary);
	if (s->pc == NO_VALUE)
		row_null(t);
	else
		row_raw_int(t, s->pc);
	row_text(t, s->function);
	row_int(t, s->function_offset);
	row_int(t, source->inherit);
	row_int(t, source->enable_on_exec);
	row_int(t, source->starts_disabled);
	row_int(t, source->system_wide);
	row_int(t, source->carries_sideband);
	free(made);
	return row_end(t, err);
}

/*
 * A name for this recording that is the same whenever it is ingested: a version 8 UUID over what
 * tells recordings apart.
 */
static void make_uuid(const struct model *m, char uuid[37])
{
	const struct recording *r = &m->recording;
	const struct source_state *s;
	struct buffer b = { 0 };
	uint64_t high, low;

	buffer_format(&b, "%s\n%s\n%s\n%lld %lld %lld %lld %lld\n", r->hostname ? r->hostname : "",
		      r->cmdline ? r->cmdline : "", r->kernel ? r->kernel : "", (long long)r->size,
		      (long long)m->ts, (long long)m->ts_end, (long long)r->wall_clock_offset,
		      (long long)m->events);
	for (s = m->sources; s; s = s->next)
		buffer_format(&b, "%s %lld\n", s->source->name, (long long)s->events);
	high = hash_bytes(b.data, b.size);
	buffer_text(&b, "gotrace");
	low = hash_bytes(b.data, b.size);
	buffer_free(&b);
	snprintf(uuid, 37, "%08x-%04x-8%03x-%04x-%012llx", (unsigned)(high >> 32),
		 (unsigned)(high >> 16) & 0xffff, (unsigned)high & 0xfff,
		 ((unsigned)(low >> 48) & 0x3fff) | 0x8000,
		 (unsigned long long)low & 0xffffffffffff);
}

static int recording_row(struct model *m, struct error *err)
{
	const struct recording *r = &m->recording;
	struct db_table *t = db_table(m->db,
				      "recording(id, uuid, path, size, perf_version, cmdline, "
				      "hostname, kernel, arch, nr_cpus, clock_id, "
				      "wall_clock_offset, ts, ts_end, complete, container, "
				      "compressed, truncated, overwrite, damage, damage_offset, "
				      "has_ledger)",
				      err);
	const struct source_state *s;
	bool whole = !r->truncated && !r->overwrite && !m->lost_events && !m->ledger_events;
	char uuid[37];

	if (!t)
		return -1;
	for (s = m->sources; s; s = s->next)
		whole &= !source_sampled(s) && !s->throttles;
	make_uuid(m, uuid);
	row_int(t, 1);
	row_text(t, uuid);
	row_text(t, r->path);
	row_int(t, r->size);
	row_text(t, r->perf_version);
	row_text(t, r->cmdline);
	row_text(t, r->hostname);
	row_text(t, r->kernel);
	row_text(t, r->arch);
	row_int(t, r->nr_cpus);
	row_int(t, r->clock_id);
	row_int(t, r->wall_clock_offset);
	row_int(t, m->ts);
	row_int(t, m->ts_end == NO_TIME ? DB_NULL : m->ts_end + 1);
	row_int(t, whole);
	row_text(t, r->container);
	row_int(t, r->compressed);
	row_int(t, r->truncated);
	row_int(t, r->overwrite);
	row_text(t, r->damage);
	row_int(t, r->truncated ? r->damage_offset : DB_NULL);
	row_int(t, r->has_ledger);
	return row_end(t, err);
}

/* ---- the machine ----------------------------------------------------------------------------- */

static void *begin(struct model *m, struct error *err)
{
	struct source_rows *rows;
	struct db_table *table = db_table(
		m->db,
		"source(id, name, table_name, type, complete, period, freq, sampled_reason, "
		"events, lost_events, is_uprobe, is_return_probe, binary_id, pc, function, "
		"function_offset, inherit, enable_on_exec, starts_disabled, system_wide, carries_sideband)",
		err);

	if (!table)
		return NULL;
	rows = xcalloc(1, sizeof(*rows));
	rows->model = m;
	rows->table = table;
	return rows;
}

static int end(void *machine, struct error *err)
{
	struct source_rows *rows = machine;
	const struct source_state *s;

	for (s = rows->model->sources; s; s = s->next)
		if (source_row(rows, s, err))
			return -1;
	return recording_row(rows->model, err);
}

static void free_rows(void *machine)
{
	struct source_rows *rows = machine;
	struct source_state *s, *next;

	for (s = rows->model->sources; s; s = next) {
		next = s->next;
		free(s->table_name);
		free(s->function);
		free(s);
	}
	intern_free(&rows->names);
	free(rows);
}

const struct machine source_machine = {
	.name = "source",
	.begin = begin,
	.event = add_event,
	.end = end,
	.free = free_rows,
};
