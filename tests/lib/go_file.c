/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/lib/go_file.h"

#include <elf.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

#define BASE 0x400000
#define RELATIVE_MAX 64

/* The file in the making: what stands at offset n is loaded at BASE + n. */
struct maker {
	const struct go_file *g;
	struct buffer *out;
	Elf64_Rela relocations[RELATIVE_MAX];
	size_t relocation_count;
};

static uint64_t here(const struct maker *m)
{
	return BASE + m->out->size;
}

static void put(struct maker *m, const void *bytes, size_t size)
{
	buffer_add(m->out, bytes, size);
}

static void put8(struct maker *m, uint8_t value)
{
	put(m, &value, sizeof(value));
}

static void put32(struct maker *m, uint32_t value)
{
	put(m, &value, sizeof(value));
}

static void put64(struct maker *m, uint64_t value)
{
	put(m, &value, sizeof(value));
}

static void align(struct maker *m, size_t to)
{
	while (m->out->size % to)
		put8(m, 0);
}

static void text(struct maker *m, const char *t)
{
	put(m, t, strlen(t) + 1);
}

/* Puts what room was left for. */
static void patch(struct maker *m, size_t at, const void *bytes, size_t size)
{
	memcpy(m->out->data + at, bytes, size);
}

static void patch_pointer(struct maker *m, size_t at, uint64_t value)
{
	if (!m->g->relocated) {
		patch(m, at, &value, sizeof(value));
		return;
	}
	if (!value)
		return;
	if (m->relocation_count == RELATIVE_MAX)
		BUG("more than %d pointers", RELATIVE_MAX);
	m->relocations[m->relocation_count++] = (Elf64_Rela){
		.r_offset = BASE + at,
		.r_info = m->g->quantum == 1 ? R_X86_64_RELATIVE : R_AARCH64_RELATIVE,
		.r_addend = (Elf64_Sxword)value,
	};
}

static void pointer(struct maker *m, uint64_t value)
{
	put64(m, 0);
	patch_pointer(m, m->out->size - sizeof(value), value);
}

static void slice(struct maker *m, uint64_t start, uint64_t length)
{
	pointer(m, start);
	put64(m, length);
	put64(m, length);
}

/* ---- the table ------------------------------------------------------------------------------ */

enum { OUTER, MID, LEAF, PLAIN, BARE, NAMES };
static const char *const names[] = { "main.outer", "main.mid", "main.leaf", "main.plain",
				     "main.bare" };

struct step {
	int value;
	unsigned until; /* from the entry, in units of the quantum */
};

/* A table of values by address; its offset in the part that begins at `start`. */
static uint32_t pc_table(struct maker *m, size_t start, const struct step *steps, size_t count)
{
	size_t at = m->out->size, i;
	int value = -1;
	unsigned pc = 0;

	for (i = 0; i < count; i++) {
		int change = steps[i].value - value;
		unsigned zigzag = change < 0 ? ~((unsigned)change << 1) : (unsigned)change << 1;
		unsigned parts[] = { zigzag, steps[i].until - pc }, j;

		for (j = 0; j < 2; j++) {
			for (; parts[j] >= 0x80; parts[j] >>= 7)
				put8(m, (uint8_t)(parts[j] | 0x80));
			put8(m, (uint8_t)parts[j]);
		}
		value = steps[i].value;
		pc = steps[i].until;
	}
	put8(m, 0);
	return (uint32_t)(at - start);
}

struct function {
	unsigned entry, name, start_line, deferreturn;
	uint32_t sp, file, line, inlined;
	bool has_funcdata;
};

struct table {
	size_t start, parts[5], end, gofunc, inline_tree, open_coded;
};

enum { PART_NAMES, PART_UNITS, PART_FILES, PART_PCS, PART_FUNCTIONS };

static void put_inlined(struct maker *m, uint32_t name, uint32_t call, uint32_t line,
			int16_t parent)
{
	if (m->g->release >= 20) {
		put32(m, 0);
		put32(m, name);
		put32(m, call * m->g->quantum);
		put32(m, line);
		return;
	}
	put(m, &parent, sizeof(parent));
	put(m, "\0\0", 2);
	put32(m, 0);
	put32(m, 0);
	put32(m, name);
	put32(m, call * m->g->quantum);
}

/* The inline tree and what open-coded defers need, behind 4 bytes of something else. */
static void put_funcdata(struct maker *m, struct table *t, const uint32_t *name)
{
	align(m, 8);
	t->gofunc = m->out->size;
	put32(m, 0);
	t->inline_tree = m->out->size;
	put_inlined(m, name[MID], 0x08, 19, -1);
	put_inlined(m, name[LEAF], 0x10, 29, 0);
	t->open_coded = m->out->size;
	put(m, "\x10\x20\x01", 3);
	align(m, 8);
}

static void put_function(struct maker *m, const struct table *t, const struct function *f,
			 const uint32_t *name)
{
	const bool pointers = m->g->release < 18;
	size_t data[] = { 0, 0, 0, t->inline_tree, t->open_coded }, i;

	if (pointers)
		pointer(m, GO_FILE_TEXT + f->entry * m->g->quantum);
	else
		put32(m, f->entry * m->g->quantum);
	put32(m, name[f->name]);
	put32(m, 0);
	put32(m, f->deferreturn * m->g->quantum);
	put32(m, f->sp);
	put32(m, f->file);
	put32(m, f->line);
	put32(m, 3);
	put32(m, 1); /* unit */
	if (m->g->release >= 20)
		put32(m, f->start_line);
	put(m, "\0\0\0", 3);
	put8(m, f->has_funcdata ? ARRAY_SIZE(data) : 0);
	put32(m, 0);
	put32(m, 0);
	put32(m, f->inlined);
	if (pointers && f->has_funcdata)
		align(m, 8);
	for (i = 0; f->has_funcdata && i < ARRAY_SIZE(data); i++) {
		if (pointers)
			pointer(m, data[i] ? BASE + data[i] : 0);
		else
			put32(m, data[i] ? (uint32_t)(data[i] - t->gofunc) : UINT32_MAX);
	}
}

static void put_header(struct maker *m, struct table *t)
{
	const int release = m->g->release;

	align(m, 32);
	t->start = m->out->size;
	put32(m, release < 18 ? 0xfffffffa : release < 20 ? 0xfffffff0 : 0xfffffff1);
	put(m, "\0\0", 2);
	put8(m, (uint8_t)m->g->quantum);
	put8(m, 8);
	put64(m, 3);
	put64(m, 2);
	if (release >= 26)
		put64(m, 0);
	else if (release >= 18)
		pointer(m, GO_FILE_TEXT);
}

static void put_texts(struct maker *m, struct table *t)
{
	size_t i;

	t->parts[PART_NAMES] = m->out->size;
	for (i = 0; i < NAMES; i++)
		text(m, names[i]);
	align(m, 8);
	t->parts[PART_UNITS] = m->out->size;
	put32(m, UINT32_MAX);
	put32(m, 0);
	put32(m, sizeof("/src/a.go"));
	align(m, 8);
	t->parts[PART_FILES] = m->out->size;
	text(m, "/src/a.go");
	text(m, "/src/b.go");
	align(m, 8);
}

static void put_pc_tables(struct maker *m, struct table *t, struct function *outer,
			  struct function *plain)
{
	static const struct step lines[] = { { 10, 0x08 }, { 12, 0x09 }, { 20, 0x10 }, { 21, 0x11 },
					     { 30, 0x18 }, { 13, 0x30 }, { 10, 0x35 } };
	static const struct step files[] = { { 0, 0x11 }, { 1, 0x18 }, { 0, 0x35 } };
	static const struct step copies[] = { { -1, 0x09 }, { 0, 0x11 }, { 1, 0x18 }, { -1, 0x35 } };
	static const struct step stack[] = { { 0, 0x04 }, { 0x28, 0x34 }, { 0, 0x35 } };
	static const struct step plain_lines[] = { { 50, 0x10 }, { 52, 0x20 } };
	static const struct step plain_file[] = { { 1, 0x20 } };

	t->parts[PART_PCS] = m->out->size;
	put8(m, 0);
#define TABLE(steps) pc_table(m, t->parts[PART_PCS], steps, ARRAY_SIZE(steps))
	outer->line = TABLE(lines);
	outer->file = TABLE(files);
	outer->inlined = TABLE(copies);
	outer->sp = TABLE(stack);
	plain->line = TABLE(plain_lines);
	plain->file = TABLE(plain_file);
#undef TABLE
	align(m, 8);
}

static void put_functions(struct maker *m, struct table *t, const struct function *functions,
			  const uint32_t *name)
{
	const size_t word = m->g->release < 18 ? 8 : 4, start = m->out->size;
	size_t i;

	t->parts[PART_FUNCTIONS] = start;
	for (i = 0; i < 7 * word; i++)
		put8(m, 0);
	for (i = 0; i < 4; i++) {
		uint64_t entry = functions[i].entry * m->g->quantum, at;

		if (word == 8)
			patch_pointer(m, start + 2 * i * word, GO_FILE_TEXT + entry);
		else
			patch(m, start + 2 * i * word, &entry, word);
		if (i == 3)
			break;
		align(m, 8);
		at = m->out->size - start;
		patch(m, start + (2 * i + 1) * word, &at, word);
		put_function(m, t, &functions[i], name);
	}
	align(m, 8);
}

static void put_table(struct maker *m, struct table *t)
{
	struct function functions[] = {
		{ .entry = 0x00,
		  .name = OUTER,
		  .start_line = 10,
		  .deferreturn = 0x30,
		  .has_funcdata = true },
		{ .entry = 0x40, .name = PLAIN, .start_line = 50 },
		{ .entry = 0x60, .name = BARE },
		{ .entry = 0x70 },
	};
	uint32_t name[NAMES], at = 0;
	size_t offsets, i;

	for (i = 0; i < NAMES; at += (uint32_t)strlen(names[i++]) + 1)
		name[i] = at;
	/* Before Go 1.26, funcdata was elsewhere; from then on it is at the end of the table. */
	if (m->g->release < 26)
		put_funcdata(m, t, name);
	put_header(m, t);
	offsets = m->out->size;
	for (i = 0; i < 5; i++)
		put64(m, 0);
	put_texts(m, t);
	put_pc_tables(m, t, &functions[0], &functions[1]);
	if (m->g->release >= 26) {
		/* What functions know of it is relative: any place will do until it has its own. */
		t->gofunc = 0;
		t->inline_tree = 4;
		t->open_coded = 4 + 2 * 16;
	}
	put_functions(m, t, functions, name);
	if (m->g->release >= 26)
		put_funcdata(m, t, name);
	t->end = m->out->size;
	for (i = 0; i < 5; i++) {
		uint64_t offset = t->parts[i] - t->start;

		patch(m, offsets + i * 8, &offset, sizeof(offset));
	}
}

/* ---- the rest ------------------------------------------------------------------------------- */

static void put_module(struct maker *m, const struct table *t)
{
	const int release = m->g->release;
	const uint64_t end = GO_FILE_TEXT + 0x70 * m->g->quantum;
	size_t sections, i, functions_end;
	/* noptrdata … gcbss, and coverage counters; types, etypes, and what 1.27 has beside; rodata */
	const size_t between = 11 + (release >= 20 ? 2 : 0) + 2 + (release >= 27 ? 3 : 0) +
			       (release >= 18 ? 1 : 0);

	align(m, 8);
	sections = m->out->size;
	put64(m, 0);
	put64(m, 0x70 * m->g->quantum);
	pointer(m, GO_FILE_TEXT);
	align(m, 32);
	functions_end = release >= 26 ? t->gofunc : t->end;
	pointer(m, BASE + t->start);
	for (i = 0; i < 5; i++) {
		size_t next = i < 4 ? t->parts[i + 1] : functions_end;

		slice(m, BASE + t->parts[i], (next - t->parts[i]) / (i == PART_UNITS ? 4 : 1));
	}
	slice(m, BASE + t->parts[PART_FUNCTIONS], 4);
	pointer(m, BASE + t->start); /* findfunctab, which nobody reads */
	pointer(m, GO_FILE_TEXT);
	pointer(m, end);
	pointer(m, GO_FILE_TEXT);
	pointer(m, end);
	for (i = 0; i < between; i++)
		pointer(m, BASE + 8 * i);
	if (release >= 18)
		pointer(m, BASE + t->gofunc);
	if (release >= 26)
		pointer(m, BASE + t->end);
	slice(m, BASE + sections, 1);
	for (i = 0; i < 16; i++)
		put64(m, 0);
}

static void put_note(struct maker *m)
{
	put32(m, 4);
	put32(m, sizeof(GO_FILE_ID) - 1);
	put32(m, 4);
	text(m, "Go\0");
	align(m, 4);
	put(m, GO_FILE_ID, sizeof(GO_FILE_ID) - 1);
	align(m, 4);
}

#define MODULE                                                                                     \
	"0123456789abcdef"                                                                         \
	"path\texample.com/app\nmod\texample.com\t(devel)\t\nbuild\t-trimpath=true\n"              \
	"fedcba9876543210"

static void go_string(struct maker *m, uint64_t at, size_t size)
{
	pointer(m, at);
	put64(m, size);
}

static void put_build_info(struct maker *m)
{
	uint64_t texts = here(m), strings = 0;

	if (m->g->release < 18) {
		text(m, GO_FILE_VERSION);
		text(m, MODULE);
		align(m, 8);
		strings = here(m);
		go_string(m, texts, sizeof(GO_FILE_VERSION) - 1);
		go_string(m, texts + sizeof(GO_FILE_VERSION), sizeof(MODULE) - 1);
	}
	align(m, 16);
	put(m, "\xff Go buildinf:", 14);
	put8(m, 8);
	put8(m, m->g->release < 18 ? 0 : 2);
	if (m->g->release < 18) {
		pointer(m, strings);
		pointer(m, strings + 16);
		return;
	}
	put64(m, 0);
	put64(m, 0);
	put8(m, sizeof(GO_FILE_VERSION) - 1);
	put(m, GO_FILE_VERSION, sizeof(GO_FILE_VERSION) - 1);
	put8(m, sizeof(MODULE) - 1);
	put(m, MODULE, sizeof(MODULE) - 1);
}

/* The dynamic segment, and before it the relocations. */
static size_t put_dynamic(struct maker *m)
{
	uint64_t relocations;
	size_t start;

	align(m, 8);
	relocations = here(m);
	put(m, m->relocations, m->relocation_count * sizeof(*m->relocations));
	start = m->out->size;
	put64(m, DT_RELA);
	put64(m, relocations);
	put64(m, DT_RELASZ);
	put64(m, m->relocation_count * sizeof(*m->relocations));
	put64(m, DT_NULL);
	put64(m, 0);
	return start;
}

static Elf64_Phdr segment(uint32_t type, uint32_t flags, size_t start, size_t end)
{
	return (Elf64_Phdr){
		.p_type = type,
		.p_flags = flags,
		.p_offset = start,
		.p_vaddr = BASE + start,
		.p_filesz = end - start,
		.p_memsz = end - start,
	};
}

/* Headers of the table and of the section names themselves. */
static void put_sections(struct maker *m, const struct table *t, Elf64_Ehdr *e)
{
	static const char section_names[] = "\0.gopclntab\0.shstrtab\0.go.buildinfo";
	size_t at = m->out->size;
	Elf64_Shdr sections[] = {
		{ 0 },
		{ .sh_name = 1,
		  .sh_type = SHT_PROGBITS,
		  .sh_flags = SHF_ALLOC,
		  .sh_addr = BASE + t->start,
		  .sh_offset = t->start,
		  .sh_size = t->end - t->start },
		{ .sh_name = 12,
		  .sh_type = SHT_STRTAB,
		  .sh_offset = at,
		  .sh_size = sizeof(section_names) },
	};

	put(m, section_names, sizeof(section_names));
	align(m, 8);
	e->e_shoff = m->out->size;
	e->e_shentsize = sizeof(Elf64_Shdr);
	e->e_shnum = ARRAY_SIZE(sections);
	e->e_shstrndx = 2;
	put(m, sections, sizeof(sections));
}

void go_file_write(const struct go_file *g, struct buffer *out)
{
	struct maker m = { .g = g, .out = out };
	size_t note, rodata, data, dynamic, end;
	Elf64_Phdr headers[5];
	struct table t = { 0 };
	Elf64_Ehdr e = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = g->quantum == 1 ? EM_X86_64 : EM_AARCH64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(e),
		.e_ehsize = sizeof(e),
		.e_phentsize = sizeof(*headers),
		.e_phnum = ARRAY_SIZE(headers),
	};

	put(&m, &e, sizeof(e));
	while (out->size < sizeof(e) + sizeof(headers))
		put8(&m, 0);
	note = out->size;
	put_note(&m);
	rodata = out->size;
	put_table(&m, &t);
	data = out->size;
	put_module(&m, &t);
	put_build_info(&m);
	dynamic = put_dynamic(&m);
	end = out->size;
	/* The code stands last in the file: its bytes are of no interest, but they must be there. */
	headers[0] = segment(PT_LOAD, PF_R, 0, data);
	headers[1] = segment(PT_LOAD, PF_R | PF_W, data, end);
	headers[2] = segment(PT_LOAD, PF_R | PF_X, end, end + 0x70 * g->quantum);
	headers[2].p_vaddr = GO_FILE_TEXT;
	headers[3] = segment(PT_DYNAMIC, PF_R, dynamic, end);
	headers[4] = segment(PT_NOTE, PF_R, note, rodata);
	while (out->size < end + 0x70 * g->quantum)
		put8(&m, 0xcc);
	if (g->sections)
		put_sections(&m, &t, &e);
	memcpy(out->data, &e, sizeof(e));
	memcpy(out->data + sizeof(e), headers, sizeof(headers));
}
