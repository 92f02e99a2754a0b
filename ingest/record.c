/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "ingest/bytes.h"
#include "ingest/inflate.h"
#include "ingest/window.h"

/* ---- the types ------------------------------------------------------------------------------ */

#define PERF_RECORD_MISC_LOST_BY_BPF (1 << 15) /* perf 6.12: PERF_RECORD_MISC_LOST_SAMPLES_BPF */

static const struct {
	const char *name;
	bool used;
} types[RECORD_TYPE_MAX] = {
	[PERF_RECORD_MMAP] = { "PERF_RECORD_MMAP", true },
	[PERF_RECORD_LOST] = { "PERF_RECORD_LOST", true },
	[PERF_RECORD_COMM] = { "PERF_RECORD_COMM", true },
	[PERF_RECORD_EXIT] = { "PERF_RECORD_EXIT", true },
	[PERF_RECORD_THROTTLE] = { "PERF_RECORD_THROTTLE", true },
	[PERF_RECORD_UNTHROTTLE] = { "PERF_RECORD_UNTHROTTLE", true },
	[PERF_RECORD_FORK] = { "PERF_RECORD_FORK", true },
	[PERF_RECORD_READ] = { "PERF_RECORD_READ", false },
	[PERF_RECORD_SAMPLE] = { "PERF_RECORD_SAMPLE", true },
	[PERF_RECORD_MMAP2] = { "PERF_RECORD_MMAP2", true },
	[PERF_RECORD_AUX] = { "PERF_RECORD_AUX", false },
	[PERF_RECORD_ITRACE_START] = { "PERF_RECORD_ITRACE_START", false },
	[PERF_RECORD_LOST_SAMPLES] = { "PERF_RECORD_LOST_SAMPLES", true },
	[PERF_RECORD_SWITCH] = { "PERF_RECORD_SWITCH", false },
	[PERF_RECORD_SWITCH_CPU_WIDE] = { "PERF_RECORD_SWITCH_CPU_WIDE", false },
	[PERF_RECORD_NAMESPACES] = { "PERF_RECORD_NAMESPACES", false },
	[PERF_RECORD_KSYMBOL] = { "PERF_RECORD_KSYMBOL", false },
	[PERF_RECORD_BPF_EVENT] = { "PERF_RECORD_BPF_EVENT", false },
	[PERF_RECORD_CGROUP] = { "PERF_RECORD_CGROUP", false },
	[PERF_RECORD_TEXT_POKE] = { "PERF_RECORD_TEXT_POKE", false },
	[PERF_RECORD_AUX_OUTPUT_HW_ID] = { "PERF_RECORD_AUX_OUTPUT_HW_ID", false },
	[RECORD_CALLCHAIN_DEFERRED] = { "PERF_RECORD_CALLCHAIN_DEFERRED", false },
	[PERF_RECORD_HEADER_ATTR] = { "PERF_RECORD_HEADER_ATTR", true },
	[PERF_RECORD_HEADER_EVENT_TYPE] = { "PERF_RECORD_HEADER_EVENT_TYPE", false },
	[PERF_RECORD_HEADER_TRACING_DATA] = { "PERF_RECORD_HEADER_TRACING_DATA", true },
	[PERF_RECORD_HEADER_BUILD_ID] = { "PERF_RECORD_HEADER_BUILD_ID", true },
	/* The runs are measured, so the marks between rounds carry nothing more. */
	[PERF_RECORD_FINISHED_ROUND] = { "PERF_RECORD_FINISHED_ROUND", true },
	[PERF_RECORD_ID_INDEX] = { "PERF_RECORD_ID_INDEX", true },
	[PERF_RECORD_AUXTRACE_INFO] = { "PERF_RECORD_AUXTRACE_INFO", false },
	[PERF_RECORD_AUXTRACE] = { "PERF_RECORD_AUXTRACE", false },
	[PERF_RECORD_AUXTRACE_ERROR] = { "PERF_RECORD_AUXTRACE_ERROR", false },
	[PERF_RECORD_THREAD_MAP] = { "PERF_RECORD_THREAD_MAP", false },
	[PERF_RECORD_CPU_MAP] = { "PERF_RECORD_CPU_MAP", true },
	[PERF_RECORD_STAT_CONFIG] = { "PERF_RECORD_STAT_CONFIG", false },
	[PERF_RECORD_STAT] = { "PERF_RECORD_STAT", false },
	[PERF_RECORD_STAT_ROUND] = { "PERF_RECORD_STAT_ROUND", false },
	[PERF_RECORD_EVENT_UPDATE] = { "PERF_RECORD_EVENT_UPDATE", true },
	/* For clocks that perf converts; the samples' times are ns already. */
	[PERF_RECORD_TIME_CONV] = { "PERF_RECORD_TIME_CONV", false },
	[PERF_RECORD_HEADER_FEATURE] = { "PERF_RECORD_HEADER_FEATURE", true },
	[PERF_RECORD_COMPRESSED] = { "PERF_RECORD_COMPRESSED", true },
	[PERF_RECORD_FINISHED_INIT] = { "PERF_RECORD_FINISHED_INIT", true },
	[RECORD_COMPRESSED2] = { "PERF_RECORD_COMPRESSED2", true },
};

const char *record_name(uint32_t type)
{
	return type < RECORD_TYPE_MAX ? types[type].name : NULL;
}

bool record_is_used(uint32_t type)
{
	return type < RECORD_TYPE_MAX && types[type].used;
}

uint64_t record_extent(const struct perf_event_header *h)
{
	const char *body = (const char *)(h + 1);

	if (h->size < sizeof(*h))
		return 0;
	if (h->type == PERF_RECORD_HEADER_TRACING_DATA && h->size >= sizeof(*h) + 4)
		return h->size + (((uint64_t)half_at(body) + 7) & ~(uint64_t)7);
	if (h->type == PERF_RECORD_AUXTRACE && h->size >= sizeof(*h) + 8) {
		uint64_t behind = word_at(body);

		return behind > INT64_MAX ? 0 : h->size + behind;
	}
	return h->size;
}

/* ---- whose, when ---------------------------------------------------------------------------- */

struct perf_source *record_source(const struct perf_data *d, const struct perf_event_header *h,
				  uint64_t *id)
{
	const char *body = (const char *)(h + 1);
	size_t count = (h->size - sizeof(*h)) / sizeof(uint64_t);
	const struct id_owner *owner;
	int pos = h->type == PERF_RECORD_SAMPLE ? d->id_pos : d->is_pos;

	*id = 0;
	if (!d->source_count)
		return NULL;
	if (pos < 0 || (h->type != PERF_RECORD_SAMPLE && !d->sources[0]->layout.has_trailer))
		return d->source_count == 1 || h->type != PERF_RECORD_SAMPLE ? d->sources[0] : NULL;
	if (h->type != PERF_RECORD_SAMPLE)
		pos = (int)count - pos;
	if (pos < 0 || (size_t)pos >= count)
		return NULL;
	*id = word_at(body + 8 * (size_t)pos);
	owner = perf_data_owner(d, *id);
	if (owner && owner->source)
		return owner->source;
	/* What perf synthesizes carries id 0; and with one event there is no doubt. */
	if (d->source_count == 1 || (!*id && h->type != PERF_RECORD_SAMPLE))
		return d->sources[0];
	return NULL;
}

bool record_is_timed(uint32_t type)
{
	return type < PERF_RECORD_USER_TYPE_START && type != PERF_RECORD_LOST_SAMPLES;
}

uint64_t record_time(const struct perf_data *d, const struct perf_event_header *h)
{
	const struct sample_layout *l;
	size_t count = (h->size - sizeof(*h)) / sizeof(uint64_t);
	uint64_t id, time;
	int pos;

	if (d->one_layout && d->source_count) {
		l = &d->sources[0]->layout;
	} else {
		const struct perf_source *s = record_source(d, h, &id);

		if (!s)
			return 0;
		l = &s->layout;
	}
	pos = h->type == PERF_RECORD_SAMPLE ? l->sample_time
	      : l->trailer_time < 0         ? -1
					    : (int)count - l->trailer_time;
	if (pos < 0 || (size_t)pos >= count)
		return 0;
	time = word_at((const char *)(h + 1) + 8 * (size_t)pos);
	return time == UINT64_MAX ? 0 : time; /* perf's "no time" */
}

int32_t record_cpu(const struct perf_data *d, const struct perf_event_header *h)
{
	size_t count = (h->size - sizeof(*h)) / sizeof(uint64_t);
	const struct perf_source *s;
	const struct id_owner *owner;
	uint64_t id = 0;
	int pos = -1;

	s = d->one_cpu_place && d->source_count ? d->sources[0] : record_source(d, h, &id);
	if (s && h->type == PERF_RECORD_SAMPLE)
		pos = s->layout.sample_cpu;
	else if (s && s->layout.trailer_cpu > 0)
		pos = (int)count - s->layout.trailer_cpu;
	if (pos >= 0 && (size_t)pos < count)
		return (int32_t)half_at((const char *)(h + 1) + 8 * (size_t)pos);
	if (!id)
		record_source(d, h, &id);
	owner = id ? perf_data_owner(d, id) : NULL;
	return owner ? owner->cpu : -1;
}

/* ---- records without a time ------------------------------------------------------------------ */

static struct bytes body_of(const struct perf_event_header *h)
{
	return (struct bytes){ .at = (const char *)(h + 1), .left = h->size - sizeof(*h) };
}

/* perf_event_attr (its size is its second u32), then u64 ids. */
static void read_attr(struct perf_data *d, const struct segment *s, uint64_t offset,
		      const struct perf_event_header *h)
{
	struct bytes b = body_of(h);
	size_t size = b.left >= 8 ? half_at(b.at + 4) : 0;
	const char *attr = take(&b, size);

	if (!attr || !perf_data_add_attr(d, attr, size, (const unsigned char *)b.at, b.left / 8))
		perf_data_damage(d, s, offset, "an event attribute makes no sense");
}

/* u64 kind, u64 id, then a text for kind NAME. */
static void read_event_update(struct perf_data *d, const struct perf_event_header *h)
{
	struct bytes b = body_of(h);
	uint64_t kind = take_u64(&b), id = take_u64(&b);
	const struct id_owner *owner = perf_data_owner(d, id);
	const char *name = b.failed ? NULL : b.at;

	if (kind != PERF_EVENT_UPDATE__NAME || !name || !owner || !owner->source ||
	    owner->source->name)
		return;
	owner->source->name = xstrndup(name, b.left);
}

static void add_cpu(struct survey *s, int64_t cpu)
{
	size_t i;

	if (cpu < 0 || cpu > UINT16_MAX)
		return;
	for (i = 0; i < s->cpu_count; i++)
		if (s->cpus[i] == cpu)
			return;
	ARRAY_GROW(s->cpus, s->cpu_count, s->cpu_capacity);
	s->cpus[s->cpu_count++] = (int32_t)cpu;
}

/* u64 number; each: u64 id, index, CPU and thread (all ones: any). */
static void read_id_index(struct survey *s, struct perf_data *d, const struct perf_event_header *h)
{
	struct bytes b = body_of(h);
	uint64_t count = take_u64(&b);

	for (; count && b.left >= sizeof(struct id_index_entry); count--) {
		uint64_t id = take_u64(&b), cpu, thread;
		struct id_owner *owner;

		take_u64(&b);
		cpu = take_u64(&b);
		thread = take_u64(&b);
		perf_data_add_id(d, id, NULL);
		owner = perf_data_owner(d, id);
		owner->cpu = cpu <= UINT16_MAX ? (int32_t)cpu : -1;
		if (owner->source && thread == UINT64_MAX)
			owner->source->source.system_wide = true;
		add_cpu(s, owner->cpu);
		s->per_thread |= cpu == UINT64_MAX && thread != UINT64_MAX;
	}
}

static void read_cpu_map(struct survey *s, const struct perf_event_header *h)
{
	struct bytes b = body_of(h);
	const char *data = b.at;
	size_t size = b.left, i, bit;
	uint16_t kind, count, word;

	if (size < 6)
		return;
	memcpy(&kind, data, 2);
	memcpy(&count, data + 2, 2);
	if (kind == PERF_CPU_MAP__CPUS) {
		for (i = 0; i < count && 4 + 2 * i + 2 <= size; i++) {
			memcpy(&word, data + 4 + 2 * i, 2);
			if (word != UINT16_MAX)
				add_cpu(s, word);
		}
	} else if (kind == PERF_CPU_MAP__MASK) {
		memcpy(&word, data + 4,
		       2); /* bytes of a mask word; 8 are padded to begin at 8 + 2 */
		data += word == 8 ? 10 : 6;
		size -= size < (word == 8 ? 10u : 6u) ? size : (word == 8 ? 10u : 6u);
		for (i = 0; i < (size_t)count * word && i < size; i++)
			for (bit = 0; bit < 8; bit++)
				if ((unsigned char)data[i] >> bit & 1)
					add_cpu(s, (int64_t)(8 * i + bit));
	} else if (kind == PERF_CPU_MAP__RANGE_CPUS && size >= 8) {
		uint16_t from, to;

		memcpy(&from, data + 4, 2);
		memcpy(&to, data + 6, 2);
		for (i = from; i <= to; i++)
			add_cpu(s, (int64_t)i);
	}
}

static void read_lost_samples(struct survey *s, const struct perf_data *d, uint64_t offset,
			      const struct perf_event_header *h)
{
	struct bytes b = body_of(h);
	uint64_t count = take_u64(&b), id;
	struct lost_samples *l;
	const struct id_owner *owner;
	const struct perf_source *source;

	if (b.failed)
		return;
	if (h->misc & PERF_RECORD_MISC_LOST_BY_BPF) {
		s->filtered += count;
		return;
	}
	source = record_source(d, h, &id);
	owner = perf_data_owner(d, id);
	ARRAY_GROW(s->lost_samples, s->lost_samples_count, s->lost_samples_capacity);
	l = &s->lost_samples[s->lost_samples_count++];
	*l = (struct lost_samples){ .source = owner ? owner->source : NULL,
				    .cpu = owner ? owner->cpu : -1,
				    .count = count,
				    .offset = (int64_t)offset };
	if (l->cpu < 0 && source && source->layout.trailer_cpu > 0) {
		size_t words = (h->size - sizeof(*h)) / 8, pos = (size_t)source->layout.trailer_cpu;

		if (pos <= words)
			l->cpu = (int32_t)half_at((const char *)(h + 1) + 8 * (words - pos));
	}
	s->ledger += count;
	s->has_ledger = true;
}

/* u64 feature number, then what a file would have in the feature's section. */
static void read_feature(struct perf_data *d, const struct perf_event_header *h)
{
	struct bytes b = body_of(h);
	uint64_t bit = take_u64(&b);

	if (!b.failed && bit < 256)
		feature_read(d, (int)bit, b.at, b.left);
}

/* u32 size; that many bytes follow the record. */
static void read_tracing_data(struct perf_data *d, const struct segment *s, struct window *w,
			      const struct perf_event_header *h)
{
	uint64_t offset = window_offset(w) + h->size;
	uint32_t size = h->size >= sizeof(*h) + 4 ? half_at((const char *)(h + 1)) : 0;

	if (offset > s->end || size > s->end - offset) {
		perf_data_damage(d, s, offset, "the tracepoint formats are cut");
		size = offset > s->end ? 0 : (uint32_t)(s->end - offset);
	}
	buffer_clear(&d->tracing);
	buffer_room(&d->tracing, size);
	d->tracing.size = read_at(s->fd, d->tracing.data, size, offset);
}

/* ---- the walk ------------------------------------------------------------------------------- */

struct walk {
	struct survey *survey;
	struct perf_data *data;
	void (*on_map)(void *arg, const struct perf_event_header *map);
	void *arg;
	uint32_t spool_segment;  /* index + 1 of the segment of inflated records */
	uint64_t spool_surveyed; /* up to here, inflated records were taken in */
};

/* Takes in one record. *extent: 0 when nothing after it can be read. */
static int take_record(struct walk *k, uint32_t segment, struct window *w,
		       const struct perf_event_header *h, uint64_t *extent, struct error *err);

/* Takes in the inflated records that are complete. */
static int walk_spool(struct walk *k, struct error *err)
{
	struct perf_data *d = k->data;
	struct window w = { 0 };
	const struct perf_event_header *h;
	uint64_t extent = 1;
	int rc = 0;

	if (!k->spool_segment) {
		ARRAY_GROW(d->segments, d->segment_count, d->segment_capacity);
		d->segments[d->segment_count++] =
			(struct segment){ .fd = d->spool, .name = "decompressed records" };
		k->spool_segment = (uint32_t)d->segment_count;
	}
	d->segments[k->spool_segment - 1].end = d->spool_end;
	window_open(&w, d->spool, k->spool_surveyed, d->spool_end);
	while (!rc && extent && (h = window_record(&w))) {
		rc = take_record(k, k->spool_segment - 1, &w, h, &extent, err);
		if (!rc && extent > d->spool_end - window_offset(&w))
			break;
		window_skip(&w, extent);
		k->spool_surveyed = window_offset(&w);
	}
	window_free(&w);
	return rc;
}

static int take_record(struct walk *k, uint32_t segment, struct window *w,
		       const struct perf_event_header *h, uint64_t *extent, struct error *err)
{
	struct perf_data *d = k->data;
	struct survey *s = k->survey;
	uint64_t offset = window_offset(w);
	bool ended = false;

	*extent = record_extent(h);
	s->counts[h->type < RECORD_TYPE_MAX ? h->type : RECORD_TYPE_MAX]++;
	switch (h->type) {
	case PERF_RECORD_HEADER_ATTR: read_attr(d, &d->segments[segment], offset, h); break;
	case PERF_RECORD_EVENT_UPDATE: read_event_update(d, h); break;
	case PERF_RECORD_HEADER_TRACING_DATA:
		read_tracing_data(d, &d->segments[segment], w, h);
		break;
	case PERF_RECORD_HEADER_FEATURE: read_feature(d, h); break;
	case PERF_RECORD_HEADER_BUILD_ID: buffer_add(&d->build_ids, h, h->size); break;
	case PERF_RECORD_ID_INDEX: read_id_index(s, d, h); break;
	case PERF_RECORD_CPU_MAP: read_cpu_map(s, h); break;
	case PERF_RECORD_COMPRESSED:
	case RECORD_COMPRESSED2:
		if (segment + 1 == k->spool_segment)
			break; /* compressed twice: nothing that perf writes */
		if (inflate_record(d, &d->segments[segment], offset, h, &ended, err) ||
		    walk_spool(k, err))
			return -1;
		if (ended)
			*extent = 0;
		break;
	case PERF_RECORD_MMAP:
	case PERF_RECORD_MMAP2: k->on_map(k->arg, h); break;
	case PERF_RECORD_LOST_SAMPLES: read_lost_samples(s, d, offset, h); break;
	case PERF_RECORD_LOST:
		if (h->size >= sizeof(*h) + 16)
			s->lost += word_at((const char *)(h + 1) + 8);
		break;
	}
	if (record_is_timed(h->type)) {
		uint64_t time = record_time(d, h);

		runs_add(&s->runs, segment, offset, offset + h->size, time);
		holes_record(&s->holes, s->per_thread ? -1 : record_cpu(d, h), time,
			     h->type == PERF_RECORD_LOST);
	}
	return 0;
}

static int walk_segment(struct walk *k, uint32_t index, struct error *err)
{
	struct perf_data *d = k->data;
	struct segment segment = d->segments[index]; /* the list may move */
	const struct perf_event_header *h;
	struct window w = { 0 };
	uint64_t extent;
	int rc = 0;

	window_open(&w, segment.fd, segment.begin, segment.end);
	while ((h = window_record(&w))) {
		uint64_t at = window_offset(&w);

		rc = take_record(k, index, &w, h, &extent, err);
		if (rc || !extent)
			break;
		if (extent > segment.end - at)
			perf_data_damage(d, &segment, at, "the bytes behind a record are cut");
		window_skip(&w, extent);
	}
	if (!rc && !h && window_offset(&w) < segment.end) {
		uint64_t at = window_offset(&w), left = segment.end - at;
		size_t have;
		const char *bytes = window_bytes(&w, sizeof(*h), &have);
		struct perf_event_header header = { 0 };

		memcpy(&header, bytes, have);
		if (have < sizeof(header))
			perf_data_damage(d, &segment, at,
					 "the file is cut inside a record's header");
		else if (header.size < sizeof(header))
			perf_data_damage(
				d, &segment, at,
				"a record of type %u says that it has %u bytes; what follows "
				"cannot be read",
				header.type, header.size);
		else
			perf_data_damage(
				d, &segment, at,
				"the file is cut inside a record: %u bytes wanted, %llu left",
				header.size, (unsigned long long)left);
	}
	window_free(&w);
	inflate_end(&d->segments[index]);
	return rc;
}

int survey_read(struct survey *s, struct perf_data *d,
		void (*on_map)(void *arg, const struct perf_event_header *map), void *arg,
		struct error *err)
{
	struct walk k = { .survey = s, .data = d, .on_map = on_map, .arg = arg };
	size_t segments = d->segment_count; /* without the one for inflated records */
	uint32_t i;

	for (i = 0; i < segments; i++)
		if (walk_segment(&k, i, err))
			return -1;
	if (k.spool_segment && k.spool_surveyed < d->spool_end)
		perf_data_damage(d, &d->segments[k.spool_segment - 1], k.spool_surveyed,
				 "the last compressed record is cut");
	if (!d->source_count)
		return error_set(
			err, STATUS_UNREADABLE,
			"%s: byte %llu: the recording describes no event; it is cut or damaged",
			d->path,
			(unsigned long long)(d->damaged ? (uint64_t)d->damage_offset : d->size));
	return 0;
}

void survey_free(struct survey *s)
{
	runs_free(&s->runs);
	holes_free(&s->holes);
	free(s->lost_samples);
	free(s->cpus);
	*s = (struct survey){ 0 };
}
