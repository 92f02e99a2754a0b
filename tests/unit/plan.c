/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fetch arguments for each processor and Go version, and the words of perf record. What the kernel
 * and the programs say of the probes is in tests/suite/probe.
 */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "ingest/probe/catalogue.h"
#include "ingest/probe/plan.h"
#include "ingest/probe/written.h"

/* runtime.g of Go 1.26, as `go tool objdump` and the runtime's DWARF have it. */
static struct layout_field fields[] = {
	{ "g", "goid", 152 },   { "g", "m", 48 },     { "m", "curg", 184 },
	{ "_defer", "fn", 24 }, { "gobuf", "g", 16 },
};
static const struct layout known = { .origin = LAYOUT_DWARF, .fields = fields, .count = 5 };
static const struct layout unknown;

static void expect(uint16_t machine, int minor, const struct layout *l, int32_t shift,
		   const char *args, const char *want, unsigned missing)
{
	struct calling c;
	struct buffer b = { 0 };

	assert_true(calling_of(machine, minor, &c));
	assert_int_equal(catalogue_args(args, &c, l, shift, &b), missing);
	assert_string_equal(b.data ? b.data : "", want);
	buffer_free(&b);
}

static void test_registers(void **state)
{
	static const char args[] = "goid=+g.goid(%g):u64 fn=+0(%0):u64 why=%4:u8";

	(void)state;
	expect(EM_X86_64, 17, &known, 0, args, "goid=+152(%r14):u64 fn=+0(%ax):u64 why=%si:u8", 0);
	expect(EM_AARCH64, 18, &known, 0, args, "goid=+152(%x28):u64 fn=+0(%x0):u64 why=%x4:u8", 0);
}

static void test_stack_arguments(void **state)
{
	static const char args[] = "fn=+0(%0):u64 why=%2:u8";

	(void)state;
	expect(EM_AARCH64, 17, &known, 0, args, "fn=+0(+8(%sp)):u64 why=+24(%sp):u8", 0);
	expect(EM_AARCH64, 17, &known, 64, args, "fn=+0(+72(%sp)):u64 why=+88(%sp):u8", 0);
	expect(EM_AARCH64, 17, &known, -1, args, "", 2);
}

static void test_shift(void **state)
{
	static const char args[] = "ret=%ret:u64 code=+8(%sp):s32";

	(void)state;
	expect(EM_X86_64, 26, &known, 0, args, "ret=+0(%sp):u64 code=+8(%sp):s32", 0);
	expect(EM_X86_64, 26, &known, 24, args, "ret=+24(%sp):u64 code=+32(%sp):s32", 0);
	expect(EM_AARCH64, 26, &known, 24, args, "ret=%x30:u64 code=+32(%sp):s32", 0);
	expect(EM_X86_64, 26, &known, -1, args, "", 2);
	expect(EM_X86_64, 26, &known, 0, "sp=%sp:u64", "sp=%sp:u64", 0);
	expect(EM_X86_64, 26, &known, 8, "a=%0:u8 sp=%sp:u64 b=%1:u8",
	       "a=%ax:u8 sp=%sp:u64 b=%bx:u8", 0);
}

static void test_unknown_layout(void **state)
{
	(void)state;
	expect(EM_X86_64, 26, &unknown, 0, "goid=+g.goid(%g):u64 reason=%2:u8", "reason=%cx:u8", 1);
	expect(EM_X86_64, 26, &known, 0,
	       "goid=+g.goid(+m.curg(+g.m(%g))):u64 fn=+0(+_defer.fn(%0)):u64",
	       "goid=+152(+184(+48(%r14))):u64 fn=+0(+24(%ax)):u64", 0);
	expect(EM_X86_64, 26, &known, 0, "x=+p.id(%0):s32", "", 1);
}

static void test_machines(void **state)
{
	struct calling c;

	(void)state;
	assert_false(calling_of(EM_386, 26, &c));
	assert_true(calling_of(EM_X86_64, 0, &c));
	assert_false(c.stack); /* not known: as in every newer version */
	assert_true(calling_of(EM_AARCH64, 17, &c));
	assert_true(c.stack);
}

/* Every entry of the catalogue is well formed, and no version has two of one event. */
static void test_catalogue(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < catalogue_size; i++) {
		const struct catalogue_entry *a = &catalogue[i];
		struct buffer b = { 0 };
		struct calling c;

		calling_of(EM_X86_64, 26, &c);
		catalogue_args(a->args, &c, &unknown, 0, &b);
		assert_null(b.data ? strstr(b.data, "%g") : NULL);
		buffer_free(&b);
		assert_non_null(a->tells);
		assert_true(strchr(a->function, '.'));
		for (k = i + 1; k < catalogue_size; k++)
			if (!strcmp(a->event, catalogue[k].event))
				assert_true(a->newest && a->newest < catalogue[k].oldest);
	}
}

static bool has(const struct words *w, const char *word)
{
	size_t i;

	for (i = 0; i < w->count; i++)
		if (!strcmp(w->items[i], word))
			return true;
	return false;
}

static void test_record_words(void **state)
{
	struct probe_point point = { 0 };
	struct plan p = { .group = (char *)"probe_app", .points = &point, .point_count = 1 };
	struct words w;
	struct buffer b = { 0 };

	(void)state;
	plan_record_words(&p, &(struct record_request){ .output = "my file" }, &w);
	assert_string_equal(w.items[0], "perf");
	assert_null(w.items[w.count]);
	assert_true(has(&w, "-a") && has(&w, "probe_app:*") && has(&w, "my file"));
	assert_false(has(&w, "-F") || has(&w, "-p"));
	words_put(&b, &w);
	assert_non_null(strstr(b.data, "-o 'my file' -e 'probe_app:*' "));
	buffer_free(&b);
	words_free(&w);

	plan_record_words(
		&p, &(struct record_request){ .output = "o", .pid = 7, .no_switches = true }, &w);
	assert_true(has(&w, "-p") && has(&w, "7"));
	assert_false(has(&w, "-a") || has(&w, "signal:signal_generate,signal:signal_deliver"));
	words_free(&w);
}

static void test_shell_words(void **state)
{
	char *items[] = { (char *)"plain", (char *)"it's", (char *)"", (char *)"$HOME", NULL };
	const struct words w = { .items = items, .count = 4 };
	struct buffer b = { 0 };

	(void)state;
	words_put(&b, &w);
	assert_string_equal(b.data, "plain 'it'\\''s' '' '$HOME'");
	buffer_free(&b);
}

/* Encodings as an assembler makes them. */
static void test_written(void **state)
{
	static const unsigned char load_cx[] = { 0x49, 0x8b, 0x4e, 0x20 }; /* mov 0x20(%r14),%rcx */
	static const unsigned char load_al[] = { 0x8a, 0x03 };             /* mov (%rbx),%al */
	static const unsigned char store[] = { 0x48, 0x89, 0x44, 0x24,
					       0x48 };            /* mov %rax,0x48(%rsp) */
	static const unsigned char r14d[] = { 0x45, 0x31, 0xf6 }; /* xor %r14d,%r14d */
	static const unsigned char push[] = { 0x55 };
	static const unsigned char w0[] = { 0x20, 0x00, 0x80, 0x52 }; /* mov w0, #1 */
	static const unsigned char lr[] = { 0xfe, 0x07, 0x40, 0xf9 }; /* ldr x30, [sp, #8] */
	struct written *w = written_open(EM_X86_64);

	(void)state;
	assert_true(written_by(w, load_cx, sizeof(load_cx), "cx"));
	assert_false(written_by(w, load_cx, sizeof(load_cx), "r14"));
	assert_true(written_by(w, load_al, sizeof(load_al), "ax"));
	assert_false(written_by(w, load_al, sizeof(load_al), "bx"));
	assert_false(written_by(w, store, sizeof(store), "ax"));
	assert_true(written_by(w, r14d, sizeof(r14d), "r14"));
	assert_false(written_by(w, r14d, sizeof(r14d), "r1"));
	assert_false(written_by(w, push, sizeof(push), "bp"));
	assert_true(written_by(w, push, 0, "bp")); /* no instruction: in doubt */
	written_close(w);
	w = written_open(EM_AARCH64);
	assert_true(written_by(w, w0, sizeof(w0), "x0"));
	assert_false(written_by(w, w0, sizeof(w0), "x1"));
	assert_true(written_by(w, lr, sizeof(lr), "x30"));
	written_close(w);
	assert_null(written_open(EM_386));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registers),    cmocka_unit_test(test_stack_arguments),
		cmocka_unit_test(test_shift),        cmocka_unit_test(test_unknown_layout),
		cmocka_unit_test(test_machines),     cmocka_unit_test(test_catalogue),
		cmocka_unit_test(test_record_words), cmocka_unit_test(test_shell_words),
		cmocka_unit_test(test_written),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
