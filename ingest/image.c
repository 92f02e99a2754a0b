/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/image.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "ingest/program.h"

#define DELETED " (deleted)" /* what the kernel puts behind the path of a removed file */

/* A --binary FILE. */
struct given {
	const char *path;
	char *build_id; /* hex; NULL: the file has none */
};

/* ---- build ids and paths -------------------------------------------------------------------- */

/* Hex digits; NULL for no id. perf pads short ids with zeros: those at the end do not count. */
static char *build_id_text(const unsigned char *id, size_t size)
{
	struct buffer text = { 0 };
	size_t i;

	while (size && !id[size - 1])
		size--;
	for (i = 0; i < size && i < BUILD_ID_MAX; i++)
		buffer_format(&text, "%02x", id[i]);
	return text.data;
}

static uint32_t intern_build_id(struct images *im, const unsigned char *id, size_t size)
{
	char *text = build_id_text(id, size);
	uint32_t number = text ? intern(&im->build_ids, text, strlen(text)) : 0;

	free(text);
	return number;
}

/* Whether a recorded path names a file: not "[vdso]", "//anon", "/memfd:x (deleted)"… */
static bool names_file(const char *path)
{
	static const char *const others[] = { "//", "/memfd:", "/SYSV", "/dev/", "/anon_hugepage" };
	static const char shared[] = "/dev/shm/";
	size_t i;

	if (path[0] != '/')
		return false;
	if (!strncmp(path, shared, strlen(shared))) /* a file system like any other */
		return true;
	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (!strncmp(path, others[i], strlen(others[i])))
			return false;
	return true;
}

const char *image_path(const struct images *im, const struct image *b)
{
	return intern_text(&im->paths, b->path);
}

/*
 * Of several files that had one path after another, a build id by path, read when recording ended,
 * can only be the last one's.
 */
const char *image_build_id(const struct images *im, const struct image *b)
{
	uint64_t *last, *id;

	if (b->build_id)
		return intern_text(&im->build_ids, b->build_id);
	last = map_get(&im->latest, b->path, 0);
	id = map_get(&im->by_path, b->path, 0);
	if (!id || !last || &im->list[*last - 1] != b)
		return NULL;
	return intern_text(&im->build_ids, (uint32_t)*id);
}

/* ---- the table of images --------------------------------------------------------------------- */

static int read_given(struct images *im, struct error *err)
{
	size_t i;

	im->given = xcalloc(im->options->binary_count + 1, sizeof(*im->given));
	for (i = 0; i < im->options->binary_count; i++) {
		struct elf_file f;

		im->given[i].path = im->options->binaries[i];
		if (elf_file_open(&f, im->given[i].path, err))
			return error_prefix(err, "cannot read --binary %s", im->given[i].path);
		im->given[i].build_id = build_id_text(f.build_id, f.build_id_size);
		elf_file_close(&f);
	}
	return 0;
}

int images_init(struct images *im, const struct symbol_options *options, struct error *err)
{
	*im = (struct images){ .options = options };
	return read_given(im, err);
}

void images_free(struct images *im)
{
	size_t i;

	for (i = 0; i < im->count; i++) {
		free(im->list[i].file);
		free(im->list[i].problem);
		free(im->list[i].segments);
		free(im->list[i].kept);
		symbol_table_free(&im->list[i].table);
	}
	for (i = 0; im->given && i < im->options->binary_count; i++)
		free(im->given[i].build_id);
	free(im->given);
	free(im->list);
	intern_free(&im->paths);
	intern_free(&im->build_ids);
	map_free(&im->numbers);
	map_free(&im->latest);
	map_free(&im->by_path);
}

void images_build_id(struct images *im, const char *path, const unsigned char *id, size_t size)
{
	uint32_t number = intern_build_id(im, id, size);

	if (number)
		*map_put(&im->by_path, intern(&im->paths, path, strlen(path)), 0, NULL) = number;
}

uint32_t images_add(struct images *im, const char *path, const unsigned char *build_id,
		    size_t build_id_size, int64_t inode, bool kernel)
{
	uint32_t path_number = intern(&im->paths, path, strlen(path));
	uint32_t id = intern_build_id(im, build_id, build_id_size);
	uint64_t *number;
	bool added;

	number = map_put(&im->numbers, (uint64_t)path_number << 32 | id, (uint64_t)inode, &added);
	if (!added)
		return (uint32_t)*number;
	ARRAY_GROW(im->list, im->count, im->capacity);
	im->list[im->count++] = (struct image){
		.path = path_number,
		.build_id = id,
		.inode = inode,
		.kernel = kernel,
	};
	*number = im->count;
	*map_put(&im->latest, path_number, 0, NULL) = im->count;
	return (uint32_t)im->count;
}

uint32_t images_find(struct images *im, const char *path)
{
	uint32_t number = intern_find(&im->paths, path, strlen(path)), found = 0;
	uint64_t *last = number ? map_get(&im->latest, number, 0) : NULL;
	size_t i;

	if (last)
		return (uint32_t)*last;
	/* Seen from another root folder the file has another path: take its name, if unique. */
	for (i = 0; i < im->count; i++) {
		const char *have = image_path(im, &im->list[i]);

		if (im->list[i].kernel || !names_file(have) ||
		    strcmp(basename(have), basename(path)))
			continue;
		if (found)
			return 0;
		found = (uint32_t)(i + 1);
	}
	return found;
}

struct image *images_get(struct images *im, uint32_t number)
{
	if (!number || number > im->count)
		BUG("binary %" PRIu32 " of %zu", number, im->count);
	return &im->list[number - 1];
}

void image_load_table(struct image *b, struct program *p)
{
	if (!b->has_table)
		program_functions(p, &b->table);
	b->has_table = true;
}

/* ---- finding a binary's file ---------------------------------------------------------------- */

/* Keeps the first reason: it is about the likeliest file. */
static void set_problem(struct image *b, char *text)
{
	if (b->problem)
		free(text);
	else
		b->problem = text;
}

static void take_file(struct image *b, struct elf_file *f, const char *path)
{
	b->file = xstrdup(path);
	b->segments = elf_file_segments(f, &b->segment_count);
	free(b->problem);
	b->problem = NULL;
}

enum trust {
	BY_USER, /* named by --binary */
	BY_ROOT, /* found below --symfs, or in the cache */
	BY_PATH, /* found where it was recorded */
};

/* Takes the file if it is there and nothing says that it is not the one recorded. */
static bool try_file(struct images *im, struct image *b, const char *path, enum trust trust)
{
	const char *want = image_build_id(im, b);
	bool taken = false;
	struct elf_file f;
	struct error err;
	char *have;

	errno = 0;
	if (elf_file_open(&f, path, &err)) {
		if (errno != ENOENT && errno != ENOTDIR)
			set_problem(b, xasprintf("cannot read %s: %s", path, err.text));
		return false;
	}
	have = build_id_text(f.build_id, f.build_id_size);
	if (want && have && strcmp(want, have))
		set_problem(b, xasprintf("build id differs: recorded %s, file %s (%s)", want, have,
					 path));
	else if (want && !have && trust != BY_USER)
		set_problem(b, xasprintf("build id differs: recorded %s, file has none (%s)", want,
					 path));
	else if (!want && trust == BY_PATH && b->inode > 0 && b->inode != f.inode)
		set_problem(b, xasprintf("%s is not the file that was recorded (inode %" PRId64
					 " then, %" PRId64 " now): name the recorded one, or a "
					 "copy of it, with --binary",
					 path, b->inode, f.inode));
	else
		taken = true;
	if (taken)
		take_file(b, &f, path);
	free(have);
	elf_file_close(&f);
	return taken;
}

/* --binary: by build id where both have one, else by path, else by base name. */
static bool try_given(struct images *im, struct image *b, const char *path)
{
	const char *want = image_build_id(im, b);
	enum { BUILD_ID, PATH, NAME, WAYS } way;
	size_t i;

	for (way = BUILD_ID; way < WAYS; way++) {
		for (i = 0; i < im->options->binary_count; i++) {
			const struct given *g = &im->given[i];
			bool match;

			if (way == BUILD_ID)
				match = want && g->build_id && !strcmp(want, g->build_id);
			else if (way == PATH)
				match = !strcmp(g->path, path);
			else
				match = !strcmp(basename(g->path), basename(path));
			if (match && try_file(im, b, g->path, BY_USER))
				return true;
		}
	}
	return false;
}

/* perf's cache of the binaries it has seen: ~/.debug/.build-id/XX/REST, a folder with "elf" in it. */
static bool try_cache(struct images *im, struct image *b)
{
	const char *id = image_build_id(im, b), *home = getenv("HOME");
	bool found;
	char *path;

	if (!id || strlen(id) < 3 || !home)
		return false;
	path = xasprintf("%s/.debug/.build-id/%.2s/%s/elf", home, id, id + 2);
	found = try_file(im, b, path, BY_ROOT);
	if (!found) {
		/* Before perf 4.10 REST was the file itself. */
		path[strlen(path) - strlen("/elf")] = '\0';
		found = try_file(im, b, path, BY_ROOT);
	}
	free(path);
	return found;
}

static void find_file(struct images *im, struct image *b)
{
	const char *recorded = image_path(im, b);
	bool deleted = text_ends_with(recorded, DELETED), found = false;
	char *path;

	b->searched = true;
	if (b->kernel || !names_file(recorded))
		return;
	path = xstrndup(recorded, strlen(recorded) - (deleted ? strlen(DELETED) : 0));
	found = try_given(im, b, path);
	if (!found && im->options->symfs) {
		char *below = xasprintf("%s%s", im->options->symfs, path);

		found = try_file(im, b, below, BY_ROOT);
		free(below);
	}
	if (!found && !deleted)
		found = try_file(im, b, path, BY_PATH);
	if (!found)
		found = try_cache(im, b);
	if (!found && !deleted)
		set_problem(b, xasprintf("%s is not here: name its file with --binary, or the "
					 "folder that was its root with --symfs",
					 path));
	free(path);
}

struct image *images_searched(struct images *im, uint32_t number)
{
	struct image *b = images_get(im, number);

	if (!b->searched)
		find_file(im, b);
	return b;
}

void images_search_again(struct images *im, struct image *b)
{
	free(b->file);
	free(b->problem);
	free(b->segments);
	b->file = NULL;
	b->problem = NULL;
	b->segments = NULL;
	b->segment_count = 0;
	find_file(im, b);
}
