/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opening what perf record wrote, in all its shapes.
 *
 *     file        header, attributes, records, feature sections (header.c)
 *     pipe        16 bytes of header, then records that carry all the rest
 *     directory   `data`, a file as above, and data.0, data.1 …, which hold records only
 */
#include "ingest/perf_data.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <perf/evlist.h>
#include <perf/evsel.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "ingest/format.h"
#include "ingest/header.h"

size_t read_at(int fd, void *bytes, size_t size, uint64_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, (char *)bytes + done, size - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

void perf_data_damage(struct perf_data *d, const struct segment *s, uint64_t offset,
		      const char *fmt, ...)
{
	va_list args;
	int n;

	if (d->damaged)
		return;
	d->damaged = true;
	d->damage_offset = (int64_t)offset;
	va_start(args, fmt);
	n = vsnprintf(d->damage, sizeof(d->damage), fmt, args);
	va_end(args);
	if (n > 0 && (size_t)n < sizeof(d->damage))
		snprintf(d->damage + n, sizeof(d->damage) - (size_t)n, " (%s, byte %llu)",
			 s ? s->name : d->path, (unsigned long long)offset);
}

int perf_data_temporary(const struct perf_data *d, struct error *err)
{
	char *name;
	int fd;

	fd = open(d->spool_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	name = xasprintf("%s/.gotrace-XXXXXX", d->spool_dir);
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0)
		unlink(name);
	else
		error_set(err, STATUS_UNREADABLE,
			  "cannot make a temporary file in %s: %s; choose another folder with -o",
			  d->spool_dir, strerror(errno));
	free(name);
	return fd;
}

static void add_segment(struct perf_data *d, int fd, uint64_t begin, uint64_t end, const char *name)
{
	ARRAY_GROW(d->names, d->name_count, d->name_capacity);
	d->names[d->name_count] = xstrdup(name);
	ARRAY_GROW(d->segments, d->segment_count, d->segment_capacity);
	d->segments[d->segment_count++] = (struct segment){
		.fd = fd, .begin = begin, .end = end, .name = d->names[d->name_count++]
	};
}

/* ---- sources -------------------------------------------------------------------------------- */

static int words(uint64_t bits)
{
	return __builtin_popcountll(bits);
}

#define BRANCH_COUNTERS (1u << 19) /* PERF_SAMPLE_BRANCH_COUNTERS, Linux 6.8 */

static struct sample_layout lay_out(const struct perf_event_attr *attr)
{
	uint64_t type = attr->sample_type;
	uint64_t after_time = PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU |
			      PERF_SAMPLE_IDENTIFIER;
	struct sample_layout l = {
		.sample_type = type,
		.read_format = attr->read_format,
		.sample_time = -1,
		.sample_cpu = -1,
		.trailer_time = -1,
		.trailer_cpu = -1,
		.trailer_tid = -1,
		.trailer_id = -1,
		.has_trailer = attr->sample_id_all,
		.regs_user = words(attr->sample_regs_user),
		.regs_intr = words(attr->sample_regs_intr),
		.branch_hw_index = attr->branch_sample_type & PERF_SAMPLE_BRANCH_HW_INDEX,
		.branch_counters = attr->branch_sample_type & BRANCH_COUNTERS,
	};

	if (type & PERF_SAMPLE_TIME)
		l.sample_time =
			words(type & (PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID));
	if (type & PERF_SAMPLE_CPU)
		l.sample_cpu = words(type & (PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP |
					     PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR |
					     PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID));
	if (!l.has_trailer)
		return l;
	/* The trailer is TID, TIME, ID, STREAM_ID, CPU, IDENTIFIER. */
	if (type & PERF_SAMPLE_IDENTIFIER)
		l.trailer_id = 1;
	else if (type & PERF_SAMPLE_ID)
		l.trailer_id = 1 + words(type & (PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU));
	if (type & PERF_SAMPLE_CPU)
		l.trailer_cpu = 1 + words(type & PERF_SAMPLE_IDENTIFIER);
	if (type & PERF_SAMPLE_TIME)
		l.trailer_time = 1 + words(type & after_time);
	if (type & PERF_SAMPLE_TID)
		l.trailer_tid = 1 + words(type & (after_time | PERF_SAMPLE_TIME));
	l.trailer_words = words(type & (after_time | PERF_SAMPLE_TIME | PERF_SAMPLE_TID));
	return l;
}

static bool same_places(const struct sample_layout *a, const struct sample_layout *b)
{
	return a->sample_time == b->sample_time && a->trailer_time == b->trailer_time &&
	       a->has_trailer == b->has_trailer;
}

void perf_data_lay_out(struct perf_data *d)
{
	const struct sample_layout *first;
	size_t i;

	d->id_pos = d->is_pos = -1;
	d->one_layout = d->one_cpu_place = true;
	if (!d->source_count)
		return;
	first = &d->sources[0]->layout;
	if (first->sample_type & PERF_SAMPLE_IDENTIFIER)
		d->id_pos = 0;
	else if (first->sample_type & PERF_SAMPLE_ID)
		d->id_pos = words(first->sample_type & (PERF_SAMPLE_IP | PERF_SAMPLE_TID |
							PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR));
	d->is_pos = first->trailer_id;
	for (i = 1; i < d->source_count; i++) {
		const struct sample_layout *l = &d->sources[i]->layout;

		d->one_layout &= same_places(first, l);
		d->one_cpu_place &= first->sample_cpu == l->sample_cpu &&
				    first->trailer_cpu == l->trailer_cpu;
	}
	d->one_cpu_place &= d->one_layout;
}

void perf_data_add_id(struct perf_data *d, uint64_t id, struct perf_source *source)
{
	uint64_t *at = map_put(&d->ids, id, 0, NULL);

	if (!*at) {
		ARRAY_GROW(d->owners, d->owner_count, d->owner_capacity);
		d->owners[d->owner_count++] = (struct id_owner){ .cpu = -1 };
		*at = d->owner_count;
	}
	if (source)
		d->owners[*at - 1].source = source;
}

struct id_owner *perf_data_owner(const struct perf_data *d, uint64_t id)
{
	const uint64_t *at = map_get(&d->ids, id, 0);

	return at ? &d->owners[*at - 1] : NULL;
}

bool perf_data_add_attr(struct perf_data *d, const void *bytes, size_t attr_size,
			const unsigned char *ids, size_t id_count)
{
	/* libperf may have been built with a longer attribute than this file: leave it room. */
	union {
		struct perf_event_attr attr;
		char room[1024];
	} u = { .room = { 0 } };
	struct perf_source *s;
	struct source *m;
	size_t i;

	if (attr_size < PERF_ATTR_SIZE_VER0 || attr_size > sizeof(u.room))
		return false;
	memcpy(u.room, bytes, attr_size);
	s = xcalloc(1, sizeof(*s));
	s->evsel = perf_evsel__new(&u.attr);
	if (!s->evsel) {
		free(s);
		return false;
	}
	perf_evlist__add(d->evlist, s->evsel);
	s->layout = lay_out(&u.attr);
	m = &s->source;
	m->number = (enum source_type)u.attr.type;
	m->is_freq = u.attr.freq;
	m->period = u.attr.freq ? NO_VALUE : (int64_t)u.attr.sample_period;
	m->freq = u.attr.freq ? (int64_t)u.attr.sample_freq : NO_VALUE;
	m->has_time = u.attr.sample_type & PERF_SAMPLE_TIME;
	m->has_cpu = u.attr.sample_type & PERF_SAMPLE_CPU;
	m->has_tid = u.attr.sample_type & PERF_SAMPLE_TID;
	m->has_period = u.attr.sample_type & PERF_SAMPLE_PERIOD;
	m->has_callchain = u.attr.sample_type & PERF_SAMPLE_CALLCHAIN;
	m->inherit = u.attr.inherit;
	m->enable_on_exec = u.attr.enable_on_exec;
	m->starts_disabled = u.attr.disabled;
	m->dummy = u.attr.type == PERF_TYPE_SOFTWARE && u.attr.config == PERF_COUNT_SW_DUMMY;
	m->carries_sideband = u.attr.mmap || u.attr.mmap2 || u.attr.comm || u.attr.task;
	m->is_timer = u.attr.type == PERF_TYPE_SOFTWARE &&
		      (u.attr.config == PERF_COUNT_SW_CPU_CLOCK ||
		       u.attr.config == PERF_COUNT_SW_TASK_CLOCK);
	ARRAY_GROW(d->sources, d->source_count, d->source_capacity);
	d->sources[d->source_count++] = s;
	m->id = (uint32_t)d->source_count;
	for (i = 0; i < id_count; i++) {
		uint64_t id;

		memcpy(&id, ids + i * sizeof(id), sizeof(id));
		perf_data_add_id(d, id, s);
	}
	perf_data_lay_out(d);
	return true;
}

/* perf's names of what the kernel counts itself; perf_event_open(2). */
static const char *const software_names[] = {
	"cpu-clock",        "task-clock",   "page-faults",  "context-switches",
	"cpu-migrations",   "minor-faults", "major-faults", "alignment-faults",
	"emulation-faults", "dummy",        "bpf-output",   "cgroup-switches",
};
static const char *const hardware_names[] = {
	"cycles",
	"instructions",
	"cache-references",
	"cache-misses",
	"branches",
	"branch-misses",
	"bus-cycles",
	"stalled-cycles-frontend",
	"stalled-cycles-backend",
	"ref-cycles",
};

static char *invent_name(const struct perf_event_attr *attr)
{
	if (attr->type == PERF_TYPE_SOFTWARE && attr->config < ARRAY_SIZE(software_names))
		return xstrdup(software_names[attr->config]);
	if (attr->type == PERF_TYPE_HARDWARE && attr->config < ARRAY_SIZE(hardware_names))
		return xstrdup(hardware_names[attr->config]);
	if (attr->type == PERF_TYPE_TRACEPOINT)
		return xasprintf("tracepoint:%llu", (unsigned long long)attr->config);
	return xasprintf("event:%u_%llu", attr->type, (unsigned long long)attr->config);
}

void perf_data_name_sources(struct perf_data *d)
{
	static const char *const types[] = { "hardware", "software", "tracepoint",
					     "cache",    "raw",      "breakpoint" };
	size_t i;

	for (i = 0; i < d->source_count; i++) {
		struct perf_source *s = d->sources[i];

		if (!s->name || !*s->name) {
			free(s->name);
			s->name = invent_name(perf_evsel__attr(s->evsel));
		} else {
			s->described = true;
		}
		s->source.name = s->name;
		s->source.type = (size_t)s->source.number < ARRAY_SIZE(types)
					 ? types[s->source.number]
					 : "pmu";
	}
}

/* ---- opening -------------------------------------------------------------------------------- */

/* Copies a pipe to a temporary file, so that it can be read twice. */
static int spool_stream(struct perf_data *d, int from, struct error *err)
{
	char *chunk;
	ssize_t n;
	int fd;

	fd = perf_data_temporary(d, err);
	if (fd < 0)
		return -1;
	chunk = xmalloc(1 << 18);
	while ((n = read(from, chunk, 1 << 18)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || write(fd, chunk, (size_t)n) != n) {
			error_set(err, STATUS_UNREADABLE,
				  "cannot copy %s to a temporary file in %s: %s", d->path,
				  d->spool_dir, strerror(errno ? errno : ENOSPC));
			close(fd);
			fd = -1;
			break;
		}
	}
	free(chunk);
	return fd;
}

static int by_number(const void *a, const void *b)
{
	long x = strtol(*(char *const *)a + strlen("data."), NULL, 10);
	long y = strtol(*(char *const *)b + strlen("data."), NULL, 10);

	return (x > y) - (x < y);
}

/* data.0, data.1 … of a directory; each holds records from its first byte on. */
static int add_directory(struct perf_data *d, struct error *err)
{
	char **names = NULL;
	size_t count = 0, capacity = 0, i;
	struct dirent *entry;
	DIR *dir;
	int rc = 0;

	dir = opendir(d->path);
	if (!dir)
		return error_set(err, STATUS_UNREADABLE, "cannot open folder %s: %s", d->path,
				 strerror(errno));
	while ((entry = readdir(dir))) {
		if (strncmp(entry->d_name, "data.", 5) ||
		    strspn(entry->d_name + 5, "0123456789") != strlen(entry->d_name + 5) ||
		    !entry->d_name[5])
			continue;
		ARRAY_GROW(names, count, capacity);
		names[count++] = xstrdup(entry->d_name);
	}
	closedir(dir);
	if (count)
		qsort(names, count, sizeof(*names), by_number);
	for (i = 0; i < count; i++) {
		char *path = xasprintf("%s/%s", d->path, names[i]);
		struct stat st;
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd < 0 || fstat(fd, &st)) {
			rc = error_set(err, STATUS_UNREADABLE, "cannot open %s: %s", path,
				       strerror(errno));
			if (fd >= 0)
				close(fd);
		} else {
			d->size += (uint64_t)st.st_size;
			add_segment(d, fd, 0, (uint64_t)st.st_size, path);
		}
		free(path);
		free(names[i]);
	}
	free(names);
	return rc;
}

static int open_main(struct perf_data *d, bool *directory, struct error *err)
{
	char *path = NULL;
	struct stat st;
	int fd;

	*directory = false;
	if (!strcmp(d->path, "-")) {
		fd = spool_stream(d, STDIN_FILENO, err);
		if (fd < 0)
			return -1;
		fstat(fd, &st);
		d->size = (uint64_t)st.st_size;
		return fd;
	}
	if (!stat(d->path, &st) && S_ISDIR(st.st_mode)) {
		*directory = true;
		path = xasprintf("%s/data", d->path);
	}
	fd = open(path ? path : d->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		error_set(err, STATUS_UNREADABLE,
			  *directory ? "cannot open %s: %s; a folder must be one that "
				       "`perf record --threads` made"
				     : "cannot open %s: %s",
			  path ? path : d->path, strerror(errno));
		if (fd >= 0)
			close(fd);
		free(path);
		return -1;
	}
	free(path);
	if (!S_ISREG(st.st_mode)) {
		int copy = spool_stream(d, fd, err);

		close(fd);
		fd = copy;
		if (fd < 0 || fstat(fd, &st))
			return -1;
	}
	d->size = (uint64_t)st.st_size;
	return fd;
}

struct perf_data *perf_data_open(const char *path, const char *spool_dir, struct error *err)
{
	struct perf_data *d = xcalloc(1, sizeof(*d));
	uint64_t begin, end;
	bool directory;
	int fd;

	d->path = xstrdup(path);
	d->spool_dir = xstrdup(spool_dir);
	d->spool = -1;
	d->nr_cpus = d->nr_cpus_online = d->wall_clock_offset = NO_VALUE;
	d->damage_offset = NO_VALUE;
	d->evlist = perf_evlist__new();
	fd = open_main(d, &directory, err);
	if (fd < 0)
		goto fail;
	if (header_read(d, fd, d->size, &begin, &end, err)) {
		close(fd);
		goto fail;
	}
	add_segment(d, fd, begin, end, path);
	if (directory) {
		d->container = "directory";
		if (add_directory(d, err))
			goto fail;
	}
	return d;
fail:
	perf_data_close(d);
	return NULL;
}

void perf_data_close(struct perf_data *d)
{
	size_t i;

	if (!d)
		return;
	for (i = 0; i < d->segment_count; i++)
		if (d->segments[i].fd != d->spool)
			close(d->segments[i].fd);
	if (d->spool >= 0)
		close(d->spool);
	free(d->segments);
	for (i = 0; i < d->name_count; i++)
		free(d->names[i]);
	free(d->names);
	for (i = 0; i < d->source_count; i++) {
		free(d->sources[i]->name);
		free((void *)d->sources[i]->source.fields);
		format_free(d->sources[i]->format);
		free(d->sources[i]);
	}
	free(d->sources);
	if (d->evlist)
		perf_evlist__delete(d->evlist); /* and its evsels */
	map_free(&d->ids);
	free(d->owners);
	for (i = 0; i < d->feature_count; i++)
		free(d->feature_texts[i].text);
	free(d->feature_texts);
	free(d->perf_version);
	free(d->cmdline);
	free(d->hostname);
	free(d->kernel);
	free(d->arch);
	buffer_free(&d->tracing);
	buffer_free(&d->build_ids);
	free(d->path);
	free(d->spool_dir);
	free(d);
}
