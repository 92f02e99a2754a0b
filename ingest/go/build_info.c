/* SPDX-License-Identifier: GPL-2.0-only */
/*
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
 * Pointers, and those in the strings that they lead to, are relocated in position independent programs.
 *
 * The module text has 16 bytes of marker in front and behind, and lines between them:
 *
 *     path\tPACKAGE   mod\tMODULE\tVERSION\tSUM   dep\t…   =>\t…   build\tKEY=VALUE
 *
 * The build id is a note of the name "Go\0\0" and of type 4 (cmd/internal/buildid,
 * readELF). Notes stand one behind another in a PT_NOTE segment:
 *
 *      0   4  size of the name   4  4  size of the text   8  4  type
 *     12      the name, the text, each padded to 4 bytes
 */
#include "ingest/go/build_info.h"

#include <string.h>

#include "base/memory.h"
#include "ingest/bytes.h"
#include "ingest/go/pclntab.h"

static const unsigned char buildinfo_magic[14] = "\xff Go buildinf:";
#define BUILDINFO_HEADER 32
#define BUILDINFO_ALIGN 16
#define BUILDINFO_INLINE 2
#define BUILDINFO_MARKER 16

#define NOTE_NAME "Go\0"
#define NOTE_TYPE 4

/* A pointer of the program, 4 or 8 bytes wide. */
static bool pointer_at(struct elf_file *f, uint64_t vaddr, size_t word, uint64_t *value)
{
	const unsigned char *p;

	if (word == sizeof(*value))
		return elf_file_pointer(f, vaddr, value);
	p = elf_file_at(f, vaddr, word);
	if (p)
		*value = half_at((const char *)p);
	return p;
}

/* The text of the Go string whose header (pointer, size) lies at `vaddr`. */
static void go_string(struct elf_file *f, uint64_t vaddr, size_t word, struct buffer *text)
{
	const unsigned char *p;
	uint64_t start, size;

	if (!pointer_at(f, vaddr, word, &start) || !pointer_at(f, vaddr + word, word, &size))
		return;
	p = elf_file_at(f, start, size);
	if (p)
		buffer_add(text, p, size);
}

/* A size as uvarint, then that many bytes. */
static void inline_string(struct bytes *b, struct buffer *text)
{
	uint64_t size = 0;
	unsigned shift;
	const char *p;

	for (shift = 0; shift <= 56; shift += 7) {
		p = take(b, 1);
		if (!p)
			return;
		size |= (uint64_t)(*p & 0x7f) << shift;
		if (!(*p & 0x80)) {
			p = take(b, size);
			if (p)
				buffer_add(text, p, size);
			return;
		}
	}
	b->failed = true;
}

/* The address of the header in [vaddr, vaddr + size). */
static bool find_magic(struct elf_file *f, uint64_t vaddr, uint64_t size, uint64_t *found)
{
	const unsigned char *p = elf_file_at(f, vaddr, size), *at = p, *end;

	if (!p)
		return false;
	end = p + size;
	while ((at = memmem(at, (size_t)(end - at), buildinfo_magic, sizeof(buildinfo_magic)))) {
		*found = vaddr + (uint64_t)(at - p);
		if (*found % BUILDINFO_ALIGN == 0 && end - at >= BUILDINFO_HEADER)
			return true;
		at++;
	}
	return false;
}

static bool find_buildinfo(struct elf_file *f, uint64_t *found)
{
	GElf_Shdr header;
	size_t i;

	if (elf_file_section(f, ".go.buildinfo", &header))
		return header.sh_type != SHT_NOBITS &&
		       find_magic(f, header.sh_addr, header.sh_size, found);
	/* Without section headers it stands in a writable segment. */
	if (elf_nextscn(f->elf, NULL))
		return false;
	for (i = 0; i < f->load_count; i++)
		if ((f->loads[i].flags & (PF_X | PF_W)) == PF_W &&
		    find_magic(f, f->loads[i].vaddr, f->loads[i].size, found))
			return true;
	return false;
}

/* The version and the module text of the header at `vaddr`. */
static void read_buildinfo(struct elf_file *f, uint64_t vaddr, struct buffer *version,
			   struct buffer *module)
{
	size_t size;
	const unsigned char *p = elf_file_rest(f, vaddr, &size);
	struct bytes b = { .at = (const char *)p, .left = p ? size : 0 };
	size_t word;
	uint64_t at;

	if (!take(&b, BUILDINFO_HEADER))
		return;
	if (p[15] & BUILDINFO_INLINE) {
		inline_string(&b, version);
		inline_string(&b, module);
		return;
	}
	/* The byte order is this machine's: elf_file_open() takes no other. */
	word = p[14];
	if (word != 4 && word != 8)
		return;
	if (pointer_at(f, vaddr + 16, word, &at))
		go_string(f, at, word, version);
	if (pointer_at(f, vaddr + 16 + word, word, &at))
		go_string(f, at, word, module);
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

	section = elf_file_section(f, ".symtab", &header);
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

/* The build id among the notes, if it is there. */
static void find_id(struct bytes b, struct buffer *id)
{
	while (b.left && !b.failed) {
		uint32_t name_size = take_u32(&b), size = take_u32(&b), type = take_u32(&b);
		const char *name = take(&b, ((size_t)name_size + 3) & ~(size_t)3);
		const char *text = take(&b, size);

		if (text && type == NOTE_TYPE && name_size == sizeof(NOTE_NAME) &&
		    !memcmp(name, NOTE_NAME, sizeof(NOTE_NAME))) {
			buffer_add(id, text, size);
			return;
		}
		take(&b, -(size_t)size % 4 < b.left ? -(size_t)size % 4 : b.left);
	}
}

static void read_id(struct elf_file *f, struct buffer *id)
{
	size_t count, i;

	if (elf_getphdrnum(f->elf, &count))
		return;
	for (i = 0; i < count && i <= INT32_MAX && !id->size; i++) {
		const unsigned char *p;
		struct bytes b = { 0 };
		GElf_Phdr header;

		if (!gelf_getphdr(f->elf, (int)i, &header) || header.p_type != PT_NOTE)
			continue;
		p = elf_file_rest(f, header.p_vaddr, &b.left);
		if (!p)
			continue;
		b.at = (const char *)p;
		if (header.p_filesz < b.left)
			b.left = header.p_filesz;
		find_id(b, id);
	}
}

bool go_build_read(struct elf_file *f, struct go_build *g)
{
	struct buffer module = { 0 };
	GElf_Shdr header;
	uint64_t vaddr;

	*g = (struct go_build){ 0 };
	if (find_buildinfo(f, &vaddr)) {
		read_buildinfo(f, vaddr, &g->version, &module);
		if (module.size)
			parse_module(module.data, module.size, g);
		buffer_free(&module);
	} else if (pclntab_section(f, &header)) {
		version_variable(f, &g->version);
	} else {
		return false;
	}
	read_id(f, &g->id);
	return true;
}

void go_build_free(struct go_build *g)
{
	struct buffer *texts[] = { &g->version, &g->path, &g->module, &g->settings, &g->id };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++)
		buffer_free(texts[i]);
}
