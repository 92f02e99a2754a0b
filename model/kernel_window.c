/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When the kernel could not preempt or interrupt: preempt_disable … enable, irq_disable … enable.
 *
 * The tracepoints mark the outermost level, so they do not nest, and they pair per CPU, not per
 * thread: schedule() disables in the thread that leaves and the thread that comes enables. A CPU that
 * goes idle in between is idle, not busy without preemption: there the window is cut in two. What a
 * hole on the CPU cuts is no pair. At both ends of a recording, where perf arms its events one after
 * another, and where it drops an event because it is handling one already (which it counts nowhere),
 * halves stay alone: see enum half. Measured on Linux 6.1.
 *
 * The observer is in the picture: see observers[].
 */
#include "model/machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum kind { KERNEL, IRQ, KINDS };
enum origin { NOT_KNOWN, OBSERVER, PROGRAM }; /* who made a window; PROGRAM: not the recording */

static const char *const kind_names[KINDS] = { "kernel", "irq" };

/* Opener or closer where no function is. The last four are of windows that have no end, and say why. */
static const char idle[] = "[idle]"; /* cut there: the CPU had nothing to do */
static const char lost_events[] = "[lost events]";
static const char begun_again[] = "[begun again]"; /* the event of its end was dropped */
static const char not_armed[] = "[not armed]";     /* … or was not recorded yet, if ever */
static const char end_of_recording[] = "[end of recording]";

/*
 * Why an event has no partner, as far as that can be known. perf arms the two events of a kind one after
 * the other: until the first enable of a CPU, disables may be alone, and the other way about; and after
 * the last disable, enables may. What is alone elsewhere was dropped, or lost.
 */
enum half { AT_AN_END, BY_LOSS, DROPPED, HALVES };

struct open_window {
	bool open;
	bool cut;    /* events of the CPU were lost since */
	bool sample; /* a clock sample was taken in it */
	enum origin observer;
	int32_t pid, tid;
	int64_t goid, ts, event;
	const char *opener;
};

/* Of one kind on one CPU. */
struct halves {
	int64_t begins[HALVES]; /* disabled, and disabled again */
	int64_t ends[HALVES];   /* enabled, and not disabled */
	int64_t last_ends;      /* … since the last disable */
	int64_t cut;            /* paired, had nothing been lost in between */
	bool begun, ended;      /* such an event was seen */
	bool hole;              /* since the last of them */
};

struct kernel_windows {
	struct model *model;
	struct db_table *table;
	struct {
		struct open_window window[KINDS];
		struct halves halves[KINDS];
	} * cpus;
	size_t cpu_count;
	bool asked, complete[KINDS];
	unsigned char *stacks; /* by number: enum origin, and 1 more; 0: not asked */
	size_t stack_count;
};

/* ---- what the recorder does itself ----------------------------------------------------------- */

/*
 * Functions that open windows because something is recorded. `sampled`: only where a clock sample was
 * taken inside, for interrupts come without perf too.
 */
static const struct {
	const char *opener;
	bool sampled;
} observers[] = {
	{ "ct_irq_enter_irqson", false },
	{ "ct_irq_exit_irqson", false },
	{ "rcu_irq_enter_irqson", false },
	{ "rcu_irq_exit_irqson", false },
	{ "irq_enter_rcu", true },
	{ "irqentry_enter", true },
	{ "irqentry_enter_from_user_mode", true },
};

static bool begins_with_any(const char *text, const char *const *prefixes, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strncmp(text, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

/* Kernel functions that run only while perf or a uprobe is served. */
static bool serves_observer(const char *function)
{
	static const char *const prefixes[] = {
		"uprobe_", "__uprobe_", "arch_uprobe_", "handle_swbp", "xol_", "perf_",
	};

	return begins_with_any(function, prefixes, ARRAY_SIZE(prefixes));
}

/* Locks: handling a uprobe takes many, and so does everybody. Who it was, only the stack tells. */
static bool serves_anybody(const char *function)
{
	static const char *const prefixes[] = { "_raw_", "down_", "up_" };

	return begins_with_any(function, prefixes, ARRAY_SIZE(prefixes));
}

/*
 * perf's own threads are called perf, and its workload perf-exec until it executes the command (Linux:
 * tools/perf/util/evlist.c, evlist__prepare_workload()); some distributions install the program as
 * perf_VERSION, which is then its threads' name.
 */
static bool is_perf(const char *comm)
{
	return !strcmp(comm, "perf") || !strcmp(comm, "perf-exec") ||
	       (!strncmp(comm, "perf_", 5) && comm[5] >= '0' && comm[5] <= '9');
}

/* Who made the window: 1 the recording, 0 not so, DB_NULL not known. */
static int64_t made_by_observer(const struct open_window *w)
{
	size_t i;

	if (w->observer == OBSERVER || (w->opener && serves_observer(w->opener)))
		return 1;
	for (i = 0; w->opener && i < ARRAY_SIZE(observers); i++)
		if (!strcmp(observers[i].opener, w->opener) && (!observers[i].sampled || w->sample))
			return 1;
	if (w->observer == PROGRAM || (w->opener && !serves_anybody(w->opener)))
		return 0;
	return DB_NULL;
}

/* Who is on the stack; every stack is asked about once. NOT_KNOWN: its functions have no names. */
static enum origin on_stack(struct kernel_windows *k, uint32_t stack)
{
	const struct resolver *r = &k->model->resolver;
	enum origin origin = NOT_KNOWN;
	uint32_t at = stack;

	if (!r->kernel_frame || !r->caller)
		return NOT_KNOWN;
	if (stack < k->stack_count && k->stacks[stack])
		return k->stacks[stack] - 1;
	for (; at && origin != OBSERVER; at = r->caller(r->arg, at)) {
		const char *function;

		if (at < k->stack_count && k->stacks[at]) {
			if (k->stacks[at] - 1 != NOT_KNOWN)
				origin = k->stacks[at] - 1;
			break;
		}
		function = r->kernel_frame(r->arg, at);
		if (!function) /* the rest is the program's */
			break;
		origin = serves_observer(function) ? OBSERVER : PROGRAM;
	}
	if (stack >= k->stack_count) {
		size_t count = (size_t)stack + 1024;

		k->stacks = xrealloc(k->stacks, count, 1);
		memset(k->stacks + k->stack_count, 0, count - k->stack_count);
		k->stack_count = count;
	}
	k->stacks[stack] = (unsigned char)(origin + 1);
	return origin;
}

/* perf's own writes, and its handling of probes, as far as the stack tells. */
static enum origin origin_of(struct kernel_windows *k, const struct event *e,
			     const struct thread *t)
{
	enum origin origin;

	if (t && t->process && t->process->comm && is_perf(t->process->comm))
		return OBSERVER;
	if (!e->sample.stack)
		return NOT_KNOWN;
	origin = on_stack(k, e->sample.stack);
	/* The interrupted address alone does not say who called. */
	return origin == PROGRAM && !e->source->has_callchain ? NOT_KNOWN : origin;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* `e`: what closed it, NULL: nothing did. `closer`: who did, or why nothing did. */
static int write_window(struct kernel_windows *k, int cpu, enum kind kind,
			const struct open_window *w, const struct event *e, const char *closer,
			struct error *err)
{
	struct db_table *t = k->table;
	bool ended = e && !w->cut;

	row_text(t, kind_names[kind]);
	row_int(t, cpu);
	row_int(t, w->pid < 0 ? DB_NULL : w->pid);
	row_int(t, w->tid < 0 ? DB_NULL : w->tid);
	row_int(t, w->goid);
	row_int(t, w->ts);
	row_int(t, ended ? e->ts : DB_NULL);
	row_text(t, w->opener);
	row_text(t, w->cut ? lost_events : closer);
	row_int(t, made_by_observer(w));
	row_text(t, certainty_name(!ended || !k->complete[kind] ? POSSIBLE : PROVED));
	row_int(t, w->event);
	row_int(t, ended ? e->id : DB_NULL);
	return row_end(t, err);
}

/* ---- events ---------------------------------------------------------------------------------- */

static void ask(struct kernel_windows *k)
{
	const struct source_state *s;

	k->asked = k->complete[KERNEL] = k->complete[IRQ] = true;
	for (s = k->model->sources; s; s = s->next) {
		if (s->tracepoint == TRACE_PREEMPT_OFF || s->tracepoint == TRACE_PREEMPT_ON)
			k->complete[KERNEL] &= !source_sampled(s);
		if (s->tracepoint == TRACE_IRQ_OFF || s->tracepoint == TRACE_IRQ_ON)
			k->complete[IRQ] &= !source_sampled(s);
	}
}

static const char *caller(const struct model *m, const struct event *e)
{
	int64_t offset = event_field(e, FIELD_CALLER_OFFS);

	if (offset == NO_VALUE || !m->resolver.kernel)
		return NULL;
	return m->resolver.kernel(m->resolver.arg, offset);
}

/*
 * A lock that turns interrupts off, too, turns them off first: what is known of its other window, or of
 * one that is open around it, is known of this one.
 */
static void tell_each_other(struct open_window *windows, enum kind begun)
{
	struct open_window *kernel = &windows[KERNEL], *irq = &windows[IRQ];

	if (!kernel->open || kernel->cut || kernel->ts == NO_TIME || !irq->open || irq->cut ||
	    irq->observer != NOT_KNOWN)
		return;
	if (begun == IRQ || (kernel->opener && irq->opener && !strcmp(kernel->opener, irq->opener)))
		irq->observer = kernel->observer;
}

static int turned_off(struct kernel_windows *k, enum kind kind, const struct event *e,
		      const struct thread *t, struct error *err)
{
	struct open_window *w = &k->cpus[e->cpu].window[kind];
	struct halves *h = &k->cpus[e->cpu].halves[kind];

	h->ends[DROPPED] += h->last_ends;
	h->last_ends = 0;
	if (w->open) {
		h->begins[w->cut ? BY_LOSS : h->ended ? DROPPED : AT_AN_END]++;
		if (w->ts != NO_TIME &&
		    write_window(k, e->cpu, kind, w, NULL, h->ended ? begun_again : not_armed, err))
			return -1;
	}
	h->begun = true;
	h->hole = false;
	*w = (struct open_window){
		.open = true,
		.pid = e->pid,
		.tid = e->tid,
		.goid = goroutine_of(k->model, e, t),
		.ts = e->ts,
		.event = e->id,
		.opener = caller(k->model, e),
		.observer = origin_of(k, e, t),
	};
	tell_each_other(k->cpus[e->cpu].window, kind);
	return 0;
}

static int turned_on(struct kernel_windows *k, enum kind kind, const struct event *e,
		     struct error *err)
{
	struct open_window *w = &k->cpus[e->cpu].window[kind];
	struct halves *h = &k->cpus[e->cpu].halves[kind];
	bool hole = h->hole;

	h->ended = true;
	h->hole = false;
	if (!w->open) {
		if (hole)
			h->ends[BY_LOSS]++;
		else if (!h->begun)
			h->ends[AT_AN_END]++;
		else
			h->last_ends++;
		return 0;
	}
	w->open = false;
	w->cut |= w->ts == NO_TIME; /* the end of the idle time was not seen */
	h->cut += w->cut;
	if (w->ts == NO_TIME)
		return 0;
	return write_window(k, e->cpu, kind, w, e, caller(k->model, e), err);
}

/* A switch to the idle task ends the window of schedule() for the time being; one from it resumes it. */
static int switched(struct kernel_windows *k, const struct event *e, struct error *err)
{
	struct open_window *w = &k->cpus[e->cpu].window[KERNEL];
	int64_t prev = event_field(e, FIELD_PREV_PID), next = event_field(e, FIELD_NEXT_PID);
	const struct thread *t;

	if (!w->open)
		return 0;
	if (!next && prev) {
		if (w->ts != NO_TIME && write_window(k, e->cpu, KERNEL, w, e, idle, err))
			return -1;
		w->ts = NO_TIME;
	} else if (!prev && next) {
		w->ts = e->ts;
		w->event = e->id;
		w->opener = idle;
		w->tid = next > 0 && next <= INT32_MAX ? (int32_t)next : -1;
		w->pid = -1;
		w->goid = NO_VALUE;
		w->sample = false;
		/* The scheduler's own, whoever comes; but perf comes because it records. */
		t = process_thread(k->model, w->tid);
		w->observer = t && t->process && t->process->comm && is_perf(t->process->comm)
				      ? OBSERVER
				      : PROGRAM;
	}
	return 0;
}

static bool known_cpu(struct kernel_windows *k, int cpu)
{
	size_t count = (size_t)cpu + 16;

	if (cpu < 0 || cpu >= CPU_LIMIT)
		return false;
	if ((size_t)cpu < k->cpu_count)
		return true;
	k->cpus = xrealloc(k->cpus, count, sizeof(*k->cpus));
	memset(k->cpus + k->cpu_count, 0, (count - k->cpu_count) * sizeof(*k->cpus));
	k->cpu_count = count;
	return true;
}

static int trace(void *machine, const struct event *e, struct thread *t, struct error *err)
{
	const struct source_state *s = e->source->model;
	struct kernel_windows *k = machine;
	size_t kind;

	if (e->ts == NO_TIME || !known_cpu(k, e->cpu))
		return 0;
	if (!k->asked)
		ask(k);
	switch (s->tracepoint) {
	case TRACE_PREEMPT_OFF: return turned_off(k, KERNEL, e, t, err);
	case TRACE_PREEMPT_ON: return turned_on(k, KERNEL, e, err);
	case TRACE_IRQ_OFF: return turned_off(k, IRQ, e, t, err);
	case TRACE_IRQ_ON: return turned_on(k, IRQ, e, err);
	case TRACE_SWITCH: return switched(k, e, err);
	case TRACE_CLOCK:
		for (kind = 0; kind < KINDS; kind++)
			k->cpus[e->cpu].window[kind].sample = true;
		return 0;
	default: return 0;
	}
}

/* ---- the machine ----------------------------------------------------------------------------- */

static bool wants(const struct source_state *s)
{
	return s->tracepoint == TRACE_SWITCH || s->tracepoint >= TRACE_PREEMPT_OFF;
}

static void *begin(struct model *m, struct error *err)
{
	struct kernel_windows *k = xcalloc(1, sizeof(*k));

	k->model = m;
	k->table = db_table(m->db,
			    "preempt_window(kind, cpu, pid, tid, goid, ts, ts_end, opener, closer, "
			    "observer, certainty, first_event, last_event)",
			    err);
	if (k->table)
		return k;
	free(k);
	return NULL;
}

static int hole(void *machine, const struct hole *hole, struct error *err)
{
	struct kernel_windows *k = machine;
	size_t i, kind;

	(void)err;
	for (i = 0; i < k->cpu_count; i++)
		for (kind = 0; (hole->cpu < 0 || (size_t)hole->cpu == i) && kind < KINDS; kind++) {
			k->cpus[i].window[kind].cut = true;
			k->cpus[i].halves[kind].hole = true;
		}
	return 0;
}

static int tell(struct kernel_windows *k, int cpu, enum kind kind, struct error *err)
{
	static const struct {
		const char *name, *severity, *why;
	} rows[HALVES] = {
		[AT_AN_END] = { "windows_at_an_end", "info",
				"at an end of the recording, where perf arms one event after the "
				"other" },
		[BY_LOSS] = { "windows_unpaired_by_loss", "data_loss", "where events were lost" },
		[DROPPED] = { "windows_unpaired", "info",
			      "where perf dropped an event that came while it handled another, "
			      "which it counts nowhere" },
	};
	const struct halves *h = &k->cpus[cpu].halves[kind];
	struct quality q = { .cpu = cpu, .ts = NO_TIME, .ts_end = NO_TIME };
	size_t i;

	for (i = 0; i < HALVES; i++) {
		q.name = rows[i].name;
		q.severity = rows[i].severity;
		q.value = h->begins[i] + h->ends[i];
		if (q.value &&
		    quality_row(k->model, &q, err,
				"CPU %d, %s: %lld begins without an end and %lld ends without a "
				"begin, %s; they were paired with nothing",
				cpu, kind_names[kind], (long long)h->begins[i],
				(long long)h->ends[i], rows[i].why))
			return -1;
	}
	q.name = "windows_cut_by_loss";
	q.severity = "data_loss";
	q.value = h->cut;
	return q.value ? quality_row(
				 k->model, &q, err,
				 "CPU %d, %s: %lld windows have a begin and an end, but events were "
				 "lost in between, so their end is not known",
				 cpu, kind_names[kind], (long long)h->cut)
		       : 0;
}

static int end(void *machine, struct error *err)
{
	struct kernel_windows *k = machine;
	size_t i, kind;

	for (i = 0; i < k->cpu_count; i++)
		for (kind = 0; kind < KINDS; kind++) {
			const struct open_window *w = &k->cpus[i].window[kind];
			struct halves *h = &k->cpus[i].halves[kind];

			h->ends[AT_AN_END] += h->last_ends;
			if (w->open && w->ts != NO_TIME &&
			    write_window(k, (int)i, kind, w, NULL, end_of_recording, err))
				return -1;
			if (tell(k, (int)i, kind, err))
				return -1;
		}
	return 0;
}

static void free_kernel_windows(void *machine)
{
	struct kernel_windows *k = machine;

	free(k->cpus);
	free(k->stacks);
	free(k);
}

const struct machine kernel_window_machine = {
	.name = "kernel_window",
	.begin = begin,
	.wants = wants,
	.trace = trace,
	.hole = hole,
	.end = end,
	.free = free_kernel_windows,
};
