/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ELF is read through libelf. What is laid out by Go's linker is read here:
 *
 * .go.buildinfo (cmd/link/internal/ld/data.go, (*Link).buildinfo; read by debug/buildinfo):
 *
 *      0  14  "\xff Go buildinf:"
 *     14   1  size of a pointer
 *     15   1  flags: 1 big endian, 2 the texts are inline
 *             inline (Go 1.18 and newer):
 *     32      uvarint size, version; uvarint size, module text
 *             not inline:
 *     16      pointer to a Go string: version
 *     16 + p  pointer to a Go string: module text
 *
 * The module text has 16 bytes of marker in front and behind, and lines between them:
 *
 *     path\tPACKAGE   mod\tMODULE\tVERSION\tSUM   dep\t…   =>\t…   build\tKEY=VALUE
 */
#include "ingest/elf_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <elfutils/libdwelf.h>

#include "base/memory.h"

static const unsigned char buildinfo_magic[14] = "\xff Go buildinf:";
#define BUILDINFO_HEADER 32
#define BUILDINFO_ALIGN 16
/* debug/buildinfo looks for the header in the first MiB of a data segment, and so does this. */
#define BUILDINFO_WINDOW (1 << 20)
#define BUILDINFO_MARKER 16

#define HOST_DATA (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB)

int elf_file_open(struct elf_file *f, const char *path, struct error *err)
{
	GElf_Ehdr header;
	const void *id;
	struct stat st;
	ssize_t size;

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
		goto fail;
	}
	f->inode = (int64_t)st.st_ino;
	f->elf = elf_begin(f->fd, ELF_C_READ_MMAP, NULL);
	if (!f->elf || elf_kind(f->elf) != ELF_K_ELF || !gelf_getehdr(f->elf, &header)) {
		error_set(err, STATUS_UNREADABLE, "not an ELF file");
		goto fail;
	}
	if (header.e_ident[EI_DATA] != HOST_DATA) {
		error_set(err, STATUS_UNREADABLE, "an ELF file of the other byte order");
		goto fail;
	}
	f->machine = header.e_machine;
	size = dwelf_elf_gnu_build_id(f->elf, &id);
	if (size > 0 && size <= BUILD_ID_MAX) {
		memcpy(f->build_id, id, (size_t)size);
		f->build_id_size = (size_t)size;
	}
	return 0;
fail:
	elf_file_close(f);
	return -1;
}

void elf_file_close(struct elf_file *f)
{
	if (f->elf)
		elf_end(f->elf);
	if (f->fd >= 0)
		close(f->fd);
	*f = (struct elf_file){ .fd = -1 };
}

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

const unsigned char *elf_file_at(struct elf_file *f, uint64_t vaddr, uint64_t size)
{
	size_t file_size, total = segment_count(f), i;
	const char *file = elf_rawfile(f->elf, &file_size);
	GElf_Phdr p;

	for (i = 0; file && i < total; i++) {
		uint64_t at;

		if (!load_segment(f, i, &p) || vaddr < p.p_vaddr)
			continue;
		at = vaddr - p.p_vaddr;
		if (at > p.p_filesz || size > p.p_filesz - at)
			continue;
		if (p.p_offset > file_size || at > file_size - p.p_offset ||
		    size > file_size - p.p_offset - at)
			continue;
		return (const unsigned char *)file + p.p_offset + at;
	}
	return NULL;
}

bool elf_file_pointer(struct elf_file *f, uint64_t vaddr, uint64_t *value)
{
	(void)f;
	(void)vaddr;
	(void)value;
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

/* ---- Go ------------------------------------------------------------------------------------- */

bool elf_file_has_pclntab(struct elf_file *f)
{
	GElf_Shdr header;

	/* Position independent executables before Go 1.26 have it among the relocated data. */
	return elf_file_section(f, ".gopclntab", &header) ||
	       elf_file_section(f, ".data.rel.ro.gopclntab", &header);
}

static uint64_t read_word(const unsigned char *p, size_t size)
{
	uint32_t half;
	uint64_t word;

	if (size == sizeof(half)) {
		memcpy(&half, p, sizeof(half));
		return half;
	}
	memcpy(&word, p, sizeof(word));
	return word;
}

/* The text of the Go string whose header (pointer, size) lies at `vaddr`. */
static void go_string(struct elf_file *f, uint64_t vaddr, size_t word, struct buffer *text)
{
	const unsigned char *p = elf_file_at(f, vaddr, 2 * word);
	uint64_t size;

	if (!p)
		return;
	size = read_word(p + word, word);
	p = elf_file_at(f, read_word(p, word), size);
	if (p)
		buffer_add(text, p, size);
}

/* A size as uvarint, then that many bytes. NULL when they pass `end`. */
static const unsigned char *inline_string(const unsigned char *p, const unsigned char *end,
					  struct buffer *text)
{
	uint64_t size = 0;
	unsigned shift;

	for (shift = 0;; shift += 7) {
		if (p >= end || shift > 56)
			return NULL;
		size |= (uint64_t)(*p & 0x7f) << shift;
		if (!(*p++ & 0x80))
			break;
	}
	if (size > (uint64_t)(end - p))
		return NULL;
	buffer_add(text, p, size);
	return p + size;
}

static const unsigned char *find_magic(const unsigned char *p, const unsigned char *end)
{
	const unsigned char *at = p;

	while ((at = memmem(at, (size_t)(end - at), buildinfo_magic, sizeof(buildinfo_magic)))) {
		if ((at - p) % BUILDINFO_ALIGN == 0 && end - at >= BUILDINFO_HEADER)
			return at;
		at++;
	}
	return NULL;
}

static const unsigned char *find_buildinfo(struct elf_file *f, const unsigned char **end)
{
	size_t size, total = segment_count(f), i;
	const char *file = elf_rawfile(f->elf, &size);
	const unsigned char *at;
	GElf_Shdr header;
	GElf_Phdr p;

	if (!file)
		return NULL;
	if (elf_file_section(f, ".go.buildinfo", &header) && header.sh_type != SHT_NOBITS &&
	    header.sh_offset <= size && header.sh_size <= size - header.sh_offset) {
		*end = (const unsigned char *)file + header.sh_offset + header.sh_size;
		return find_magic((const unsigned char *)file + header.sh_offset, *end);
	}
	/* Without section headers it stands at the beginning of the first writable segment. */
	if (elf_nextscn(f->elf, NULL))
		return NULL;
	for (i = 0; i < total; i++) {
		uint64_t n;

		if (!load_segment(f, i, &p) || (p.p_flags & (PF_X | PF_W)) != PF_W ||
		    p.p_offset > size)
			continue;
		n = p.p_filesz < size - p.p_offset ? p.p_filesz : size - p.p_offset;
		*end = (const unsigned char *)file + p.p_offset +
		       (n < BUILDINFO_WINDOW ? n : BUILDINFO_WINDOW);
		at = find_magic((const unsigned char *)file + p.p_offset, *end);
		if (at)
			return at;
	}
	return NULL;
}

/* The text after "key\t", up to the next tab or the end of the line. */
static bool module_field(const char *line, const char *end, const char *key, struct buffer *value)
{
	size_t size = strlen(key);
	const char *tab;

	if ((size_t)(end - line) <= size || memcmp(line, key, size) || line[size] != '\t')
		return false;
	line += size + 1;
	tab = memchr(line, '\t', (size_t)(end - line));
	buffer_clear(value);
	buffer_add(value, line, (size_t)((tab ? tab : end) - line));
	return true;
}

static void parse_module(const char *text, size_t size, struct go_build *g)
{
	const char *end = text + size, *next;

	if (size <= 2 * BUILDINFO_MARKER || end[-BUILDINFO_MARKER - 1] != '\n')
		return;
	text += BUILDINFO_MARKER;
	end -= BUILDINFO_MARKER;
	for (; text < end; text = next + 1) {
		next = memchr(text, '\n', (size_t)(end - text));
		if (!next)
			next = end;
		if (module_field(text, next, "path", &g->path) ||
		    module_field(text, next, "mod", &g->module))
			continue;
		if (next - text > 6 && !memcmp(text, "build\t", 6)) {
			buffer_add(&g->settings, text + 6, (size_t)(next - text - 6));
			buffer_text(&g->settings, "\n");
		}
	}
}

/* What runtime.Version() would say: all that a program by Go before 1.13 has. */
static void version_variable(struct elf_file *f, struct buffer *version)
{
	Elf_Scn *section;
	GElf_Shdr header;
	Elf_Data *data;
	GElf_Sym sym;
	size_t i;

	section = section_of_type(f, SHT_SYMTAB, &header);
	data = section && header.sh_entsize ? elf_getdata(section, NULL) : NULL;
	for (i = 0; data && i < data->d_size / header.sh_entsize && i <= INT32_MAX; i++) {
		const char *name;

		if (!gelf_getsym(data, (int)i, &sym))
			break;
		name = elf_strptr(f->elf, header.sh_link, sym.st_name);
		if (name && !strcmp(name, "runtime.buildVersion")) {
			go_string(f, sym.st_value, gelf_getclass(f->elf) == ELFCLASS32 ? 4 : 8,
				  version);
			break;
		}
	}
}

bool elf_file_go_build(struct elf_file *f, struct go_build *g)
{
	const unsigned char *end, *p = find_buildinfo(f, &end);
	struct buffer module = { 0 };

	*g = (struct go_build){ 0 };
	if (!p) {
		if (!elf_file_has_pclntab(f))
			return false;
		version_variable(f, &g->version);
		return true;
	}
	if (p[15] & 2) {
		p = inline_string(p + BUILDINFO_HEADER, end, &g->version);
		if (p)
			inline_string(p, end, &module);
	} else {
		size_t word = p[14];

		/* The byte order is this machine's: elf_file_open() takes no other. */
		if (word == 4 || word == 8) {
			go_string(f, read_word(p + 16, word), word, &g->version);
			go_string(f, read_word(p + 16 + word, word), word, &module);
		}
	}
	if (module.data)
		parse_module(module.data, module.size, g);
	buffer_free(&module);
	return true;
}

void go_build_free(struct go_build *g)
{
	buffer_free(&g->version);
	buffer_free(&g->path);
	buffer_free(&g->module);
	buffer_free(&g->settings);
}
