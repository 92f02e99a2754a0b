/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model's front door: takes what ingest/ says, writes what is a row already, and hands the rest
 * to the machines. The order of the machines is the order in which they see an event: who is asked
 * by others comes first.
 */
#include "model/machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const struct machine *const machines[] = {
	&loss_machine,      &process_machine,    &thread_machine,     &kernel_window_machine,
	&preempt_machine,   &stop_world_machine, &gap_machine,        &processor_machine,
	&goroutine_machine, &defer_machine,      &open_defer_machine, &fatal_error_machine,
	&panic_machine,     &label_machine,      &cost_machine,       &source_machine,
	&quality_machine,
};
_Static_assert(ARRAY_SIZE(machines) <= 32, "source_state.listeners has a bit for each");

/* ---- begin and end --------------------------------------------------------------------------- */

static int open_tables(struct model *m, struct error *err)
{
	const struct {
		struct db_table **table;
		const char *columns;
	} wanted[] = {
		{ &m->table.feature, "feature(name, text)" },
		{ &m->table.cpu, "cpu(cpu, online)" },
		{ &m->table.probe, "probe(source_id, path, file_offset, function, definition, "
				   "binary_id, pc, cost_ns)" },
		{ &m->table.binary,
		  "binary(id, path, build_id, go_version, inode, read, "
		  "has_dwarf, has_symtab, has_pclntab, position_independent, arch, "
		  "go_text, go_text_end, layout_origin, go_build_id, flags, "
		  "problem)" },
		{ &m->table.function, "function(id, binary_id, name, addr, size, inlined_copies, "
				      "file_id, line)" },
		{ &m->table.frame, "frame(id, function_id, binary_id, pc, file, line, inlined)" },
		{ &m->table.stack, "stack(id, parent_id, frame_id)" },
		{ &m->table.source_file, "source_file(id, path)" },
		{ &m->table.source_line, "source_line(binary_id, function_id, file_id, line, pc, "
					 "is_stmt, is_entry, is_line, inlined_into)" },
		{ &m->table.line_pc, "line_pc(binary_id, function_id, file_id, line, pc, pc_end, "
				     "is_stmt, inlined_into)" },
		{ &m->table.defer_site, "defer_site(binary_id, function, function_id, pc, "
					"deferreturn, file, line, kind, slot)" },
		{ &m->table.layout_field, "layout_field(binary_id, type, name, offset)" },
		{ &m->table.number_name, "number_name(binary_id, kind, number, name)" },
		{ &m->table.probe_place, "probe_place(source_id, binary_id, pc, exact)" },
		{ &m->table.record_count, "record_count(type, name, records, used)" },
		{ &m->table.text, "text(id, text)" },
		{ &m->table.quality, "data_quality(name, severity, cpu, source_id, ts, ts_end, "
				     "value, sentence)" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		*wanted[i].table = db_table(m->db, wanted[i].columns, err);
		if (!*wanted[i].table)
			return -1;
	}
	return 0;
}

struct model *model_new(struct db *db, struct error *err)
{
	struct model *m = xcalloc(1, sizeof(*m));
	size_t i;

	m->db = db;
	m->last_source = &m->sources;
	m->ts = m->ts_end = NO_TIME;
	m->restarted_event = m->born_event = NO_VALUE;
	m->recording.clock_id = m->recording.wall_clock_offset = NO_VALUE;
	m->recording.size = m->recording.nr_cpus = m->recording.damage_offset = NO_VALUE;
	m->machines = xcalloc(ARRAY_SIZE(machines), sizeof(*m->machines));
	if (open_tables(m, err))
		goto fail;
	for (i = 0; i < ARRAY_SIZE(machines); i++) {
		m->machines[i] = machines[i]->begin(m, err);
		if (!m->machines[i])
			goto fail;
	}
	m->source_rows = model_machine(m, &source_machine);
	return m;
fail:
	model_free(m);
	return NULL;
}

static void free_names(struct name_list *l)
{
	size_t i;

	for (i = 0; i < l->count; i++)
		free(l->names[i]);
	free(l->names);
}

void model_free(struct model *m)
{
	const struct recording *r;
	size_t i;

	if (!m)
		return;
	for (i = 0; i < ARRAY_SIZE(machines); i++)
		if (m->machines[i])
			machines[i]->free(m->machines[i]);
	r = &m->recording;
	free((char *)r->path);
	free((char *)r->perf_version);
	free((char *)r->cmdline);
	free((char *)r->hostname);
	free((char *)r->kernel);
	free((char *)r->arch);
	free((char *)r->container);
	free((char *)r->damage);
	for (i = 0; i < NAME_KINDS; i++)
		free_names(&m->names[i]);
	map_free(&m->places);
	map_free(&m->texts);
	hole_log_free(&m->holes);
	hole_map_free(&m->all_holes);
	free(m->place_list);
	free(m->machines);
	free(m->cpus);
	free(m);
}

int model_finish(struct model *m, struct error *err)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(machines); i++)
		if (machines[i]->end && machines[i]->end(m->machines[i], err))
			return -1;
	return 0;
}

void model_set_resolver(struct model *m, const struct resolver *r)
{
	m->resolver = *r;
}

static const char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

int model_recording(struct model *m, const struct recording *r, struct error *err)
{
	struct recording *to = &m->recording;

	(void)err;
	if (to->container)
		BUG("a second recording");
	*to = *r;
	to->path = copy(r->path);
	to->perf_version = copy(r->perf_version);
	to->cmdline = copy(r->cmdline);
	to->hostname = copy(r->hostname);
	to->kernel = copy(r->kernel);
	to->arch = copy(r->arch);
	to->container = copy(r->container ? r->container : "file");
	to->damage = copy(r->damage);
	/* What was overwritten stands in no ledger. */
	m->runtime_lost = m->sched_lost = m->preempt_lost = m->stop_lost = r->overwrite;
	return 0;
}

void model_go_version(struct model *m, const char *version)
{
	int minor;

	if (sscanf(version, "go1.%d", &minor) == 1 && minor > 0)
		m->go_minor = minor;
}

void model_coroutines(struct model *m)
{
	m->coroutines = true;
}

void model_number_names(struct model *m, enum name_kind kind, char *const *names, size_t count)
{
	struct name_list *l = &m->names[kind];
	size_t i;

	free_names(l);
	l->names = xcalloc(count + 1, sizeof(*l->names));
	for (i = 0; i < count; i++)
		l->names[i] = names[i] ? xstrdup(names[i]) : NULL;
	l->count = count;
}

void row_number_name(struct db_table *t, const struct model *m, enum name_kind kind, int64_t number)
{
	const struct name_list *l = &m->names[kind];
	char digits[24];

	if (number == NO_VALUE) {
		row_null(t);
	} else if (number >= 0 && (uint64_t)number < l->count && l->names[number]) {
		row_text(t, l->names[number]);
	} else {
		snprintf(digits, sizeof(digits), "%lld", (long long)number);
		row_text(t, digits);
	}
}

/* ---- events ---------------------------------------------------------------------------------- */

struct cpu_state *model_cpu_state(struct model *m, int cpu)
{
	size_t i = cpu < 0 || cpu >= CPU_LIMIT ? 0 : (size_t)cpu + 1;

	if (i >= m->cpu_count) {
		size_t count = i + 16;

		m->cpus = xrealloc(m->cpus, count, sizeof(*m->cpus));
		memset(m->cpus + m->cpu_count, 0, (count - m->cpu_count) * sizeof(*m->cpus));
		m->cpu_count = count;
	}
	return &m->cpus[i];
}

int64_t model_all_seen(const struct model *m)
{
	int64_t ts = INT64_MAX, seen = 0;
	size_t i;

	if (m->recording.per_thread)
		return NO_TIME;
	for (i = 1; i < m->cpu_count; i++) {
		const struct cpu_state *c = &m->cpus[i];
		/* Side-band records go into a ring that is not overwritten. */
		bool read = c->seen && (c->kept_event || !m->recording.overwrite);

		if (c->told && !read)
			return NO_TIME;
		if (!read)
			continue;
		seen++;
		if (c->last_ts < ts)
			ts = c->last_ts;
	}
	if (!m->cpus_told && (m->recording.nr_cpus == NO_VALUE || seen < m->recording.nr_cpus))
		return NO_TIME;
	return seen ? ts : NO_TIME;
}

/* A record of this CPU's buffer was seen. */
static void seen(struct model *m, struct cpu_state *c, int64_t ts)
{
	if (ts <= 0) /* synthesized by perf: it has no time */
		return;
	if (!c->seen) {
		c->seen = true;
		c->first_ts = ts;
	}
	c->last_ts = ts;
	if (m->ts == NO_TIME)
		m->ts = ts;
	m->ts_end = ts;
}

/*
 * The task that an event of an exiting task (pid and tid -1) belongs to, by the event's own fields:
 * a switch names the task that leaves, an exit the one that exits.
 */
static void repair(struct model *m, struct event *e)
{
	const struct source_state *s = e->source->model;
	int64_t tid = NO_VALUE;
	const struct thread *t;

	if (s->exiting_prev)
		tid = event_field(e, FIELD_PREV_PID);
	else if (s->exiting_pid)
		tid = event_field(e, FIELD_PID);
	if (tid <= 0 || tid > INT32_MAX)
		return;
	e->tid = (int32_t)tid;
	t = process_thread(m, e->tid);
	if (t && t->process && e->pid < 0)
		e->pid = t->process->pid;
}

/* Which machines the samples of a source go to: by what it is, which its first sample cannot change. */
static void find_listeners(struct source_state *s)
{
	size_t i;

	s->has_listeners = true;
	for (i = 0; i < ARRAY_SIZE(machines); i++) {
		const struct machine *machine = machines[i];
		bool heard = s->source->is_uprobe ? machine->event != NULL
						  : s->tracepoint != TRACE_NONE && machine->trace;

		if (heard && machine != &source_machine && (!machine->wants || machine->wants(s)))
			s->listeners |= (uint32_t)1 << i;
	}
}

/*
 * An overwritten ring has lost what came before its first sample. The rings of other CPUs may reach
 * further back, and tell half of what happened then.
 */
static int first_kept(struct model *m, struct cpu_state *c, const struct event *e,
		      struct error *err)
{
	const struct hole h = { .cpu = e->cpu, .ts = NO_TIME, .ts_end = e->ts };

	c->kept_event = e->id;
	c->kept_ts = e->ts;
	return e->ts == NO_TIME ? 0 : model_hole(m, &h, err);
}

/*
 * Under load perf reads a stretch of a full ring once more, and writes it twice (seen with perf 6.1). No
 * uprobe is hit twice within a nanosecond on one CPU: the second is no hit. Returns the event that is
 * the first; 0: there is none.
 */
static int64_t hit_before(struct cpu_state *c, const struct event *e)
{
	const struct hit now = { e->source, e->ts, e->id, e->tid }, last = c->hit;

	if (e->ts != NO_TIME && last.source == now.source && last.ts == now.ts &&
	    last.tid == now.tid)
		return last.event;
	c->hit = now;
	return 0;
}

static int tell_machines(struct model *m, const struct event *e, struct thread *t,
			 struct error *err)
{
	struct source_state *s = e->source->model;
	uint32_t left;

	if (!s->has_listeners)
		find_listeners(s);
	for (left = s->listeners; left; left &= left - 1) {
		int i = __builtin_ctz(left);

		if (e->source->is_uprobe ? machines[i]->event(m->machines[i], e, t, err)
					 : machines[i]->trace(m->machines[i], e, t, err))
			return -1;
	}
	return 0;
}

/*
 * Since its last event the thread may have been on another CPU, and what it did there may be in a hole of
 * that one, which is told of when the CPU is seen again.
 */
static void came_back(struct model *m, const struct event *e, struct thread *t)
{
	bool stayed = t->last_cpu == e->cpu && m->sees_switches && !t->left;

	t->left = false;
	if (stayed || (m->recording.has_ledger && !m->runtime_lost))
		return;
	if (hole_map_elsewhere(&m->all_holes, e->cpu, t->last_ts, e->ts))
		t->goid_epoch = m->holes.epoch - 1;
}

static int sample(struct model *m, const struct event *e, struct error *err)
{
	struct source_state *s = e->source->model;
	struct cpu_state *c = model_cpu_state(m, e->cpu);
	struct thread *t = c->thread;
	struct event repaired;
	int64_t first;

	m->last_id = e->id;
	m->events++;
	seen(m, c, e->ts);
	c->last_event = e->id;
	if (!c->first_event)
		c->first_event = e->id;
	if (e->source->overwrite && !c->kept_event && first_kept(m, c, e, err))
		return -1;
	if (c->awaited && loss_ends(m, e, err))
		return -1;
	if (e->tid < 0 && (s->exiting_prev || s->exiting_pid)) {
		repaired = *e;
		repair(m, &repaired);
		e = &repaired;
	}
	if (e->tid < 0) {
		t = NULL;
	} else if (!t || t->tid != e->tid || !t->process || t->process->pid != e->pid) {
		t = process_seen(m, e->pid, e->tid, err);
		if (!t)
			return -1;
		model_cpu_state(m, e->cpu)->thread = t;
	}
	if (t && e->ts != NO_TIME) {
		came_back(m, e, t);
		t->last_ts = e->ts;
		t->last_cpu = e->cpu;
	}
	if (t && t->on_cpu != e->cpu && thread_runs(m, e, t, err))
		return -1;
	first = e->source->is_uprobe ? hit_before(model_cpu_state(m, e->cpu), e) : 0;
	if (first ? goroutine_hit_twice(m, e, t, first, err) : tell_machines(m, e, t, err))
		return -1;
	return source_machine.event(m->source_rows, e, t, err);
}

int model_event(struct model *m, const struct event *e, struct error *err)
{
	size_t i;

	if (e->kind == EVENT_SAMPLE)
		return sample(m, e, err);
	for (i = 0; i < ARRAY_SIZE(machines); i++)
		if (machines[i]->event && machines[i] != &source_machine &&
		    machines[i]->event(m->machines[i], e, NULL, err))
			return -1;
	if (e->kind != EVENT_LOST_SAMPLES)
		seen(m, model_cpu_state(m, e->cpu), e->ts);
	return 0;
}

void model_hole_ahead(struct model *m, int cpu, int64_t ts, int64_t ts_end)
{
	hole_map_add(&m->all_holes, cpu, ts, ts_end);
}

int model_hole(struct model *m, const struct hole *h, struct error *err)
{
	size_t i;

	if (!m->recording.has_ledger || m->runtime_lost)
		hole_log_add(&m->holes, h->ts);
	for (i = 0; i < ARRAY_SIZE(machines); i++)
		if (machines[i]->hole && machines[i]->hole(m->machines[i], h, err))
			return -1;
	return 0;
}

int model_process_end(struct model *m, struct process *p, enum end_of_life why, int64_t ts,
		      struct error *err)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(machines); i++)
		if (machines[i]->process_end &&
		    machines[i]->process_end(m->machines[i], p, why, ts, err))
			return -1;
	return 0;
}

void *model_machine(const struct model *m, const struct machine *which)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(machines); i++)
		if (machines[i] == which)
			return m->machines[i];
	BUG("no machine %s", which->name);
}

const struct place *model_place(struct model *m, const struct process *p, int64_t address,
				bool is_return)
{
	uint64_t space = (uint64_t)p->life << 1 | is_return, *index;
	struct place place = { 0 };

	index = map_get(&m->places, space, (uint64_t)address);
	if (index)
		return &m->place_list[*index];
	if (!m->resolver.place ||
	    !m->resolver.place(m->resolver.arg, p->pid, (uint64_t)address, is_return, &place)) {
		/* Not kept: of addresses that are no code there is no end. */
		m->nowhere = (struct place){ .pc = (uint64_t)address, .line = NO_VALUE };
		return &m->nowhere;
	}
	ARRAY_GROW(m->place_list, m->place_count, m->place_capacity);
	*map_put(&m->places, space, (uint64_t)address, NULL) = m->place_count;
	m->place_list[m->place_count] = place;
	return &m->place_list[m->place_count++];
}

int model_text(struct model *m, const char *text, int64_t *id, struct error *err)
{
	uint64_t *number;
	bool added;

	*id = DB_NULL;
	if (!text)
		return 0;
	number = map_put(&m->texts, (uint64_t)(uintptr_t)text, 0, &added);
	if (added)
		*number = m->texts.count;
	*id = (int64_t)*number;
	if (!added)
		return 0;
	row_int(m->table.text, *id);
	row_text(m->table.text, text);
	return row_end(m->table.text, err);
}

/* ---- rows that need no machine --------------------------------------------------------------- */

static void row_id(struct db_table *t, uint32_t id)
{
	row_int(t, id ? (int64_t)id : DB_NULL);
}

/* An address, a size or a line of which 0 says that it is not known. */
static void row_unless_0(struct db_table *t, uint64_t number)
{
	if (number)
		row_raw_int(t, (int64_t)number);
	else
		row_null(t);
}

/* 1, 0, or -1 for what is not known. */
static void row_tristate(struct db_table *t, int value)
{
	row_int(t, value < 0 ? DB_NULL : !!value);
}

int model_feature(struct model *m, const char *name, const char *text, struct error *err)
{
	row_text(m->table.feature, name);
	row_text(m->table.feature, text);
	return row_end(m->table.feature, err);
}

int model_cpu(struct model *m, int cpu, bool online, struct error *err)
{
	struct cpu_state *c = model_cpu_state(m, cpu);

	if (c != m->cpus && !c->told) {
		c->told = true;
		m->cpus_told++;
	}
	row_int(m->table.cpu, cpu);
	row_int(m->table.cpu, online);
	return row_end(m->table.cpu, err);
}

/*
 * Which of Go's arguments, from 1, a probe fetches as `field`; 0: none of those that are looked for. The
 * third of gopark is the reason why it waits, while the fourth is a number of the tracer, which some
 * probes take for it.
 */
static int fetched_argument(const char *definition, const char *field)
{
	static const struct {
		const char *name;
		int argument;
	} registers[] = {
		{ "%ax", 1 }, { "%al", 1 }, { "%x0", 1 }, { "%cx", 3 }, { "%cl", 3 }, { "%x2", 3 },
	};
	char *wanted = xasprintf(" %s=", field);
	const char *at = strstr(definition, wanted);
	int found = 0;
	size_t i;

	for (i = 0; at && i < ARRAY_SIZE(registers); i++) {
		const char *value = at + strlen(wanted);
		size_t size = strlen(registers[i].name);

		if (!strncmp(value, registers[i].name, size) && strchr(": ", value[size]))
			found = registers[i].argument;
	}
	free(wanted);
	return found;
}

int model_probe(struct model *m, const struct probe *p, struct error *err)
{
	struct db_table *t = m->table.probe;
	struct source_state *s;

	for (s = m->sources; s; s = s->next)
		if (p->source && s->source->id == p->source) {
			s->binary = p->binary ? (int64_t)p->binary : NO_VALUE;
			s->pc = p->has_pc ? (int64_t)p->pc : NO_VALUE;
			s->cost_ns = p->cost_ns;
			s->reason_argument = fetched_argument(p->definition, "reason");
		}
	row_id(t, p->source);
	row_text(t, p->path);
	row_raw_int(t, (int64_t)p->file_offset);
	row_text(t, p->function);
	row_text(t, p->definition);
	row_id(t, p->binary);
	if (p->has_pc)
		row_raw_int(t, (int64_t)p->pc);
	else
		row_null(t);
	row_unless_0(t, (uint64_t)p->cost_ns);
	return row_end(t, err);
}

int model_probe_place(struct model *m, const struct source *s, uint32_t binary, uint64_t pc,
		      bool exact, struct error *err)
{
	struct db_table *t = m->table.probe_place;

	row_id(t, s->id);
	row_id(t, binary);
	row_raw_int(t, (int64_t)pc);
	row_int(t, exact);
	return row_end(t, err);
}

int model_binary(struct model *m, const struct binary *b, struct error *err)
{
	struct db_table *t = m->table.binary;

	row_id(t, b->id);
	row_text(t, b->path);
	row_text(t, b->build_id);
	row_text(t, b->go_version);
	row_int(t, b->inode);
	row_int(t, b->read);
	row_int(t, b->read ? b->has_dwarf : DB_NULL);
	row_int(t, b->read ? b->has_symtab : DB_NULL);
	row_int(t, b->read ? b->has_pclntab : DB_NULL);
	row_int(t, b->read ? b->position_independent : DB_NULL);
	row_text(t, b->arch);
	row_unless_0(t, b->go_text);
	row_unless_0(t, b->go_text_end);
	row_text(t, b->layout_origin);
	row_text(t, b->go_build_id);
	row_text(t, b->flags);
	row_text(t, b->problem);
	return row_end(t, err);
}

int model_function(struct model *m, const struct function *f, struct error *err)
{
	struct db_table *t = m->table.function;

	row_id(t, f->id);
	row_id(t, f->binary);
	row_text(t, f->name);
	if (f->has_addr)
		row_raw_int(t, (int64_t)f->addr);
	else
		row_null(t);
	row_unless_0(t, f->size);
	row_int(t, f->copies_known ? f->inlined_copies : DB_NULL);
	row_id(t, f->file);
	row_unless_0(t, (uint64_t)f->line);
	return row_end(t, err);
}

int model_frame(struct model *m, const struct frame *f, struct error *err)
{
	struct db_table *t = m->table.frame;

	row_id(t, f->id);
	row_id(t, f->function);
	row_id(t, f->binary);
	row_raw_int(t, (int64_t)f->pc);
	row_text(t, f->file);
	row_int(t, f->line);
	row_int(t, f->inlined);
	return row_end(t, err);
}

int model_stack(struct model *m, uint32_t id, uint32_t parent, uint32_t frame, struct error *err)
{
	row_id(m->table.stack, id);
	row_id(m->table.stack, parent);
	row_id(m->table.stack, frame);
	return row_end(m->table.stack, err);
}

int model_source_file(struct model *m, uint32_t id, const char *path, struct error *err)
{
	row_id(m->table.source_file, id);
	row_text(m->table.source_file, path);
	return row_end(m->table.source_file, err);
}

int model_source_line(struct model *m, const struct source_line *l, struct error *err)
{
	struct db_table *t = m->table.source_line;

	row_id(t, l->binary);
	row_id(t, l->function);
	row_id(t, l->file);
	row_int(t, l->line);
	row_raw_int(t, (int64_t)l->pc);
	row_tristate(t, l->is_stmt);
	row_int(t, l->is_entry);
	row_int(t, l->is_line);
	row_id(t, l->inlined_into);
	return row_end(t, err);
}

int model_line_pc(struct model *m, const struct line_pc *l, struct error *err)
{
	struct db_table *t = m->table.line_pc;

	row_id(t, l->binary);
	row_id(t, l->function);
	row_id(t, l->file);
	row_int(t, l->line);
	row_raw_int(t, (int64_t)l->pc);
	row_raw_int(t, (int64_t)l->end);
	row_tristate(t, l->is_stmt);
	row_id(t, l->inlined_into);
	return row_end(t, err);
}

int model_defer_site(struct model *m, const struct defer_site_row *d, struct error *err)
{
	struct db_table *t = m->table.defer_site;

	row_id(t, d->binary);
	row_text(t, d->function);
	row_id(t, d->function_id);
	row_raw_int(t, (int64_t)d->pc);
	row_unless_0(t, d->deferreturn);
	row_text(t, d->file);
	row_unless_0(t, (uint64_t)d->line);
	row_text(t, d->kind);
	row_int(t, d->slot < 0 ? DB_NULL : d->slot);
	return row_end(t, err);
}

int model_layout_field(struct model *m, uint32_t binary, const char *type, const char *name,
		       int64_t offset, struct error *err)
{
	struct db_table *t = m->table.layout_field;

	row_id(t, binary);
	row_text(t, type);
	row_text(t, name);
	row_int(t, offset);
	return row_end(t, err);
}

int model_number_name(struct model *m, uint32_t binary, const char *kind, int64_t number,
		      const char *name, struct error *err)
{
	struct db_table *t = m->table.number_name;

	row_id(t, binary);
	row_text(t, kind);
	row_int(t, number);
	row_text(t, name);
	return row_end(t, err);
}

int model_record_count(struct model *m, int type, const char *name, int64_t count, bool used,
		       struct error *err)
{
	struct quality q = { "unused_records",  "info",        .cpu = NO_VALUE, .ts = NO_TIME,
			     .ts_end = NO_TIME, .value = count };

	row_int(m->table.record_count, type);
	row_text(m->table.record_count, name);
	row_int(m->table.record_count, count);
	row_int(m->table.record_count, used);
	if (row_end(m->table.record_count, err))
		return -1;
	if (used || !count)
		return 0;
	return quality_row(m, &q, err, "%lld %s of type %s %s of no use to gotrace",
			   (long long)count, count == 1 ? "record" : "records", name,
			   count == 1 ? "is" : "are");
}
