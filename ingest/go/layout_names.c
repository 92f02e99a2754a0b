/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names of wait reasons, stop reasons and goroutine states: variables of type [N]string, in the data
 * segment.
 *
 *      0   u64   address of the text, in read-only data, without a NUL behind it; 0 in a gap
 *      8   u64   its size; 0 in a gap
 *     16   …     the next number
 *
 * Addresses are relocated where the program is position independent, sizes never are. So where there
 * are no symbols, the sizes of the first entries find the table, and their texts confirm it.
 */
#include "ingest/go/layout.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "ingest/bytes.h"

#define WORD 8
#define ENTRY (2 * WORD)
/* Both kinds of numbers fit in a byte; the longest name has 30 characters. */
#define NAMES_MAX 256
#define NAME_SIZE_MAX 64
/* Places whose sizes look right but whose texts are others: real programs have hardly any. */
#define FALSE_FINDS_MAX 64

#define OLDEST 17
#define NEWEST 27

struct name_table {
	const char *symbol;
	const char *first[8]; /* how it begins in every release; "" in gaps; NULL at the end */
	uint8_t counts[NEWEST - OLDEST + 1];
};

static const struct name_table wait_reasons = {
	.symbol = "runtime.waitReasonStrings",
	.first = { "", "GC assist marking", "IO wait" },
	.counts = { 27, 27, 27, 32, 32, 37, 38, 44, 47, 47, 47 },
};

/* From Go 1.21 on; before, a stop was given its reason as a text, and not where the world is stopped. */
static const struct name_table stop_reasons = {
	.symbol = "runtime.stwReasonStrings",
	.first = { "unknown", "GC mark termination", "GC sweep termination" },
	.counts = { 0, 0, 0, 0, 17, 17, 17, 17, 17, 17, 17 },
};

static const struct name_table statuses = {
	.symbol = "runtime.gStatusStrings",
	.first = { "idle", "runnable", "running", "syscall", "waiting", "", "dead" },
	.counts = { 10, 10, 10, 10, 10, 10, 10, 10, 10, 12, 12 },
};

/* ---- one entry ------------------------------------------------------------------------------ */

static bool is_plain(const unsigned char *text, uint64_t size)
{
	while (size && *text >= ' ' && *text <= '~')
		text++, size--;
	return !size;
}

/* The name at `vaddr`, not terminated; *size 0 in a gap. False: this is no entry of such a table. */
static bool read_name(struct elf_file *f, uint64_t vaddr, const char **name, uint64_t *size)
{
	const unsigned char *entry = elf_file_at(f, vaddr, ENTRY), *text;
	uint64_t address;

	if (!entry)
		return false;
	*name = "";
	*size = word_at((const char *)entry + WORD);
	if (!*size)
		return true;
	if (*size > NAME_SIZE_MAX || !elf_file_pointer(f, vaddr, &address))
		return false;
	text = elf_file_at(f, address, *size);
	if (!text || !is_plain(text, *size))
		return false;
	*name = (const char *)text;
	return true;
}

/* ---- where the table is --------------------------------------------------------------------- */

static bool find_symbol(struct elf_file *f, const char *wanted, GElf_Sym *symbol)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	Elf_Data *data;
	size_t i;

	while ((section = elf_nextscn(f->elf, section)))
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB)
			break;
	data = section && header.sh_entsize ? elf_getdata(section, NULL) : NULL;
	for (i = 0; data && i < data->d_size / header.sh_entsize && i <= INT32_MAX; i++) {
		const char *name;

		if (!gelf_getsym(data, (int)i, symbol))
			break;
		if (GELF_ST_TYPE(symbol->st_info) != STT_OBJECT)
			continue;
		name = elf_strptr(f->elf, header.sh_link, symbol->st_name);
		if (name && !strcmp(name, wanted))
			return true;
	}
	return false;
}

static bool has_sizes(const struct name_table *t, const char *at, size_t left)
{
	size_t i;

	for (i = 0; t->first[i]; i++, at += ENTRY, left -= ENTRY)
		if (left < ENTRY || word_at(at + WORD) != strlen(t->first[i]))
			return false;
	return true;
}

static bool has_texts(const struct name_table *t, struct elf_file *f, uint64_t vaddr)
{
	const char *name;
	uint64_t size;
	size_t i;

	for (i = 0; t->first[i]; i++)
		if (!read_name(f, vaddr + i * ENTRY, &name, &size) || size != strlen(t->first[i]) ||
		    memcmp(name, t->first[i], size))
			return false;
	return true;
}

static bool find_content(struct elf_file *f, const struct name_table *t, uint64_t *vaddr)
{
	unsigned false_finds = 0;
	uint64_t at;
	size_t i;

	for (i = 0; i < f->load_count; i++) {
		const struct elf_load *load = &f->loads[i];

		if (!(load->flags & PF_W))
			continue;
		for (at = -load->vaddr % WORD; at < load->size; at += WORD) {
			if (!has_sizes(t, (const char *)load->bytes + at, load->size - at))
				continue;
			*vaddr = load->vaddr + at;
			if (has_texts(t, f, *vaddr))
				return true;
			if (++false_finds == FALSE_FINDS_MAX)
				return false;
		}
	}
	return false;
}

/* ---- all of it ------------------------------------------------------------------------------ */

/* How many names there are in the release, as far as it is known. */
static size_t count_by_version(const struct name_table *t, const char *version)
{
	int minor = layout_minor(version);

	return minor >= OLDEST && minor <= NEWEST ? t->counts[minor - OLDEST] : NAMES_MAX;
}

static bool find_table(struct elf_file *f, const struct name_table *t, const char *version,
		       uint64_t *vaddr, size_t *count, bool *by_symbol)
{
	GElf_Sym symbol;

	*by_symbol = find_symbol(f, t->symbol, &symbol);
	if (*by_symbol) {
		*vaddr = symbol.st_value;
		*count = symbol.st_size / ENTRY;
		return true;
	}
	*count = count_by_version(t, version);
	return *count && find_content(f, t, vaddr);
}

static void read_table(struct number_names *n, struct elf_file *f, const struct name_table *t,
		       const char *version)
{
	uint64_t vaddr, size;
	size_t most, i;
	const char *name;

	*n = (struct number_names){ 0 };
	if (!find_table(f, t, version, &vaddr, &most, &n->by_symbol))
		return;
	n->names = xcalloc(NAMES_MAX, sizeof(*n->names));
	for (i = 0; i < most && i < NAMES_MAX; i++) {
		if (!read_name(f, vaddr + i * ENTRY, &name, &size))
			break;
		if (!size)
			continue;
		n->names[i] = xstrndup(name, size);
		n->count = i + 1;
	}
	if (!n->count)
		number_names_free(n);
}

void layout_wait_reasons(struct number_names *n, struct elf_file *f, const char *version)
{
	read_table(n, f, &wait_reasons, version);
}

void layout_stop_reasons(struct number_names *n, struct elf_file *f, const char *version)
{
	read_table(n, f, &stop_reasons, version);
}

void layout_statuses(struct number_names *n, struct elf_file *f, const char *version)
{
	read_table(n, f, &statuses, version);
}

void number_names_free(struct number_names *n)
{
	size_t i;

	for (i = 0; i < n->count; i++)
		free(n->names[i]);
	free(n->names);
	*n = (struct number_names){ 0 };
}
