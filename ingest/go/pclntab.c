/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table as Go's linker writes it (cmd/link/internal/ld/pcln.go, internal/abi/symtab.go) and as the
 * runtime reads it (runtime/symtab.go, symtabinl.go, runtime2.go), for 64-bit machines:
 *
 * names, files    texts that end with NUL
 * units           u32 each: file number n of a function is the text at units[unit + n] in files
 * functions       pairs (entry, offset of the function in `functions`), and the end of the last one.
 *                 Two u32, entries relative to Go's code; before 1.18 two u64 and absolute.
 *
 * function        0  4  entry, as in the pair; before 1.18 8 bytes, and what follows is 4 further on
 *                 4  4  name
 *                 8  4  size of arguments
 *                12  4  first call of deferreturn, from the entry; 0: it does not defer
 *                16 12  pc tables, u32 offsets: stack pointer, file, line
 *                28  4  number of further pc tables (PCDATA_*)
 *                32  4  unit
 *                    4  line of the func keyword; from 1.20
 *                    1  function id
 *                    1  flags; from 1.17
 *                    2  zero; number of FUNCDATA_*
 *                    4  each, pc tables (PCDATA_*); offset 0: none
 *                    4  each, FUNCDATA_*: relative to moduledata.gofunc, ffffffff: none. Before 1.18
 *                       absolute pointers of 8 bytes, aligned to 8, NULL: none
 *
 * pc table        pairs of uvarints: change of the value, zigzag; bytes / quantum for which it holds.
 *                 The value is -1 at first. A change of 0, other than the first, ends the table.
 *
 * inline tree     FUNCDATA_InlTree: 16 bytes each: function id, 3 zeros, name, an address in the caller on
 *                 the line of the call (from the entry), line of the func keyword. Before 1.20 20 bytes:
 *                 parent (2), function id, zero, file, line, name, address. PCDATA_InlTreeIndex tells
 *                 which entry an address belongs to.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bisect.h"
#include "base/memory.h"
#include "ingest/go/pclntab_table.h"

#define TEXT_MAX (1 << 16) /* no name or path of Go's is as long */
#define DEPTH_MAX 256      /* calls inlined into one another */
#define NO_FUNCDATA UINT32_MAX

/* A function's own entry, the parts of it that stand in the file side by side. */
struct record {
	uint64_t entry, end;
	uint32_t name, deferreturn, pcsp, pcfile, pcln, pcdata_count, unit;
	int32_t start_line;
	uint8_t id, flags, funcdata_count;
	uint64_t pcdata, funcdata; /* where these arrays begin, in FUNCTIONS */
};

/* ---- parts ---------------------------------------------------------------------------------- */

/* The text at an offset, NULL where there is none that ends. */
static const char *text_of(const struct span *s, uint32_t at)
{
	size_t most;

	if (at >= s->size)
		return NULL;
	most = s->size - at < TEXT_MAX ? s->size - at : TEXT_MAX;
	return memchr(s->at + at, 0, most) ? (const char *)s->at + at : NULL;
}

/* A word of the pairs or the entry of a function, at an offset in FUNCTIONS. */
static bool code_word(const struct pclntab *p, uint64_t at, uint64_t *value)
{
	uint32_t half;

	if (p->format->word == sizeof(half)) {
		if (!half_of(&p->parts[FUNCTIONS], at, &half))
			return false;
		*value = half;
		return true;
	}
	return bytes_of(&p->parts[FUNCTIONS], at, sizeof(*value)) &&
	       elf_file_pointer(p->file, p->info.addr + p->offsets[FUNCTIONS] + at, value);
}

bool pclntab_entry(const struct pclntab *p, size_t number, uint64_t *entry)
{
	if (!code_word(p, (uint64_t)number * 2 * p->format->word, entry))
		return false;
	if (p->format->has_text)
		*entry += p->info.text;
	return true;
}

static bool read_record(const struct pclntab *p, size_t number, struct record *r)
{
	const size_t word = p->format->word;
	uint64_t at;
	const char *f;

	if (number >= p->count || !pclntab_entry(p, number, &r->entry) ||
	    !pclntab_entry(p, number + 1, &r->end) ||
	    !code_word(p, ((uint64_t)number * 2 + 1) * word, &at) || at > UINT32_MAX)
		return false;
	at += word;
	f = bytes_of(&p->parts[FUNCTIONS], at, p->format->has_start_line ? 40 : 36);
	if (!f)
		return false;
	r->name = half_at(f);
	r->deferreturn = half_at(f + 8);
	r->pcsp = half_at(f + 12);
	r->pcfile = half_at(f + 16);
	r->pcln = half_at(f + 20);
	r->pcdata_count = half_at(f + 24);
	r->unit = half_at(f + 28);
	f += 32;
	r->start_line = 0;
	if (p->format->has_start_line) {
		r->start_line = (int32_t)half_at(f);
		f += 4;
	}
	r->id = (uint8_t)f[0];
	r->flags = (uint8_t)f[1];
	r->funcdata_count = (uint8_t)f[3];
	r->pcdata = at + (p->format->has_start_line ? 40 : 36);
	r->funcdata = r->pcdata + (uint64_t)r->pcdata_count * sizeof(uint32_t);
	r->funcdata = (r->funcdata + p->format->funcdata - 1) & -(uint64_t)p->format->funcdata;
	return true;
}

static const char *file_name(const struct pclntab *p, const struct record *r, int32_t number)
{
	uint32_t at;

	if (number < 0 ||
	    !half_of(&p->parts[UNITS], ((uint64_t)r->unit + (uint32_t)number) * 4, &at))
		return NULL;
	return text_of(&p->parts[FILES], at);
}

/* ---- pc tables ------------------------------------------------------------------------------ */

/* A walk over a pc table: `value` holds up to `until`. */
struct walk {
	const unsigned char *at, *end;
	uint64_t until;
	int32_t value;
	unsigned quantum;
	bool first;
};

static bool uvarint(struct walk *w, uint32_t *value)
{
	unsigned shift;

	for (*value = 0, shift = 0; w->at < w->end && shift < 32; shift += 7) {
		*value |= (uint32_t)(*w->at & 0x7f) << shift;
		if (!(*w->at++ & 0x80))
			return true;
	}
	return false;
}

/* On to the next stretch. At the end the value is -1, for all addresses to come. */
static bool walk_next(struct walk *w)
{
	uint32_t change, size;

	/* A stretch without a size is damage: it would let a table go on for ever. */
	if (!uvarint(w, &change) || (!change && !w->first) || !uvarint(w, &size) || !size) {
		w->at = w->end;
		w->value = -1;
		w->until = UINT64_MAX;
		return false;
	}
	w->first = false;
	w->value = (int32_t)((uint32_t)w->value + ((change >> 1) ^ -(change & 1)));
	w->until += (uint64_t)size * w->quantum;
	return true;
}

/* A walk that stands on the first stretch of the table at an offset, 0 being no table. */
static struct walk walk_from(const struct pclntab *p, uint64_t entry, uint32_t offset)
{
	const struct span *s = &p->parts[PCS];
	struct walk w = { .until = entry, .value = -1, .quantum = p->quantum, .first = true };

	w.at = s->at + (offset && offset < s->size ? offset : s->size);
	w.end = s->at + s->size;
	walk_next(&w);
	return w;
}

static void walk_to(struct walk *w, uint64_t pc)
{
	while (w->until <= pc && walk_next(w))
		;
}

static int32_t value_at(const struct pclntab *p, const struct record *r, uint32_t offset,
			uint64_t pc)
{
	struct walk w;

	if (pc < r->entry || pc >= r->end)
		return -1;
	w = walk_from(p, r->entry, offset);
	walk_to(&w, pc);
	return w.value;
}

static uint32_t pcdata_offset(const struct pclntab *p, const struct record *r, unsigned index)
{
	uint32_t offset;

	if (index >= r->pcdata_count ||
	    !half_of(&p->parts[FUNCTIONS], r->pcdata + (uint64_t)index * sizeof(offset), &offset))
		return 0;
	return offset;
}

/* ---- inlined calls -------------------------------------------------------------------------- */

static const unsigned char *funcdata(const struct pclntab *p, const struct record *r,
				     unsigned index, size_t *size)
{
	const uint64_t at = r->funcdata + (uint64_t)index * p->format->funcdata;
	uint64_t pointer;
	uint32_t offset;

	if (index >= r->funcdata_count)
		return NULL;
	if (p->format->funcdata == sizeof(offset)) {
		if (!half_of(&p->parts[FUNCTIONS], at, &offset) || offset == NO_FUNCDATA ||
		    offset >= p->funcdata.size)
			return NULL;
		*size = p->funcdata.size - offset;
		return p->funcdata.at + offset;
	}
	if (!bytes_of(&p->parts[FUNCTIONS], at, sizeof(pointer)) ||
	    !elf_file_pointer(p->file, p->info.addr + p->offsets[FUNCTIONS] + at, &pointer) ||
	    !pointer)
		return NULL;
	return elf_file_rest(p->file, pointer, size);
}

struct inlined {
	const char *function;
	int64_t start_line;
	uint64_t call_pc;
};

static bool read_inlined(const struct pclntab *p, const struct record *r, int32_t copy,
			 struct inlined *in)
{
	const struct pclntab_format *format = p->format;
	struct span tree;
	const char *at;

	if (copy < 0)
		return false;
	tree.at = funcdata(p, r, FUNCDATA_INL_TREE, &tree.size);
	if (!tree.at)
		return false;
	at = bytes_of(&tree, (uint64_t)copy * format->inlined, format->inlined);
	if (!at)
		return false;
	in->function = text_of(&p->parts[NAMES], half_at(at + format->inlined_name));
	in->call_pc = r->entry + half_at(at + format->inlined_call);
	in->start_line = format->inlined_line ? (int32_t)half_at(at + format->inlined_line) : 0;
	if (in->start_line < 0)
		in->start_line = 0;
	return in->function && in->call_pc < r->end;
}

/*
 * The copy to which an address belongs, -1: none. A copy stands in the tree behind the one that it was
 * inlined into: `below` is the copy that the address is the caller of, INT32_MAX when it is of none. So
 * damaged trees end.
 */
static int32_t copy_at(const struct pclntab *p, const struct record *r, uint64_t pc, int32_t below)
{
	int32_t copy = value_at(p, r, pcdata_offset(p, r, PCDATA_INL_TREE_INDEX), pc);

	return copy < below ? copy : -1;
}

static int64_t line_at(const struct pclntab *p, const struct record *r, uint64_t pc)
{
	int32_t line = value_at(p, r, r->pcln, pc);

	return line > 0 ? line : 0;
}

static const char *file_at(const struct pclntab *p, const struct record *r, uint64_t pc)
{
	return file_name(p, r, value_at(p, r, r->pcfile, pc));
}

/* ---- questions ------------------------------------------------------------------------------ */

size_t pclntab_count(const struct pclntab *p)
{
	return p->count;
}

size_t pclntab_find(const struct pclntab *p, uint64_t pc)
{
	size_t at;
	uint64_t entry;

	/* The last function that begins at the address or before. */
	BISECT(at, p->count, pclntab_entry(p, at, &entry) && entry <= pc);
	if (!at || !pclntab_entry(p, p->count, &entry) || pc >= entry)
		return NO_FUNCTION;
	return at - 1;
}

bool pclntab_function(const struct pclntab *p, size_t number, struct pclntab_function *f)
{
	int32_t copy = INT32_MAX;
	struct inlined in;
	struct record r;
	uint64_t pc;
	size_t size;

	if (!read_record(p, number, &r))
		return false;
	*f = (struct pclntab_function){
		.entry = r.entry,
		.end = r.end,
		.name = text_of(&p->parts[NAMES], r.name),
		.start_line = r.start_line > 0 ? r.start_line : 0,
		.deferreturn = r.deferreturn,
		.open_coded = funcdata(p, &r, FUNCDATA_OPEN_CODED_DEFER_INFO, &size),
		.func_id = r.id,
		.flags = r.flags,
	};
	/* The first instruction may be of an inlined call. */
	for (pc = r.entry;
	     (copy = copy_at(p, &r, pc, copy)) >= 0 && read_inlined(p, &r, copy, &in);)
		pc = in.call_pc;
	f->file = file_at(p, &r, pc);
	return f->name;
}

static void add_frame(struct pclntab *p, size_t *count, struct pclntab_frame frame)
{
	ARRAY_GROW(p->frames, *count, p->frame_capacity);
	p->frames[(*count)++] = frame;
}

size_t pclntab_frames(struct pclntab *p, size_t number, uint64_t pc,
		      const struct pclntab_frame **frames)
{
	int32_t copy = INT32_MAX;
	struct inlined in;
	const char *name;
	struct record r;
	size_t count = 0;

	if (!read_record(p, number, &r) || pc < r.entry || pc >= r.end)
		return 0;
	name = text_of(&p->parts[NAMES], r.name);
	if (!name)
		return 0;
	while (count < DEPTH_MAX && (copy = copy_at(p, &r, pc, copy)) >= 0 &&
	       read_inlined(p, &r, copy, &in)) {
		add_frame(p, &count,
			  (struct pclntab_frame){ in.function, file_at(p, &r, pc),
						  line_at(p, &r, pc), true });
		pc = in.call_pc;
	}
	add_frame(p, &count,
		  (struct pclntab_frame){ name, file_at(p, &r, pc), line_at(p, &r, pc), false });
	*frames = p->frames;
	return count;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

size_t pclntab_rows(struct pclntab *p, size_t number, const struct pclntab_row **rows)
{
	struct walk line, file, copy;
	struct record r;
	size_t count = 0;
	uint64_t pc, end;

	if (!read_record(p, number, &r))
		return 0;
	line = walk_from(p, r.entry, r.pcln);
	file = walk_from(p, r.entry, r.pcfile);
	copy = walk_from(p, r.entry, pcdata_offset(p, &r, PCDATA_INL_TREE_INDEX));
	for (pc = r.entry; pc < r.end && line.until != UINT64_MAX; pc = end) {
		end = least(least(line.until, file.until), least(copy.until, r.end));
		ARRAY_GROW(p->rows, count, p->row_capacity);
		p->rows[count++] = (struct pclntab_row){
			.pc = pc,
			.end = end,
			.file = file_name(p, &r, file.value),
			.line = line.value > 0 ? line.value : 0,
			.copy = copy.value >= 0 ? copy.value : -1,
		};
		walk_to(&line, end);
		walk_to(&file, end);
		walk_to(&copy, end);
	}
	*rows = p->rows;
	return count;
}

bool pclntab_copy(struct pclntab *p, size_t number, int32_t copy, struct pclntab_copy *out)
{
	struct inlined in;
	struct record r;

	if (!read_record(p, number, &r) || !read_inlined(p, &r, copy, &in))
		return false;
	*out = (struct pclntab_copy){
		.function = in.function,
		.start_line = in.start_line,
		.parent = copy_at(p, &r, in.call_pc, copy),
		.call_pc = in.call_pc,
		.call_file = file_at(p, &r, in.call_pc),
		.call_line = line_at(p, &r, in.call_pc),
	};
	return true;
}

void pclntab_each_copy(const struct pclntab *p, size_t number,
		       void (*copy)(void *arg, int32_t number, const char *function,
				    int64_t start_line),
		       void *arg)
{
	int64_t told = 0, most;
	struct inlined in;
	struct record r;
	struct walk w;
	uint32_t index;

	if (!read_record(p, number, &r))
		return;
	index = pcdata_offset(p, &r, PCDATA_INL_TREE_INDEX);
	if (!index)
		return;
	/* Each copy has an instruction: what a damaged table names beyond that is left out. */
	most = (int64_t)(r.end - r.entry);
	for (w = walk_from(p, r.entry, index); w.until != UINT64_MAX; walk_next(&w)) {
		for (; told <= w.value && told < most; told++)
			if (read_inlined(p, &r, (int32_t)told, &in))
				copy(arg, (int32_t)told, in.function, in.start_line);
		if (w.until >= r.end)
			break;
	}
}

const unsigned char *pclntab_funcdata(const struct pclntab *p, size_t number, unsigned index,
				      size_t *size)
{
	struct record r;

	return read_record(p, number, &r) ? funcdata(p, &r, index, size) : NULL;
}

int32_t pclntab_pcdata(const struct pclntab *p, size_t number, unsigned index, uint64_t pc)
{
	struct record r;

	return read_record(p, number, &r) ? value_at(p, &r, pcdata_offset(p, &r, index), pc) : -1;
}

int32_t pclntab_sp_delta(const struct pclntab *p, size_t number, uint64_t pc)
{
	struct record r;

	return read_record(p, number, &r) ? value_at(p, &r, r.pcsp, pc) : -1;
}

static int by_number(const void *a, const void *b)
{
	const int32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

bool pclntab_has_file(struct pclntab *p, size_t number, bool (*is)(void *arg, const char *file),
		      void *arg)
{
	size_t count = 0, capacity = 0, i;
	int32_t *files = NULL;
	bool found = false;
	struct record r;
	struct walk w;

	if (!read_record(p, number, &r))
		return false;
	for (w = walk_from(p, r.entry, r.pcfile); w.until != UINT64_MAX; walk_next(&w)) {
		ARRAY_GROW(files, count, capacity);
		files[count++] = w.value;
		if (w.until >= r.end)
			break;
	}
	if (count)
		qsort(files, count, sizeof(*files), by_number);
	for (i = 0; i < count && !found; i++) {
		const char *file = i && files[i] == files[i - 1] ? NULL
								 : file_name(p, &r, files[i]);

		found = file && is(arg, file);
	}
	free(files);
	return found;
}
