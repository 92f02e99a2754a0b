/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ELF is read through libelf, except for two things that have to work in a file without section
 * headers. The program headers are copied once, as addresses are looked up very often. And relocations
 * of pointers are found the way the dynamic linker finds them: the dynamic segment holds pairs (tag,
 * value), among them the address (DT_RELA) and size (DT_RELASZ) of an array of
 *
 *      0  8  address of the word
 *      8  8  type in the lower half (R_X86_64_RELATIVE, R_AARCH64_RELATIVE), symbol in the upper
 *     16  8  addend: for these types, the word's value when the program is loaded where its file says
 */
#include "ingest/elf_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <elfutils/libdwelf.h>

#include "base/bisect.h"
#include "base/memory.h"

/* Words whose value is in a relocation. */
struct elf_pointers {
	struct pointer {
		uint64_t vaddr, value;
	} * items; /* in the order of addresses */
	size_t count, capacity;
};

#define HOST_DATA (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB)

/* The number of program headers; 0 where they cannot be read. */
static size_t segment_count(struct elf_file *f)
{
	size_t count;

	return elf_getphdrnum(f->elf, &count) ? 0 : count;
}

static bool load_segment(struct elf_file *f, size_t number, GElf_Phdr *p)
{
	return number <= INT32_MAX && gelf_getphdr(f->elf, (int)number, p) && p->p_type == PT_LOAD;
}

static int by_address(const void *a, const void *b)
{
	const struct elf_load *x = a, *y = b;

	return x->vaddr < y->vaddr ? -1 : x->vaddr > y->vaddr;
}

static void read_loads(struct elf_file *f)
{
	size_t capacity = 0, total = segment_count(f), file_size, kept, i;
	const char *file = elf_rawfile(f->elf, &file_size);
	GElf_Phdr p;

	for (i = 0; file && i < total; i++) {
		uint64_t size;

		if (!load_segment(f, i, &p) || p.p_offset >= file_size)
			continue;
		size = file_size - p.p_offset;
		size = p.p_filesz < size ? p.p_filesz : size;
		if (!size || p.p_vaddr > UINT64_MAX - size)
			continue;
		ARRAY_GROW(f->loads, f->load_count, capacity);
		f->loads[f->load_count++] = (struct elf_load){
			.vaddr = p.p_vaddr,
			.size = size,
			.bytes = (const unsigned char *)file + p.p_offset,
			.flags = p.p_flags,
		};
	}
	if (!f->load_count)
		return;
	qsort(f->loads, f->load_count, sizeof(*f->loads), by_address);
	for (kept = 0, i = 1; i < f->load_count; i++)
		if (f->loads[i].vaddr - f->loads[kept].vaddr >= f->loads[kept].size)
			f->loads[++kept] = f->loads[i];
	f->load_count = kept + 1;
}

/* The second half of opening, when f->elf is what libelf made of the file. */
static int read_head(struct elf_file *f, struct error *err)
{
	GElf_Ehdr header;
	const void *id;
	ssize_t size;

	if (!f->elf || elf_kind(f->elf) != ELF_K_ELF || !gelf_getehdr(f->elf, &header)) {
		elf_file_close(f);
		return error_set(err, STATUS_UNREADABLE, "not an ELF file");
	}
	if (header.e_ident[EI_DATA] != HOST_DATA) {
		elf_file_close(f);
		return error_set(err, STATUS_UNREADABLE, "an ELF file of the other byte order");
	}
	f->machine = header.e_machine;
	size = dwelf_elf_gnu_build_id(f->elf, &id);
	if (size > 0 && size <= BUILD_ID_MAX) {
		memcpy(f->build_id, id, (size_t)size);
		f->build_id_size = (size_t)size;
	}
	read_loads(f);
	return 0;
}

int elf_file_open(struct elf_file *f, const char *path, struct error *err)
{
	struct stat st;

	*f = (struct elf_file){ .fd = -1 };
	elf_version(EV_CURRENT);
	/* The path may come from the recording: look before opening, as opening a device acts. */
	if (stat(path, &st))
		return error_set(err, STATUS_UNREADABLE, "%m");
	if (!S_ISREG(st.st_mode))
		return error_set(err, STATUS_UNREADABLE, "not a regular file");
	f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (f->fd < 0 || fstat(f->fd, &st)) {
		error_set(err, STATUS_UNREADABLE, "%m");
		elf_file_close(f);
		return -1;
	}
	f->inode = (int64_t)st.st_ino;
	f->elf = elf_begin(f->fd, ELF_C_READ_MMAP, NULL);
	return read_head(f, err);
}

int elf_file_open_memory(struct elf_file *f, const void *bytes, size_t size, struct error *err)
{
	*f = (struct elf_file){ .fd = -1 };
	elf_version(EV_CURRENT);
	/* What libelf opens from memory it only reads, though its declaration does not say so. */
	f->elf = elf_memory((char *)bytes, size);
	return read_head(f, err);
}

void elf_file_close(struct elf_file *f)
{
	if (f->elf)
		elf_end(f->elf);
	if (f->fd >= 0)
		close(f->fd);
	if (f->pointers)
		free(f->pointers->items);
	free(f->pointers);
	free(f->loads);
	*f = (struct elf_file){ .fd = -1 };
}

struct elf_segment *elf_file_segments(struct elf_file *f, size_t *count)
{
	size_t capacity = 0, total = segment_count(f), i;
	struct elf_segment *segments = NULL;
	GElf_Phdr p;

	*count = 0;
	for (i = 0; i < total; i++) {
		if (!load_segment(f, i, &p) || !(p.p_flags & PF_X))
			continue;
		ARRAY_GROW(segments, *count, capacity);
		segments[(*count)++] = (struct elf_segment){ p.p_offset, p.p_filesz, p.p_vaddr };
	}
	return segments;
}

Elf_Scn *elf_file_section(struct elf_file *f, const char *name, GElf_Shdr *header)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(f->elf, &names))
		return NULL;
	while ((section = elf_nextscn(f->elf, section))) {
		const char *have;

		if (!gelf_getshdr(section, header))
			continue;
		have = elf_strptr(f->elf, names, header->sh_name);
		if (have && !strcmp(have, name))
			return section;
	}
	return NULL;
}

const unsigned char *elf_file_rest(const struct elf_file *f, uint64_t vaddr, size_t *size)
{
	size_t at;
	const struct elf_load *load;

	/* The last segment that begins at the address or before. */
	BISECT(at, f->load_count, f->loads[at].vaddr <= vaddr);
	load = at ? &f->loads[at - 1] : NULL;
	if (!load || vaddr - load->vaddr >= load->size)
		return NULL;
	*size = load->size - (vaddr - load->vaddr);
	return load->bytes + (vaddr - load->vaddr);
}

const unsigned char *elf_file_at(const struct elf_file *f, uint64_t vaddr, uint64_t size)
{
	size_t have;
	const unsigned char *at = elf_file_rest(f, vaddr, &have);

	return at && size <= have ? at : NULL;
}

/* ---- pointers ------------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
	const struct pointer *x = a, *y = b;

	return x->vaddr < y->vaddr ? -1 : x->vaddr > y->vaddr;
}

static const unsigned char *dynamic_segment(struct elf_file *f, size_t *size)
{
	size_t total = segment_count(f), i;
	const unsigned char *d;
	GElf_Phdr p;

	*size = 0;
	for (i = 0; i < total && i <= INT32_MAX; i++) {
		if (!gelf_getphdr(f->elf, (int)i, &p) || p.p_type != PT_DYNAMIC)
			continue;
		d = elf_file_rest(f, p.p_vaddr, size);
		if (p.p_filesz < *size)
			*size = p.p_filesz;
		return d;
	}
	return NULL;
}

/* The relocations, as the dynamic segment tells their place. */
static const unsigned char *dynamic_relocations(struct elf_file *f, size_t *size)
{
	uint64_t vaddr = 0, bytes = 0;
	const unsigned char *d;
	Elf64_Dyn entry;
	size_t left;

	for (d = dynamic_segment(f, &left); left >= sizeof(entry); left -= sizeof(entry)) {
		memcpy(&entry, d, sizeof(entry));
		if (entry.d_tag == DT_NULL)
			break;
		if (entry.d_tag == DT_RELA)
			vaddr = entry.d_un.d_ptr;
		if (entry.d_tag == DT_RELASZ)
			bytes = entry.d_un.d_val;
		d += sizeof(entry);
	}
	*size = bytes;
	return bytes ? elf_file_at(f, vaddr, bytes) : NULL;
}

static void read_pointers(struct elf_file *f)
{
	static const struct {
		uint16_t machine;
		uint32_t type;
	} relative[] = {
		{ EM_X86_64, R_X86_64_RELATIVE },
		{ EM_AARCH64, R_AARCH64_RELATIVE },
	};
	struct elf_pointers *list = f->pointers = xcalloc(1, sizeof(*list));
	const unsigned char *bytes;
	size_t size = 0, at, i;
	bool sorted = true;

	for (i = 0; i < ARRAY_SIZE(relative) && relative[i].machine != f->machine; i++)
		;
	bytes = i < ARRAY_SIZE(relative) ? dynamic_relocations(f, &size) : NULL;
	for (at = 0; bytes && at + sizeof(Elf64_Rela) <= size; at += sizeof(Elf64_Rela)) {
		Elf64_Rela r;

		memcpy(&r, bytes + at, sizeof(r));
		if (ELF64_R_TYPE(r.r_info) != relative[i].type)
			continue;
		sorted = sorted &&
			 (!list->count || list->items[list->count - 1].vaddr < r.r_offset);
		ARRAY_GROW(list->items, list->count, list->capacity);
		list->items[list->count++] = (struct pointer){ r.r_offset, (uint64_t)r.r_addend };
	}
	if (!sorted)
		qsort(list->items, list->count, sizeof(*list->items), by_place);
}

static bool is_64_bit(struct elf_file *f)
{
	return gelf_getclass(f->elf) == ELFCLASS64;
}

bool elf_file_pointer(struct elf_file *f, uint64_t vaddr, uint64_t *value)
{
	const struct pointer key = { .vaddr = vaddr }, *found = NULL;
	const unsigned char *word;

	if (!is_64_bit(f))
		return false;
	if (!f->pointers)
		read_pointers(f);
	if (f->pointers->count)
		found = bsearch(&key, f->pointers->items, f->pointers->count, sizeof(key),
				by_place);
	word = elf_file_at(f, vaddr, sizeof(*value));
	if (!word)
		return false;
	if (found)
		*value = found->value;
	else
		memcpy(value, word, sizeof(*value));
	return true;
}

/* The same for the words of a segment as the file has them. */
static bool find_in_load(const struct elf_load *load, uint64_t value,
			 bool (*found)(void *arg, uint64_t vaddr), void *arg)
{
	uint64_t word;
	size_t i;

	for (i = -load->vaddr % sizeof(word); i + sizeof(word) <= load->size; i += sizeof(word)) {
		memcpy(&word, load->bytes + i, sizeof(word));
		if (word == value && found(arg, load->vaddr + i))
			return true;
	}
	return false;
}

bool elf_file_find_pointer(struct elf_file *f, uint64_t value,
			   bool (*found)(void *arg, uint64_t vaddr), void *arg)
{
	size_t i;

	if (!is_64_bit(f))
		return false;
	if (!f->pointers)
		read_pointers(f);
	for (i = 0; i < f->pointers->count; i++)
		if (f->pointers->items[i].value == value && found(arg, f->pointers->items[i].vaddr))
			return true;
	for (i = 0; i < f->load_count; i++)
		if ((f->loads[i].flags & PF_W) && find_in_load(&f->loads[i], value, found, arg))
			return true;
	return false;
}

/* ---- functions ------------------------------------------------------------------------------ */

/* Names such as "$x" mark data and code on arm; ".L…" are labels that escaped the assembler. */
static bool is_label(const char *name)
{
	return name[0] == '$' || (name[0] == '.' && name[1] == 'L');
}

static Elf_Scn *section_of_type(struct elf_file *f, uint32_t type, GElf_Shdr *header)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(f->elf, section)))
		if (gelf_getshdr(section, header) && header->sh_type == type)
			return section;
	return NULL;
}

bool elf_file_has_symtab(struct elf_file *f)
{
	GElf_Shdr header;

	return section_of_type(f, SHT_SYMTAB, &header);
}

bool elf_file_has_dwarf(struct elf_file *f)
{
	GElf_Shdr header;

	/* Go before 1.19 compresses in the old way, which names the sections .zdebug. */
	return (elf_file_section(f, ".debug_info", &header) ||
		elf_file_section(f, ".zdebug_info", &header)) &&
	       (elf_file_section(f, ".debug_line", &header) ||
		elf_file_section(f, ".zdebug_line", &header));
}

bool elf_file_functions(struct elf_file *f, bool dynamic, struct symbol_table *t)
{
	Elf_Scn *section;
	GElf_Shdr header;
	Elf_Data *data;
	size_t i, count;

	section = section_of_type(f, dynamic ? SHT_DYNSYM : SHT_SYMTAB, &header);
	if (!section || !header.sh_entsize)
		return false;
	data = elf_getdata(section, NULL);
	if (!data)
		return false;
	count = data->d_size / header.sh_entsize;
	for (i = 0; i < count && i <= INT32_MAX; i++) {
		unsigned flags = 0;
		GElf_Shdr code;
		const char *name;
		GElf_Sym sym;
		uint64_t size;
		Elf_Scn *in;
		int type;

		if (!gelf_getsym(data, (int)i, &sym))
			break;
		type = GELF_ST_TYPE(sym.st_info);
		if ((type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE) ||
		    sym.st_shndx == SHN_UNDEF || sym.st_shndx >= SHN_LORESERVE)
			continue;
		in = elf_getscn(f->elf, sym.st_shndx);
		if (!in || !gelf_getshdr(in, &code) || !(code.sh_flags & SHF_EXECINSTR) ||
		    sym.st_value < code.sh_addr || sym.st_value - code.sh_addr >= code.sh_size)
			continue;
		name = elf_strptr(f->elf, header.sh_link, sym.st_name);
		if (!name || is_label(name))
			continue;
		size = sym.st_size;
		if (!size) {
			flags |= SYMBOL_UNSIZED;
			size = code.sh_size - (sym.st_value - code.sh_addr);
		}
		if (GELF_ST_BIND(sym.st_info) == STB_WEAK)
			flags |= SYMBOL_WEAK;
		else if (GELF_ST_BIND(sym.st_info) == STB_LOCAL)
			flags |= SYMBOL_LOCAL;
		symbol_table_add(t, sym.st_value, size, name, SIZE_MAX, flags);
	}
	return true;
}
