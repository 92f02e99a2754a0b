/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which address a breakpoint gets follows Delve (pkg/proc/bininfo.go, v1.20 to v1.27:
 * FindFileLocation, FindFunctionLocation, FirstPCAfterPrologue, allInlineCallRanges), as the
 * question that gotrace answers is why Delve's breakpoint was not hit:
 *
 *  - Lines are found as landing.h says, a row belonging to the deepest copy around its address.
 *  - A function's name means the first address after the prologue of its out-of-line code, and the
 *    first address of the first range of every inlined copy.
 *  - The prologue ends at the first row marked prologue_end. Go marks it in every function that
 *    checks its stack (Go 1.17 to 1.26, amd64 and arm64, all builds looked at), so what Delve does
 *    without a mark, decoding instructions, is not needed: without a check it stays at the entry,
 *    or takes the first row with is_stmt if the entry has none.
 *  - Wrappers that the compiler made (DW_AT_trampoline, and "·dwrap·" in Go 1.17) have an entry,
 *    but no lines.
 */
#include "ingest/debug_info.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <dwarf.h>
#include <elfutils/libdw.h>

#include "base/bisect.h"
#include "base/memory.h"

/* How deep DIEs may nest before they are taken for nonsense. */
#define DEPTH_MAX 64
/* Line-table rows after which libdw's memory is given back: it keeps what it has decoded. */
#define ROWS_KEPT 400000
/*
 * How many ranges and rows are looked at before the rest is taken for unknown. The largest Go
 * programs have some millions; a hostile file can name one long list again and again.
 */
#define WORK_MAX (32 << 20)

struct range {
	uint64_t low, high; /* [low, high) */
	uint32_t what;      /* unit, function or copy */
};

/* A function with code of its own; one for each of its ranges, as C has functions in two parts. */
struct function {
	uint64_t low, high;
	Dwarf_Off die;
	bool first; /* the first range, the one that begins with the entry */
};

/* An inlined copy; number 0 is the out-of-line function itself. */
struct copy {
	Dwarf_Off die;
	uint32_t parent, depth;
	uint64_t low;         /* where its first range begins */
	const char *function; /* not looked up before it is needed: see copy_name() */
	bool named, has_low;
	int64_t call_file; /* where the parent calls it; -1: not known */
	int64_t call_line; /* 0: not known */
};

struct debug_info {
	Elf *elf;
	Dwarf *dwarf;
	Dwarf_Off *units; /* offsets of the unit DIEs */
	size_t unit_count, unit_capacity;
	struct range *ranges; /* of the units, by address */
	size_t range_count, range_capacity;
	size_t rows_loaded;
	size_t work;

	/* The current unit. */
	uint32_t unit;
	Dwarf_Die die;
	bool has_lines; /* the next four were read, or tried */
	Dwarf_Lines *lines;
	size_t line_count;
	Dwarf_Files *files;
	size_t file_count;
	struct function *functions; /* by address */
	size_t function_count, function_capacity;

	/* The current function. */
	size_t function; /* SIZE_MAX: none */
	struct copy *copies;
	size_t copy_count, copy_capacity;
	struct range *inlined; /* ranges of the copies, in the order in which they were found */
	size_t inlined_count, inlined_capacity;
	uint64_t *edges;  /* where the deepest copy changes, ascending … */
	uint32_t *owners; /* … and which it is from there to the next edge */
	size_t edge_count;

	struct debug_frame *frames;
	size_t frame_capacity;
	struct landings places;
};

/* ---- units ---------------------------------------------------------------------------------- */

static int compare_ranges(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	return (x->what > y->what) - (x->what < y->what);
}

static void add_range(struct range **list, size_t *count, size_t *capacity, uint64_t low,
		      uint64_t high, size_t what)
{
	if (low >= high)
		return;
	ARRAY_GROW(*list, *count, *capacity);
	(*list)[(*count)++] = (struct range){ low, high, (uint32_t)what };
}

/* Every range of a DIE, handed to `add` in the order of the file. */
static void each_range(struct debug_info *d, Dwarf_Die *die,
		       void (*add)(void *arg, uint64_t low, uint64_t high), void *arg)
{
	Dwarf_Addr base = 0, low, high;
	ptrdiff_t at = 0;

	while (d->work++ < WORK_MAX && (at = dwarf_ranges(die, at, &base, &low, &high)) > 0)
		if (low < high)
			add(arg, low, high);
}

static void add_unit_range(void *arg, uint64_t low, uint64_t high)
{
	struct debug_info *d = arg;

	add_range(&d->ranges, &d->range_count, &d->range_capacity, low, high, d->unit_count - 1);
}

static void list_units(struct debug_info *d)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t type;

	while (!dwarf_get_units(d->dwarf, cu, &cu, NULL, &type, &die, NULL)) {
		if (type != DW_UT_compile || d->unit_count >= NO_UNIT)
			continue;
		ARRAY_GROW(d->units, d->unit_count, d->unit_capacity);
		d->units[d->unit_count++] = dwarf_dieoffset(&die);
		each_range(d, &die, add_unit_range, d);
	}
	if (d->range_count)
		qsort(d->ranges, d->range_count, sizeof(*d->ranges), compare_ranges);
}

struct debug_info *debug_info_open(Elf *elf)
{
	struct debug_info *d = xcalloc(1, sizeof(*d));

	d->elf = elf;
	d->unit = NO_UNIT;
	d->function = SIZE_MAX;
	d->dwarf = dwarf_begin_elf(elf, DWARF_C_READ, NULL);
	if (d->dwarf)
		list_units(d);
	if (!d->unit_count) {
		debug_info_close(d);
		return NULL;
	}
	return d;
}

void debug_info_close(struct debug_info *d)
{
	if (!d)
		return;
	if (d->dwarf)
		dwarf_end(d->dwarf);
	free(d->units);
	free(d->ranges);
	free(d->functions);
	free(d->copies);
	free(d->inlined);
	free(d->edges);
	free(d->owners);
	free(d->frames);
	landings_free(&d->places);
	free(d);
}

/* The range around an address that begins last. Units rarely overlap, so a short look back does. */
static uint32_t find_range(const struct range *ranges, size_t count, uint64_t pc)
{
	size_t at, i;

	BISECT(at, count, ranges[at].low <= pc);
	for (i = 0; i < DEPTH_MAX && at > 0; i++, at--)
		if (pc < ranges[at - 1].high)
			return ranges[at - 1].what;
	return NO_UNIT;
}

size_t debug_info_unit_count(const struct debug_info *d)
{
	return d->unit_count;
}

uint32_t debug_info_unit(const struct debug_info *d, uint64_t pc)
{
	return find_range(d->ranges, d->range_count, pc);
}

const char *debug_info_producer(struct debug_info *d, const char *name, uint64_t pc)
{
	uint32_t unit = debug_info_unit(d, pc);
	Dwarf_Attribute attr;
	Dwarf_Die die;
	size_t i;

	for (i = 0; i < d->unit_count; i++) {
		const char *have;

		if (!dwarf_offdie(d->dwarf, d->units[i], &die))
			continue;
		have = dwarf_diename(&die);
		if (have && !strcmp(have, name) && dwarf_attr(&die, DW_AT_producer, &attr))
			return dwarf_formstring(&attr);
	}
	if (unit != NO_UNIT && dwarf_offdie(d->dwarf, d->units[unit], &die) &&
	    dwarf_attr(&die, DW_AT_producer, &attr))
		return dwarf_formstring(&attr);
	return NULL;
}

/* ---- functions of a unit -------------------------------------------------------------------- */

static const char *die_name(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	const char *name = NULL;

	/* The linkage name is what the symbol table has; Go and C have none. */
	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attr))
		name = dwarf_formstring(&attr);
	return name ? name : dwarf_diename(die);
}

struct function_of {
	struct debug_info *d;
	Dwarf_Off die;
	bool first;
};

static void add_function(void *arg, uint64_t low, uint64_t high)
{
	struct function_of *of = arg;
	struct debug_info *d = of->d;

	/* Address 0 is what linkers write for functions that they left out. */
	if (!low)
		return;
	ARRAY_GROW(d->functions, d->function_count, d->function_capacity);
	d->functions[d->function_count++] = (struct function){ low, high, of->die, of->first };
	of->first = false;
}

static void collect_functions(struct debug_info *d, Dwarf_Die *parent, int depth)
{
	Dwarf_Die die;

	if (depth > DEPTH_MAX || dwarf_child(parent, &die))
		return;
	do {
		struct function_of of = { d, dwarf_dieoffset(&die), true };

		switch (dwarf_tag(&die)) {
		case DW_TAG_subprogram: each_range(d, &die, add_function, &of); break;
		case DW_TAG_namespace:
		case DW_TAG_module:
		case DW_TAG_class_type:
		case DW_TAG_structure_type: collect_functions(d, &die, depth + 1); break;
		default: break;
		}
	} while (!dwarf_siblingof(&die, &die));
}

static int compare_functions(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	return (x->die > y->die) - (x->die < y->die);
}

/* Reads what must be read again of a unit's functions; their lines are not touched. */
static bool load_functions(struct debug_info *d, uint32_t unit)
{
	d->unit = NO_UNIT;
	d->function = SIZE_MAX;
	d->function_count = 0;
	d->has_lines = false;
	d->lines = NULL;
	d->line_count = 0;
	d->files = NULL;
	d->file_count = 0;
	if (unit >= d->unit_count || !dwarf_offdie(d->dwarf, d->units[unit], &d->die))
		return false;
	d->unit = unit;
	collect_functions(d, &d->die, 0);
	if (d->function_count)
		qsort(d->functions, d->function_count, sizeof(*d->functions), compare_functions);
	return true;
}

void debug_info_functions(struct debug_info *d, struct symbol_table *t)
{
	uint32_t unit;
	size_t i;

	for (unit = 0; unit < d->unit_count; unit++) {
		if (!load_functions(d, unit))
			continue;
		for (i = 0; i < d->function_count; i++) {
			const char *name = debug_info_function_name(d, i);

			if (name)
				symbol_table_add(t, d->functions[i].low,
						 d->functions[i].high - d->functions[i].low, name,
						 SIZE_MAX, 0);
		}
	}
	d->unit = NO_UNIT;
}

bool debug_info_load(struct debug_info *d, uint32_t unit)
{
	if (d->unit == unit)
		return true;
	if (d->rows_loaded > ROWS_KEPT) {
		dwarf_end(d->dwarf);
		d->dwarf = dwarf_begin_elf(d->elf, DWARF_C_READ, NULL);
		d->rows_loaded = 0;
		if (!d->dwarf) {
			d->unit_count = d->range_count = 0;
			d->unit = NO_UNIT;
			return false;
		}
	}
	return load_functions(d, unit);
}

/* Lines are decoded when first needed: of most units only the functions are. */
static void need_lines(struct debug_info *d)
{
	if (d->has_lines || d->unit == NO_UNIT)
		return;
	d->has_lines = true;
	if (dwarf_getsrclines(&d->die, &d->lines, &d->line_count)) {
		d->lines = NULL;
		d->line_count = 0;
	}
	if (dwarf_getsrcfiles(&d->die, &d->files, &d->file_count)) {
		d->files = NULL;
		d->file_count = 0;
	}
	d->rows_loaded += d->line_count;
}

size_t debug_info_file_count(struct debug_info *d)
{
	need_lines(d);
	return d->file_count;
}

const char *debug_info_file(struct debug_info *d, size_t number)
{
	const char *file = d->files ? dwarf_filesrc(d->files, number, NULL, NULL) : NULL;

	/* libdw's name for number 0 of DWARF 4, where files count from 1. */
	return file && strcmp(file, "???") ? file : NULL;
}

size_t debug_info_function_count(struct debug_info *d)
{
	return d->function_count;
}

uint64_t debug_info_function_entry(struct debug_info *d, size_t number)
{
	return d->functions[number].low;
}

const char *debug_info_function_name(struct debug_info *d, size_t number)
{
	Dwarf_Die die;

	return dwarf_offdie(d->dwarf, d->functions[number].die, &die) ? die_name(&die) : NULL;
}

/* The function whose code an address is in; SIZE_MAX: none. */
static size_t find_function(const struct debug_info *d, uint64_t pc)
{
	size_t at, i;

	BISECT(at, d->function_count, d->functions[at].low <= pc);
	for (i = 0; i < DEPTH_MAX && at > 0; i++, at--)
		if (pc < d->functions[at - 1].high)
			return at - 1;
	return SIZE_MAX;
}

/* ---- lines ---------------------------------------------------------------------------------- */

static bool row_is_end(struct debug_info *d, size_t number)
{
	bool end = true;

	return dwarf_lineendsequence(dwarf_onesrcline(d->lines, number), &end) || end;
}

static uint64_t row_addr(struct debug_info *d, size_t number)
{
	Dwarf_Addr addr = 0;

	dwarf_lineaddr(dwarf_onesrcline(d->lines, number), &addr);
	return addr;
}

static void read_row(struct debug_info *d, size_t number, struct line_row *r)
{
	Dwarf_Line *line = dwarf_onesrcline(d->lines, number);
	bool is_stmt = false;
	int n = 0;

	*r = (struct line_row){
		.pc = row_addr(d, number),
		.file = dwarf_linesrc(line, NULL, NULL),
	};
	if (!dwarf_lineno(line, &n))
		r->line = n;
	dwarf_linebeginstatement(line, &is_stmt);
	r->is_stmt = is_stmt;
	dwarf_lineprologueend(line, &r->prologue_end);
}

bool debug_info_row(struct debug_info *d, size_t number, const char **file, int64_t *line)
{
	struct line_row r;

	*file = NULL;
	*line = 0;
	need_lines(d);
	if (number >= d->line_count)
		return false;
	if (!row_is_end(d, number)) {
		read_row(d, number, &r);
		*file = r.file;
		*line = r.line;
	}
	return true;
}

/* The first row at or after an address. libdw has sorted them, ends of sequences first. */
static size_t first_row(struct debug_info *d, uint64_t pc)
{
	size_t at;

	BISECT(at, d->line_count, row_addr(d, at) < pc);
	return at;
}

/* The row that an address belongs to: the last one at it or before it. */
static bool row_at(struct debug_info *d, uint64_t pc, struct line_row *r)
{
	size_t i = pc < UINT64_MAX ? first_row(d, pc + 1) : 0;

	if (!i || row_is_end(d, i - 1))
		return false;
	read_row(d, i - 1, r);
	return true;
}

/* ---- inlined copies ------------------------------------------------------------------------- */

struct copy_of {
	struct debug_info *d;
	size_t number;
};

static void add_copy_range(void *arg, uint64_t low, uint64_t high)
{
	struct copy_of *of = arg;
	struct debug_info *d = of->d;
	struct copy *c = &d->copies[of->number];

	if (!c->has_low) {
		c->has_low = true;
		c->low = low;
	}
	add_range(&d->inlined, &d->inlined_count, &d->inlined_capacity, low, high, of->number);
}

static int64_t attr_number(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attr;
	Dwarf_Word value;

	if (!dwarf_attr(die, name, &attr) || dwarf_formudata(&attr, &value) || value > INT32_MAX)
		return -1;
	return (int64_t)value;
}

static void collect_copies(struct debug_info *d, Dwarf_Die *parent, uint32_t of, uint32_t depth)
{
	Dwarf_Die die;

	if (depth > DEPTH_MAX || dwarf_child(parent, &die))
		return;
	do {
		struct copy_of copy = { d, d->copy_count };
		struct copy *c;
		int64_t line;

		switch (dwarf_tag(&die)) {
		case DW_TAG_lexical_block: collect_copies(d, &die, of, depth + 1); break;
		case DW_TAG_inlined_subroutine:
			if (d->copy_count >= UINT32_MAX)
				return;
			ARRAY_GROW(d->copies, d->copy_count, d->copy_capacity);
			c = &d->copies[d->copy_count++];
			*c = (struct copy){ .die = dwarf_dieoffset(&die), .parent = of };
			c->depth = d->copies[of].depth + 1;
			c->call_file = attr_number(&die, DW_AT_call_file);
			line = attr_number(&die, DW_AT_call_line);
			c->call_line = line > 0 ? line : 0;
			each_range(d, &die, add_copy_range, &copy);
			collect_copies(d, &die, (uint32_t)copy.number, depth + 1);
			break;
		default: break;
		}
	} while (!dwarf_siblingof(&die, &die));
}

static const char *call_file(struct debug_info *d, const struct copy *c)
{
	return c->call_file >= 0 ? debug_info_file(d, (size_t)c->call_file) : NULL;
}

static const char *copy_name(struct debug_info *d, struct copy *c)
{
	Dwarf_Die die;

	if (!c->named && dwarf_offdie(d->dwarf, c->die, &die))
		c->function = die_name(&die);
	c->named = true;
	return c->function;
}

static int compare_edges(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

struct painter {
	uint32_t range, depth;
};

static int compare_painters(const void *a, const void *b)
{
	const struct painter *x = a, *y = b;

	if (x->depth != y->depth)
		return x->depth > y->depth ? -1 : 1;
	return (x->range > y->range) - (x->range < y->range);
}

static size_t edge_at(const struct debug_info *d, uint64_t pc)
{
	size_t at;

	BISECT(at, d->edge_count, d->edges[at] <= pc);
	return at; /* one more than the last edge at or before pc */
}

/*
 * Makes of the copies' ranges, which nest, a list of edges: the deepest ranges paint first, and
 * what is painted is skipped from then on, so that ranges that lie cost no more than ones that do
 * not.
 */
static void find_edges(struct debug_info *d)
{
	struct painter *painters;
	size_t *next, i, n = 0;

	d->edge_count = 0;
	if (!d->inlined_count)
		return;
	d->edges = xrealloc(d->edges, 2 * d->inlined_count, sizeof(*d->edges));
	for (i = 0; i < d->inlined_count; i++) {
		d->edges[2 * i] = d->inlined[i].low;
		d->edges[2 * i + 1] = d->inlined[i].high;
	}
	qsort(d->edges, 2 * d->inlined_count, sizeof(*d->edges), compare_edges);
	for (i = 0; i < 2 * d->inlined_count; i++)
		if (!n || d->edges[n - 1] != d->edges[i])
			d->edges[n++] = d->edges[i];
	d->edge_count = n;
	d->owners = xrealloc(d->owners, n, sizeof(*d->owners));
	memset(d->owners, 0, n * sizeof(*d->owners));
	/* next[i]: a bare piece at or after i, or a step on the way there. */
	next = xcalloc(n + 1, sizeof(*next));
	for (i = 0; i <= n; i++)
		next[i] = i;
	painters = xcalloc(d->inlined_count, sizeof(*painters));
	for (i = 0; i < d->inlined_count; i++)
		painters[i] = (struct painter){ (uint32_t)i, d->copies[d->inlined[i].what].depth };
	qsort(painters, d->inlined_count, sizeof(*painters), compare_painters);
	for (i = 0; i < d->inlined_count; i++) {
		const struct range *r = &d->inlined[painters[i].range];
		size_t piece = edge_at(d, r->low) - 1, end = edge_at(d, r->high) - 1;

		for (;;) {
			while (next[piece] != piece) {
				next[piece] = next[next[piece]];
				piece = next[piece];
			}
			if (piece >= end)
				break;
			d->owners[piece] = r->what;
			next[piece] = piece + 1;
		}
	}
	free(painters);
	free(next);
}

/* The deepest copy around an address of the current function; 0: the function itself. */
static uint32_t owner_at(const struct debug_info *d, uint64_t pc)
{
	size_t edge = edge_at(d, pc);

	return edge ? d->owners[edge - 1] : 0;
}

static bool load_function(struct debug_info *d, size_t number)
{
	Dwarf_Die die;

	if (d->function != SIZE_MAX && d->functions[d->function].die == d->functions[number].die) {
		d->function = number;
		return true;
	}
	d->function = SIZE_MAX;
	d->copy_count = 0;
	d->inlined_count = 0;
	if (!dwarf_offdie(d->dwarf, d->functions[number].die, &die))
		return false;
	ARRAY_GROW(d->copies, d->copy_count, d->copy_capacity);
	d->copies[d->copy_count++] = (struct copy){ .die = d->functions[number].die };
	collect_copies(d, &die, 0, 0);
	find_edges(d);
	d->function = number;
	return true;
}

size_t debug_info_frames(struct debug_info *d, uint64_t pc, const struct debug_frame **frames)
{
	size_t number = find_function(d, pc), count = 0;
	struct line_row row = { 0 };
	const char *file;
	int64_t line;
	uint32_t owner;

	need_lines(d);
	row_at(d, pc, &row);
	file = row.file;
	line = row.line;
	if (number == SIZE_MAX || !load_function(d, number)) {
		if (!file)
			return 0;
		ARRAY_GROW(d->frames, count, d->frame_capacity);
		d->frames[count++] = (struct debug_frame){ .file = file, .line = line };
		*frames = d->frames;
		return count;
	}
	for (owner = owner_at(d, pc);; owner = d->copies[owner].parent) {
		struct copy *c = &d->copies[owner];

		ARRAY_GROW(d->frames, count, d->frame_capacity);
		d->frames[count++] = (struct debug_frame){
			.function = copy_name(d, c),
			.entry = owner ? 0 : d->functions[number].low,
			.file = file,
			.line = line,
			.inlined = owner != 0,
		};
		if (!owner)
			break;
		file = call_file(d, c);
		line = c->call_line;
	}
	*frames = d->frames;
	return count;
}

bool debug_info_has_copy(struct debug_info *d, size_t number,
			 bool (*is)(void *arg, const char *function), void *arg)
{
	size_t i;

	if (!load_function(d, number))
		return false;
	for (i = 1; i < d->copy_count; i++) {
		const char *name = copy_name(d, &d->copies[i]);

		if (name && is(arg, name))
			return true;
	}
	return false;
}

/* ---- places --------------------------------------------------------------------------------- */

static const char *name_of_copy(void *debug, uint32_t copy)
{
	struct debug_info *d = debug;

	return copy_name(d, &d->copies[copy]);
}

/* Of the function itself or of a copy; one of a copy without a name is left out. */
static void add_place(struct debug_info *d, struct landing place, uint32_t owner)
{
	place.inlined = owner != 0;
	place.function = owner ? copy_name(d, &d->copies[owner]) : NULL;
	if (!owner || place.function)
		landings_add(&d->places, &place);
}

/*
 * Where a breakpoint on the function's name lands; `same_line`: one on the entry's line, which
 * stays on it. `rows` are in the order of the line table.
 */
static uint64_t after_prologue(const struct function *f, const struct line_row *rows, size_t count,
			       bool same_line)
{
	size_t i;

	/* Delve begins its search with the row of the entry; some wrappers have none. */
	if (rows[0].pc != f->low)
		return f->low;
	for (i = 0; i < count; i++) {
		if (rows[i].prologue_end) {
			if (!same_line || rows[i].line == rows[0].line)
				return rows[i].pc;
			break;
		}
	}
	for (i = 0; i < count; i++)
		if (rows[i].is_stmt)
			return rows[i].pc;
	return f->low;
}

static bool is_wrapper(struct debug_info *d, const struct function *f)
{
	Dwarf_Attribute attr;
	const char *name;
	Dwarf_Die die;
	bool flag;

	if (!dwarf_offdie(d->dwarf, f->die, &die))
		return false;
	if (dwarf_attr(&die, DW_AT_trampoline, &attr) && !dwarf_formflag(&attr, &flag) && flag)
		return true;
	name = dwarf_diename(&die);
	return name && strstr(name, "·dwrap·");
}

/* The line of an address inside a copy: its own row, or the call of what is deeper in there. */
static void line_in_copy(struct debug_info *d, uint32_t copy, uint64_t pc, const char **file,
			 int64_t *line)
{
	struct line_row row = { 0 };
	uint32_t owner = owner_at(d, pc);

	row_at(d, pc, &row);
	*file = row.file;
	*line = row.line;
	for (; owner && owner != copy; owner = d->copies[owner].parent) {
		*file = call_file(d, &d->copies[owner]);
		*line = d->copies[owner].call_line;
	}
}

/*
 * Adds the place that stands for a copy's or function's name. `first` is the function's first row:
 * what is before it belongs to its line.
 */
static void add_entry(struct debug_info *d, uint32_t owner, uint64_t pc,
		      const struct line_row *first)
{
	struct landing place = { .pc = pc, .is_entry = true };
	struct line_row row = { 0 };

	line_in_copy(d, owner, pc, &place.file, &place.line);
	if (!place.file) {
		place.file = first->file;
		place.line = first->line;
	}
	row_at(d, pc, &row);
	place.is_stmt = row.is_stmt;
	add_place(d, place, owner);
}

/* Where the deepest copy changes behind an address, `end` at most. */
static uint64_t owner_end(const struct debug_info *d, uint64_t pc, uint64_t end)
{
	uint32_t owner = owner_at(d, pc);
	size_t i;

	for (i = edge_at(d, pc); i < d->edge_count && d->edges[i] < end; i++)
		if (d->owners[i] != owner)
			return d->edges[i];
	return end;
}

/*
 * Reads the rows of a function's code, in the order of addresses. A row may go on where its copy has
 * ended, and says nothing about the code there.
 */
static void read_rows(struct debug_info *d, const struct function *f)
{
	size_t i;

	landings_clear(&d->places);
	for (i = first_row(d, f->low); i < d->line_count && row_addr(d, i) < f->high; i++) {
		struct line_row row;

		if (d->work++ >= WORK_MAX)
			break;
		if (row_is_end(d, i))
			continue;
		read_row(d, i, &row);
		if (!row.file)
			continue;
		row.copy = owner_at(d, row.pc);
		row.end = i + 1 < d->line_count ? row_addr(d, i + 1) : f->high;
		if (row.end > f->high)
			row.end = f->high;
		row.end = owner_end(d, row.pc, row.end);
		landings_row(&d->places, &row);
	}
}

/* Where inlined copies begin, and the lines on which they were called. */
static void add_copies(struct debug_info *d, const struct line_row *first, bool wrapper)
{
	size_t i;

	for (i = 1; i < d->copy_count; i++) {
		struct copy *c = &d->copies[i];
		struct landing call = {
			.file = call_file(d, c),
			.line = c->call_line,
			.pc = c->low,
			.is_stmt = 1,
			.is_line = true,
			.is_call = true,
		};

		if (!c->has_low)
			continue;
		add_entry(d, (uint32_t)i, c->low, first);
		if (!wrapper)
			add_place(d, call, c->parent);
	}
}

const struct landings *debug_info_landings(struct debug_info *d, size_t number)
{
	const struct function *f = &d->functions[number];
	uint64_t entry, line_entry;
	struct line_row first;
	bool wrapper;

	landings_clear(&d->places);
	/* Delve's function is the first of its ranges. */
	if (!f->first || !load_function(d, number))
		return &d->places;
	need_lines(d);
	read_rows(d, f);
	if (!d->places.row_count)
		return &d->places;
	wrapper = is_wrapper(d, f);
	entry = after_prologue(f, d->places.rows, d->places.row_count, false);
	line_entry = after_prologue(f, d->places.rows, d->places.row_count, true);
	first = d->places.rows[0];
	add_entry(d, 0, entry, &first);
	if (!wrapper)
		landings_lines(&d->places, f->low, line_entry, name_of_copy, d);
	add_copies(d, &first, wrapper);
	landings_finish(&d->places);
	return &d->places;
}
