/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Binaries, one at a time: a file is open only while it is read. What stays is small: segments
 * (for addresses while events stream by) and, where a function was asked for, the symbol table.
 * All else happens in symbols_write(), binary by binary and unit by unit.
 */
#include "ingest/symbols.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/map.h"
#include "base/memory.h"
#include "ingest/debug_info.h"
#include "ingest/elf_file.h"
#include "ingest/kallsyms.h"
#include "ingest/symbol_table.h"

#define DELETED " (deleted)" /* what the kernel puts behind the path of a removed file */
#define KALLSYMS_MAX (256 << 20)

/* A --binary FILE. */
struct given {
	const char *path;
	char *build_id; /* hex; NULL: the file has none */
};

struct image {
	uint32_t path;     /* number in paths */
	uint32_t build_id; /* number in build_ids; 0: not recorded with the mapping */
	int64_t inode;
	bool kernel;

	bool searched;
	char *file;    /* what to open; NULL: nothing */
	bool is_given; /* by --binary */
	char *problem;
	struct elf_segment *segments;
	size_t segment_count;
	bool has_table; /* `table` was read, or tried */
	struct symbol_table table;
	uint64_t *kept;
	size_t kept_count, kept_capacity;
};

/* The DWARF that symbols_line() keeps open. */
struct line_reader {
	uint32_t binary; /* 0: none */
	struct elf_file elf;
	bool opened;
	struct debug_info *debug;
	struct intern files;
};

struct symbols {
	const struct symbol_options *options;
	struct given *given;
	struct intern paths, build_ids;
	struct map numbers;   /* path and build id (32 bits each), inode: to the binary's number */
	struct map latest;    /* path: to the last binary of that path */
	struct map by_path;   /* path: to the build id that symbols_build_id() told */
	struct image *images; /* number 1 is the first */
	size_t count, capacity;
	bool kallsyms_given;
	struct symbol_table kernel;
	uint64_t stext; /* where the kernel's code begins; 0: not known */

	uint32_t last_function, last_frame;
	struct intern files;
	struct line_reader reader;
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

static uint32_t intern_build_id(struct symbols *s, const unsigned char *id, size_t size)
{
	char *text = build_id_text(id, size);
	uint32_t number = text ? intern(&s->build_ids, text, strlen(text)) : 0;

	free(text);
	return number;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool ends_with(const char *text, const char *end)
{
	size_t size = strlen(text), n = strlen(end);

	return size >= n && !strcmp(text + size - n, end);
}

/* Whether a recorded path names a file: not "[vdso]", "//anon", "/memfd:x (deleted)"… */
static bool names_file(const char *path)
{
	static const char *const others[] = { "//", "/memfd:", "/SYSV", "/dev/", "/anon_hugepage" };
	size_t i;

	if (path[0] != '/')
		return false;
	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (!strncmp(path, others[i], strlen(others[i])))
			return false;
	return true;
}

static struct image *image_of(struct symbols *s, uint32_t binary)
{
	if (!binary || binary > s->count)
		BUG("binary %" PRIu32 " of %zu", binary, s->count);
	return &s->images[binary - 1];
}

static const char *image_path(const struct symbols *s, const struct image *b)
{
	return intern_text(&s->paths, b->path);
}

/*
 * The build id that the recording gives: with the mapping, else by path. Of several files that
 * had one path after another, the latter, read when recording ended, can only be the last one's.
 */
static const char *image_build_id(const struct symbols *s, const struct image *b)
{
	uint64_t *last, *id;

	if (b->build_id)
		return intern_text(&s->build_ids, b->build_id);
	last = map_get(&s->latest, b->path, 0);
	id = map_get(&s->by_path, b->path, 0);
	if (!id || !last || &s->images[*last - 1] != b)
		return NULL;
	return intern_text(&s->build_ids, (uint32_t)*id);
}

/* ---- the table of binaries ------------------------------------------------------------------ */

static int read_text(const char *path, struct buffer *text, struct error *err)
{
	FILE *in = fopen(path, "re");
	size_t n;

	if (!in)
		return error_set(err, STATUS_UNREADABLE, "cannot open %s: %m", path);
	do {
		char *room = buffer_room(text, 1 << 16);

		n = fread(room, 1, 1 << 16, in);
		text->size += n;
	} while (n && text->size < KALLSYMS_MAX);
	if (ferror(in)) {
		error_set(err, STATUS_UNREADABLE, "cannot read %s: %m", path);
		fclose(in);
		return -1;
	}
	fclose(in);
	return 0;
}

static void parse_kallsyms(struct symbols *s, const char *text, size_t size)
{
	kallsyms_parse(&s->kernel, text, size);
	s->stext = kallsyms_stext(text, size);
}

static int read_kallsyms(struct symbols *s, const char *path, struct error *err)
{
	struct buffer text = { 0 };
	int ret = read_text(path, &text, err);

	if (!ret)
		parse_kallsyms(s, text.data, text.size);
	if (!ret && !s->kernel.count)
		ret = error_set(err, STATUS_UNREADABLE,
				"%s holds no kernel functions: give a copy of /proc/kallsyms read "
				"by root",
				path);
	s->kallsyms_given = true;
	buffer_free(&text);
	return ret;
}

static int read_given(struct symbols *s, struct error *err)
{
	size_t i;

	s->given = xcalloc(s->options->binary_count + 1, sizeof(*s->given));
	for (i = 0; i < s->options->binary_count; i++) {
		struct elf_file f;

		s->given[i].path = s->options->binaries[i];
		if (elf_file_open(&f, s->given[i].path, err))
			return error_prefix(err, "cannot read --binary %s", s->given[i].path);
		s->given[i].build_id = build_id_text(f.build_id, f.build_id_size);
		elf_file_close(&f);
	}
	return 0;
}

struct symbols *symbols_new(const struct symbol_options *options, struct error *err)
{
	struct symbols *s = xcalloc(1, sizeof(*s));

	s->options = options;
	if (read_given(s, err) || (options->kallsyms && read_kallsyms(s, options->kallsyms, err))) {
		symbols_free(s);
		return NULL;
	}
	return s;
}

static void end_reader(struct line_reader *r)
{
	debug_info_close(r->debug);
	if (r->opened)
		elf_file_close(&r->elf);
	r->debug = NULL;
	r->opened = false;
	r->binary = 0;
}

void symbols_free(struct symbols *s)
{
	size_t i;

	if (!s)
		return;
	for (i = 0; i < s->count; i++) {
		free(s->images[i].file);
		free(s->images[i].problem);
		free(s->images[i].segments);
		free(s->images[i].kept);
		symbol_table_free(&s->images[i].table);
	}
	for (i = 0; s->given && i < s->options->binary_count; i++)
		free(s->given[i].build_id);
	free(s->given);
	free(s->images);
	intern_free(&s->paths);
	intern_free(&s->build_ids);
	intern_free(&s->files);
	map_free(&s->numbers);
	map_free(&s->latest);
	map_free(&s->by_path);
	symbol_table_free(&s->kernel);
	end_reader(&s->reader);
	intern_free(&s->reader.files);
	free(s);
}

void symbols_kallsyms(struct symbols *s, const char *text, size_t size)
{
	if (s->kallsyms_given)
		return;
	symbol_table_free(&s->kernel);
	parse_kallsyms(s, text, size);
}

const char *symbols_kernel_function(const struct symbols *s, int64_t offset)
{
	size_t number;

	if (!s->stext)
		return NULL;
	number = symbol_table_find(&s->kernel, s->stext + (uint64_t)offset);
	return number == NO_SYMBOL ? NULL : symbol_name(&s->kernel, number);
}

void symbols_build_id(struct symbols *s, const char *path, const unsigned char *id, size_t size)
{
	uint32_t number = intern_build_id(s, id, size);

	if (number)
		*map_put(&s->by_path, intern(&s->paths, path, strlen(path)), 0, NULL) = number;
}

uint32_t symbols_binary(struct symbols *s, const char *path, const unsigned char *build_id,
			size_t build_id_size, int64_t inode, bool kernel)
{
	uint32_t path_number = intern(&s->paths, path, strlen(path));
	uint32_t id = intern_build_id(s, build_id, build_id_size);
	uint64_t *number;
	bool added;

	number = map_put(&s->numbers, (uint64_t)path_number << 32 | id, (uint64_t)inode, &added);
	if (!added)
		return (uint32_t)*number;
	ARRAY_GROW(s->images, s->count, s->capacity);
	s->images[s->count++] = (struct image){
		.path = path_number,
		.build_id = id,
		.inode = inode,
		.kernel = kernel,
	};
	*number = s->count;
	*map_put(&s->latest, path_number, 0, NULL) = s->count;
	return (uint32_t)s->count;
}

uint32_t symbols_find(struct symbols *s, const char *path)
{
	uint32_t number = intern_find(&s->paths, path, strlen(path)), found = 0;
	uint64_t *last = number ? map_get(&s->latest, number, 0) : NULL;
	size_t i;

	if (last)
		return (uint32_t)*last;
	/* Seen from another root folder the file has another path: take its name, if unique. */
	for (i = 0; i < s->count; i++) {
		const char *have = image_path(s, &s->images[i]);

		if (s->images[i].kernel || !names_file(have) ||
		    strcmp(base_name(have), base_name(path)))
			continue;
		if (found)
			return 0;
		found = (uint32_t)(i + 1);
	}
	return found;
}

void symbols_keep(struct symbols *s, uint32_t binary, uint64_t vaddr)
{
	struct image *b = image_of(s, binary);

	if (b->kept_count && b->kept[b->kept_count - 1] == vaddr)
		return;
	ARRAY_GROW(b->kept, b->kept_count, b->kept_capacity);
	b->kept[b->kept_count++] = vaddr;
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
static bool try_file(struct symbols *s, struct image *b, const char *path, enum trust trust)
{
	const char *want = image_build_id(s, b);
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
static bool try_given(struct symbols *s, struct image *b, const char *path)
{
	const char *want = image_build_id(s, b);
	enum { BUILD_ID, PATH, NAME, WAYS } way;
	size_t i;

	for (way = BUILD_ID; way < WAYS; way++) {
		for (i = 0; i < s->options->binary_count; i++) {
			const struct given *g = &s->given[i];
			bool match;

			if (way == BUILD_ID)
				match = want && g->build_id && !strcmp(want, g->build_id);
			else if (way == PATH)
				match = !strcmp(g->path, path);
			else
				match = !strcmp(base_name(g->path), base_name(path));
			if (match && try_file(s, b, g->path, BY_USER))
				return b->is_given = true;
		}
	}
	return false;
}

/* perf's cache of the binaries it has seen: ~/.debug/.build-id/XX/REST, a folder with "elf" in it. */
static bool try_cache(struct symbols *s, struct image *b)
{
	const char *id = image_build_id(s, b), *home = getenv("HOME");
	bool found;
	char *path;

	if (!id || strlen(id) < 3 || !home)
		return false;
	path = xasprintf("%s/.debug/.build-id/%.2s/%s/elf", home, id, id + 2);
	found = try_file(s, b, path, BY_ROOT);
	if (!found) {
		/* Before perf 4.10 REST was the file itself. */
		path[strlen(path) - strlen("/elf")] = '\0';
		found = try_file(s, b, path, BY_ROOT);
	}
	free(path);
	return found;
}

static void find_file(struct symbols *s, struct image *b)
{
	const char *recorded = image_path(s, b);
	bool deleted = ends_with(recorded, DELETED), found = false;
	char *path;

	b->searched = true;
	if (b->kernel || !names_file(recorded))
		return;
	path = xstrndup(recorded, strlen(recorded) - (deleted ? strlen(DELETED) : 0));
	found = try_given(s, b, path);
	if (!found && s->options->symfs) {
		char *below = xasprintf("%s%s", s->options->symfs, path);

		found = try_file(s, b, below, BY_ROOT);
		free(below);
	}
	if (!found && !deleted)
		found = try_file(s, b, path, BY_PATH);
	if (!found)
		found = try_cache(s, b);
	if (!found && !deleted)
		set_problem(b, xasprintf("%s is not here: name its file with --binary, or the "
					 "folder that was its root with --symfs",
					 path));
	free(path);
}

static struct image *searched(struct symbols *s, uint32_t binary)
{
	struct image *b = image_of(s, binary);

	if (!b->searched)
		find_file(s, b);
	return b;
}

bool symbols_is_kernel(const struct symbols *s, uint32_t binary)
{
	return binary && binary <= s->count && s->images[binary - 1].kernel;
}

bool symbols_vaddr(struct symbols *s, uint32_t binary, uint64_t file_offset, uint64_t *vaddr)
{
	struct image *b = searched(s, binary);
	size_t i;

	for (i = 0; i < b->segment_count; i++) {
		const struct elf_segment *p = &b->segments[i];

		if (file_offset >= p->offset && file_offset - p->offset < p->size) {
			*vaddr = p->vaddr + (file_offset - p->offset);
			return true;
		}
	}
	return false;
}

/* ---- functions by address ------------------------------------------------------------------- */

/* Reads the symbol table, `d` being the file's DWARF where the caller has it open already. */
static void load_table(struct image *b, struct elf_file *f, struct debug_info *d)
{
	struct debug_info *own = NULL;

	if (b->has_table)
		return;
	b->has_table = true;
	if (!elf_file_functions(f, false, &b->table)) {
		/* What is exported is not all: DWARF has the rest. */
		elf_file_functions(f, true, &b->table);
		if (!d)
			d = own = debug_info_open(f->elf);
		if (d)
			debug_info_functions(d, &b->table);
		debug_info_close(own);
	}
	symbol_table_finish(&b->table);
}

static struct symbol_table *table_of(struct symbols *s, struct image *b)
{
	return b->kernel ? &s->kernel : &b->table;
}

const char *symbols_function(struct symbols *s, uint32_t binary, uint64_t vaddr, uint64_t *offset)
{
	struct image *b = searched(s, binary);
	struct symbol_table *t = table_of(s, b);
	struct elf_file f;
	struct error err;
	size_t number;

	if (b->file && !b->has_table && !elf_file_open(&f, b->file, &err)) {
		load_table(b, &f, NULL);
		elf_file_close(&f);
	}
	number = symbol_table_find(t, vaddr);
	if (number == NO_SYMBOL)
		return NULL;
	*offset = vaddr - t->symbols[number].addr;
	return symbol_name(t, number);
}

char *symbols_go_version(struct symbols *s, uint32_t binary)
{
	struct image *b = searched(s, binary);
	struct go_build go = { 0 };
	struct elf_file f;
	struct error ignored;
	char *version = NULL;

	if (!b->file || elf_file_open(&f, b->file, &ignored))
		return NULL;
	if (elf_file_go_build(&f, &go) && go.version.size)
		version = xstrdup(go.version.data);
	go_build_free(&go);
	elf_file_close(&f);
	return version;
}

/* ---- lines by address ----------------------------------------------------------------------- */

/*
 * A path without its detours, as Go's path.Clean: what the compiler recorded relative to "." (Go
 * with -trimpath) and what C compilers put together from two folders is what a user would write.
 */
static void clean_path(const char *path, struct buffer *clean)
{
	bool rooted = path[0] == '/';
	size_t kept = 0; /* bytes that ".." cannot take back */

	buffer_clear(clean);
	buffer_text(clean, rooted ? "/" : "");
	kept = clean->size;
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && path[0] == '.' && path[1] == '.') {
			if (clean->size > kept) {
				while (clean->size > kept && clean->data[clean->size - 1] != '/')
					clean->size--;
				if (clean->size > kept)
					clean->size--;
				clean->data[clean->size] = '\0';
			} else if (!rooted) {
				buffer_text(clean, clean->size ? "/.." : "..");
				kept = clean->size;
			}
		} else if (n && !(n == 1 && path[0] == '.')) {
			if (clean->size && clean->data[clean->size - 1] != '/')
				buffer_text(clean, "/");
			buffer_add(clean, path, n);
		}
		path += n + (path[n] == '/');
	}
	if (!clean->size)
		buffer_text(clean, ".");
}

static void begin_reader(struct symbols *s, uint32_t binary)
{
	struct line_reader *r = &s->reader;
	struct image *b = searched(s, binary);
	struct error ignored;

	end_reader(r);
	r->binary = binary;
	r->opened = b->file && !elf_file_open(&r->elf, b->file, &ignored);
	if (r->opened && elf_file_has_dwarf(&r->elf))
		r->debug = debug_info_open(r->elf.elf);
}

bool symbols_line(struct symbols *s, uint32_t binary, uint64_t vaddr, const char **file,
		  int64_t *line)
{
	struct line_reader *r = &s->reader;
	const struct debug_frame *frames;
	struct buffer clean = { 0 };
	uint32_t unit;

	if (r->binary != binary)
		begin_reader(s, binary);
	if (!r->debug)
		return false;
	unit = debug_info_unit(r->debug, vaddr);
	if (unit == NO_UNIT || !debug_info_load(r->debug, unit) ||
	    !debug_info_frames(r->debug, vaddr, &frames) || !frames[0].file || frames[0].line <= 0)
		return false;
	clean_path(frames[0].file, &clean);
	*file = intern_text(&r->files, intern(&r->files, clean.data, clean.size));
	*line = frames[0].line;
	buffer_free(&clean);
	return true;
}

/* ---- writing -------------------------------------------------------------------------------- */

/* An address to resolve, by its place in the caller's list. */
struct wanted {
	uint32_t binary, unit;
	uint64_t pc; /* to look up: a return address less 1 */
	size_t number;
};

/* A call of a function that was inlined: a place only if the line has no other in the binary. */
struct call {
	uint32_t function, into, file;
	int64_t line;
	uint64_t pc;
};

/* What is needed while one binary is written. */
struct writer {
	struct symbols *s;
	struct model *m;
	struct error *err;
	uint32_t number;
	struct image *b;
	struct symbol_table *table;
	struct debug_info *debug;
	struct go_build go;
	bool is_go;

	uint32_t *functions;         /* ids of the table's functions; 0: not written yet */
	struct intern names;         /* of functions that the table does not have … */
	struct map others;           /* … name and entry (ENTRY_NONE: inlined only) to id */
	bool *chosen;                /* functions of the table whose lines are stored */
	bool *units;                 /* units that have such functions */
	struct buffer main, escaped; /* the main module's path, as told and as in symbols */
	bool everywhere;             /* copies of chosen functions are looked for in all units */
	struct map by_name; /* functions of the current unit, by pointer: 1 chosen, 2 not */
	struct map by_text; /* file names of the current unit, by pointer, to file ids */
	struct map lines;   /* file, line / 64: which lines have a row, one bit each */
	struct call *calls;
	size_t call_count, call_capacity;
};

#define ENTRY_NONE UINT64_MAX

/* Of these a SPEC can speak without any probe or frame: "panic", "fatal". */
static const char *const always_chosen[] = {
	"runtime.gopanic",
	"runtime.fatalpanic",
	"runtime.throw",
	"runtime.fatal",
};

static int write_function(struct writer *w, const char *name, uint64_t addr, uint64_t size,
			  bool has_addr, uint32_t *id)
{
	struct function f = {
		.id = *id = ++w->s->last_function,
		.binary = w->number,
		.name = name,
		.addr = addr,
		.size = size,
		.has_addr = has_addr,
	};

	return model_function(w->m, &f, w->err);
}

static int table_function(struct writer *w, size_t number, uint32_t *id)
{
	const struct symbol *f = &w->table->symbols[number];

	if (!w->functions)
		w->functions = xcalloc(w->table->count, sizeof(*w->functions));
	if (!w->functions[number] && write_function(w, symbol_name(w->table, number), f->addr,
						    f->size, true, &w->functions[number]))
		return -1;
	*id = w->functions[number];
	return 0;
}

/* A function that the symbol table does not have, by its DWARF name; 0 where it has none. */
static int other_function(struct writer *w, const char *name, uint64_t entry, uint32_t *id)
{
	uint64_t *place;
	bool added;

	*id = 0;
	if (!name)
		return 0;
	place = map_put(&w->others, intern(&w->names, name, strlen(name)), entry, &added);
	if (added) {
		bool has_addr = entry != ENTRY_NONE;
		uint32_t new;

		if (write_function(w, name, has_addr ? entry : 0, 0, has_addr, &new))
			return -1;
		*place = new;
	}
	*id = (uint32_t)*place;
	return 0;
}

/* The function that was inlined: the same one as out of line, where that exists. */
static int inlined_function(struct writer *w, const char *name, uint32_t *id)
{
	size_t number = name ? symbol_table_named(w->table, name) : NO_SYMBOL;

	return number == NO_SYMBOL ? other_function(w, name, ENTRY_NONE, id)
				   : table_function(w, number, id);
}

static int outer_function(struct writer *w, const char *name, uint64_t entry, uint64_t pc,
			  uint32_t *id)
{
	size_t number = symbol_table_find(w->table, pc);

	return number == NO_SYMBOL ? other_function(w, name, entry, id)
				   : table_function(w, number, id);
}

/* The id of a file name that belongs to the current unit, which is why the pointer is a key. */
static int file_id(struct writer *w, const char *text, uint32_t *id)
{
	struct buffer clean = { 0 };
	size_t before = w->s->files.count;
	uint64_t *place;
	bool added;
	int ret = 0;

	place = map_put(&w->by_text, (uint64_t)(uintptr_t)text, 0, &added);
	if (added) {
		clean_path(text, &clean);
		*place = intern(&w->s->files, clean.data, clean.size);
		if (w->s->files.count != before)
			ret = model_source_file(w->m, (uint32_t)*place, clean.data, w->err);
		buffer_free(&clean);
	}
	*id = (uint32_t)*place;
	return ret;
}

static int write_frame(struct writer *w, const struct address *a, uint32_t function,
		       const struct debug_frame *d)
{
	struct frame f = {
		.id = ++w->s->last_frame,
		.function = function,
		.binary = a->binary,
		.pc = a->pc,
		.line = d->line > 0 ? d->line : NO_VALUE,
		.inlined = d->inlined,
	};
	uint32_t file;

	if (d->file) {
		if (file_id(w, d->file, &file))
			return -1;
		f.file = intern_text(&w->s->files, file);
	}
	return model_frame(w->m, &f, w->err);
}

static int write_frames(struct writer *w, const struct address *a, uint64_t pc,
			struct frames *frames)
{
	static const struct debug_frame unknown;
	const struct debug_frame *list = &unknown;
	size_t count = 0, i;
	uint32_t function;

	if (w->debug && debug_info_unit(w->debug, pc) != NO_UNIT)
		count = debug_info_frames(w->debug, pc, &list);
	if (!count) {
		list = &unknown;
		count = 1;
	}
	frames->first = w->s->last_frame + 1;
	frames->count = (uint32_t)count;
	for (i = 0; i < count; i++) {
		if (list[i].inlined
			    ? inlined_function(w, list[i].function, &function)
			    : outer_function(w, list[i].function, list[i].entry, pc, &function))
			return -1;
		if (write_frame(w, a, function, &list[i]))
			return -1;
	}
	return 0;
}

/* ---- which functions' lines are stored ------------------------------------------------------ */

/* Whether a symbol belongs to the package `path` or one below it, or to its external tests. */
static bool below(const char *symbol, const char *path)
{
	size_t n = strlen(path);

	if (!n || strncmp(symbol, path, n))
		return false;
	symbol += n;
	if (!strncmp(symbol, "_test", 5))
		symbol += 5;
	return *symbol == '.' || *symbol == '/';
}

/* Go writes dots in the last element of a package path as "%2e" (cmd/internal/objabi/path.go). */
static void escape_path(const char *path, struct buffer *escaped)
{
	const char *p, *last = base_name(path);

	for (p = path; *p; p++) {
		if (p >= last && *p == '.')
			buffer_text(escaped, "%2e");
		else
			buffer_add(escaped, p, 1);
	}
}

static void choose_address(struct writer *w, uint64_t pc)
{
	size_t number = symbol_table_find(w->table, pc);

	if (number != NO_SYMBOL)
		w->chosen[number] = true;
}

static bool is_main(const struct writer *w, const char *name)
{
	return below(name, "main") || below(name, w->main.data) || below(name, w->escaped.data);
}

static void choose_main(struct writer *w)
{
	const char *path = w->go.module.size ? w->go.module.data : w->go.path.data;
	size_t i, number;

	/* The name that go gives to a package made of files on its command line. */
	if (!path || !strcmp(path, "command-line-arguments"))
		path = "main";
	buffer_text(&w->main, path);
	escape_path(path, &w->escaped);
	for (i = 0; i < w->table->count; i++)
		if (is_main(w, symbol_name(w->table, i)))
			w->chosen[i] = true;
	for (i = 0; i < ARRAY_SIZE(always_chosen); i++) {
		number = symbol_table_named(w->table, always_chosen[i]);
		if (number != NO_SYMBOL)
			w->chosen[number] = true;
	}
	w->everywhere = true;
}

static void choose_functions(struct writer *w, const struct wanted *list, size_t count)
{
	enum lines lines = w->s->options->lines;
	size_t i;

	if (lines == LINES_NONE || !w->debug || !w->table->count)
		return;
	w->chosen = xcalloc(w->table->count, sizeof(*w->chosen));
	w->units = xcalloc(debug_info_unit_count(w->debug), sizeof(*w->units));
	for (i = 0; i < w->b->kept_count; i++)
		choose_address(w, w->b->kept[i]);
	if (w->is_go)
		for (i = 0; i < count; i++)
			choose_address(w, list[i].pc);
	if (lines == LINES_ALL)
		memset(w->chosen, true, w->table->count * sizeof(*w->chosen));
	else if (w->is_go)
		choose_main(w);
	for (i = 0; i < w->table->count; i++) {
		uint32_t unit;

		if (!w->chosen[i])
			continue;
		unit = debug_info_unit(w->debug, w->table->symbols[i].addr);
		if (unit != NO_UNIT)
			w->units[unit] = true;
	}
}

static bool choose_name(struct writer *w, const char *name)
{
	size_t number = symbol_table_named(w->table, name);

	return number != NO_SYMBOL ? w->chosen[number] : is_main(w, name);
}

/* Whether the lines of a function that may exist only inlined are stored; see debug_info_has_copy(). */
static bool is_chosen(void *writer, const char *name)
{
	struct writer *w = writer;
	uint64_t *known = map_put(&w->by_name, (uint64_t)(uintptr_t)name, 0, NULL);

	if (!*known)
		*known = choose_name(w, name) ? 1 : 2;
	return *known == 1;
}

/* ---- lines ---------------------------------------------------------------------------------- */

static uint64_t *line_bits(struct writer *w, uint32_t file, int64_t line, bool put)
{
	return put ? map_put(&w->lines, file, (uint64_t)line / 64, NULL)
		   : map_get(&w->lines, file, (uint64_t)line / 64);
}

static int write_place(struct writer *w, const struct debug_place *p, uint32_t outer)
{
	struct source_line l = {
		.binary = w->number,
		.line = p->line,
		.pc = p->pc,
		.is_stmt = p->is_stmt,
		.is_entry = p->is_entry,
		.is_line = p->is_line,
		.inlined_into = p->inlined ? outer : 0,
		.function = outer,
	};

	if (file_id(w, p->file, &l.file) ||
	    (p->inlined && inlined_function(w, p->function, &l.function)))
		return -1;
	if (p->is_call) {
		ARRAY_GROW(w->calls, w->call_count, w->call_capacity);
		w->calls[w->call_count++] =
			(struct call){ l.function, l.inlined_into, l.file, l.line, l.pc };
		return 0;
	}
	return model_source_line(w->m, &l, w->err);
}

static int write_unit_files(struct writer *w)
{
	size_t i, count = debug_info_file_count(w->debug);
	const char *file;
	uint32_t id;
	int64_t line;

	for (i = 0; i < count; i++) {
		file = debug_info_file(w->debug, i);
		if (file && file_id(w, file, &id))
			return -1;
	}
	for (i = 0; debug_info_row(w->debug, i, &file, &line); i++) {
		if (!file || line <= 0)
			continue;
		if (file_id(w, file, &id))
			return -1;
		*line_bits(w, id, line, true) |= UINT64_C(1) << line % 64;
	}
	return 0;
}

static int write_unit_lines(struct writer *w, uint32_t unit)
{
	size_t i, j, count = debug_info_function_count(w->debug);
	bool has_files = false;

	for (i = 0; i < count; i++) {
		uint64_t entry = debug_info_function_entry(w->debug, i);
		size_t number = symbol_table_find(w->table, entry), places;
		bool chosen = number != NO_SYMBOL && w->chosen[number];
		const struct debug_place *list;
		uint32_t outer;

		if (number == NO_SYMBOL ||
		    (!chosen &&
		     (!w->everywhere || !debug_info_has_copy(w->debug, i, is_chosen, w))))
			continue;
		if (!has_files && write_unit_files(w))
			return -1;
		has_files = true;
		if (table_function(w, number, &outer))
			return -1;
		places = debug_info_places(w->debug, i, &list);
		for (j = 0; j < places; j++) {
			/* Of a function that was not chosen only the copies of chosen ones. */
			if (!chosen && !(list[j].inlined && is_chosen(w, list[j].function)))
				continue;
			if (write_place(w, &list[j], outer))
				return -1;
		}
	}
	/* The files of a chosen unit are told even if none of its functions has a place. */
	return w->units[unit] && !has_files ? write_unit_files(w) : 0;
}

static int write_calls(struct writer *w)
{
	size_t i;

	for (i = 0; i < w->call_count; i++) {
		const struct call *c = &w->calls[i];
		const uint64_t *bits = line_bits(w, c->file, c->line, false);
		struct source_line l = {
			.binary = w->number,
			.function = c->function,
			.file = c->file,
			.line = c->line,
			.pc = c->pc,
			.is_stmt = true,
			.is_line = true,
			.inlined_into = c->into,
		};

		if (bits && *bits >> c->line % 64 & 1)
			continue;
		if (model_source_line(w->m, &l, w->err))
			return -1;
	}
	return 0;
}

/* ---- one binary ----------------------------------------------------------------------------- */

static int compare_wanted(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	if (x->binary != y->binary)
		return x->binary < y->binary ? -1 : 1;
	if (x->unit != y->unit)
		return x->unit < y->unit ? -1 : 1;
	if (x->pc != y->pc)
		return x->pc < y->pc ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

/*
 * What the recording says may have grown since the file was found (a build id that came late), so
 * it is looked for again. Functions that were named meanwhile keep their names.
 */
static void search_again(struct symbols *s, struct image *b)
{
	free(b->file);
	free(b->problem);
	free(b->segments);
	b->file = NULL;
	b->problem = NULL;
	b->segments = NULL;
	b->segment_count = 0;
	b->is_given = false;
	find_file(s, b);
}

static int write_image(struct writer *w, bool read, bool has_dwarf, bool has_symtab,
		       bool has_pclntab)
{
	struct binary binary = {
		.id = w->number,
		.path = image_path(w->s, w->b),
		.build_id = image_build_id(w->s, w->b),
		.inode = w->b->inode,
		.read = read,
		.has_dwarf = has_dwarf,
		.has_symtab = has_symtab,
		.has_pclntab = has_pclntab,
		.problem = w->b->problem,
	};
	struct buffer flags = { 0 };
	const char *producer = NULL;
	size_t number;
	int ret;

	if (w->is_go) {
		if (w->go.version.size)
			binary.go_version = w->go.version.data;
		if (w->go.path.size)
			buffer_format(&flags, "path=%s\n", w->go.path.data);
		if (w->go.module.size)
			buffer_format(&flags, "mod=%s\n", w->go.module.data);
		if (w->go.settings.size)
			buffer_text(&flags, w->go.settings.data);
		number = symbol_table_named(w->table, "main.main");
		if (w->debug)
			producer = debug_info_producer(
				w->debug, "main",
				number == NO_SYMBOL ? 0 : w->table->symbols[number].addr);
		if (producer)
			buffer_format(&flags, "producer=%s\n", producer);
		binary.flags = flags.data;
	}
	ret = model_binary(w->m, &binary, w->err);
	buffer_free(&flags);
	return ret;
}

/* The addresses of one unit, or of none, then the unit's lines. */
static int write_unit(struct writer *w, uint32_t unit, const struct wanted *list, size_t count,
		      const struct address *addresses, struct frames *frames)
{
	size_t i;

	if (w->debug && unit != NO_UNIT) {
		map_free(&w->by_text);
		map_free(&w->by_name);
		if (!debug_info_load(w->debug, unit))
			unit = NO_UNIT;
	}
	for (i = 0; i < count; i++)
		if (write_frames(w, &addresses[list[i].number], list[i].pc,
				 &frames[list[i].number]))
			return -1;
	if (unit != NO_UNIT && w->units && (w->everywhere || w->units[unit]))
		return write_unit_lines(w, unit);
	return 0;
}

static int write_units(struct writer *w, struct wanted *list, size_t count,
		       const struct address *addresses, struct frames *frames)
{
	size_t units = w->debug ? debug_info_unit_count(w->debug) : 0, i = 0, n;
	uint32_t unit;

	for (unit = 0; unit < units; unit++) {
		for (n = 0; i + n < count && list[i + n].unit == unit; n++)
			;
		if ((n || (w->units && (w->everywhere || w->units[unit]))) &&
		    write_unit(w, unit, list + i, n, addresses, frames))
			return -1;
		i += n;
	}
	return write_unit(w, NO_UNIT, list + i, count - i, addresses, frames);
}

/* All that is known of one binary; `list` are its addresses, in the order of compare_wanted(). */
static int write_binary(struct symbols *s, uint32_t number, struct wanted *list, size_t count,
			const struct address *addresses, struct frames *frames, struct model *m,
			struct error *err)
{
	struct image *b = image_of(s, number);
	bool opened = false, has_dwarf = false, has_symtab = false, had_table = b->has_table;
	struct writer w = { .s = s, .m = m, .err = err, .number = number, .b = b };
	struct symbol_table none = { 0 };
	struct elf_file f;
	struct error ignored;
	size_t i;
	int ret;

	search_again(s, b);
	w.table = b->kernel ? &s->kernel : &none;
	if (b->file && !elf_file_open(&f, b->file, &ignored)) {
		opened = true;
		w.is_go = elf_file_go_build(&f, &w.go);
		has_dwarf = elf_file_has_dwarf(&f);
		has_symtab = elf_file_has_symtab(&f);
		if (count || b->kept_count || w.is_go || s->options->lines == LINES_ALL) {
			if (has_dwarf)
				w.debug = debug_info_open(f.elf);
			has_dwarf = w.debug != NULL;
			load_table(b, &f, w.debug);
			w.table = &b->table;
		}
	} else if (b->kernel) {
		has_symtab = w.table->count > 0;
	}
	for (i = 0; i < count; i++)
		list[i].unit = w.debug ? debug_info_unit(w.debug, list[i].pc) : NO_UNIT;
	if (count)
		qsort(list, count, sizeof(*list), compare_wanted);
	choose_functions(&w, list, count);
	ret = write_image(&w, opened || (b->kernel && has_symtab), has_dwarf, has_symtab,
			  opened && elf_file_has_pclntab(&f));
	if (!ret)
		ret = write_units(&w, list, count, addresses, frames);
	if (!ret)
		ret = write_calls(&w);
	debug_info_close(w.debug);
	go_build_free(&w.go);
	intern_free(&w.names);
	map_free(&w.others);
	map_free(&w.by_text);
	map_free(&w.by_name);
	map_free(&w.lines);
	buffer_free(&w.main);
	buffer_free(&w.escaped);
	free(w.functions);
	free(w.chosen);
	free(w.units);
	free(w.calls);
	if (!had_table) {
		symbol_table_free(&b->table);
		b->has_table = false;
	}
	if (opened)
		elf_file_close(&f);
	return ret;
}

/* Addresses that no binary holds get a frame that says no more than that. */
static int write_stray(struct symbols *s, const struct wanted *list, size_t count,
		       const struct address *addresses, struct frames *frames, struct model *m,
		       struct error *err)
{
	size_t i;

	for (i = 0; i < count; i++) {
		struct frame f = {
			.id = ++s->last_frame,
			.pc = addresses[list[i].number].pc,
			.line = NO_VALUE,
		};

		frames[list[i].number] = (struct frames){ f.id, 1 };
		if (model_frame(m, &f, err))
			return -1;
	}
	return 0;
}

int symbols_write(struct symbols *s, const struct address *addresses, size_t count,
		  struct frames *frames, struct model *m, struct error *err)
{
	struct wanted *list = xcalloc(count + 1, sizeof(*list));
	uint32_t number;
	size_t i, n;
	int ret;

	end_reader(&s->reader);
	for (i = 0; i < count; i++) {
		const struct address *a = &addresses[i];

		if (a->binary > s->count)
			BUG("binary %" PRIu32 " of %zu", a->binary, s->count);
		list[i] = (struct wanted){ a->binary, NO_UNIT, a->pc, i };
		if (a->is_return && a->pc)
			list[i].pc--;
	}
	if (count)
		qsort(list, count, sizeof(*list), compare_wanted);
	for (n = 0; n < count && !list[n].binary; n++)
		;
	ret = write_stray(s, list, n, addresses, frames, m, err);
	for (i = n, number = 1; !ret && number <= s->count; number++, i += n) {
		for (n = 0; i + n < count && list[i + n].binary == number; n++)
			;
		ret = write_binary(s, number, list + i, n, addresses, frames, m, err);
	}
	free(list);
	return ret;
}
