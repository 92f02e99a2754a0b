/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The header of a perf.data file (tools/perf/Documentation/perf.data-file-format.txt).
 *
 *     0    u64  magic "PERFILE2"
 *     8    u64  size of this header; 16: pipe mode, and nothing more of the header follows
 *     16   u64  size of one attribute entry, its id section included
 *     24   u64  offset, u64 size    of the attribute entries
 *     40   u64  offset, u64 size    of the records; size 0: perf was killed before it wrote it
 *     56   u64  offset, u64 size    of event types (not used any more)
 *     72   u64 × 4                  bitmap of features
 *
 * An attribute entry is a perf_event_attr and {u64 offset, u64 size} of its ids (u64 each). Behind the
 * records stands {u64 offset, u64 size} for each feature bit that is set, in the order of the bits.
 */
#include "ingest/header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "ingest/bytes.h"

#define HEADER_SIZE 104
#define PIPE_HEADER_SIZE 16
#define FEATURE_BITS 256
/* No feature section that perf writes comes near this; TRACING_DATA is the largest. */
#define LARGEST_FEATURE (1u << 28)

/*
 * Features, by their bit, each with the layout of its section:
 *     s  text: u32 size, then that many bytes with a NUL inside     u  u32     U  u64
 *     (…)  u32 count, then the bracket's content that many times
 * A section without a layout is read elsewhere or only named.
 */
enum feature_bit {
	FEATURE_TRACING_DATA = 1,
	FEATURE_BUILD_ID = 2,
	FEATURE_HOSTNAME = 3,
	FEATURE_OSRELEASE = 4,
	FEATURE_VERSION = 5,
	FEATURE_ARCH = 6,
	FEATURE_NRCPUS = 7,
	FEATURE_CMDLINE = 11,
	FEATURE_EVENT_DESC = 12,
	FEATURE_COMPRESSED = 27,
	FEATURE_CLOCK_DATA = 29,
};

static const struct {
	const char *name, *layout;
} features[] = {
	[FEATURE_TRACING_DATA] = { "TRACING_DATA", NULL },
	[FEATURE_BUILD_ID] = { "BUILD_ID", NULL },
	[FEATURE_HOSTNAME] = { "HOSTNAME", "s" },
	[FEATURE_OSRELEASE] = { "OSRELEASE", "s" },
	[FEATURE_VERSION] = { "VERSION", "s" },
	[FEATURE_ARCH] = { "ARCH", "s" },
	[FEATURE_NRCPUS] = { "NRCPUS", "uu" },
	[8] = { "CPUDESC", "s" },
	[9] = { "CPUID", "s" },
	[10] = { "TOTAL_MEM", "U" },
	[FEATURE_CMDLINE] = { "CMDLINE", "(s)" },
	[FEATURE_EVENT_DESC] = { "EVENT_DESC", NULL },
	[13] = { "CPU_TOPOLOGY", "(s)(s)" },
	[14] = { "NUMA_TOPOLOGY", "(uUUs)" },
	[15] = { "BRANCH_STACK", NULL },
	[16] = { "PMU_MAPPINGS", "(us)" },
	[17] = { "GROUP_DESC", "(suu)" },
	[18] = { "AUXTRACE", NULL },
	[19] = { "STAT", NULL },
	[20] = { "CACHE", "u(uuuusss)" },
	[21] = { "SAMPLE_TIME", "UU" },
	[22] = { "MEM_TOPOLOGY", NULL },
	[23] = { "CLOCKID", "U" },
	[24] = { "DIR_FORMAT", "U" },
	[25] = { "BPF_PROG_INFO", NULL },
	[26] = { "BPF_BTF", NULL },
	[FEATURE_COMPRESSED] = { "COMPRESSED", "uuuuu" },
	[28] = { "CPU_PMU_CAPS", "(ss)" },
	[FEATURE_CLOCK_DATA] = { "CLOCK_DATA", "uuUU" },
	[30] = { "HYBRID_TOPOLOGY", "(ss)" },
	[31] = { "PMU_CAPS", "((ss)s)" },
};

const char *feature_name(int bit)
{
	return bit >= 0 && (size_t)bit < ARRAY_SIZE(features) ? features[bit].name : NULL;
}

/* ---- feature sections ----------------------------------------------------------------------- */

static const char *take_string(struct bytes *b, size_t *size)
{
	uint32_t room = take_u32(b);
	const char *at = take(b, room);

	*size = at ? strnlen(at, room) : 0;
	return at;
}

/* Writes what `layout` describes as text; returns where in the layout it ended. */
static const char *describe(struct buffer *out, struct bytes *b, const char *layout)
{
	const char *at, *end = layout;
	uint32_t count, i;
	size_t size;

	for (; *layout && *layout != ')' && !b->failed; layout = end) {
		end = layout + 1;
		if (out->size && *layout != '(')
			buffer_text(out, " ");
		switch (*layout) {
		case 's':
			at = take_string(b, &size);
			if (at)
				buffer_add(out, at, size);
			break;
		case 'u': buffer_format(out, "%u", take_u32(b)); break;
		case 'U': buffer_format(out, "%llu", (unsigned long long)take_u64(b)); break;
		case '(':
			count = take_u32(b);
			end = NULL;
			for (i = 0; i < count && !b->failed && b->left; i++)
				end = describe(out, b, layout + 1);
			if (!end) { /* none: find the bracket's end */
				end = layout + 1;
				for (size = 1; size; end++)
					size += (*end == '(') - (size_t)(*end == ')');
				break;
			}
			while (*end && *end != ')') /* cut off in the middle */
				end++;
			end += *end == ')';
			break;
		default: BUG("feature layout '%s'", layout);
		}
	}
	return layout;
}

static void keep(struct perf_data *d, int bit, char *text)
{
	size_t i;

	for (i = 0; i < d->feature_count; i++)
		if (!strcmp(d->feature_texts[i].name, features[bit].name)) {
			free(text); /* said twice: the first counts */
			return;
		}
	ARRAY_GROW(d->feature_texts, d->feature_count, d->feature_capacity);
	d->feature_texts[d->feature_count].name = features[bit].name;
	d->feature_texts[d->feature_count++].text = text;
}

/* u32 count, u32 size of an attribute; each: attribute, u32 number of ids, text name, ids. */
static void read_event_desc(struct perf_data *d, struct bytes b)
{
	uint32_t count = take_u32(&b), attr_size = take_u32(&b), i, j;

	for (i = 0; i < count && !b.failed; i++) {
		const char *attr = take(&b, attr_size), *name, *ids;
		uint32_t id_count = take_u32(&b);
		struct perf_source *source = NULL;
		size_t size;

		name = take_string(&b, &size);
		ids = take(&b, (size_t)id_count * sizeof(uint64_t));
		if (!attr || !name || !ids)
			break;
		for (j = 0; j < id_count && !source; j++) {
			struct id_owner *owner = perf_data_owner(d, word_at(ids + 8 * (size_t)j));

			source = owner ? owner->source : NULL;
		}
		/* A file of one event may have no ids at all: then the order decides. */
		if (!source && !id_count && i < d->source_count)
			source = d->sources[i];
		if (source && !source->name)
			source->name = xstrndup(name, size);
	}
}

static char **plain_text(struct perf_data *d, int bit)
{
	switch (bit) {
	case FEATURE_HOSTNAME: return &d->hostname;
	case FEATURE_OSRELEASE: return &d->kernel;
	case FEATURE_VERSION: return &d->perf_version;
	case FEATURE_ARCH: return &d->arch;
	case FEATURE_CMDLINE: return &d->cmdline;
	default: return NULL;
	}
}

void feature_read(struct perf_data *d, int bit, const char *bytes, size_t size)
{
	struct bytes b = { .at = bytes, .left = size };
	struct buffer text = { 0 };
	char **plain;

	if (!feature_name(bit))
		return;
	if (bit == FEATURE_TRACING_DATA) {
		buffer_clear(&d->tracing);
		buffer_add(&d->tracing, bytes, size);
	} else if (bit == FEATURE_BUILD_ID) {
		buffer_add(&d->build_ids, bytes, size);
	} else if (bit == FEATURE_EVENT_DESC) {
		read_event_desc(d, b);
	} else if (bit == FEATURE_COMPRESSED) {
		d->compressed = true;
	} else if (bit == FEATURE_NRCPUS) {
		struct bytes n = b;

		d->nr_cpus = take_u32(&n);
		d->nr_cpus_online = take_u32(&n);
		if (n.failed)
			d->nr_cpus = d->nr_cpus_online = NO_VALUE;
	} else if (bit == FEATURE_CLOCK_DATA) {
		struct bytes n = b;
		uint64_t wall, clock;

		take_u32(&n); /* version */
		take_u32(&n); /* clock id, as in the attributes */
		wall = take_u64(&n);
		clock = take_u64(&n);
		if (!n.failed)
			d->wall_clock_offset = (int64_t)(wall - clock);
	}
	if (features[bit].layout)
		describe(&text, &b, features[bit].layout);
	else
		buffer_format(&text, "%zu bytes", size);
	plain = plain_text(d, bit);
	if (plain && !*plain && !b.failed)
		*plain = xstrdup(text.data ? text.data : "");
	keep(d, bit, xstrdup(text.data ? text.data : ""));
	buffer_free(&text);
}

/* ---- the header ----------------------------------------------------------------------------- */

static int read_attrs(struct perf_data *d, int fd, uint64_t size, uint64_t entry_size,
		      uint64_t offset, uint64_t length, struct error *err)
{
	unsigned char entry[1024 + 16];
	uint64_t at;

	if (entry_size < PERF_ATTR_SIZE_VER0 + 16 || entry_size > sizeof(entry))
		return error_set(
			err, STATUS_UNREADABLE,
			"%s: byte 16: an event attribute of %llu bytes; the header is damaged",
			d->path, (unsigned long long)entry_size);
	if (offset > size || length > size - offset)
		length = offset > size ? 0 : size - offset;
	for (at = offset; at + entry_size <= offset + length; at += entry_size) {
		uint64_t ids_at, ids_size;
		unsigned char *ids = NULL;

		if (read_at(fd, entry, entry_size, at) != entry_size)
			break;
		ids_at = word_at((char *)entry + entry_size - 16);
		ids_size = word_at((char *)entry + entry_size - 8);
		if (ids_at > size || ids_size > size - ids_at) {
			perf_data_damage(d, NULL, at,
					 "the ids of an event lie beyond the file's end");
			ids_size = 0;
		}
		if (ids_size) {
			ids = xmalloc(ids_size);
			ids_size = read_at(fd, ids, ids_size, ids_at);
		}
		if (!perf_data_add_attr(d, entry, entry_size - 16, ids, ids_size / 8))
			perf_data_damage(d, NULL, at, "an event attribute makes no sense");
		free(ids);
	}
	if (!d->source_count)
		return error_set(
			err, STATUS_UNREADABLE,
			"%s: byte %llu: no event attribute; the file is damaged or was cut "
			"before the first record",
			d->path, (unsigned long long)offset);
	return 0;
}

static void read_features(struct perf_data *d, int fd, uint64_t size, uint64_t at)
{
	int bit;

	for (bit = 0; bit < FEATURE_BITS; bit++) {
		char place[16];
		uint64_t offset, length;
		char *bytes;

		if (!(d->features[bit / 64] >> bit % 64 & 1))
			continue;
		if (at > size || read_at(fd, place, sizeof(place), at) != sizeof(place)) {
			perf_data_damage(
				d, NULL, at,
				"the file ends before its feature sections; names and formats "
				"of events may be missing");
			return;
		}
		at += sizeof(place);
		offset = word_at(place);
		length = word_at(place + 8);
		if (offset > size || length > size - offset || length > LARGEST_FEATURE) {
			perf_data_damage(d, NULL, at - sizeof(place),
					 "feature section %s lies beyond the file's end",
					 feature_name(bit) ? feature_name(bit) : "(unknown)");
			continue;
		}
		if (!length)
			continue;
		bytes = xmalloc(length);
		if (read_at(fd, bytes, length, offset) == length)
			feature_read(d, bit, bytes, length);
		free(bytes);
	}
}

static int refuse_magic(const struct perf_data *d, const char *magic, size_t size,
			struct error *err)
{
	if (!size)
		return error_set(err, STATUS_UNREADABLE,
				 "%s is empty; did perf record write to another file (-o)?",
				 d->path);
	if (size >= 8 && !memcmp(magic, "2ELIFREP", 8))
		return error_set(err, STATUS_UNREADABLE,
				 "%s was recorded on a machine of the other byte order (byte 0: "
				 "magic 2ELIFREP); run gotrace on a machine of that kind",
				 d->path);
	if (size >= 8 && !memcmp(magic, "PERFFILE", 8))
		return error_set(
			err, STATUS_UNREADABLE,
			"%s has the format of perf before Linux 3.7 (byte 0: magic PERFFILE); "
			"record with a newer perf",
			d->path);
	if (size >= 15 && !memcmp(magic, "SQLite format 3", 15))
		return error_set(err, STATUS_UNREADABLE,
				 "%s is a database already; ask it with gotrace explain -i %s",
				 d->path, d->path);
	return error_set(err, STATUS_UNREADABLE,
			 "%s is no perf.data file (byte 0: magic PERFILE2 expected)", d->path);
}

int header_read(struct perf_data *d, int fd, uint64_t size, uint64_t *begin, uint64_t *end,
		struct error *err)
{
	char header[HEADER_SIZE] = { 0 };
	size_t have = read_at(fd, header, sizeof(header), 0);
	uint64_t header_size, data_size;
	int i;

	if (have < PIPE_HEADER_SIZE || memcmp(header, "PERFILE2", 8))
		return refuse_magic(d, header, have, err);
	header_size = word_at(header + 8);
	if (header_size == PIPE_HEADER_SIZE) {
		d->container = "pipe";
		*begin = PIPE_HEADER_SIZE;
		*end = size;
		return 0;
	}
	d->container = "file";
	if (have < HEADER_SIZE || header_size < HEADER_SIZE)
		return error_set(err, STATUS_UNREADABLE,
				 "%s: byte %d: the file header is cut or damaged (%llu bytes)",
				 d->path, have < HEADER_SIZE ? (int)have : 8,
				 (unsigned long long)header_size);
	for (i = 0; i < 4; i++)
		d->features[i] = word_at(header + 72 + 8 * i);
	*begin = word_at(header + 40);
	data_size = word_at(header + 48);
	if (read_attrs(d, fd, size, word_at(header + 16), word_at(header + 24),
		       word_at(header + 32), err))
		return -1;
	if (*begin > size) {
		perf_data_damage(d, NULL, 40, "the records lie beyond the file's end");
		*begin = *end = size;
		return 0;
	}
	if (!data_size) {
		/* perf writes the size last: it was killed, and the records go to the file's end. */
		d->no_end = true;
		*end = size;
		perf_data_damage(d, NULL, 48,
				 "perf was killed before it finished the file: no event names, no "
				 "formats, no ledger of lost samples");
		return 0;
	}
	if (data_size > size - *begin) {
		*end = size;
		perf_data_damage(
			d, NULL, size,
			"the file is cut: %llu bytes of records were announced, %llu are there",
			(unsigned long long)data_size, (unsigned long long)(size - *begin));
		return 0;
	}
	*end = *begin + data_size;
	read_features(d, fd, size, *end);
	return 0;
}
