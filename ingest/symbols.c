/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Binaries, one at a time: a file is open only while it is read. What stays is small: segments
 * (for addresses while events stream by) and, where a function was asked for, the symbol table.
 * All else happens in symbols_write().
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
#include "ingest/clean_path.h"
#include "ingest/go/open_defer.h"
#include "ingest/go/type_name.h"
#include "ingest/image.h"
#include "ingest/kallsyms.h"
#include "ingest/program.h"
#include "ingest/symbol_rows.h"
#include "ingest/symbol_table.h"

#define KALLSYMS_MAX (256 << 20)

/* The program that was asked about last, kept open for the next question. */
struct open_program {
	uint32_t binary; /* 0: none */
	bool is_open;
	struct program program;
};

/* A function with open-coded defers, its texts owned by `functions` and `files`. */
struct open_function {
	struct open_defers defers;
	const char *fn_names[OPEN_DEFERS_MAX]; /* of defers.targets */
};

struct symbols {
	const struct symbol_options *options;
	struct images images;
	bool kallsyms_given;
	struct symbol_table kernel;
	uint64_t stext; /* where the kernel's code begins; 0: not known */
	struct open_program last;
	struct intern files; /* that were given out */
	struct intern functions;
	/* Open-coded defers of functions that were asked about, by binary and entry. */
	struct map open_functions;
	struct open_function *open_list;
	size_t open_count, open_capacity;
	uint32_t targets_of; /* the binary whose they are */
	struct defer_targets targets;
	struct map type_map; /* (address, binary) to an index of the list */
	struct value_type *types;
	size_t type_count, type_capacity;
	struct intern type_names;
	struct map drop_map; /* (return address, binary) to 1 + what symbols_drops() said */
	struct probe_at *probes;
	size_t probe_count, probe_capacity;
};

/* ---- begin and end -------------------------------------------------------------------------- */

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

struct symbols *symbols_new(const struct symbol_options *options, struct error *err)
{
	struct symbols *s = xcalloc(1, sizeof(*s));

	s->options = options;
	if (images_init(&s->images, options, err) ||
	    (options->kallsyms && read_kallsyms(s, options->kallsyms, err))) {
		symbols_free(s);
		return NULL;
	}
	return s;
}

static void close_last(struct open_program *o)
{
	if (o->is_open)
		program_close(&o->program);
	o->is_open = false;
	o->binary = 0;
}

void symbols_free(struct symbols *s)
{
	size_t i;

	if (!s)
		return;
	close_last(&s->last);
	images_free(&s->images);
	symbol_table_free(&s->kernel);
	intern_free(&s->files);
	intern_free(&s->functions);
	for (i = 0; i < s->open_count; i++)
		open_defers_free(&s->open_list[i].defers);
	free(s->open_list);
	map_free(&s->open_functions);
	map_free(&s->type_map);
	map_free(&s->drop_map);
	free(s->types);
	intern_free(&s->type_names);
	free(s->probes);
	free(s);
}

/* ---- the table of binaries ------------------------------------------------------------------ */

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
	images_build_id(&s->images, path, id, size);
}

uint32_t symbols_binary(struct symbols *s, const char *path, const unsigned char *build_id,
			size_t build_id_size, int64_t inode, bool kernel)
{
	return images_add(&s->images, path, build_id, build_id_size, inode, kernel);
}

uint32_t symbols_find(struct symbols *s, const char *path)
{
	return images_find(&s->images, path);
}

void symbols_keep(struct symbols *s, uint32_t binary, uint64_t vaddr)
{
	struct image *b = images_get(&s->images, binary);

	if (b->kept_count && b->kept[b->kept_count - 1] == vaddr)
		return;
	ARRAY_GROW(b->kept, b->kept_count, b->kept_capacity);
	b->kept[b->kept_count++] = vaddr;
}

void symbols_probe(struct symbols *s, uint32_t binary, uint64_t vaddr, const struct source *source)
{
	symbols_keep(s, binary, vaddr);
	ARRAY_GROW(s->probes, s->probe_count, s->probe_capacity);
	s->probes[s->probe_count++] = (struct probe_at){ source, binary, vaddr };
}

bool symbols_is_kernel(const struct symbols *s, uint32_t binary)
{
	return binary && binary <= s->images.count && s->images.list[binary - 1].kernel;
}

bool symbols_vaddr(struct symbols *s, uint32_t binary, uint64_t file_offset, uint64_t *vaddr)
{
	struct image *b = images_searched(&s->images, binary);
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

/* ---- questions while events stream by ------------------------------------------------------- */

/* The program of a binary, opened; NULL: it is not at hand. */
static struct program *program_of(struct symbols *s, uint32_t binary)
{
	struct image *b = images_searched(&s->images, binary);
	struct open_program *o = &s->last;
	struct error ignored;

	if (o->binary != binary) {
		close_last(o);
		o->binary = binary;
		o->is_open = b->file &&
			     !program_open(&o->program, b->file, s->options->symfs, &ignored);
	}
	return o->is_open ? &o->program : NULL;
}

/* The function around an address, NULL: none. */
static const struct symbol *symbol_at(struct symbols *s, uint32_t binary, uint64_t vaddr,
				      const char **name)
{
	struct image *b = images_searched(&s->images, binary);
	const struct symbol_table *t = b->kernel ? &s->kernel : &b->table;
	struct program *p;
	size_t number;

	if (!b->kernel && !b->has_table) {
		p = program_of(s, binary);
		if (p)
			image_load_table(b, p);
	}
	number = symbol_table_find(t, vaddr);
	if (number == NO_SYMBOL)
		return NULL;
	*name = symbol_name(t, number);
	return &t->symbols[number];
}

const char *symbols_function(struct symbols *s, uint32_t binary, uint64_t vaddr, uint64_t *offset)
{
	const char *name;
	const struct symbol *f = symbol_at(s, binary, vaddr, &name);

	if (!f)
		return NULL;
	*offset = vaddr - f->addr;
	return name;
}

/*
 * Whether all that lies between an address and the end of the prologue is one straight stretch. The
 * assembler puts a prologue before a function's first instruction (cmd/internal/obj), so that the jump
 * table of a switch has no way into it.
 */
static bool in_prologue(const struct instruction *code, size_t count, uint64_t vaddr,
			uint64_t behind)
{
	bool inside = false;
	size_t i;

	for (i = 0; i < count && code[i].pc < behind; i++) {
		inside |= code[i].pc == vaddr;
		if (inside && code[i].flow != FLOW_NEXT)
			return false;
	}
	return inside && i < count && code[i].pc == behind;
}

bool symbols_once(struct symbols *s, uint32_t binary, uint64_t vaddr)
{
	const struct instruction *code;
	const char *name;
	const struct symbol *f = symbol_at(s, binary, vaddr, &name);
	struct program *p = f ? program_of(s, binary) : NULL;
	bool indirect;
	uint64_t behind;
	size_t count;

	if (!p || vaddr == f->addr)
		return true;
	behind = program_after_prologue(p, f->addr, f->addr + f->size);
	count = program_decode(p, f->addr, f->addr + f->size, &code, &indirect);
	/* Of functions of the runtime, which begin with loads from g: a fault there would be the end. */
	return !count || vaddr == behind || code_passes(code, count, f->addr, vaddr) ||
	       code_passes(code, count, behind, vaddr) ||
	       (indirect && in_prologue(code, count, vaddr, behind));
}

/* Of a function of Go's (src/runtime/preempt.go: isAsyncSafePoint). */
static enum code_kind go_code(const struct pclntab *go, size_t number, uint64_t vaddr)
{
	int32_t safety = pclntab_pcdata(go, number, PCDATA_UNSAFE_POINT, vaddr);
	bool first_abi = pclntab_info(go)->newest < 18;
	struct pclntab_function f;
	size_t size;

	if (!pclntab_function(go, number, &f))
		return CODE_UNKNOWN;
	if (f.flags & PCLNTAB_FLAG_ASSEMBLY ||
	    !pclntab_funcdata(go, number, FUNCDATA_LOCALS_POINTER_MAPS, &size))
		return CODE_ASSEMBLY;
	if (safety == UNSAFE_POINT || (first_abi && safety != SAFE_POINT))
		return CODE_UNSAFE;
	return first_abi ? CODE_UNKNOWN : CODE_PLAIN; /* Go 1.17 does not mark all assembly */
}

enum code_kind symbols_code(struct symbols *s, uint32_t binary, uint64_t vaddr,
			    const char **function)
{
	struct program *p = program_of(s, binary);
	struct pclntab *go = p ? program_pclntab(p) : NULL;
	const struct pclntab_frame *frames;
	size_t number;

	if (!p)
		return strcmp(image_path(&s->images, images_get(&s->images, binary)), "[vdso]")
			       ? CODE_UNKNOWN
			       : CODE_FOREIGN;
	if (!go)
		return p->is_go ? CODE_UNKNOWN : CODE_FOREIGN;
	number = pclntab_find(go, vaddr);
	if (number == NO_FUNCTION)
		return CODE_FOREIGN;
	if (pclntab_frames(go, number, vaddr, &frames))
		*function = frames[0].function;
	return go_code(go, number, vaddr);
}

char *symbols_go_version(struct symbols *s, uint32_t binary)
{
	struct program *p = program_of(s, binary);

	return p && program_release(p) ? xstrdup(program_release(p)) : NULL;
}

void symbols_number_names(struct symbols *s, uint32_t binary, enum name_kind kind,
			  struct number_names *n)
{
	static void (*const read[NAME_KINDS])(struct number_names *, struct elf_file *,
					      const char *) = {
		[NAME_WAIT_REASON] = layout_wait_reasons,
		[NAME_STOP_REASON] = layout_stop_reasons,
	};
	struct program *p = program_of(s, binary);

	*n = (struct number_names){ 0 };
	if (p && read[kind])
		read[kind](n, &p->elf, program_release(p));
}

bool symbols_has_function(struct symbols *s, uint32_t binary, const char *name)
{
	struct program *p = program_of(s, binary);
	struct pclntab *go = p ? program_pclntab(p) : NULL;
	struct pclntab_function f;
	size_t i;

	for (i = 0; go && i < pclntab_count(go); i++)
		if (pclntab_function(go, i, &f) && !strcmp(f.name, name))
			return true;
	return false;
}

static bool go_line(struct program *p, uint64_t vaddr, const char **file, int64_t *line)
{
	struct pclntab *go = program_pclntab(p);
	size_t number = go ? pclntab_find(go, vaddr) : NO_FUNCTION;
	const struct pclntab_frame *frames;

	if (number == NO_FUNCTION || !pclntab_frames(go, number, vaddr, &frames))
		return false;
	*file = frames[0].file;
	*line = frames[0].line;
	return *file && *line > 0;
}

static bool debug_line(struct program *p, uint64_t vaddr, const char **file, int64_t *line)
{
	struct debug_info *d = program_debug(p);
	uint32_t unit = d ? debug_info_unit(d, vaddr) : NO_UNIT;
	const struct debug_frame *frames;

	if (unit == NO_UNIT || !debug_info_load(d, unit) || !debug_info_frames(d, vaddr, &frames))
		return false;
	*file = frames[0].file;
	*line = frames[0].line;
	return *file && *line > 0;
}

bool symbols_depth(struct symbols *s, uint32_t binary, uint64_t vaddr, uint32_t *depth)
{
	struct program *p = program_of(s, binary);
	struct pclntab *go = p ? program_pclntab(p) : NULL;
	size_t number = go ? pclntab_find(go, vaddr) : NO_FUNCTION;
	int32_t below = number == NO_FUNCTION ? -1 : pclntab_sp_delta(go, number, vaddr);

	/* A call pushes the return address on amd64, and on arm64 it does not. */
	*depth = (uint32_t)below + (p && p->elf.machine == EM_X86_64 ? 8 : 0);
	return below >= 0;
}

static const char *kept_file(struct symbols *s, const char *path)
{
	struct buffer clean = { 0 };
	const char *file;

	if (!path)
		return NULL;
	clean_path(path, &clean);
	file = intern_text(&s->files, intern(&s->files, clean.data, clean.size));
	buffer_free(&clean);
	return file;
}

bool symbols_line(struct symbols *s, uint32_t binary, uint64_t vaddr, const char **file,
		  int64_t *line)
{
	struct program *p = program_of(s, binary);
	const char *path;
	int64_t number;

	if (!p || (!go_line(p, vaddr, &path, &number) && !debug_line(p, vaddr, &path, &number)))
		return false;
	*file = kept_file(s, path);
	*line = number;
	return true;
}

static const char *name_of(struct symbols *s, struct pclntab *go, uint64_t entry)
{
	size_t number = entry ? pclntab_find(go, entry) : NO_FUNCTION;
	struct pclntab_function f;

	if (number == NO_FUNCTION || !pclntab_function(go, number, &f))
		return NULL;
	return intern_text(&s->functions, intern(&s->functions, f.name, strlen(f.name)));
}

/* The texts of pclntab go with the program. */
static void keep_texts(struct symbols *s, struct pclntab *go, struct open_function *o)
{
	size_t i;

	for (i = 0; i < o->defers.count; i++) {
		struct defer_site *site = &o->defers.sites[i];

		site->file = kept_file(s, site->file);
		if (site->in)
			site->in = intern_text(&s->functions,
					       intern(&s->functions, site->in, strlen(site->in)));
		o->fn_names[i] = name_of(s, go, o->defers.targets[i]);
	}
}

/* NULL: the function has none. */
static const struct open_function *open_function_of(struct symbols *s, uint32_t binary,
						    uint64_t vaddr)
{
	struct program *p = program_of(s, binary);
	struct pclntab *go = p ? program_pclntab(p) : NULL;
	struct code *code = go ? program_code(p) : NULL;
	size_t number = go ? pclntab_find(go, vaddr) : NO_FUNCTION;
	struct pclntab_function f;
	struct open_function *o;
	uint64_t *index;
	bool added;

	if (!code || number == NO_FUNCTION || !pclntab_function(go, number, &f) || !f.open_coded)
		return NULL;
	index = map_put(&s->open_functions, binary, f.entry, &added);
	if (added) {
		ARRAY_GROW(s->open_list, s->open_count, s->open_capacity);
		*index = s->open_count;
		o = &s->open_list[s->open_count++];
		if (s->targets_of != binary)
			defer_targets(go, &s->targets);
		s->targets_of = binary;
		*o = (struct open_function){ 0 };
		if (open_defers_read(&p->elf, go, code, &s->targets, number, &o->defers))
			keep_texts(s, go, o);
	}
	o = &s->open_list[*index];
	return o->defers.point_count ? o : NULL;
}

bool symbols_open_sites(struct symbols *s, uint32_t binary, uint64_t vaddr,
			struct open_sites *sites)
{
	/* A return address can be that of the next function. */
	const struct open_function *f = vaddr ? open_function_of(s, binary, vaddr - 1) : NULL;
	const struct open_defers *o = f ? &f->defers : NULL;
	const struct open_point *at = o ? open_defers_at(o, vaddr) : NULL;
	size_t i;

	*sites = (struct open_sites){ .runs = OPEN_NONE };
	if (!at)
		return false;
	sites->count = o->count;
	if (at->end == vaddr) {
		sites->runs = at->runs == RUNS_ONE ? OPEN_ONE : at->runs < 0 ? OPEN_NONE : at->runs;
		sites->target = at->target;
	}
	for (i = 0; i < o->count; i++)
		sites->list[i] = (struct open_site){
			.function = o->sites[i].in,
			.file = o->sites[i].file,
			.line = o->sites[i].line > 0 ? o->sites[i].line : NO_VALUE,
			.fn = o->targets[i],
			.own = o->own[i],
			.fn_name = f->fn_names[i],
			.may = at->may >> i & 1,
			.must = at->must >> i & 1,
		};
	return true;
}

bool symbols_type(struct symbols *s, uint32_t binary, uint64_t vaddr, struct value_type *type)
{
	const uint64_t *known = map_get(&s->type_map, vaddr, binary);
	struct program *p;
	struct go_type t;

	if (known) {
		*type = s->types[*known];
		return true;
	}
	p = program_of(s, binary);
	if (!p || !program_pclntab(p) ||
	    !go_type_read(&p->elf, pclntab_info(p->pclntab), vaddr, &t))
		return false;
	ARRAY_GROW(s->types, s->type_count, s->type_capacity);
	*map_put(&s->type_map, vaddr, binary, NULL) = s->type_count;
	*type = (struct value_type){
		.name = intern_text(&s->type_names, intern(&s->type_names, t.name, t.name_size)),
		.shape = t.shape,
		.size = t.size,
	};
	s->types[s->type_count++] = *type;
	return true;
}

int symbols_drops(struct symbols *s, uint32_t binary, uint64_t vaddr)
{
	uint64_t *known = map_get(&s->drop_map, vaddr, binary);
	const char *name;
	const struct symbol *f;
	struct program *p;
	int answer = -1;

	if (known)
		return (int)*known - 1;
	f = symbol_at(s, binary, vaddr - 1, &name);
	p = f ? program_of(s, binary) : NULL;
	if (p)
		answer = program_drops(p, f->addr, f->addr + f->size, vaddr);
	if (f)
		*map_put(&s->drop_map, vaddr, binary, NULL) = (uint64_t)(answer + 1);
	return answer;
}

/* ---- after the last event ------------------------------------------------------------------- */

int symbols_write(struct symbols *s, const struct address *addresses, size_t count,
		  struct frames *frames, struct model *m, struct error *err)
{
	struct wanted *list = xcalloc(count + 1, sizeof(*list));
	struct symbol_rows rows = {
		.images = &s->images,
		.kernel = &s->kernel,
		.probes = s->probes,
		.probe_count = s->probe_count,
		.addresses = addresses,
		.frames = frames,
		.m = m,
		.err = err,
	};
	uint32_t number;
	size_t i, n;
	int ret;

	close_last(&s->last);
	for (i = 0; i < s->images.count; i++)
		rows.some_kept |= s->images.list[i].kept_count > 0;
	for (i = 0; i < count; i++) {
		const struct address *a = &addresses[i];

		if (a->binary > s->images.count)
			BUG("binary %" PRIu32 " of %zu", a->binary, s->images.count);
		list[i] = (struct wanted){ a->binary, NO_UNIT, a->pc, i };
		if (a->is_return && a->pc)
			list[i].pc--;
	}
	if (count)
		qsort(list, count, sizeof(*list), compare_wanted);
	for (n = 0; n < count && !list[n].binary; n++)
		;
	ret = symbol_rows_stray(&rows, list, n);
	for (i = n, number = 1; !ret && number <= s->images.count; number++, i += n) {
		for (n = 0; i + n < count && list[i + n].binary == number; n++)
			;
		ret = symbol_rows_binary(&rows, number, list + i, n);
	}
	intern_free(&rows.files);
	free(list);
	return ret;
}
