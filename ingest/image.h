/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Binaries as a recording names them, by path, build id and inode, and the search for their files:
 * --binary, --symfs, the recorded path, perf's build-id cache. A file is taken only when nothing says
 * that it is not the one recorded.
 */
#ifndef GOTRACE_INGEST_IMAGE_H
#define GOTRACE_INGEST_IMAGE_H

#include "base/map.h"
#include "ingest/elf_file.h"
#include "ingest/symbol_table.h"
#include "ingest/symbols.h"

struct image {
	uint32_t path;     /* number in images.paths */
	uint32_t build_id; /* number in images.build_ids; 0: not recorded with the mapping */
	int64_t inode;
	bool kernel; /* the kernel's image or a module */

	bool searched;
	char *file;    /* what to open; NULL: nothing */
	char *problem; /* why nothing; NULL: no file was looked for, or all is well */
	struct elf_segment *segments;
	size_t segment_count;

	bool has_table; /* `table` was read, or tried */
	struct symbol_table table;
	uint64_t *kept; /* addresses around which lines must be stored */
	size_t kept_count, kept_capacity;
};

struct images {
	const struct symbol_options *options;
	struct given *given;
	struct intern paths, build_ids;
	struct map numbers; /* path and build id (32 bits each), inode: to the image's number */
	struct map latest;  /* path: to the last image of that path */
	struct map by_path; /* path: to the build id that images_build_id() told */
	struct image *list; /* number 1 is the first */
	size_t count, capacity;
};

/* Opens what --binary names, so it can fail. `options` is borrowed. Freed in any case by images_free(). */
int images_init(struct images *im, const struct symbol_options *options, struct error *err);
void images_free(struct images *im);

/* See symbols_binary(), symbols_build_id() and symbols_find(). */
uint32_t images_add(struct images *im, const char *path, const unsigned char *build_id,
		    size_t build_id_size, int64_t inode, bool kernel);
void images_build_id(struct images *im, const char *path, const unsigned char *id, size_t size);
uint32_t images_find(struct images *im, const char *path);

/* An image by its number, which must be one. */
struct image *images_get(struct images *im, uint32_t number);
/* The same, its file having been looked for. */
struct image *images_searched(struct images *im, uint32_t number);
/*
 * Looks for the file once more: what the recording says may have grown since (a build id that came
 * late). What was read of the file meanwhile stays.
 */
void images_search_again(struct images *im, struct image *b);

/* Reads the image's table of functions, once. */
struct program;
void image_load_table(struct image *b, struct program *p);

const char *image_path(const struct images *im, const struct image *b);
/*
 * The build id that the recording gives, lower-case hex: with the mapping, else by path. NULL: none.
 */
const char *image_build_id(const struct images *im, const struct image *b);

#endif
