/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A type's descriptor (src/runtime/type.go, from Go 1.21 on src/internal/abi/type.go), 64 bits:
 *
 *	  0  8  size of a value            8  8  bytes of it that can hold pointers
 *	 16  4  hash                      20  1  flags
 *	 21  1  alignment                 22  1  alignment as a field
 *	 23  1  kind, and flags above     24  8  equality      32  8  pointer mask
 *	 40  4  name, from `types` on     44  4  the type of pointers to it
 *	 48  8  of a pointer: the type that it points to
 *	        of a struct: the name that is its package's path, as an address
 *	 56 24  of a struct: slice of fields, each of them: name, type, offset, 8 bytes each
 *
 * A name is a byte of flags, a uvarint, and so many bytes of text.
 */
#include "ingest/go/type_name.h"

#include <string.h>

#include "base/memory.h"
#include "ingest/bytes.h"

enum {
	TYPE_SIZE = 0,
	TYPE_FLAGS = 20,
	TYPE_ALIGN = 21,
	TYPE_FIELD_ALIGN = 22,
	TYPE_KIND = 23,
	TYPE_NAME = 40,
	TYPE_ELEM = 48,
	TYPE_PACKAGE = 48,
	TYPE_FIELDS = 56,
	TYPE_HEAD = 48, /* bytes that every type has */
	FIELD_TYPE = 8,
	FIELD_OFFSET = 16,
};

#define FLAG_EXTRA_STAR 2 /* the name has a star in front that is not the type's */
#define FLAGS_MAX 0x3f
#define KIND_MASK 0x1f
#define KIND_POINTER 22
#define KIND_STRING 24
#define KIND_STRUCT 25
#define KIND_MAX 26
#define ALIGN_MAX 64
#define NAME_FLAGS_MAX 0xf
#define NAME_MAX_SIZE (1 << 16)

struct types {
	struct elf_file *file;
	uint64_t begin, end;
};

/* `size` bytes of what the runtime knows of types. */
static const char *bytes_in(const struct types *t, uint64_t addr, uint64_t size)
{
	if (addr < t->begin || addr > t->end || size > t->end - addr)
		return NULL;
	return (const char *)elf_file_at(t->file, addr, size);
}

static bool read_name(const struct types *t, uint64_t addr, const char **name, size_t *size)
{
	const char *at = bytes_in(t, addr, 2);
	unsigned shift;
	size_t i;

	if (!at || (unsigned char)*at > NAME_FLAGS_MAX)
		return false;
	*size = 0;
	for (shift = 0, addr++;; shift += 7, addr++) {
		at = bytes_in(t, addr, 1);
		if (!at || shift > 14)
			return false;
		*size |= (size_t)((unsigned char)*at & 0x7f) << shift;
		if (!(*at & 0x80))
			break;
	}
	*name = bytes_in(t, addr + 1, *size);
	if (!*name || !*size || *size > NAME_MAX_SIZE)
		return false;
	for (i = 0; i < *size; i++)
		if ((unsigned char)(*name)[i] < ' ')
			return false;
	return true;
}

/* The head of a descriptor; NULL: what is there cannot be one. */
static const char *head_of(const struct types *t, uint64_t addr)
{
	const char *at = addr % 8 ? NULL : bytes_in(t, addr, TYPE_HEAD);
	unsigned char align, field_align, kind;

	if (!at)
		return NULL;
	align = (unsigned char)at[TYPE_ALIGN];
	field_align = (unsigned char)at[TYPE_FIELD_ALIGN];
	kind = at[TYPE_KIND] & KIND_MASK;
	if (!kind || kind > KIND_MAX || (unsigned char)at[TYPE_FLAGS] > FLAGS_MAX || !align ||
	    align > ALIGN_MAX || align & (align - 1) || !field_align || field_align > align)
		return NULL;
	return at;
}

static unsigned kind_of(const char *head)
{
	return head[TYPE_KIND] & KIND_MASK;
}

/* By kind: 1 bool, 2 int, int8 … int64, 7 uint, uint8 … uint64, 12 uintptr. */
static const struct {
	enum value_shape shape;
	uint8_t size;
} kinds[KIND_MAX + 1] = {
	[1] = { VALUE_BOOL, 1 },
	[2] = { VALUE_SIGNED, 8 },
	[3] = { VALUE_SIGNED, 1 },
	[4] = { VALUE_SIGNED, 2 },
	[5] = { VALUE_SIGNED, 4 },
	[6] = { VALUE_SIGNED, 8 },
	[7] = { VALUE_UNSIGNED, 8 },
	[8] = { VALUE_UNSIGNED, 1 },
	[9] = { VALUE_UNSIGNED, 2 },
	[10] = { VALUE_UNSIGNED, 4 },
	[11] = { VALUE_UNSIGNED, 8 },
	[12] = { VALUE_UNSIGNED, 8 },
	[KIND_STRING] = { VALUE_STRING, 0 },
};

/*
 * Errors whose first field is what Error() returns (src/errors/errors.go, src/fmt/errors.go): behind
 * the pointer is a string, as behind that to a string's value.
 */
static const struct {
	const char *name, *package;
} messages[] = {
	{ "*errors.errorString", "errors" },
	{ "*fmt.wrapError", "fmt" },
	{ "*fmt.wrapErrors", "fmt" },
};

static bool is_text(const char *at, size_t size, const char *text)
{
	return strlen(text) == size && !memcmp(at, text, size);
}

/* Whether the type that a pointer type points to is a struct of the package that begins with a string. */
static bool points_to_message(const struct types *t, uint64_t addr, const char *package)
{
	uint64_t elem, path, fields, type, offset;
	const char *head, *name;
	size_t size;

	if (!elf_file_pointer(t->file, addr + TYPE_ELEM, &elem))
		return false;
	head = head_of(t, elem);
	if (!head || kind_of(head) != KIND_STRUCT ||
	    !elf_file_pointer(t->file, elem + TYPE_PACKAGE, &path) ||
	    !read_name(t, path, &name, &size) || !is_text(name, size, package) ||
	    !elf_file_pointer(t->file, elem + TYPE_FIELDS, &fields) ||
	    !elf_file_pointer(t->file, fields + FIELD_TYPE, &type) ||
	    !elf_file_pointer(t->file, fields + FIELD_OFFSET, &offset))
		return false;
	head = head_of(t, type);
	return head && kind_of(head) == KIND_STRING && !offset;
}

bool go_type_read(struct elf_file *f, const struct pclntab_info *table, uint64_t addr,
		  struct go_type *t)
{
	const struct types types = { f, table->types, table->etypes };
	const char *head = head_of(&types, addr);
	size_t i;

	*t = (struct go_type){ 0 };
	if (!head || !half_at(head + TYPE_NAME) ||
	    !read_name(&types, types.begin + half_at(head + TYPE_NAME), &t->name, &t->name_size))
		return false;
	if (head[TYPE_FLAGS] & FLAG_EXTRA_STAR) {
		if (*t->name != '*' || t->name_size < 2)
			return false;
		t->name++;
		t->name_size--;
	}
	t->shape = kinds[kind_of(head)].shape;
	t->size = kinds[kind_of(head)].size;
	if (t->size && word_at(head + TYPE_SIZE) != t->size)
		return false;
	for (i = 0; kind_of(head) == KIND_POINTER && i < ARRAY_SIZE(messages); i++)
		if (is_text(t->name, t->name_size, messages[i].name) &&
		    points_to_message(&types, addr, messages[i].package))
			t->shape = VALUE_STRING;
	return true;
}
