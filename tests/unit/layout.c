/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ingest/go/layout.c and layout_names.c: versions, and tables of names in ELF files that are made here
 * and hold nothing else. Real programs are in tests/suite/layout.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "ingest/go/layout.h"

/* ---- versions ------------------------------------------------------------------------------- */

static void test_minor(void **state)
{
	static const struct {
		const char *version;
		int minor;
	} cases[] = {
		{ "go1.22", 22 },
		{ "go1.22.3", 22 },
		{ "go1.22rc1", 22 },
		{ "go1.22beta2", 22 },
		{ "go1.22.3 X:rangefunc", 22 },
		{ "go1.22.3-vendor1", 22 },
		{ "go1.22+something", 22 },
		{ "go1.9", 9 },
		{ "go1.123", 123 },
		{ NULL, 0 },
		{ "", 0 },
		{ "go1.", 0 },
		{ "go1.x", 0 },
		{ "go1.-5", 0 },
		{ "go1.+5", 0 },
		{ "go1. 5", 0 },
		{ "go1.22x", 0 },
		{ "go1.99999999999999999999", 0 },
		{ "go2.22", 0 },
		{ "1.22.3", 0 },
		{ "devel go1.22-0123456", 0 },
		{ "go1.26-devel_0123456 Mon", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(layout_minor(cases[i].version), cases[i].minor);
}

static void test_by_version(void **state)
{
	struct elf_file f = { .fd = -1, .machine = EM_AARCH64 };
	struct layout l;

	(void)state;
	layout_read(&l, &f, "go1.24.3");
	assert_int_equal(l.origin, LAYOUT_VERSION);
	assert_int_equal(l.minor, 24);
	assert_int_equal(layout_offset(&l, "g.goid"), 160);
	assert_int_equal(layout_offset(&l, "g.stack.hi"), 8);
	assert_int_equal(layout_offset(&l, "_defer.rangefunc"), 1);
	/* It ended with Go 1.21. */
	assert_int_equal(layout_offset(&l, "_defer.started"), -1);
	assert_int_equal(layout_offset(&l, "g.goi"), -1);
	assert_int_equal(layout_offset(&l, "gobuf.goid"), -1);
	assert_int_equal(layout_offset(&l, ".goid"), -1);
	layout_free(&l);

	layout_read(&l, &f, "go1.20");
	assert_int_equal(layout_offset(&l, "g.goid"), 152);
	/* It began with Go 1.21. */
	assert_int_equal(layout_offset(&l, "g.parentGoid"), -1);
	layout_free(&l);
}

static void test_unknown(void **state)
{
	static const char *const versions[] = { NULL, "", "go1.16.15", "go1.28", "devel go1.24-1" };
	struct elf_file f = { .fd = -1, .machine = EM_X86_64 };
	struct layout l;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		layout_read(&l, &f, versions[i]);
		assert_int_equal(l.origin, LAYOUT_UNKNOWN);
		assert_int_equal(l.count, 0);
		assert_int_equal(layout_offset(&l, "g.goid"), -1);
		layout_free(&l);
	}
	/* Pointers of 4 bytes put everything elsewhere. */
	f.machine = EM_386;
	layout_read(&l, &f, "go1.22.3");
	assert_int_equal(l.origin, LAYOUT_UNKNOWN);
	layout_free(&l);
}

/* ---- names ---------------------------------------------------------------------------------- */

#define VADDR 0x500000
#define TABLE 0x1000 /* behind VADDR; texts lie before it */

/* An ELF file with one writable segment: texts, then an array of Go strings, up to the file's end. */
struct image {
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	char texts[TABLE];
	uint64_t entries[64][2];
	size_t text_size, count;
};

static void make(struct image *i)
{
	*i = (struct image){
		.header = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC,
			.e_machine = EM_X86_64,
			.e_version = EV_CURRENT,
			.e_phoff = offsetof(struct image, segment),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 1,
		},
		.segment = {
			.p_type = PT_LOAD,
			.p_flags = PF_R | PF_W,
			.p_offset = offsetof(struct image, texts),
			.p_vaddr = VADDR,
			.p_align = 8,
		},
	};
}

static void add(struct image *i, const char *text)
{
	size_t size = strlen(text);

	memcpy(i->texts + i->text_size, text, size);
	i->entries[i->count][0] = size ? VADDR + i->text_size : 0;
	i->entries[i->count++][1] = size;
	i->text_size += size;
}

static void add_all(struct image *i, const char *const *texts)
{
	while (*texts)
		add(i, *texts++);
}

static const char *const go_1_19_states[] = { "idle",      "runnable",  "running", "syscall",
					      "waiting",   "",          "dead",    "",
					      "copystack", "preempted", NULL };

static void read_states(struct image *i, const char *version, struct number_names *n)
{
	size_t size = offsetof(struct image, entries) + i->count * sizeof(i->entries[0]);
	struct error err = { 0 };
	struct elf_file f;
	void *bytes;

	i->segment.p_filesz = i->segment.p_memsz = size - i->segment.p_offset;
	bytes = xmalloc(size); /* exactly, so that reading on is found out */
	memcpy(bytes, i, size);
	assert_int_equal(elf_file_open_memory(&f, bytes, size, &err), 0);
	layout_statuses(n, &f, version);
	elf_file_close(&f);
	free(bytes);
}

static void expect(struct image *i, const char *version, const char *const *names, size_t count)
{
	struct number_names n;
	size_t k;

	read_states(i, version, &n);
	assert_int_equal(n.count, count);
	assert_false(n.by_symbol);
	for (k = 0; k < count; k++)
		if (*names[k])
			assert_string_equal(n.names[k], names[k]);
		else
			assert_null(n.names[k]);
	number_names_free(&n);
	assert_int_equal(n.count, 0);
}

static void test_states(void **state)
{
	struct image i;

	(void)state;
	make(&i);
	add(&i, "in front");
	add_all(&i, go_1_19_states);
	expect(&i, "go1.19", go_1_19_states, 10);
	expect(&i, NULL, go_1_19_states, 10);
	/* What comes next is no state, and only the version tells. */
	add(&i, "January");
	expect(&i, "go1.19", go_1_19_states, 10);
	i.count--;
	/* Go 1.26 has more: the table ends where its variable does. */
	add(&i, "");
	expect(&i, "go1.26", go_1_19_states, 10);
}

/* Something like the table in front of it hides nothing. */
static void test_false_find(void **state)
{
	struct image i;

	(void)state;
	make(&i);
	add_all(&i, go_1_19_states);
	memcpy(i.texts, "IDLE", 4);
	add(&i, "between");
	add_all(&i, go_1_19_states);
	expect(&i, "go1.19", go_1_19_states, 10);
}

static void test_damaged(void **state)
{
	static const struct {
		size_t entry;
		uint64_t addr, size;
		size_t count;
	} cases[] = {
		{ 8, VADDR, UINT64_MAX, 7 },    /* a size that wraps */
		{ 8, VADDR, 65, 7 },            /* longer than any name */
		{ 8, UINT64_MAX - 3, 9, 7 },    /* an address that wraps */
		{ 8, VADDR + (1 << 20), 9, 7 }, /* outside */
		{ 8, VADDR + TABLE, 9, 7 },     /* no text */
		{ 9, VADDR - 1, 9, 9 },         /* half outside */
		{ 3, VADDR, 7, 0 },             /* another text */
		{ 0, 0, 0, 0 },                 /* no beginning */
	};
	struct number_names n;
	struct image i;
	size_t k;

	(void)state;
	for (k = 0; k < ARRAY_SIZE(cases); k++) {
		make(&i);
		add_all(&i, go_1_19_states);
		i.entries[cases[k].entry][0] = cases[k].addr;
		i.entries[cases[k].entry][1] = cases[k].size;
		read_states(&i, "go1.19", &n);
		assert_int_equal(n.count, cases[k].count);
		number_names_free(&n);
	}
	/* The file ends within the table. */
	for (k = 0; k < 10; k++) {
		make(&i);
		add_all(&i, go_1_19_states);
		i.count = k;
		read_states(&i, "go1.19", &n);
		assert_int_equal(n.count, k < 7 ? 0 : k == 8 ? 7 : k);
		number_names_free(&n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_minor),      cmocka_unit_test(test_by_version),
		cmocka_unit_test(test_unknown),    cmocka_unit_test(test_states),
		cmocka_unit_test(test_false_find), cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
