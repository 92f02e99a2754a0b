/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding the table, and what the runtime knows about it (cmd/link/internal/ld/pcln.go and symtab.go,
 * internal/abi/symtab.go, runtime/symtab.go), on 64-bit machines:
 *
 * header       0  4  magic: fffffffa (Go 1.16), fffffff0 (1.18), fffffff1 (1.20)
 *              4  2  zero
 *              6  1  quantum: code comes in multiples of so many bytes
 *              7  1  size of a pointer
 *              8  8  functions
 *             16  8  files
 *                 8  address of Go's code; from 1.18; 0 from 1.26
 *                 8  each, offsets in the table: names, units, files, pc tables, functions (pclntab.c)
 *
 * moduledata   0     the table
 *              8     slices (address, length, capacity): names, units, files, pc tables, functions,
 *                    pairs of functions
 *            160     first address and end of the functions; the same of Go's code
 *                    … a number of words that grew with the versions
 *                    types: first address (from 1.27: then a length) and end
 *                    from 1.27: two words about itabs
 *                    from 1.18: rodata; gofunc, what FUNCDATA_* is relative to
 *                    from 1.26: end of the table
 *                    slice of text sections: 24 bytes each, the third word being the address
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "ingest/go/pclntab_table.h"

#define CANDIDATES 16     /* headers that are tried in a file without sections */
#define MODULE_FIELDS 512 /* bytes of moduledata in which the text sections are looked for */

enum {
	HEADER_QUANTUM = 6,
	HEADER_POINTER = 7,
	HEADER_COUNT = 8,
	HEADER_TEXT = 24,
};

enum {
	MODULE_SLICES = 8,
	MODULE_TEXT = 176,
	MODULE_ETEXT = 184,
	MODULE_REST = 256,
	MODULE_GOFUNC_1_27 = 344,
};

static const struct pclntab_format formats[] = {
	{ 0xfffffffa, 16, 17, false, false, 8, 8, 20, 12, 16, 0 },
	{ 0xfffffff0, 18, 19, true, false, 4, 4, 20, 12, 16, 0 },
	{ 0xfffffff1, 20, 27, true, true, 4, 4, 16, 4, 8, 12 },
};

static const struct pclntab_format *format_of(uint32_t magic)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(formats); i++)
		if (formats[i].magic == magic)
			return &formats[i];
	return NULL;
}

/* Takes what is at an address, at most `most` bytes, for a table, and reads the header. */
static int read_header(struct pclntab *p, uint64_t addr, uint64_t most, struct error *err)
{
	struct span table;
	uint64_t count, at;
	const char *h;
	size_t i;

	*p = (struct pclntab){ .file = p->file, .info.addr = addr };
	table.at = elf_file_rest(p->file, addr, &table.size);
	table.size = !table.at ? 0 : table.size < most ? table.size : most;
	h = bytes_of(&table, 0, HEADER_TEXT + (PARTS + 1) * 8);
	if (!h)
		return error_set(err, STATUS_UNREADABLE,
				 "the file does not hold the table of Go's functions: it was cut "
				 "short, or made to hold debug information only");
	p->format = format_of(half_at(h));
	if (!p->format)
		return error_set(err, STATUS_UNREADABLE,
				 "the table of Go's functions is of an unknown kind (%08" PRIx32
				 "): gotrace reads those of Go 1.16 to 1.27",
				 half_at(h));
	p->quantum = (unsigned char)h[HEADER_QUANTUM];
	if (h[4] || h[5] || h[HEADER_POINTER] != sizeof(uint64_t) ||
	    (p->quantum != 1 && p->quantum != 2 && p->quantum != 4))
		goto damaged;
	at = HEADER_TEXT;
	if (p->format->has_text) {
		if (!elf_file_pointer(p->file, addr + at, &p->info.text))
			goto damaged;
		at += 8;
	}
	for (i = 0; i < PARTS; i++)
		p->offsets[i] = word_at(h + at + i * 8);
	for (i = 0; i < PARTS; i++) {
		uint64_t end = i + 1 < PARTS ? p->offsets[i + 1] : table.size;

		if (p->offsets[i] < at || p->offsets[i] > end || end > table.size)
			goto damaged;
		p->parts[i] = (struct span){ table.at + p->offsets[i], end - p->offsets[i] };
	}
	count = word_at(h + HEADER_COUNT);
	if (!count || count > p->parts[FUNCTIONS].size / 2 / p->format->word)
		goto damaged;
	p->count = count;
	return 0;
damaged:
	return error_set(err, STATUS_UNREADABLE,
			 "the header of the table of Go's functions is damaged");
}

/* Whether the functions stand in order, in code that the file holds: what all bounds rest on. */
static bool check_functions(struct pclntab *p)
{
	uint64_t before = p->info.text, entry;
	size_t i;

	if (p->info.etext <= p->info.text ||
	    !elf_file_at(p->file, p->info.text, p->info.etext - p->info.text))
		return false;
	for (i = 0; i <= p->count; i++, before = entry)
		if (!pclntab_entry(p, i, &entry) || entry < before)
			return false;
	return before <= p->info.etext;
}

/* Whether the slice at an address is of the bytes at `start`. */
static bool is_slice(struct pclntab *p, uint64_t vaddr, uint64_t start, uint64_t *length)
{
	uint64_t pointer, capacity;

	return elf_file_pointer(p->file, vaddr, &pointer) && pointer == start &&
	       elf_file_pointer(p->file, vaddr + 8, length) &&
	       elf_file_pointer(p->file, vaddr + 16, &capacity) && *length == capacity;
}

/* Whether an address is that of the moduledata that belongs to the table. */
static bool is_module(void *arg, uint64_t vaddr)
{
	struct pclntab *p = arg;
	uint64_t at = vaddr + MODULE_SLICES, length = 0, header_text = p->info.text, text, etext;
	struct pclntab_info info = p->info;
	size_t i;

	if (!elf_file_pointer(p->file, vaddr, &text) || text != p->info.addr)
		return false;
	for (i = 0; i < PARTS; i++, at += 24)
		if (!is_slice(p, at, p->info.addr + p->offsets[i], &length))
			return false;
	info.size = p->offsets[FUNCTIONS] + length;
	if (!is_slice(p, at, p->info.addr + p->offsets[FUNCTIONS], &length) ||
	    length != p->count + 1 || !elf_file_pointer(p->file, vaddr + MODULE_TEXT, &text) ||
	    !elf_file_pointer(p->file, vaddr + MODULE_ETEXT, &etext) ||
	    (header_text && header_text != text))
		return false;
	info.moduledata = vaddr;
	info.text = text;
	info.etext = etext;
	p->info = info;
	return true;
}

/*
 * The types, `back` words in front of the text sections. What stands there at a wrong offset is hardly
 * ever the beginning and the end of a stretch of one segment, beside Go's code.
 */
static void read_types(struct pclntab *p, uint64_t sections, unsigned back, bool with_length)
{
	const uint64_t at = sections - 8ULL * back;
	uint64_t types, etypes, length = 0;

	if (!elf_file_pointer(p->file, at, &types) ||
	    (with_length && !elf_file_pointer(p->file, at + 8, &length)) ||
	    !elf_file_pointer(p->file, at + (with_length ? 16 : 8), &etypes))
		return;
	if (!types || types % 8 || types >= etypes || length > etypes - types ||
	    (types < p->info.etext && etypes > p->info.text) ||
	    !elf_file_at(p->file, types, etypes - types))
		return;
	p->info.types = types;
	p->info.etypes = etypes;
}

/*
 * What of moduledata has moved over the versions is found by the slice of text sections, as the first of
 * these begins where Go's code does. Before Go 1.26, gofunc stands in front of it; from then on, when
 * the header has lost its address of the code, gofunc is in the table, and the table's end is between.
 */
static void read_module(struct pclntab *p, bool newest_header)
{
	const uint64_t module = p->info.moduledata;
	uint64_t at, sections, length, text, end = 0;

	for (at = MODULE_REST; at < MODULE_FIELDS; at += 8)
		if (elf_file_pointer(p->file, module + at, &sections) && sections &&
		    is_slice(p, module + at, sections, &length) && length &&
		    elf_file_pointer(p->file, sections + 16, &text) && text == p->info.text)
			break;
	if (at >= MODULE_FIELDS)
		return;
	if (!p->format->has_text) {
		read_types(p, module + at, 2, false);
		return;
	}
	if (!newest_header)
		read_types(p, module + at, 4, false);
	else if (at >= MODULE_GOFUNC_1_27 + 16)
		read_types(p, module + at, 8, true);
	else
		read_types(p, module + at, 5, false);
	at -= 8;
	if (newest_header) {
		if (!elf_file_pointer(p->file, module + at, &end) || end <= p->info.addr)
			return;
		at -= 8;
	}
	if (!elf_file_pointer(p->file, module + at, &p->info.gofunc))
		return;
	p->funcdata.at = elf_file_rest(p->file, p->info.gofunc, &p->funcdata.size);
	if (!p->funcdata.at) {
		p->info.gofunc = 0;
		p->funcdata.size = 0;
	}
	if (!newest_header)
		return;
	p->info.size = end - p->info.addr;
	/* Go 1.27 put three words in front. */
	if (at < MODULE_GOFUNC_1_27)
		p->info.newest = 26;
	else
		p->info.oldest = 27;
}

/* Without moduledata, Go's code is what the functions say. */
static bool bounds_of_functions(struct pclntab *p)
{
	if (!p->info.text && (p->format->has_text || !pclntab_entry(p, 0, &p->info.text)))
		return false;
	return pclntab_entry(p, p->count, &p->info.etext);
}

/* Confirms the table whose header was read, and sees what moduledata says of it. */
static int confirm(struct pclntab *p, bool need_module, struct error *err)
{
	const bool newest_header = p->format->has_start_line && !p->info.text;

	if (!elf_file_find_pointer(p->file, p->info.addr, is_module, p) &&
	    (need_module || !bounds_of_functions(p)))
		return error_set(
			err, STATUS_UNREADABLE,
			"what the Go runtime knows about the table of Go's functions "
			"(moduledata) was not found: it is damaged, or newer than Go 1.27");
	if (!check_functions(p))
		return error_set(err, STATUS_UNREADABLE, "the table of Go's functions is damaged");
	p->info.oldest = newest_header ? 26 : p->format->oldest;
	p->info.newest = p->format->has_start_line && !newest_header ? 25 : p->format->newest;
	if (p->info.moduledata)
		read_module(p, newest_header);
	return 0;
}

/* Looks for a header in one segment; `left` is how many may be tried in all. */
static bool search_load(struct pclntab *p, const struct elf_load *load, unsigned *left)
{
	struct error ignored;
	size_t i;

	for (i = -load->vaddr % 8; i + 8 <= load->size && *left; i += 8) {
		if (!format_of(half_at((const char *)load->bytes + i)) ||
		    read_header(p, load->vaddr + i, UINT64_MAX, &ignored))
			continue;
		if (!confirm(p, true, &ignored))
			return true;
		--*left;
	}
	return false;
}

static int search(struct pclntab *p, struct error *err)
{
	unsigned left = CANDIDATES;
	size_t i;

	for (i = 0; i < p->file->load_count; i++)
		if (search_load(p, &p->file->loads[i], &left))
			return 0;
	return error_set(err, STATUS_UNREADABLE, "there is no table of Go's functions in it");
}

Elf_Scn *pclntab_section(struct elf_file *f, GElf_Shdr *header)
{
	Elf_Scn *section = elf_file_section(f, ".gopclntab", header);

	/* Position independent executables before Go 1.26 have it among the relocated data. */
	return section ? section : elf_file_section(f, ".data.rel.ro.gopclntab", header);
}

static int open_section(struct pclntab *p, const GElf_Shdr *section, struct error *err)
{
	/* A section that has no bytes in the file is of none. */
	const uint64_t size = section->sh_type == SHT_NOBITS ? 0 : section->sh_size;

	if (read_header(p, section->sh_addr, size, err) || confirm(p, false, err))
		return -1;
	p->info.by_section = true;
	if (!p->info.size)
		p->info.size = size;
	return 0;
}

struct pclntab *pclntab_open(struct elf_file *f, struct error *err)
{
	struct pclntab *p = xcalloc(1, sizeof(*p));
	GElf_Shdr section;

	p->file = f;
	if (pclntab_section(f, &section) ? open_section(p, &section, err) : search(p, err)) {
		pclntab_close(p);
		return NULL;
	}
	return p;
}

void pclntab_close(struct pclntab *p)
{
	if (!p)
		return;
	free(p->frames);
	free(p->rows);
	free(p);
}

const struct pclntab_info *pclntab_info(const struct pclntab *p)
{
	return &p->info;
}
