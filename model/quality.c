/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything that makes the recording less than perfect: one row per imperfection, whose sentence
 * says what it is, where, how much, and what to do the next time.
 *
 * Severities: `info` is to be known, `data_loss` means that something is missing that was asked for,
 * `error` that answers from this recording can be wrong.
 */
#include "model/machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define CLOCK_MONOTONIC_ID 1 /* linux/time.h */
#define ANYWHERE .cpu = NO_VALUE, .ts = NO_TIME, .ts_end = NO_TIME

int quality_row(struct model *m, const struct quality *q, struct error *err, const char *fmt, ...)
{
	struct db_table *t = m->table.quality;
	char *sentence;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vasprintf(&sentence, fmt, args);
	va_end(args);
	if (n < 0)
		BUG("format of %s", q->name);
	row_text(t, q->name);
	row_text(t, q->severity);
	row_int(t, q->cpu);
	row_int(t, q->source ? (int64_t)q->source : DB_NULL);
	row_int(t, q->ts);
	row_int(t, q->ts_end);
	row_int(t, q->value);
	row_text(t, sentence);
	free(sentence);
	return row_end(t, err);
}

int model_quality(struct model *m, const char *name, const char *severity, int64_t value,
		  const char *sentence, struct error *err)
{
	struct quality q = { .name = name, .severity = severity, ANYWHERE, .value = value };

	return quality_row(m, &q, err, "%s", sentence);
}

/* ---- the whole recording --------------------------------------------------------------------- */

static int about_input(struct model *m, struct error *err)
{
	const struct recording *r = &m->recording;
	struct quality q = { ANYWHERE };

	if (r->truncated) {
		q = (struct quality){ "truncated", "error", ANYWHERE, .value = r->damage_offset };
		q.ts = m->ts_end;
		if (quality_row(
			    m, &q, err,
			    "the input is damaged or ends early%s%s: whatever came after that is "
			    "missing, and with it the ledger of lost events; let perf record end "
			    "by itself or by SIGINT",
			    r->damage ? ", " : "", r->damage ? r->damage : ""))
			return -1;
	}
	if (r->overwrite) {
		q = (struct quality){ "overwritten", "data_loss", ANYWHERE, .value = NO_VALUE };
		q.ts_end = m->ts;
		if (quality_row(
			    m, &q, err,
			    "recorded with --overwrite: what happened before the first event was "
			    "overwritten; record without it, or with a larger -m"))
			return -1;
	}
	if (r->clock_id != CLOCK_MONOTONIC_ID) {
		q = (struct quality){ "clock", "info", ANYWHERE, .value = r->clock_id };
		if (quality_row(
			    m, &q, err,
			    "times are of %s, which a program's own log cannot be compared with; "
			    "record with -k CLOCK_MONOTONIC",
			    r->clock_id == NO_VALUE ? "perf's own clock" : "another clock"))
			return -1;
	}
	return 0;
}

/* ---- losses ---------------------------------------------------------------------------------- */

static int about_losses(struct model *m, struct error *err)
{
	struct quality q;
	size_t i;

	if (m->lost_events || m->ledger_events) {
		int64_t lost = m->lost_events > m->ledger_events ? m->lost_events
								 : m->ledger_events;

		q = (struct quality){ "lost_events", "data_loss", ANYWHERE, .value = lost };
		if (quality_row(
			    m, &q, err,
			    "%lld of %lld events were lost because the ring buffer was full (%lld "
			    "holes in time); record with a larger buffer (-m), or fewer events",
			    (long long)lost, (long long)(lost + m->events),
			    (long long)m->lost_records))
			return -1;
	}
	for (i = 0; i < m->cpu_count; i++) {
		const struct cpu_state *c = &m->cpus[i];

		if (!c->lost)
			continue;
		q = (struct quality){ "lost_on_cpu", "data_loss", ANYWHERE, .value = c->lost };
		if (i)
			q.cpu = (int64_t)i - 1;
		if (quality_row(m, &q, err,
				"%lld events were lost on %s, in the blind windows of "
				"cause lost with that cpu",
				(long long)c->lost, i ? "this CPU" : "a CPU that is not known"))
			return -1;
	}
	if (m->recording.has_ledger && m->ledger_events > m->lost_events) {
		q = (struct quality){ "lost_at_end", "data_loss", ANYWHERE,
				      .value = m->ledger_events - m->lost_events };
		if (quality_row(
			    m, &q, err,
			    "%lld of the lost events were lost after the last record of a CPU, "
			    "where no record announces it: the end of the recording is not whole",
			    (long long)q.value))
			return -1;
	}
	if (!m->recording.has_ledger) {
		q = (struct quality){ "no_ledger", m->lost_events ? "data_loss" : "info", ANYWHERE,
				      .value = NO_VALUE };
		if (quality_row(
			    m, &q, err,
			    "there is no ledger of what each source lost (perf before 6.1, or the "
			    "end is missing): a loss at the end of a buffer would not show%s",
			    m->lost_events ? ", and any source may be the one that lost" : ""))
			return -1;
	}
	if (m->sideband_lost) {
		q = (struct quality){ "sideband_lost", "data_loss", ANYWHERE, .value = NO_VALUE };
		if (quality_row(
			    m, &q, err,
			    "records of processes, threads and mappings were lost: names, births "
			    "and ends may be missing; record with a larger buffer (-m)"))
			return -1;
	}
	return 0;
}

/* ---- sources --------------------------------------------------------------------------------- */

static int about_thinning(struct model *m, const struct source_state *s, struct error *err)
{
	const struct source *source = s->source;
	struct quality q = { "sampled_source", "data_loss", ANYWHERE, .value = s->hits - s->events,
			     .source = source->id };

	if (!source_sampled(s))
		return 0;
	if (source->is_freq && !s->events) {
		q.value = NO_VALUE;
		return quality_row(
			m, &q, err,
			"%s was recorded with -F %lld and no hit was kept: whether there were "
			"any is not known; record without -F, and the clock as "
			"-e cpu-clock/freq=999/",
			source->name, (long long)source->freq);
	}
	if (source->is_freq)
		return quality_row(
			m, &q, err,
			"%s was recorded with -F %lld: %lld of about %lld hits were kept, "
			"and perf says nothing of it; record without -F, and the clock as "
			"-e cpu-clock/freq=999/",
			source->name, (long long)source->freq, (long long)s->events,
			(long long)s->hits);
	return quality_row(
		m, &q, err,
		"%s was recorded with a period: %lld of about %lld hits were kept; record "
		"it with -c 1",
		source->name, (long long)s->events, (long long)s->hits);
}

static int about_source(struct model *m, const struct source_state *s, struct error *err)
{
	const struct source *source = s->source;
	struct quality q = { ANYWHERE };

	if (about_thinning(m, s, err))
		return -1;
	if (s->lost && !source->dummy) {
		q = (struct quality){ "lost_samples", "data_loss", ANYWHERE, .value = s->lost,
				      .source = source->id };
		/* What the kernel counts for the event is every record that it could not write. */
		if (source->carries_sideband
			    ? quality_row(m, &q, err,
					  "up to %lld events of %s were lost: the ledger counts "
					  "records of processes, threads and mappings with them",
					  (long long)s->lost, source->name)
			    : quality_row(m, &q, err, "%lld of %lld events of %s were lost",
					  (long long)s->lost, (long long)(s->lost + s->events),
					  source->name))
			return -1;
	}
	if (s->throttles) {
		q = (struct quality){ "throttled", "data_loss", ANYWHERE, .value = s->throttles,
				      .source = source->id };
		if (quality_row(
			    m, &q, err,
			    "the kernel held %s back %lld times because it came too often (blind "
			    "windows with cause throttled); ask for fewer a second, or raise "
			    "kernel.perf_event_max_sample_rate",
			    source->name, (long long)s->throttles))
			return -1;
	}
	if (s->no_time) {
		q = (struct quality){ "no_time", "error", ANYWHERE, .value = s->no_time,
				      .source = source->id };
		if (quality_row(m, &q, err,
				"%lld events of %s have no time and stand before all others; record "
				"with -T",
				(long long)s->no_time, source->name))
			return -1;
	}
	if (source->field_count == 1 && source->fields[0].type == FIELD_BLOB &&
	    !strcmp(source->fields[0].name, "raw")) {
		q = (struct quality){ "no_format", "data_loss", ANYWHERE, .value = s->events,
				      .source = source->id };
		if (quality_row(
			    m, &q, err,
			    "the recording does not say how the fields of %s are laid out, so its "
			    "%lld events are kept as raw bytes",
			    source->name, (long long)s->events))
			return -1;
	}
	if (s->role != ROLE_NONE && !s->role_proved) {
		q = (struct quality){ "probe_by_name", "info", ANYWHERE, .value = NO_VALUE,
				      .source = source->id };
		if (quality_row(m, &q, err,
				"%s is taken for a probe on runtime.%s because of its name: what "
				"follows from it is at most likely; give --probes the uprobe_events "
				"lines, and the binary",
				source->name, s->runtime->name))
			return -1;
	}
	if (s->repeated) {
		q = (struct quality){ "repeated_hits", "info", ANYWHERE, .value = s->repeated,
				      .source = source->id };
		if (quality_row(
			    m, &q, err,
			    "%lld of %lld events of %s are hits that perf wrote twice, as it does "
			    "under load when its ring is small: table call_restart has them, and "
			    "they count as no calls",
			    (long long)s->repeated, (long long)s->events, source->name))
			return -1;
	}
	if (s->restarted) {
		q = (struct quality){ "restarted_calls", "info", ANYWHERE, .value = s->restarted,
				      .source = source->id };
		if (quality_row(
			    m, &q, err,
			    "%lld of %lld events of %s are second entries of one call, whose "
			    "prologue began again (stack growth, or a request to give way): table "
			    "call_restart has them",
			    (long long)s->restarted, (long long)s->events, source->name))
			return -1;
	}
	return 0;
}

/*
 * Read 8 bytes low, a goroutine's number is its status, and that of a running one is 2. Goroutine 2
 * is the runtime's own, which hardly ever runs.
 */
static int about_goids(struct model *m, struct error *err)
{
	const struct source_state *s;
	int64_t any = 0, two = 0;
	struct quality q;

	for (s = m->sources; s; s = s->next) {
		any += s->goid_any;
		two += s->goid_two;
	}
	if (any < 20 || two != any)
		return 0;
	q = (struct quality){ "goid_offset", "error", ANYWHERE, .value = two };
	return quality_row(
		m, &q, err,
		"each of the %lld goroutine numbers is 2, which is the status of a running "
		"goroutine: the probes read goid at a wrong offset; take it from this "
		"binary's DWARF (runtime.g, goid)",
		(long long)two);
}

/* ---- the machine ----------------------------------------------------------------------------- */

static void *begin(struct model *m, struct error *err)
{
	struct model **self = xmalloc(sizeof(struct model *));

	(void)err;
	*self = m;
	return self;
}

static int end(void *machine, struct error *err)
{
	struct model *m = *(struct model **)machine;
	const struct source_state *s;
	struct quality q;
	int64_t missing;

	if (about_input(m, err) || about_losses(m, err))
		return -1;
	for (s = m->sources; s; s = s->next)
		if (about_source(m, s, err))
			return -1;
	if (process_comms_missing(m, &missing)) {
		q = (struct quality){ "comm_missing", "info", ANYWHERE, .value = missing };
		if (quality_row(m, &q, err,
				"%lld %s no name, because the record of it was lost or they "
				"began before the recording",
				(long long)missing, missing == 1 ? "thread has" : "threads have"))
			return -1;
	}
	return about_goids(m, err);
}

const struct machine quality_machine = {
	.name = "quality",
	.begin = begin,
	.end = end,
	.free = free,
};
