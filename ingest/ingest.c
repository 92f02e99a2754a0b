/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/ingest.h"

#include <errno.h>
#include <perf/evsel.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/map.h"
#include "base/memory.h"
#include "ingest/bytes.h"
#include "ingest/format.h"
#include "ingest/order.h"
#include "ingest/probes.h"
#include "ingest/record.h"
#include "ingest/sample.h"
#include "ingest/space.h"
#include "ingest/stack.h"

/* Linux 5.12; older headers lack it. */
#ifndef PERF_RECORD_MISC_MMAP_BUILD_ID
#define PERF_RECORD_MISC_MMAP_BUILD_ID (1 << 14)
#endif

struct ingest {
	const struct ingest_options *options;
	struct perf_data *data;
	struct survey survey;
	struct formats *formats;
	struct symbols *symbols;
	struct spaces *spaces;
	struct stacks *stacks;
	struct model *model;
	struct value *values; /* of the sample at hand */
	struct buffer text;   /* what format_decode() makes */
	uint32_t mappings;
	int64_t samples;
	uint64_t unowned; /* samples whose id belongs to no event */
	bool go_version_told;
	uint64_t damaged; /* records that contradict themselves */
};

/* ---- records of the kernel ------------------------------------------------------------------ */

/* A text inside a record's body; NULL when it does not end there. */
static const char *text_in(const struct perf_event_header *h, size_t offset, size_t *size)
{
	const char *at = (const char *)h + offset;

	if (offset >= h->size)
		return NULL;
	*size = strnlen(at, h->size - offset);
	return *size < h->size - offset ? at : NULL;
}

struct map_record {
	int32_t pid, tid;
	struct mapping mapping;
};

/*
 * MMAP: u32 pid, tid, u64 addr, size, file offset, text path.
 * MMAP2: the same up to the file offset, then 24 bytes (u32 major, minor, u64 inode, generation; or u8
 * size, 3 bytes, 20 bytes of build id), u32 protection, flags, text path.
 */
static bool read_map(struct ingest *in, const struct perf_event_header *h, struct map_record *r)
{
	struct bytes b = { .at = (const char *)(h + 1), .left = h->size - sizeof(*h) };
	struct mapping *m = &r->mapping;
	const unsigned char *build_id = NULL;
	size_t build_id_size = 0, size;
	int64_t inode = NO_VALUE;
	const char *path;

	*r = (struct map_record){ 0 };
	r->pid = (int32_t)take_u32(&b);
	r->tid = (int32_t)take_u32(&b);
	m->addr = take_u64(&b);
	m->end = m->addr + take_u64(&b);
	m->file_offset = take_u64(&b);
	m->executable = !(h->misc & PERF_RECORD_MISC_MMAP_DATA);
	if (h->type == PERF_RECORD_MMAP2) {
		const char *id = take(&b, 24);

		m->executable = take_u32(&b) & PROT_EXEC;
		take_u32(&b);
		if (id && h->misc & PERF_RECORD_MISC_MMAP_BUILD_ID) {
			build_id = (const unsigned char *)id + 4;
			build_id_size = (unsigned char)id[0] <= 20 ? (unsigned char)id[0] : 0;
		} else if (id) {
			inode = (int64_t)word_at(id + 8);
			inode = inode ? inode : NO_VALUE;
		}
	}
	if (b.failed || m->end < m->addr)
		return false;
	path = text_in(h, (size_t)(b.at - (const char *)h), &size);
	if (!path)
		return false;
	m->binary = symbols_binary(in->symbols, path, build_id, build_id_size, inode, r->pid == -1);
	return true;
}

/* All binaries are known before the first event, so that the probes file finds those it names. */
static void note_binary(void *arg, const struct perf_event_header *h)
{
	struct map_record r;

	read_map(arg, h, &r);
}

static int take_map(struct ingest *in, const struct perf_event_header *h, struct event *e,
		    struct error *err)
{
	struct map_record r;

	if (!read_map(in, h, &r)) {
		in->damaged++;
		return 0;
	}
	spaces_map(in->spaces, r.pid, &r.mapping);
	e->kind = EVENT_MAP;
	e->pid = r.pid;
	e->tid = r.tid;
	e->map.mapping = ++in->mappings;
	e->map.addr = r.mapping.addr;
	e->map.size = r.mapping.end - r.mapping.addr;
	e->map.file_offset = r.mapping.file_offset;
	e->map.binary = r.mapping.binary;
	e->map.executable = r.mapping.executable;
	return model_event(in->model, e, err);
}

/* COMM: u32 pid, tid, text name. */
static int take_comm(struct ingest *in, const struct perf_event_header *h, struct event *e,
		     struct error *err)
{
	const struct perf_record_comm *r = (const void *)h;
	size_t size;

	e->comm.name = text_in(h, offsetof(struct perf_record_comm, comm), &size);
	if (!e->comm.name) {
		in->damaged++;
		return 0;
	}
	e->kind = EVENT_COMM;
	e->pid = (int32_t)r->pid;
	e->tid = (int32_t)r->tid;
	e->comm.exec = h->misc & PERF_RECORD_MISC_COMM_EXEC;
	if (e->comm.exec)
		spaces_exec(in->spaces, e->pid);
	return model_event(in->model, e, err);
}

/* FORK, EXIT: u32 pid, parent's pid, tid, parent's tid, u64 time. */
static int take_fork(struct ingest *in, const struct perf_event_header *h, struct event *e,
		     struct error *err)
{
	const struct perf_record_fork *r = (const void *)h;

	if (h->size < sizeof(*r)) {
		in->damaged++;
		return 0;
	}
	e->kind = h->type == PERF_RECORD_FORK ? EVENT_FORK : EVENT_EXIT;
	e->pid = (int32_t)r->pid;
	e->tid = (int32_t)r->tid;
	e->fork.parent_pid = (int32_t)r->ppid;
	e->fork.parent_tid = (int32_t)r->ptid;
	if (e->kind == EVENT_FORK)
		spaces_fork(in->spaces, e->pid, e->fork.parent_pid);
	return model_event(in->model, e, err);
}

/* LOST: u64 id of the event that noticed, u64 number. */
/* More than any ring can hold: such a number was not counted by a kernel. */
#define MOST_LOST ((uint64_t)1 << 40)

static int take_lost(struct ingest *in, const struct perf_event_header *h, struct event *e,
		     struct error *err)
{
	const struct perf_record_lost *r = (const void *)h;
	const struct id_owner *owner;

	if (h->size < sizeof(*r)) {
		in->damaged++;
		return 0;
	}
	if (r->lost > MOST_LOST)
		in->damaged++;
	if (!r->lost || r->lost > MOST_LOST)
		return 0;
	owner = perf_data_owner(in->data, r->id);
	e->kind = EVENT_LOST;
	e->source = owner && owner->source ? &owner->source->source : NULL;
	if (e->cpu < 0 && owner)
		e->cpu = owner->cpu;
	e->lost.count = (int64_t)r->lost;
	return model_event(in->model, e, err);
}

/* THROTTLE, UNTHROTTLE: u64 time, id, stream id. */
static int take_throttle(struct ingest *in, const struct perf_event_header *h, struct event *e,
			 struct error *err)
{
	const struct perf_record_throttle *r = (const void *)h;
	const struct id_owner *owner;

	if (h->size < sizeof(*r)) {
		in->damaged++;
		return 0;
	}
	owner = perf_data_owner(in->data, r->id);
	e->kind = h->type == PERF_RECORD_THROTTLE ? EVENT_THROTTLE : EVENT_UNTHROTTLE;
	e->source = owner && owner->source ? &owner->source->source : NULL;
	if (e->cpu < 0 && owner)
		e->cpu = owner->cpu;
	return model_event(in->model, e, err);
}

/* SWITCH: nothing; SWITCH_CPU_WIDE: u32 pid, tid of the other task. */
static int take_switch(struct ingest *in, const struct perf_event_header *h, struct event *e,
		       struct error *err)
{
	e->kind = EVENT_SWITCH;
	e->switched.out = h->misc & PERF_RECORD_MISC_SWITCH_OUT;
	e->switched.preempted = h->misc & PERF_RECORD_MISC_SWITCH_OUT_PREEMPT;
	return model_event(in->model, e, err);
}

/* ---- samples -------------------------------------------------------------------------------- */

/* Of the first binary of Go that a probe sits in: one recording is about one program. */
static void tell_go_version(struct ingest *in, uint32_t binary)
{
	char *version = in->go_version_told ? NULL : symbols_go_version(in->symbols, binary);
	enum name_kind kind;

	if (!version)
		return;
	in->go_version_told = true;
	model_go_version(in->model, version);
	if (symbols_has_function(in->symbols, binary, "runtime.coroswitch_m"))
		model_coroutines(in->model);
	free(version);
	for (kind = NAME_NONE + 1; kind < NAME_KINDS; kind++) {
		struct number_names n;

		symbols_number_names(in->symbols, binary, kind, &n);
		model_number_names(in->model, kind, n.names, n.count);
		number_names_free(&n);
	}
}

static int tell_function(struct ingest *in, struct perf_source *p, struct error *err)
{
	uint64_t offset;
	const char *name;
	uint32_t depth;

	if (!p->binary) /* its mapping was lost, or never recorded */
		return 0;
	if (symbols_depth(in->symbols, p->binary, p->pc, &depth))
		model_probe_depth(&p->source, depth);
	tell_go_version(in, p->binary);
	name = symbols_function(in->symbols, p->binary, p->pc, &offset);
	symbols_probe(in->symbols, p->binary, p->pc, &p->source);
	if (!name)
		return 0;
	return model_probed_function(in->model, &p->source, name, offset,
				     symbols_once(in->symbols, p->binary, p->pc), err);
}

/* The first sample of a probe tells where it sits, whatever the user called it. */
static int place_probe(struct ingest *in, struct perf_source *p, const struct sample *s,
		       unsigned int mode, const struct address *a, struct error *err)
{
	p->asked = true;
	if (!s->has_ip || mode != PERF_RECORD_MISC_USER) {
		p->source.is_uprobe = false;
		p->source.type = "kprobe";
		return 0;
	}
	if (p->has_pc)
		return 0; /* the probes file has told */
	p->binary = a->binary;
	p->pc = a->pc;
	p->has_pc = true;
	return tell_function(in, p, err);
}

static void take_values(struct ingest *in, const struct perf_source *p, const struct sample *s)
{
	size_t i = 0, w;

	if (p->format) {
		format_decode(p->format, s->raw, s->raw ? s->raw_size : 0, in->values, &in->text);
		i = p->format_fields;
	} else if (p->format_fields) {
		in->values[i].bytes = s->raw;
		in->values[i].size = (uint32_t)s->raw_size;
		in->values[i++].is_null = !s->raw;
	}
	for (w = 0; w < WORD_COUNT && i < p->source.field_count; w++)
		if (p->layout.sample_type & sample_words[w].bit)
			in->values[i++] = (struct value){ .number = (int64_t)s->words[w] };
}

static int take_sample(struct ingest *in, struct perf_source *p, const struct perf_event_header *h,
		       struct event *e, struct error *err)
{
	unsigned int mode = h->misc & PERF_RECORD_MISC_CPUMODE_MASK;
	struct sample s;

	if (!sample_parse(&p->layout, h, &s)) {
		in->damaged++;
		return 0;
	}
	e->kind = EVENT_SAMPLE;
	e->id = ++in->samples;
	e->cpu = s.cpu;
	e->pid = s.pid;
	e->tid = s.tid;
	e->source = &p->source;
	/* A fixed period need not be in each sample. */
	e->sample.period = s.period != NO_VALUE ? s.period : p->source.period;
	e->sample.values = in->values;
	take_values(in, p, &s);
	if (s.has_ip) {
		struct address a = stacks_address(in->stacks, s.pid, mode, s.ip);

		e->sample.has_pc = true;
		e->sample.pc = a.pc;
		e->sample.binary = a.binary;
		if (p->source.is_uprobe && !p->asked && place_probe(in, p, &s, mode, &a, err))
			return -1;
	}
	if (s.chain_count)
		e->sample.stack = stacks_chain(in->stacks, s.pid, mode, s.chain, s.chain_count);
	if (!e->sample.stack && s.has_ip) {
		char word[sizeof(s.ip)];

		memcpy(word, &s.ip, sizeof(word));
		e->sample.stack = stacks_chain(in->stacks, s.pid, mode, word, 1);
	}
	return model_event(in->model, e, err);
}

static int take_record(struct ingest *in, const struct perf_event_header *h, uint64_t time,
		       uint64_t offset, struct error *err)
{
	uint64_t id;
	struct perf_source *p = record_source(in->data, h, &id);
	struct trailer t = { .pid = -1, .tid = -1, .cpu = -1 };
	struct event e = { .ts = time && time <= INT64_MAX ? (int64_t)time : NO_TIME,
			   .offset = (int64_t)offset };

	if (h->type == PERF_RECORD_SAMPLE) {
		if (p)
			return take_sample(in, p, h, &e, err);
		in->unowned++;
		return 0;
	}
	if (p)
		trailer_parse(&p->layout, h, &t);
	/* What perf synthesizes has a trailer of zeros, and 0 is a CPU. */
	e.cpu = e.ts == NO_TIME ? -1 : t.cpu;
	e.pid = t.pid;
	e.tid = t.tid;
	switch (h->type) {
	case PERF_RECORD_MMAP:
	case PERF_RECORD_MMAP2: return take_map(in, h, &e, err);
	case PERF_RECORD_COMM: return take_comm(in, h, &e, err);
	case PERF_RECORD_FORK:
	case PERF_RECORD_EXIT: return take_fork(in, h, &e, err);
	case PERF_RECORD_LOST: return take_lost(in, h, &e, err);
	case PERF_RECORD_THROTTLE:
	case PERF_RECORD_UNTHROTTLE: return take_throttle(in, h, &e, err);
	case PERF_RECORD_SWITCH:
	case PERF_RECORD_SWITCH_CPU_WIDE: return take_switch(in, h, &e, err);
	default: /* LOST_SAMPLES was told before; the rest is counted */ return 0;
	}
}

/* ---- before the events ---------------------------------------------------------------------- */

/* The columns of a source: what its format says, or its raw bytes, then single words of the sample. */
static void list_fields(struct ingest *in, struct perf_source *p)
{
	const struct perf_event_attr *attr = perf_evsel__attr(p->evsel);
	const struct field *own = NULL;
	struct field *fields;
	size_t count = 0, w;

	if (attr->sample_type & PERF_SAMPLE_RAW) {
		if (attr->type == PERF_TYPE_TRACEPOINT)
			p->format = format_compile(in->formats, attr->config);
		if (p->format)
			own = format_fields(p->format, &count);
		else
			count = 1;
	}
	fields = xcalloc(count + WORD_COUNT, sizeof(*fields));
	if (own)
		memcpy(fields, own, count * sizeof(*fields));
	else if (count)
		fields[0] = (struct field){ .name = "raw", .type = FIELD_BLOB };
	p->format_fields = count;
	for (w = 0; w < WORD_COUNT; w++)
		if (attr->sample_type & sample_words[w].bit)
			fields[count++] = (struct field){ .name = sample_words[w].name,
							  .type = FIELD_UNSIGNED };
	p->source.fields = fields;
	p->source.field_count = count;
	if (p->format)
		p->source.is_uprobe = format_is_probe(p->format, &p->source.is_return_probe);
	if (p->source.is_uprobe)
		p->source.type =
			"uprobe"; /* until its first sample says that it is in the kernel */
}

static void describe_sources(struct ingest *in)
{
	struct perf_data *d = in->data;
	size_t i, most = 1;

	for (i = 0; i < d->source_count; i++) {
		struct perf_source *p = d->sources[i];
		const struct perf_event_attr *attr = perf_evsel__attr(p->evsel);

		if ((!p->name || !*p->name) && attr->type == PERF_TYPE_TRACEPOINT) {
			free(p->name);
			p->name = formats_name(in->formats, attr->config);
		}
	}
	perf_data_name_sources(d);
	for (i = 0; i < d->source_count; i++) {
		list_fields(in, d->sources[i]);
		if (d->sources[i]->source.field_count > most)
			most = d->sources[i]->source.field_count;
	}
	in->values = xcalloc(most, sizeof(*in->values));
}

/* BUILD_ID: header, u32 pid, 20 bytes, u8 size, 3 bytes, text path. */
static void take_build_ids(struct ingest *in)
{
	const struct buffer *all = &in->data->build_ids;
	size_t at = 0;

	while (all->size - at >= sizeof(struct perf_event_header)) {
		struct perf_event_header h;
		const char *record = all->data + at;
		size_t path = offsetof(struct perf_record_header_build_id, filename), size = 20;

		memcpy(&h, record, sizeof(h));
		if (h.size <= path || h.size > all->size - at)
			break;
		if (h.misc & PERF_RECORD_MISC_BUILD_ID_SIZE && (unsigned char)record[32] <= 20)
			size = (unsigned char)record[32];
		if (memchr(record + path, '\0', h.size - path))
			symbols_build_id(in->symbols, record + path,
					 (const unsigned char *)record + 12, size);
		at += h.size;
	}
}

static bool place_of(void *arg, int32_t pid, uint64_t address, bool is_return, struct place *place)
{
	struct ingest *in = arg;
	struct address a;

	a = stacks_address(in->stacks, pid, PERF_RECORD_MISC_USER, address);
	*place = (struct place){ .binary = a.binary, .pc = a.pc, .line = NO_VALUE };
	if (!a.binary)
		return false;
	place->function = symbols_function(in->symbols, a.binary, a.pc - is_return, &place->offset);
	place->offset += is_return;
	symbols_line(in->symbols, a.binary, a.pc - is_return, &place->file, &place->line);
	return place->function;
}

static enum code_kind code_of(void *arg, int32_t pid, uint64_t address, uint64_t *pc,
			      const char **function)
{
	struct ingest *in = arg;
	struct address a = stacks_address(in->stacks, pid, PERF_RECORD_MISC_USER, address);

	*pc = a.pc;
	*function = NULL;
	return a.binary ? symbols_code(in->symbols, a.binary, a.pc, function) : CODE_UNKNOWN;
}

/* Descriptors of types are data, whose mappings are not recorded: they lie as the code does. */
static bool type_of(void *arg, int32_t pid, uint64_t code, uint64_t address,
		    struct value_type *type)
{
	struct ingest *in = arg;
	struct address a = stacks_address(in->stacks, pid, PERF_RECORD_MISC_USER, code);

	return a.binary && symbols_type(in->symbols, a.binary, address - (code - a.pc), type);
}

static int drops(void *arg, int32_t pid, uint64_t address)
{
	struct ingest *in = arg;
	struct address a = stacks_address(in->stacks, pid, PERF_RECORD_MISC_USER, address);

	return a.binary ? symbols_drops(in->symbols, a.binary, a.pc) : -1;
}

static uint32_t caller_of(void *arg, uint32_t stack)
{
	struct ingest *in = arg;

	return stacks_caller(in->stacks, stack);
}

/* The function of a stack's innermost frame, when it is the kernel's, or the program's. */
static const char *kernel_frame(void *arg, uint32_t stack)
{
	struct ingest *in = arg;
	struct address a;
	uint64_t offset;

	if (!stacks_innermost(in->stacks, stack, &a) || !a.binary ||
	    !symbols_is_kernel(in->symbols, a.binary))
		return NULL;
	return symbols_function(in->symbols, a.binary, a.pc - a.is_return, &offset);
}

static const char *kernel_function(void *arg, int64_t offset)
{
	struct ingest *in = arg;

	return symbols_kernel_function(in->symbols, offset);
}

static bool frame_of(void *arg, uint32_t stack, struct place *place)
{
	struct ingest *in = arg;
	struct address a;

	if (!stacks_innermost(in->stacks, stack, &a))
		return false;
	*place = (struct place){ .binary = a.binary, .pc = a.pc, .line = NO_VALUE };
	if (a.binary)
		place->function =
			symbols_function(in->symbols, a.binary, a.pc - a.is_return, &place->offset);
	place->offset += a.is_return;
	return true;
}

static bool open_sites_of(void *arg, uint32_t binary, uint64_t pc, struct open_sites *sites)
{
	struct ingest *in = arg;

	return symbols_open_sites(in->symbols, binary, pc, sites);
}

static int tell_recording(struct ingest *in, struct error *err)
{
	const struct perf_data *d = in->data;
	bool has_ledger = false, overwrite = false;
	int64_t clock_id = NO_VALUE;
	struct recording r;
	size_t i;

	for (i = 0; i < d->source_count; i++) {
		const struct perf_event_attr *attr = perf_evsel__attr(d->sources[i]->evsel);

		has_ledger |= attr->read_format & PERF_FORMAT_LOST;
		overwrite |= attr->write_backward;
		d->sources[i]->source.overwrite = attr->write_backward;
		if (attr->use_clockid)
			clock_id = attr->clockid;
	}
	/* perf writes the ledger once, at its very end: a cut file or an early piece has none. */
	if (d->damaged || (in->survey.lost && !in->survey.has_ledger) ||
	    (d->cmdline && strstr(d->cmdline, "--switch-output")))
		has_ledger = false;
	r = (struct recording){
		.path = d->path,
		.perf_version = d->perf_version,
		.cmdline = d->cmdline,
		.hostname = d->hostname,
		.kernel = d->kernel,
		.arch = d->arch,
		.size = (int64_t)d->size,
		.nr_cpus = d->nr_cpus,
		.clock_id = clock_id,
		.wall_clock_offset = d->wall_clock_offset,
		.container = d->container,
		.compressed = d->compressed,
		.truncated = d->damaged,
		.has_ledger = has_ledger,
		.overwrite = overwrite,
		.per_thread = in->survey.per_thread,
		.damage = d->damaged ? d->damage : NULL,
		.damage_offset = d->damage_offset,
	};
	if (model_recording(in->model, &r, err))
		return -1;
	for (i = 0; i < d->feature_count; i++)
		if (model_feature(in->model, d->feature_texts[i].name, d->feature_texts[i].text,
				  err))
			return -1;
	for (i = 0; i < in->survey.cpu_count; i++)
		if (model_cpu(in->model, in->survey.cpus[i], true, err))
			return -1;
	for (i = 0; i < d->source_count; i++)
		if (model_source(in->model, &d->sources[i]->source, err))
			return -1;
	return 0;
}

static struct perf_source *source_named(const struct perf_data *d, const char *name)
{
	size_t i;

	for (i = 0; i < d->source_count; i++)
		if (!strcmp(d->sources[i]->source.name, name))
			return d->sources[i];
	return NULL;
}

static int tell_probe(struct ingest *in, const struct probe_line *line, struct error *err)
{
	struct perf_source *p = source_named(in->data, line->event);
	struct probe probe = { .path = line->path,
			       .file_offset = line->file_offset,
			       .definition = line->definition,
			       .cost_ns = line->cost_ns };
	uint64_t offset;

	probe.binary = symbols_find(in->symbols, line->path);
	if (!probe.binary)
		probe.binary = symbols_binary(in->symbols, line->path, NULL, 0, NO_VALUE, false);
	probe.has_pc = symbols_vaddr(in->symbols, probe.binary, line->file_offset, &probe.pc);
	if (probe.has_pc) {
		probe.function = symbols_function(in->symbols, probe.binary, probe.pc, &offset);
		symbols_keep(in->symbols, probe.binary, probe.pc);
	}
	if (p) {
		probe.source = p->source.id;
		p->source.is_return_probe |= line->is_return;
		if (probe.has_pc) {
			p->binary = probe.binary;
			p->pc = probe.pc;
			p->has_pc = true;
			if (tell_function(in, p, err))
				return -1;
		}
	}
	return model_probe(in->model, &probe, err);
}

static int tell_quality(struct ingest *in, const char *name, const char *severity, uint64_t value,
			const char *what, struct error *err)
{
	char *sentence = xasprintf("%llu %s", (unsigned long long)value, what);
	int rc = 0;

	if (value)
		rc = model_quality(in->model, name, severity, (int64_t)value, sentence, err);
	free(sentence);
	return rc;
}

static int tell_probes(struct ingest *in, const char *path, struct error *err)
{
	char *beside = in->options->probes ? NULL : xasprintf("%s.probes", path);
	const char *file = beside ? beside : in->options->probes;
	struct probe_line *lines = NULL;
	size_t count = 0, skipped = 0, i;
	int rc = 0;

	if (!beside || !access(beside, F_OK)) {
		rc = probes_read(file, &lines, &count, &skipped, err);
		for (i = 0; !rc && i < count; i++)
			rc = tell_probe(in, &lines[i], err);
		if (!rc)
			rc = tell_quality(
				in, "probes_file_lines_skipped", "info", skipped,
				"lines of the probes file are no uprobe definitions; they were "
				"not used",
				err);
		probes_free(lines, count);
	}
	free(beside);
	return rc;
}

/* Before the first event, so that the model knows what can have happened unseen. */
static void tell_holes(struct ingest *in)
{
	struct survey *s = &in->survey;
	size_t i;

	if (in->data->damaged || s->ledger > s->lost || (s->lost && !s->has_ledger))
		holes_at_end(&s->holes, s->cpus, s->per_thread ? 0 : s->cpu_count);
	for (i = 0; i < s->holes.count; i++) {
		const struct hole_times *h = &s->holes.list[i];

		model_hole_ahead(in->model, h->cpu,
				 h->from && h->from < INT64_MAX ? (int64_t)h->from : NO_TIME,
				 h->to < INT64_MAX ? (int64_t)h->to : NO_TIME);
	}
	holes_free(&s->holes);
}

static int tell_ledger(struct ingest *in, struct error *err)
{
	const struct survey *s = &in->survey;
	size_t i;

	for (i = 0; i < s->lost_samples_count; i++) {
		const struct lost_samples *l = &s->lost_samples[i];
		struct event e = {
			.kind = EVENT_LOST_SAMPLES,
			.ts = NO_TIME,
			.offset = l->offset,
			.cpu = l->cpu,
			.pid = -1,
			.tid = -1,
			.source = l->source ? &l->source->source : NULL,
			.lost.count = (int64_t)l->count,
		};

		if (l->count > MOST_LOST)
			in->damaged++;
		else if (l->count && model_event(in->model, &e, err))
			return -1;
	}
	return 0;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static int tell_events(struct ingest *in, struct error *err)
{
	struct merge *merge = merge_new(in->data, &in->survey.runs);
	const struct perf_event_header *h;
	uint64_t time, offset, total = 0, count = 0;
	size_t i;
	int rc = 0;

	for (i = 0; i < in->survey.runs.count; i++)
		total += in->survey.runs.list[i].end - in->survey.runs.list[i].begin;
	while (!rc && (h = merge_next(merge, &time, &offset))) {
		rc = take_record(in, h, time, offset, err);
		if (in->options->progress && !(++count % 32768))
			in->options->progress((double)merge_position(merge) / (double)total);
	}
	merge_free(merge);
	return rc;
}

static int tell_counts(struct ingest *in, struct error *err)
{
	const struct survey *s = &in->survey;
	uint32_t type;

	for (type = 0; type <= RECORD_TYPE_MAX; type++)
		if (s->counts[type] &&
		    model_record_count(in->model, (int)type, record_name(type),
				       (int64_t)s->counts[type], record_is_used(type), err))
			return -1;
	if (tell_quality(in, "samples_without_source", "data_loss", in->unowned,
			 "samples carry an id that belongs to no event of the recording; they were "
			 "left out",
			 err) ||
	    tell_quality(in, "records_damaged", "data_loss", in->damaged,
			 "records contradict themselves (shorter than what they hold, impossible "
			 "counts); they were left out",
			 err))
		return -1;
	return tell_quality(
		in, "samples_filtered", "info", s->filtered,
		"samples were rejected by a BPF filter of perf record; they are not lost", err);
}

static int run(struct ingest *in, const char *path, struct error *err)
{
	const struct resolver resolver = {
		.arg = in,
		.place = place_of,
		.code = code_of,
		.type = type_of,
		.drops = drops,
		.caller = caller_of,
		.kernel_frame = kernel_frame,
		.kernel = kernel_function,
		.frame = frame_of,
		.open_sites = open_sites_of,
	};
	const char *damage, *kallsyms;
	struct perf_data *d;
	size_t size;

	in->symbols = symbols_new(&in->options->symbols, err);
	if (!in->symbols)
		return -1;
	in->data = d = perf_data_open(path, in->options->spool_dir, err);
	if (!d || survey_read(&in->survey, d, note_binary, in, err))
		return -1;
	in->formats = formats_read(d->tracing.data, d->tracing.size, &damage);
	if (damage)
		perf_data_damage(d, NULL, 0, "%s", damage);
	buffer_free(&d->tracing);
	kallsyms = formats_kallsyms(in->formats, &size);
	if (kallsyms)
		symbols_kallsyms(in->symbols, kallsyms, size);
	take_build_ids(in);
	describe_sources(in);
	formats_free(in->formats);
	in->formats = NULL;
	in->spaces = spaces_new();
	in->stacks = stacks_new(in->spaces, in->symbols);
	model_set_resolver(in->model, &resolver);
	if (tell_recording(in, err) || tell_probes(in, path, err) || tell_ledger(in, err))
		return -1;
	tell_holes(in);
	if (tell_events(in, err) || tell_counts(in, err) ||
	    stacks_write(in->stacks, in->model, err))
		return -1;
	return model_finish(in->model, err); /* the sources are known to the model until here */
}

int ingest(const char *path, const struct ingest_options *options, struct model *m,
	   struct ingest_result *result, struct error *err)
{
	struct ingest in = { .options = options, .model = m };
	int rc = run(&in, path, err);

	*result = (struct ingest_result){ .events = (uint64_t)in.samples };
	if (in.data && in.data->damaged) {
		result->damaged = true;
		memcpy(result->damage, in.data->damage, sizeof(result->damage));
	}
	stacks_free(in.stacks);
	spaces_free(in.spaces);
	symbols_free(in.symbols);
	formats_free(in.formats);
	survey_free(&in.survey);
	perf_data_close(in.data);
	buffer_free(&in.text);
	free(in.values);
	return rc;
}
