/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recording as it lies on disk: its pieces, its header, its events' attributes.
 *
 * Everything that perf can write becomes the same thing here: a list of segments, each a stretch of
 * a readable file that holds whole records one after the other. What cannot be read twice (a pipe,
 * compressed records) is first copied to an unnamed temporary file.
 */
#ifndef GOTRACE_INGEST_PERF_DATA_H
#define GOTRACE_INGEST_PERF_DATA_H

#include <perf/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/map.h"
#include "model/model.h"

struct perf_evlist;
struct perf_evsel;
struct format;

/* A stretch of a file. Records that were compressed lie in the segment `inflated` instead. */
struct segment {
	int fd;
	uint64_t begin, end;
	const char *name; /* of the file, for messages; borrowed from struct perf_data */
	void *inflater;   /* ZSTD_DStream, while compressed records are being read */
};

/* Where the values that every record needs lie; counted in u64 words, -1: not there. */
struct sample_layout {
	uint64_t sample_type;
	uint64_t read_format;
	int sample_time, sample_cpu; /* from the first word after the header of a sample */
	int trailer_time; /* from the end of any other kernel record, the last word being 1 */
	int trailer_cpu, trailer_tid, trailer_id, trailer_words;
	bool has_trailer;         /* sample_id_all */
	int regs_user, regs_intr; /* words of registers in a sample */
	bool branch_hw_index, branch_counters;
};

/* One event of the recording, from its attribute to the plan by which its samples are read. */
struct perf_source {
	struct source source; /* what the model sees */
	struct perf_evsel *evsel;
	struct sample_layout layout;
	struct format *format; /* of its raw data; NULL: kept as raw bytes, or none */
	size_t format_fields; /* how many of its fields the format gives; then come words of the sample */
	char *name;
	bool described; /* the recording gave the name */
	/* the uprobe's place, once known */
	uint32_t binary;
	uint64_t pc;
	bool has_pc, asked;
};

/* What one id of a sample stands for. */
struct id_owner {
	struct perf_source *source;
	int32_t cpu; /* as ID_INDEX tells, -1: not told */
};

struct perf_data {
	char *path;
	const char *container; /* file, pipe, directory */
	bool compressed;
	uint64_t size;
	struct segment *segments;
	size_t segment_count, segment_capacity;
	int spool;       /* unnamed temporary file for what was compressed, -1: none yet */
	char *spool_dir; /* where it goes */
	uint64_t spool_end;
	char **names; /* of the segments' files */
	size_t name_count, name_capacity;

	bool no_end;          /* data size 0: perf did not end its work */
	uint64_t features[4]; /* bitmap of the header */
	struct perf_evlist *evlist;
	struct perf_source **sources;
	size_t source_count, source_capacity;
	struct map ids; /* id -> index into owners + 1 */
	struct id_owner *owners;
	size_t owner_count, owner_capacity;
	int id_pos, is_pos; /* as perf places the id in samples and in other records */
	bool one_layout;    /* all sources agree on the place of time and trailer */
	bool one_cpu_place; /* … and on that of the CPU */

	struct feature_text {
		const char *name;
		char *text;
	} * feature_texts;
	size_t feature_count, feature_capacity;
	char *perf_version, *cmdline, *hostname, *kernel, *arch;
	int64_t nr_cpus, nr_cpus_online;
	int64_t wall_clock_offset;

	struct buffer tracing;   /* the TRACING_DATA section, as written */
	struct buffer build_ids; /* the BUILD_ID section, as written */

	bool damaged;     /* the input ends early, or holds what no perf writes */
	char damage[512]; /* where and why */
	int64_t damage_offset;
};

/*
 * Opens a recording: a file, a directory of `perf record --threads`, or "-" for a pipe on stdin.
 * Reads the header with all feature sections. `spool_dir` takes temporary files. NULL on error:
 * STATUS_UNREADABLE with a text that says what the file is instead.
 */
struct perf_data *perf_data_open(const char *path, const char *spool_dir, struct error *err);
void perf_data_close(struct perf_data *d);

/* Reads `size` bytes at `offset`; returns how many there were. Errors count as the file's end. */
size_t read_at(int fd, void *bytes, size_t size, uint64_t offset);

/* A new unnamed temporary file in spool_dir. -1 with the error set. */
int perf_data_temporary(const struct perf_data *d, struct error *err);

/* Notes the first damage; later ones only follow from it. */
void perf_data_damage(struct perf_data *d, const struct segment *s, uint64_t offset,
		      const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Adds a source with its ids. False when the attribute makes no sense. */
bool perf_data_add_attr(struct perf_data *d, const void *attr, size_t attr_size,
			const unsigned char *ids, size_t id_count);
void perf_data_add_id(struct perf_data *d, uint64_t id, struct perf_source *source);
struct id_owner *perf_data_owner(const struct perf_data *d, uint64_t id);

/* Sets id_pos, is_pos and one_layout from the sources; to be called when one was added. */
void perf_data_lay_out(struct perf_data *d);

/* Names what the recording did not name, by type and config. After the last attribute. */
void perf_data_name_sources(struct perf_data *d);

/* ---- header.c ---- */

/* Reads one feature section, as a file's section or as the body of a HEADER_FEATURE record. */
void feature_read(struct perf_data *d, int bit, const char *bytes, size_t size);

#endif
