/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes and threads: who lived from when to when, under which name.
 *
 * A number is not a life: pids and tids are used again, and a process that executes another program
 * is another one under the old number. The structs of a number stay where they are; what changes is
 * `life`. Without a COMM record there is no name, but a fork hands the name down.
 */
#include "model/machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct processes {
	struct model *model;
	struct db_table *process_table, *thread_table, *mapping_table;
	struct map by_pid, by_tid; /* to an index of the lists */
	struct process **processes;
	size_t process_count, process_capacity;
	struct thread **threads;
	size_t thread_count, thread_capacity;
	uint32_t thread_lives;
	int64_t comms_missing;
};

/* perf writes what it finds in /proc with time 0. */
static int64_t known_time(int64_t ts)
{
	return ts > 0 ? ts : NO_TIME;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int thread_row(struct processes *p, struct thread *t, struct error *err)
{
	struct db_table *table = p->thread_table;

	row_int(table, t->tid);
	row_int(table, t->process && t->process->pid >= 0 ? t->process->pid : DB_NULL);
	row_text(table, t->comm);
	row_int(table, t->ts);
	row_int(table, t->ts_end);
	p->comms_missing += !t->comm;
	return row_end(table, err);
}

static int process_row(struct processes *p, const struct process *q, int64_t ts_end,
		       struct error *err)
{
	struct db_table *table = p->process_table;

	row_int(table, q->pid);
	row_int(table, q->parent_pid < 0 ? DB_NULL : q->parent_pid);
	row_text(table, q->comm);
	row_int(table, q->ts);
	row_int(table, ts_end);
	return row_end(table, err);
}

/* ---- lives ----------------------------------------------------------------------------------- */

static void name(char **comm, const char *text)
{
	char *copy = text ? xstrdup(text) : NULL;

	free(*comm);
	*comm = copy;
}

static struct process *find_process(const struct processes *p, int32_t pid)
{
	const uint64_t *i = map_get(&p->by_pid, (uint32_t)pid, 0);

	return i ? p->processes[*i] : NULL;
}

static struct thread *find_thread(const struct processes *p, int32_t tid)
{
	const uint64_t *i = map_get(&p->by_tid, (uint32_t)tid, 0);

	return i ? p->threads[*i] : NULL;
}

static void begin_process(struct processes *p, struct process *q, int64_t ts, int32_t parent)
{
	q->life = ++p->model->lives;
	q->parent_pid = parent;
	q->ts = known_time(ts);
	q->last_exit = q->exit_ts = NO_TIME;
	q->exit_code = NO_VALUE;
	q->threads = 0;
	q->leader_dead = q->has_goroutines = false;
	q->open = true;
}

/* The process of that pid, a new one (with nothing known of it) if need be. */
static struct process *get_process(struct processes *p, int32_t pid)
{
	struct process *q = find_process(p, pid);

	if (q)
		return q;
	q = xcalloc(1, sizeof(*q));
	q->pid = pid;
	begin_process(p, q, NO_TIME, -1);
	if (!pid)
		name(&q->comm, "swapper"); /* the idle task, which no record names */
	ARRAY_GROW(p->processes, p->process_count, p->process_capacity);
	*map_put(&p->by_pid, (uint32_t)pid, 0, NULL) = p->process_count;
	p->processes[p->process_count++] = q;
	return q;
}

static int end_process(struct processes *p, struct process *q, enum end_of_life why, int64_t ts,
		       struct error *err)
{
	if (!q->open)
		return 0;
	q->open = false;
	if (model_process_end(p->model, q, why, ts, err))
		return -1;
	return process_row(p, q, ts, err);
}

static void begin_thread(struct processes *p, struct thread *t, struct process *q, int64_t ts)
{
	t->life = ++p->thread_lives;
	t->process = q;
	t->ts = known_time(ts);
	t->ts_end = NO_TIME;
	t->last_ts = NO_TIME;
	t->last_cpu = t->on_cpu = -1;
	t->goid = t->born_parent = NO_VALUE;
	t->goid_epoch = t->born_epoch = 0;
	t->left = false;
	t->dead_goid = NO_VALUE;
	t->processor = 0;
	t->hits = t->hits_ns = t->ran_ns = 0;
	t->hit = NULL;
	t->cost_is_bound = t->cost_unknown = false;
	t->open = true;
	q->threads++;
}

static int end_thread(struct processes *p, struct thread *t, int64_t ts_end, struct error *err)
{
	if (!t->open)
		return 0;
	t->open = false;
	t->ts_end = ts_end;
	if (t->process->threads)
		t->process->threads--;
	if (t->hits && cost_thread_end(p->model, t, ts_end, err))
		return -1;
	return thread_row(p, t, err);
}

static struct thread *new_thread(struct processes *p, int32_t tid)
{
	struct thread *t = xcalloc(1, sizeof(*t));

	t->tid = tid;
	ARRAY_GROW(p->threads, p->thread_count, p->thread_capacity);
	*map_put(&p->by_tid, (uint32_t)tid, 0, NULL) = p->thread_count;
	p->threads[p->thread_count++] = t;
	return t;
}

struct thread *process_thread(struct model *m, int32_t tid)
{
	struct thread *t = find_thread(model_machine(m, &process_machine), tid);

	return t;
}

/*
 * The thread of a sample. One that nothing was told about begins here, without a name and a birth.
 * A task keeps running for a while after its EXIT record: that begins no new life.
 */
struct thread *process_seen(struct model *m, int32_t pid, int32_t tid, struct error *err)
{
	struct processes *p = model_machine(m, &process_machine);
	struct thread *t = find_thread(p, tid);

	if (t && (pid < 0 || t->process->pid == pid))
		return t;
	if (t && end_thread(p, t, t->last_ts, err))
		return NULL;
	if (!t)
		t = new_thread(p, tid);
	begin_thread(p, t, get_process(p, pid), NO_TIME);
	name(&t->comm, tid ? NULL : "swapper");
	return t;
}

/* ---- records --------------------------------------------------------------------------------- */

static int forked(struct processes *p, const struct event *e, struct error *err)
{
	struct thread *t = find_thread(p, e->tid), *parent;
	struct process *q = find_process(p, e->pid);
	int64_t ts = known_time(e->ts);

	if (t && t->open && ts == NO_TIME) {
		/* perf tells of a process it found; the parent is news. */
		if (e->pid == e->tid && t->process->parent_pid < 0)
			t->process->parent_pid = e->fork.parent_pid;
		return 0;
	}
	if (t && end_thread(p, t, ts, err)) /* it died unseen, at the latest now */
		return -1;
	if (e->pid == e->tid) {
		if (q) {
			if (end_process(p, q, LIFE_REUSE, ts, err))
				return -1;
			name(&q->comm, NULL);
			begin_process(p, q, ts, e->fork.parent_pid);
		} else {
			q = get_process(p, e->pid);
			q->ts = ts;
			q->parent_pid = e->fork.parent_pid;
		}
	}
	q = get_process(p, e->pid);
	if (!t)
		t = new_thread(p, e->tid);
	begin_thread(p, t, q, ts);
	name(&t->comm, NULL);
	parent = find_thread(p, e->fork.parent_tid);
	if (!parent || parent == t)
		return 0;
	/*
	 * A thread inherits its name. So does a process, but it mostly executes something next, and
	 * when records are missing the name of that may be.
	 */
	if (e->pid != e->tid || !p->model->sideband_lost)
		name(&t->comm, parent->comm);
	if (e->pid == e->tid)
		name(&q->comm, t->comm);
	return 0;
}

static int named(struct processes *p, const struct event *e, struct error *err)
{
	struct process *q = get_process(p, e->pid);
	struct thread *t = find_thread(p, e->tid);
	int64_t ts = known_time(e->ts);
	size_t i;

	if (!t || t->process != q) {
		t = process_seen(p->model, e->pid, e->tid, err);
		if (!t)
			return -1;
	}
	if (e->comm.exec && ts != NO_TIME) {
		int32_t parent = q->parent_pid;

		/* The other threads are dead, whether or not that was recorded. */
		for (i = 0; q->threads > 1 && i < p->thread_count; i++)
			if (p->threads[i] != t && p->threads[i]->process == q &&
			    end_thread(p, p->threads[i], ts, err))
				return -1;
		if (end_thread(p, t, ts, err) || end_process(p, q, LIFE_EXEC, ts, err))
			return -1;
		begin_process(p, q, ts, parent);
		begin_thread(p, t, q, ts);
	}
	name(&t->comm, e->comm.name);
	if (e->pid == e->tid)
		name(&q->comm, e->comm.name);
	return 0;
}

static int exited(struct processes *p, const struct event *e, struct error *err)
{
	struct thread *t = find_thread(p, e->tid);
	struct process *q;
	int64_t ts = known_time(e->ts);

	if (!t || t->process->pid != e->pid) {
		t = process_seen(p->model, e->pid, e->tid, err);
		if (!t)
			return -1;
	}
	q = t->process;
	if (end_thread(p, t, ts, err))
		return -1;
	q->last_exit = ts;
	if (e->pid == e->tid)
		q->leader_dead = true;
	if (q->leader_dead && !q->threads)
		return end_process(p, q, LIFE_EXIT, ts, err);
	return 0;
}

static int mapped(struct processes *p, const struct event *e, struct error *err)
{
	struct db_table *t = p->mapping_table;

	row_int(t, e->map.mapping);
	row_int(t, e->pid);
	row_raw_int(t, (int64_t)e->map.addr);
	row_raw_int(t, (int64_t)e->map.size);
	row_raw_int(t, (int64_t)e->map.file_offset);
	row_int(t, e->map.binary ? (int64_t)e->map.binary : DB_NULL);
	row_int(t, e->map.executable);
	row_int(t, known_time(e->ts));
	return row_end(t, err);
}

/* ---- the machine ----------------------------------------------------------------------------- */

static bool wants(const struct source_state *s)
{
	return s->role == ROLE_EXIT;
}

static void *begin(struct model *m, struct error *err)
{
	struct processes *p = xcalloc(1, sizeof(*p));

	p->model = m;
	p->process_table = db_table(m->db, "process(pid, parent_pid, comm, ts, ts_end)", err);
	if (p->process_table)
		p->thread_table = db_table(m->db, "thread(tid, pid, comm, ts, ts_end)", err);
	if (p->thread_table)
		p->mapping_table = db_table(m->db,
					    "mapping(id, pid, addr, size, file_offset, binary_id, "
					    "executable, ts)",
					    err);
	if (p->mapping_table)
		return p;
	free(p);
	return NULL;
}

static int event(void *machine, const struct event *e, struct thread *t, struct error *err)
{
	struct processes *p = machine;

	switch (e->kind) {
	case EVENT_MAP: return mapped(p, e, err);
	case EVENT_FORK: return e->pid < 0 || e->tid < 0 ? 0 : forked(p, e, err);
	case EVENT_COMM: return e->pid < 0 || e->tid < 0 ? 0 : named(p, e, err);
	case EVENT_EXIT: return e->pid < 0 || e->tid < 0 ? 0 : exited(p, e, err);
	case EVENT_SAMPLE:
		if (t && ((struct source_state *)e->source->model)->role == ROLE_EXIT) {
			t->process->exit_ts = e->ts;
			t->process->exit_code = event_field(e, FIELD_CODE);
		}
		return 0;
	default: return 0;
	}
}

static int end(void *machine, struct error *err)
{
	struct processes *p = machine;
	size_t i;

	/* A process whose main thread is gone ends with the last one that was seen to go. */
	for (i = 0; i < p->process_count; i++) {
		struct process *q = p->processes[i];

		if (q->open && q->leader_dead && end_process(p, q, LIFE_EXIT, q->last_exit, err))
			return -1;
		if (end_process(p, q, LIFE_OPEN, NO_TIME, err))
			return -1;
	}
	for (i = 0; i < p->thread_count; i++)
		if (end_thread(p, p->threads[i], NO_TIME, err))
			return -1;
	return 0;
}

bool process_comms_missing(struct model *m, int64_t *missing)
{
	struct processes *p = model_machine(m, &process_machine);

	*missing = p->comms_missing;
	return p->comms_missing > 0;
}

static void free_processes(void *machine)
{
	struct processes *p = machine;
	size_t i;

	for (i = 0; i < p->process_count; i++) {
		free(p->processes[i]->comm);
		free(p->processes[i]);
	}
	for (i = 0; i < p->thread_count; i++) {
		free(p->threads[i]->comm);
		free(p->threads[i]);
	}
	free(p->processes);
	free(p->threads);
	map_free(&p->by_pid);
	map_free(&p->by_tid);
	free(p);
}

const struct machine process_machine = {
	.name = "process",
	.begin = begin,
	.wants = wants,
	.event = event,
	.end = end,
	.free = free_processes,
};
