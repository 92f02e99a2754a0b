/* SPDX-License-Identifier: GPL-2.0-only */
/* ingest/go/pclntab.c and build_info.c on programs by all layouts that there are: tests/lib/go_file.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "ingest/go/build_info.h"
#include "ingest/go/pclntab.h"
#include "tests/lib/ask.h"
#include "tests/lib/go_file.h"

/* One program, opened. */
struct opened {
	struct go_file go;
	struct buffer bytes;
	struct elf_file file;
	struct pclntab *table;
};

static void open_one(struct opened *o)
{
	struct error err = { 0 };

	go_file_write(&o->go, &o->bytes);
	assert_int_equal(elf_file_open_memory(&o->file, o->bytes.data, o->bytes.size, &err), 0);
	o->table = pclntab_open(&o->file, &err);
	if (!o->table)
		fail_msg("Go 1.%d, quantum %u, relocated %d, sections %d: %s", o->go.release,
			 o->go.quantum, o->go.relocated, o->go.sections, err.text);
}

static void close_one(struct opened *o)
{
	pclntab_close(o->table);
	elf_file_close(&o->file);
	buffer_free(&o->bytes);
}

/* Calls a test with every kind of program. */
static void each_kind(void (*test)(struct opened *o))
{
	static const int releases[] = { 17, 18, 20, 26, 27 };
	unsigned i, bits;

	for (i = 0; i < ARRAY_SIZE(releases); i++)
		for (bits = 0; bits < 8; bits++) {
			struct opened o = {
				.go = { .release = releases[i],
					.quantum = bits & 1 ? 4 : 1,
					.relocated = bits & 2,
					.sections = bits & 4 },
			};

			open_one(&o);
			test(&o);
			close_one(&o);
		}
}

static uint64_t pc(const struct opened *o, unsigned offset)
{
	return GO_FILE_TEXT + offset * o->go.quantum;
}

static void check_info(struct opened *o)
{
	const struct pclntab_info *info = pclntab_info(o->table);
	static const int newest[] = { [17] = 17, [18] = 19, [20] = 25, [26] = 26, [27] = 27 };

	assert_int_equal(info->text, GO_FILE_TEXT);
	assert_int_equal(info->etext, pc(o, 0x70));
	assert_int_equal(info->newest, newest[o->go.release]);
	assert_true(info->oldest <= o->go.release);
	assert_true(info->moduledata);
	assert_int_equal(!info->gofunc, o->go.release < 18);
	assert_int_equal(info->by_section, o->go.sections);
}

static void check_functions(struct opened *o)
{
	struct pclntab_function f;

	assert_int_equal(pclntab_count(o->table), 3);
	assert_true(pclntab_function(o->table, 0, &f));
	assert_string_equal(f.name, "main.outer");
	assert_string_equal(f.file, "/src/a.go");
	assert_int_equal(f.entry, pc(o, 0));
	assert_int_equal(f.end, pc(o, 0x40));
	assert_int_equal(f.start_line, o->go.release < 20 ? 0 : 10);
	assert_int_equal(f.deferreturn, 0x30 * o->go.quantum);
	assert_true(f.open_coded);
	assert_true(pclntab_function(o->table, 1, &f));
	assert_string_equal(f.name, "main.plain");
	assert_string_equal(f.file, "/src/b.go");
	assert_int_equal(f.deferreturn, 0);
	assert_false(f.open_coded);
	assert_true(pclntab_function(o->table, 2, &f));
	assert_string_equal(f.name, "main.bare");
	assert_null(f.file);
	assert_int_equal(f.end, pc(o, 0x70));
	assert_false(pclntab_function(o->table, 3, &f));
}

static void check_find(struct opened *o)
{
	assert_int_equal(pclntab_find(o->table, pc(o, 0)), 0);
	assert_int_equal(pclntab_find(o->table, pc(o, 0x40) - 1), 0);
	assert_int_equal(pclntab_find(o->table, pc(o, 0x40)), 1);
	assert_int_equal(pclntab_find(o->table, pc(o, 0x70) - 1), 2);
	assert_true(pclntab_find(o->table, pc(o, 0) - 1) == NO_FUNCTION);
	assert_true(pclntab_find(o->table, pc(o, 0x70)) == NO_FUNCTION);
}

static void check_frame(const struct pclntab_frame *f, const char *function, const char *file,
			int64_t line, bool inlined)
{
	assert_string_equal(f->function, function);
	if (file)
		assert_string_equal(f->file, file);
	else
		assert_null(f->file);
	assert_int_equal(f->line, line);
	assert_int_equal(f->inlined, inlined);
}

static void check_frames(struct opened *o)
{
	const struct pclntab_frame *f;

	assert_int_equal(pclntab_frames(o->table, 0, pc(o, 0x12), &f), 3);
	check_frame(&f[0], "main.leaf", "/src/b.go", 30, true);
	check_frame(&f[1], "main.mid", "/src/a.go", 21, true);
	check_frame(&f[2], "main.outer", "/src/a.go", 12, false);
	assert_int_equal(pclntab_frames(o->table, 0, pc(o, 0x09), &f), 2);
	check_frame(&f[0], "main.mid", "/src/a.go", 20, true);
	check_frame(&f[1], "main.outer", "/src/a.go", 12, false);
	assert_int_equal(pclntab_frames(o->table, 0, pc(o, 0x35), &f), 1);
	check_frame(&f[0], "main.outer", NULL, 0, false);
	assert_int_equal(pclntab_frames(o->table, 1, pc(o, 0x5f), &f), 1);
	check_frame(&f[0], "main.plain", "/src/b.go", 52, false);
	assert_int_equal(pclntab_frames(o->table, 1, pc(o, 0x60), &f), 0);
	assert_int_equal(pclntab_frames(o->table, 3, pc(o, 0x60), &f), 0);
}

static void check_rows(struct opened *o)
{
	static const struct {
		unsigned start;
		const char *file;
		int line, copy;
	} expected[] = {
		{ 0x00, "/src/a.go", 10, -1 }, { 0x08, "/src/a.go", 12, -1 },
		{ 0x09, "/src/a.go", 20, 0 },  { 0x10, "/src/a.go", 21, 0 },
		{ 0x11, "/src/b.go", 30, 1 },  { 0x18, "/src/a.go", 13, -1 },
		{ 0x30, "/src/a.go", 10, -1 },
	};
	const struct pclntab_row *rows;
	size_t i;

	assert_int_equal(pclntab_rows(o->table, 0, &rows), ARRAY_SIZE(expected));
	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		unsigned end = i + 1 < ARRAY_SIZE(expected) ? expected[i + 1].start : 0x35;

		assert_int_equal(rows[i].pc, pc(o, expected[i].start));
		assert_int_equal(rows[i].end, pc(o, end));
		assert_string_equal(rows[i].file, expected[i].file);
		assert_int_equal(rows[i].line, expected[i].line);
		assert_int_equal(rows[i].copy, expected[i].copy);
	}
	assert_int_equal(pclntab_rows(o->table, 1, &rows), 2);
	assert_int_equal(pclntab_rows(o->table, 2, &rows), 0);
}

static void check_copies(struct opened *o)
{
	struct pclntab_copy c;

	assert_true(pclntab_copy(o->table, 0, 1, &c));
	assert_string_equal(c.function, "main.leaf");
	assert_int_equal(c.parent, 0);
	assert_int_equal(c.call_pc, pc(o, 0x10));
	assert_string_equal(c.call_file, "/src/a.go");
	assert_int_equal(c.call_line, 21);
	assert_int_equal(c.start_line, o->go.release < 20 ? 0 : 29);
	assert_true(pclntab_copy(o->table, 0, 0, &c));
	assert_string_equal(c.function, "main.mid");
	assert_int_equal(c.parent, -1);
	assert_int_equal(c.call_line, 12);
	assert_false(pclntab_copy(o->table, 0, -1, &c));
	assert_false(pclntab_copy(o->table, 0, INT32_MAX, &c));
	assert_false(pclntab_copy(o->table, 1, 0, &c));
}

static void check_tables(struct opened *o)
{
	const unsigned char *data;
	size_t size;

	assert_int_equal(pclntab_sp_delta(o->table, 0, pc(o, 0)), 0);
	assert_int_equal(pclntab_sp_delta(o->table, 0, pc(o, 0x04)), 0x28);
	assert_int_equal(pclntab_sp_delta(o->table, 0, pc(o, 0x36)), -1);
	assert_int_equal(pclntab_sp_delta(o->table, 1, pc(o, 0x40)), -1);
	assert_int_equal(pclntab_pcdata(o->table, 0, PCDATA_INL_TREE_INDEX, pc(o, 0x17)), 1);
	assert_int_equal(pclntab_pcdata(o->table, 0, PCDATA_INL_TREE_INDEX, pc(o, 0x18)), -1);
	assert_int_equal(pclntab_pcdata(o->table, 0, PCDATA_UNSAFE_POINT, pc(o, 0)), -1);
	assert_int_equal(pclntab_pcdata(o->table, 0, 7, pc(o, 0)), -1);
	data = pclntab_funcdata(o->table, 0, FUNCDATA_OPEN_CODED_DEFER_INFO, &size);
	assert_non_null(data);
	assert_true(size >= 3);
	assert_memory_equal(data, "\x10\x20\x01", 3);
	assert_null(pclntab_funcdata(o->table, 0, 0, &size));
	assert_null(pclntab_funcdata(o->table, 0, 200, &size));
	assert_null(pclntab_funcdata(o->table, 2, FUNCDATA_INL_TREE, &size));
}

static bool is_b(void *arg, const char *file)
{
	++*(unsigned *)arg;
	return !strcmp(file, "/src/b.go");
}

static void check_files(struct opened *o)
{
	unsigned asked = 0;

	assert_true(pclntab_has_file(o->table, 0, is_b, &asked));
	assert_int_equal(asked, 2);
	assert_true(pclntab_has_file(o->table, 1, is_b, &asked));
	assert_false(pclntab_has_file(o->table, 2, is_b, &asked));
	assert_int_equal(asked, 3);
}

static void check_build(struct opened *o)
{
	struct go_build g;

	/* With section headers and none of .go.buildinfo, there is none. */
	assert_true(go_build_read(&o->file, &g));
	assert_string_equal(g.id.data, GO_FILE_ID);
	if (!o->go.sections) {
		assert_string_equal(g.version.data, GO_FILE_VERSION);
		assert_string_equal(g.path.data, "example.com/app");
		assert_string_equal(g.module.data, "example.com");
		assert_string_equal(g.settings.data, "-trimpath=true\n");
	}
	go_build_free(&g);
}

static void run_each(void **state)
{
	each_kind(*(void (**)(struct opened *)) * state);
}

static void ask_everything(const void *bytes, size_t size)
{
	struct error err = { 0 };
	struct elf_file f;

	if (elf_file_open_memory(&f, bytes, size, &err))
		return;
	ask_elf(&f);
	ask_build_info(&f);
	ask_pclntab(&f);
	elf_file_close(&f);
}

/* Half of the kinds, and no other machine, have all there is to damage. */
static bool worth_damaging(const struct go_file *g)
{
	return g->quantum == 1 && g->relocated == g->sections;
}

/* Each byte in turn is another one. */
static void check_damaged(struct opened *o)
{
	struct buffer bytes = { 0 };
	size_t i;

	if (!worth_damaging(&o->go))
		return;
	buffer_add(&bytes, o->bytes.data, o->bytes.size);
	for (i = 0; i < bytes.size; i++) {
		bytes.data[i] ^= i % 2 ? (char)0xff : (char)0x01;
		ask_everything(bytes.data, bytes.size);
		bytes.data[i] = o->bytes.data[i];
	}
	buffer_free(&bytes);
}

/* A file may end anywhere. */
static void check_cut(struct opened *o)
{
	size_t size;

	if (!worth_damaging(&o->go))
		return;
	for (size = 1; size < o->bytes.size; size++) {
		/* In memory of its own, so that a sanitizer sees what is read behind the end. */
		void *bytes = memcpy(xmalloc(size), o->bytes.data, size);

		ask_everything(bytes, size);
		free(bytes);
	}
}

static void test_pointers(void **state)
{
	struct opened o = { .go = { .release = 20, .quantum = 1, .relocated = true } };
	uint64_t value, module;

	(void)state;
	open_one(&o);
	module = pclntab_info(o.table)->moduledata;
	assert_true(elf_file_pointer(&o.file, module, &value));
	assert_int_equal(value, pclntab_info(o.table)->addr);
	assert_int_equal(*(const uint64_t *)elf_file_at(&o.file, module, 8), 0);
	assert_false(elf_file_pointer(&o.file, GO_FILE_TEXT + 0x69, &value));
	assert_false(elf_file_pointer(&o.file, 0, &value));
	close_one(&o);
}

static void test_no_go(void **state)
{
	struct opened o = { .go = { .release = 20, .quantum = 1 } };
	struct error err = { 0 };
	size_t table;

	(void)state;
	open_one(&o);
	/* A header that says what this reader does not know. */
	table = pclntab_info(o.table)->addr - 0x400000;
	o.bytes.data[table] = (char)0xfb;
	assert_null(pclntab_open(&o.file, &err));
	assert_non_null(strstr(err.text, "no table of Go's functions"));
	close_one(&o);
}

int main(void)
{
	static void (*const checks[])(struct opened *) = {
		check_info,   check_functions, check_find,  check_frames,  check_rows, check_copies,
		check_tables, check_files,     check_build, check_damaged, check_cut,
	};
	static const char *const names[] = {
		"info",   "functions", "find",  "frames",  "rows", "copies",
		"tables", "files",     "build", "damaged", "cut",
	};
	struct CMUnitTest tests[ARRAY_SIZE(checks) + 2] = {
		cmocka_unit_test(test_pointers),
		cmocka_unit_test(test_no_go),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(checks); i++)
		tests[i + 2] =
			(struct CMUnitTest){ names[i], run_each, NULL, NULL, (void *)&checks[i] };
	return cmocka_run_group_tests_name("pclntab", tests, NULL, NULL);
}
