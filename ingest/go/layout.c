/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In DWARF, Go's linker puts the runtime's types among the top-level entries of the unit "runtime":
 *
 *     DW_TAG_compile_unit        "runtime"
 *       DW_TAG_structure_type    "runtime.g"
 *         DW_TAG_member          "stack", data_member_location 0, type ─▶ typedef ─▶ "runtime.stack"
 *         DW_TAG_member          "goid", data_member_location 152, type …
 *
 * Without DWARF the offsets of the known releases are used, amd64 and arm64 alike (32-bit machines have
 * others).
 */
#include "ingest/go/layout.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dwarf.h>
#include <elfutils/libdw.h>

#include "base/memory.h"

#define RUNTIME "runtime."
static const char *const types[] = { "g", "m", "p", "_defer", "_panic", "gobuf", "stack" };
#define TYPES ARRAY_SIZE(types)
/* A type and its other names: hostile DWARF can go round in circles. */
#define TYPEDEFS_MAX 8
/* How many bytes of DWARF the members of the structs may take; the runtime's take some 10,000. */
#define MEMBER_BYTES_MAX (256 << 10)
#define NAME_SIZE_MAX 64

static void add(struct layout *l, const char *type, const char *name, int64_t offset)
{
	ARRAY_GROW(l->fields, l->count, l->capacity);
	l->fields[l->count++] = (struct layout_field){ type, name, offset };
}

/* ---- DWARF ---------------------------------------------------------------------------------- */

struct reader {
	struct layout *layout;
	uint64_t left; /* of MEMBER_BYTES_MAX */
};

/* The struct that a member is, whatever its type is called; false: it is none. */
static bool struct_of(Dwarf_Die *member, Dwarf_Die *type)
{
	Dwarf_Attribute attribute;
	Dwarf_Die *die = member;
	int i;

	for (i = 0; i < TYPEDEFS_MAX; i++) {
		if (!dwarf_attr(die, DW_AT_type, &attribute) ||
		    !dwarf_formref_die(&attribute, type))
			return false;
		if (dwarf_tag(type) != DW_TAG_typedef)
			return dwarf_tag(type) == DW_TAG_structure_type;
		die = type;
	}
	return false;
}

static bool read_member(Dwarf_Die *die, const char **name, uint64_t *offset)
{
	Dwarf_Attribute attribute;
	Dwarf_Word word;

	if (dwarf_tag(die) != DW_TAG_member ||
	    !dwarf_attr(die, DW_AT_data_member_location, &attribute) ||
	    dwarf_formudata(&attribute, &word) || word > INT32_MAX)
		return false;
	*offset = word;
	*name = dwarf_diename(die);
	/* Padding is called "_", as often as there is some. */
	return *name && strcmp(*name, "_") && strnlen(*name, NAME_SIZE_MAX) < NAME_SIZE_MAX;
}

/* What is skipped counts as well: a hostile struct can be long without a single member. */
static bool next_member(struct reader *r, Dwarf_Die *die)
{
	Dwarf_Off before = dwarf_dieoffset(die), bytes;

	if (dwarf_siblingof(die, die))
		return false;
	bytes = dwarf_dieoffset(die) - before;
	r->left -= bytes < r->left ? bytes : r->left;
	return r->left;
}

/*
 * Adds the members of the struct `die`, and of the structs that are its members. Where it is such a
 * member itself, `outer` is its name and `base` where it lies.
 */
static void add_members(struct reader *r, const char *type, Dwarf_Die *die, const char *outer,
			uint64_t base)
{
	struct intern *names = &r->layout->names;
	char full[2 * NAME_SIZE_MAX];
	Dwarf_Die member, inner;
	const char *name;
	uint64_t offset;
	int size;

	if (!r->left || dwarf_child(die, &member))
		return;
	do {
		if (!read_member(&member, &name, &offset))
			continue;
		size = snprintf(full, sizeof(full), "%s%s%s", outer ? outer : "", outer ? "." : "",
				name);
		add(r->layout, type, intern_text(names, intern(names, full, (size_t)size)),
		    (int64_t)(base + offset));
		if (!outer && struct_of(&member, &inner))
			add_members(r, type, &inner, name, offset);
	} while (next_member(r, &member));
}

/* Which of the types a DIE defines; TYPES: none. */
static size_t type_of(Dwarf_Die *die)
{
	const char *name;
	size_t i;

	if (dwarf_tag(die) != DW_TAG_structure_type)
		return TYPES;
	name = dwarf_diename(die);
	if (!name || strncmp(name, RUNTIME, strlen(RUNTIME)))
		return TYPES;
	for (i = 0; i < TYPES && strcmp(name + strlen(RUNTIME), types[i]); i++)
		;
	return i;
}

static void read_unit(struct layout *l, Dwarf_Die *unit)
{
	struct reader r = { .layout = l, .left = MEMBER_BYTES_MAX };
	bool found[TYPES] = { false };
	size_t left = TYPES;
	Dwarf_Die die;

	if (dwarf_child(unit, &die))
		return;
	do {
		size_t type = type_of(&die);

		if (type == TYPES || found[type])
			continue;
		found[type] = true;
		add_members(&r, types[type], &die, NULL, 0);
		left--;
	} while (left && !dwarf_siblingof(&die, &die));
}

static void read_dwarf(struct layout *l, struct elf_file *f)
{
	Dwarf *dwarf = dwarf_begin_elf(f->elf, DWARF_C_READ, NULL);
	Dwarf_CU *unit = NULL;
	Dwarf_Die die;

	while (dwarf && !l->count && !dwarf_get_units(dwarf, unit, &unit, NULL, NULL, &die, NULL)) {
		const char *name = dwarf_tag(&die) == DW_TAG_compile_unit ? dwarf_diename(&die)
									  : NULL;

		if (name && !strcmp(name, "runtime"))
			read_unit(l, &die);
	}
	dwarf_end(dwarf);
}

/* ---- versions ------------------------------------------------------------------------------- */

#define OLDEST 17
#define NEWEST 27
#define GONE (-1)

/* Where a field lies since Go 1.minor, up to the next change. Before the first it did not exist. */
struct change {
	uint8_t minor;
	int16_t offset;
};

/*
 * Read from DWARF of programs built with each release, the first one's point release .0 and a late one,
 * for amd64 and arm64. What lies further back in m and p is left out: in Go 1.23 and 1.24 a point
 * release moved m.preemptGen and others by 24 bytes.
 */
static const struct versioned_field {
	const char *type, *name;
	struct change changes[7]; /* the last one is empty */
} versioned_fields[] = {
	{ "g", "stack.lo", { { 17, 0 } } },
	{ "g", "stack.hi", { { 17, 8 } } },
	{ "g", "stackguard0", { { 17, 16 } } },
	{ "g", "_panic", { { 17, 32 } } },
	{ "g", "_defer", { { 17, 40 } } },
	{ "g", "m", { { 17, 48 } } },
	{ "g", "sched.sp", { { 17, 56 } } },
	{ "g", "sched.pc", { { 17, 64 } } },
	{ "g", "sched.g", { { 17, 72 } } },
	{ "g", "sched.bp", { { 17, 104 }, { 25, 96 } } },
	{ "g", "sched.lr", { { 17, 96 }, { 25, 88 } } },
	{ "g", "syscallsp", { { 17, 112 }, { 25, 104 } } },
	{ "g", "syscallpc", { { 17, 120 }, { 25, 112 } } },
	{ "g", "param", { { 17, 136 }, { 23, 144 }, { 25, 136 } } },
	{ "g", "atomicstatus", { { 17, 144 }, { 23, 152 }, { 25, 144 } } },
	{ "g", "goid", { { 17, 152 }, { 23, 160 }, { 25, 152 } } },
	{ "g", "waitsince", { { 17, 168 }, { 23, 176 }, { 25, 168 } } },
	{ "g", "waitreason", { { 17, 176 }, { 23, 184 }, { 25, 176 } } },
	{ "g", "preempt", { { 17, 177 }, { 23, 185 }, { 25, 177 } } },
	{ "g", "preemptStop", { { 17, 178 }, { 23, 186 }, { 25, 178 } } },
	{ "g", "asyncSafePoint", { { 17, 180 }, { 23, 188 }, { 25, 180 } } },
	{ "g", "lockedm", { { 17, 232 }, { 21, 208 }, { 23, 216 }, { 25, 208 } } },
	{ "g",
	  "sig",
	  { { 17, 240 }, { 21, 216 }, { 23, 224 }, { 24, 228 }, { 25, 220 }, { 26, 224 } } },
	{ "g", "sigcode0", { { 17, 272 }, { 21, 248 }, { 23, 256 }, { 25, 248 }, { 26, 256 } } },
	{ "g", "sigcode1", { { 17, 280 }, { 21, 256 }, { 23, 264 }, { 25, 256 }, { 26, 264 } } },
	{ "g", "sigpc", { { 17, 288 }, { 21, 264 }, { 23, 272 }, { 25, 264 }, { 26, 272 } } },
	{ "g", "parentGoid", { { 21, 272 }, { 23, 280 }, { 25, 272 }, { 26, 280 } } },
	{ "g", "gopc", { { 17, 296 }, { 21, 280 }, { 23, 288 }, { 25, 280 }, { 26, 288 } } },
	{ "g", "startpc", { { 17, 312 }, { 21, 296 }, { 23, 304 }, { 25, 296 }, { 26, 304 } } },
	{ "g", "labels", { { 17, 360 }, { 21, 344 }, { 23, 352 }, { 25, 344 }, { 26, 352 } } },
	{ "g", "waiting", { { 17, 328 }, { 21, 312 }, { 23, 320 }, { 25, 312 }, { 26, 320 } } },
	{ "m", "g0", { { 17, 0 } } },
	{ "m", "procid", { { 17, 72 }, { 25, 64 } } },
	{ "m", "gsignal", { { 17, 80 }, { 25, 72 } } },
	{ "m", "curg", { { 17, 192 }, { 25, 184 } } },
	{ "m", "p", { { 17, 208 }, { 25, 200 }, { 26, 208 } } },
	{ "m", "id", { { 17, 232 }, { 25, 224 }, { 26, 232 } } },
	{ "m", "mallocing", { { 17, 240 }, { 25, 232 }, { 26, 240 } } },
	{ "m", "throwing", { { 17, 244 }, { 25, 236 }, { 26, 244 } } },
	{ "m", "preemptoff", { { 17, 248 }, { 25, 240 }, { 26, 248 } } },
	{ "m", "locks", { { 17, 264 }, { 25, 256 }, { 26, 264 } } },
	{ "m", "dying", { { 17, 268 }, { 25, 260 }, { 26, 268 } } },
	{ "m", "spinning", { { 17, 276 }, { 25, 268 }, { 26, 276 } } },
	{ "m", "blocked", { { 17, 277 }, { 25, 269 }, { 26, 277 } } },
	{ "m", "incgo", { { 17, 280 }, { 25, 272 }, { 26, 280 } } },
	{ "p", "id", { { 17, 0 } } },
	{ "p", "status", { { 17, 4 } } },
	{ "p", "schedtick", { { 17, 16 } } },
	{ "p", "syscalltick", { { 17, 20 } } },
	{ "p", "m", { { 17, 56 }, { 23, 48 } } },
	{ "p", "runqhead", { { 17, 1520 }, { 18, 400 }, { 23, 392 }, { 26, 400 } } },
	{ "p", "runqtail", { { 17, 1524 }, { 18, 404 }, { 23, 396 }, { 26, 404 } } },
	{ "_defer", "siz", { { 17, 0 }, { 18, GONE } } },
	{ "_defer", "started", { { 17, 4 }, { 18, 0 }, { 22, GONE } } },
	{ "_defer", "heap", { { 17, 5 }, { 18, 1 }, { 22, 0 } } },
	{ "_defer", "openDefer", { { 17, 6 }, { 18, 2 }, { 22, GONE } } },
	{ "_defer", "sp", { { 17, 8 } } },
	{ "_defer", "pc", { { 17, 16 } } },
	{ "_defer", "fn", { { 17, 24 } } },
	{ "_defer", "_panic", { { 17, 32 }, { 22, GONE } } },
	{ "_defer", "link", { { 17, 40 }, { 22, 32 } } },
	{ "_defer", "fd", { { 17, 48 }, { 22, GONE } } },
	{ "_defer", "varp", { { 17, 56 }, { 22, GONE } } },
	{ "_defer", "framepc", { { 17, 64 }, { 22, GONE } } },
	{ "_defer", "rangefunc", { { 22, 1 } } },
	{ "_defer", "head", { { 22, 40 } } },
	{ "_panic", "argp", { { 17, 0 }, { 26, GONE } } },
	{ "_panic", "arg", { { 17, 8 }, { 26, 0 } } },
	{ "_panic", "link", { { 17, 24 }, { 26, 16 } } },
	{ "_panic", "pc", { { 17, 32 }, { 22, GONE }, { 27, 40 } } },
	{ "_panic", "sp", { { 17, 40 }, { 22, 48 }, { 26, 40 }, { 27, 48 } } },
	{ "_panic", "recovered", { { 17, 48 }, { 22, 96 }, { 26, 88 } } },
	{ "_panic", "aborted", { { 17, 49 }, { 22, GONE } } },
	{ "_panic", "goexit", { { 17, 50 }, { 22, 97 }, { 25, 98 }, { 26, 90 } } },
	{ "_panic", "startPC", { { 22, 32 }, { 26, 24 } } },
	{ "_panic", "startSP", { { 22, 40 }, { 26, 32 } } },
	{ "_panic", "lr", { { 22, 56 }, { 26, 48 }, { 27, GONE } } },
	{ "_panic", "fp", { { 22, 64 }, { 26, 56 } } },
	{ "_panic", "retpc", { { 22, 72 }, { 26, 64 } } },
	{ "_panic", "deferBitsPtr", { { 22, 80 }, { 26, 72 } } },
	{ "_panic", "slotsPtr", { { 22, 88 }, { 26, 80 } } },
	{ "_panic", "deferreturn", { { 22, 98 }, { 25, 99 }, { 26, 91 } } },
	{ "_panic", "repanicked", { { 25, 97 }, { 26, 89 } } },
	{ "_panic", "gopanicFP", { { 26, 96 }, { 27, GONE } } },
	{ "gobuf", "sp", { { 17, 0 } } },
	{ "gobuf", "pc", { { 17, 8 } } },
	{ "gobuf", "g", { { 17, 16 } } },
	{ "gobuf", "ctxt", { { 17, 24 } } },
	{ "gobuf", "ret", { { 17, 32 }, { 25, GONE } } },
	{ "gobuf", "lr", { { 17, 40 }, { 25, 32 } } },
	{ "gobuf", "bp", { { 17, 48 }, { 25, 40 } } },
	{ "stack", "lo", { { 17, 0 } } },
	{ "stack", "hi", { { 17, 8 } } },
};

static int64_t offset_in(const struct versioned_field *field, int minor)
{
	const struct change *c;
	int64_t offset = GONE;

	for (c = field->changes; c->minor && c->minor <= minor; c++)
		offset = c->offset;
	return offset;
}

static void read_versions(struct layout *l)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(versioned_fields); i++) {
		const struct versioned_field *field = &versioned_fields[i];
		int64_t offset = offset_in(field, l->minor);

		if (offset != GONE)
			add(l, field->type, field->name, offset);
	}
}

/* ---- what others ask ------------------------------------------------------------------------ */

int layout_minor(const char *version)
{
	char *end;
	long minor;

	if (!version || strncmp(version, "go1.", 4) || !isdigit((unsigned char)version[4]) ||
	    strstr(version, "devel"))
		return 0;
	minor = strtol(version + 4, &end, 10);
	return minor < 1000 && (!*end || strchr(". -+rb", *end)) ? (int)minor : 0;
}

static bool is_known_machine(const struct elf_file *f)
{
	return f->machine == EM_X86_64 || f->machine == EM_AARCH64;
}

void layout_read(struct layout *l, struct elf_file *f, const char *version)
{
	*l = (struct layout){ .minor = layout_minor(version) };
	read_dwarf(l, f);
	if (l->count) {
		l->origin = LAYOUT_DWARF;
	} else if (l->minor >= OLDEST && l->minor <= NEWEST && is_known_machine(f)) {
		l->origin = LAYOUT_VERSION;
		read_versions(l);
	}
}

void layout_free(struct layout *l)
{
	free(l->fields);
	intern_free(&l->names);
	*l = (struct layout){ 0 };
}

const char *layout_origin_name(enum layout_origin origin)
{
	static const char *const names[] = {
		[LAYOUT_UNKNOWN] = "unknown",
		[LAYOUT_DWARF] = "dwarf",
		[LAYOUT_VERSION] = "version",
	};

	return names[origin];
}

int64_t layout_offset(const struct layout *l, const char *field)
{
	const char *dot = strchr(field, '.');
	size_t size, i;

	if (!dot)
		BUG("a field without a type: %s", field);
	size = (size_t)(dot - field);
	for (i = 0; i < l->count; i++) {
		const struct layout_field *have = &l->fields[i];

		if (!strncmp(have->type, field, size) && !have->type[size] &&
		    !strcmp(have->name, dot + 1))
			return have->offset;
	}
	return -1;
}
