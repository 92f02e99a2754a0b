/* SPDX-License-Identifier: GPL-2.0-only */
/* Where breakpoints would stand, asked without a recording: what the model was told comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/buffer.h"
#include "model/output.h"

#define BINARY 1

/* main.work at 0x1000, a statement of which is also at 0x1040, and a copy of main.tiny in it. */
static struct output *program(void)
{
	static const char *const names[] = { "main.work", "main.tiny", "main.(*List[...]).Push" };
	static const struct source_line places[] = {
		{ BINARY, 1, 1, 10, 0x1010, 1, true, true, 0 },
		{ BINARY, 1, 1, 11, 0x1020, 0, false, true, 0 },
		{ BINARY, 2, 1, 30, 0x1030, -1, true, true, 1 },
		{ BINARY, 3, 1, 40, 0x3010, 1, true, true, 0 },
	};
	static const struct line_pc stretches[] = {
		{ BINARY, 1, 1, 11, 0x101c, 0x1024, 1, 0 },
		{ BINARY, 1, 1, 11, 0x1040, 0x1044, -1, 0 },
	};
	struct binary b = { .id = BINARY,
			    .path = "/app",
			    .go_version = "go1.22.3",
			    .read = true,
			    .has_dwarf = true };
	struct error err = { 0 };
	struct output *o = output_scratch(&err);
	struct model *m;

	assert_non_null(o);
	m = output_model(o);
	assert_int_equal(model_binary(m, &b, &err), 0);
	for (uint32_t i = 0; i < 3; i++) {
		struct function f = { .id = i + 1,
				      .binary = BINARY,
				      .name = names[i],
				      .addr = 0x1000 * (i + 1),
				      .size = 0x100,
				      .has_addr = i != 1 };

		assert_int_equal(model_function(m, &f, &err), 0);
	}
	assert_int_equal(model_source_file(m, 1, "/src/app/main.go", &err), 0);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		assert_int_equal(model_source_line(m, &places[i], &err), 0);
	for (size_t i = 0; i < sizeof(stretches) / sizeof(*stretches); i++)
		assert_int_equal(model_line_pc(m, &stretches[i], &err), 0);
	return o;
}

static int write_location(void *arg, const struct location *l)
{
	buffer_format(arg, "%zu %#llx %s:%lld %s %s %d%s\n", l->spec, (unsigned long long)l->pc,
		      l->file ? l->file : "-", (long long)l->line, l->function,
		      l->inlined_into ? l->inlined_into : "-", l->is_stmt,
		      l->other ? " other" : "");
	return 0;
}

static int write_nothing(void *arg, size_t spec, const char *sentence)
{
	buffer_format(arg, "%zu %s\n", spec, sentence);
	return 0;
}

static int stop(void *arg, const struct location *l)
{
	(void)l;
	++*(int *)arg;
	return 7;
}

static void test_locations(void **state)
{
	static const char *const specs[] = { "main.go:11", "main.tiny", "List.Push", "main.wrok",
					     "main.go:12" };
	struct error err = { 0 };
	struct output *o = program();
	struct buffer got = { 0 };

	(void)state;
	assert_int_equal(output_locations(o, specs, 5, write_location, write_nothing, &got, &err),
			 0);
	assert_string_equal(
		got.data,
		"0 0x1020 /src/app/main.go:11 main.work - 0\n"
		"0 0x1040 /src/app/main.go:11 main.work - -1 other\n"
		"1 0x1030 /src/app/main.go:30 main.tiny main.work -1\n"
		"2 0x3010 /src/app/main.go:40 main.(*List[...]).Push - 1\n"
		"3 No function of this name is known here: nothing calls it, so that it was not "
		"linked; or it is written differently. The nearest: main.work.\n"
		"4 /src/app/main.go has no code for line 12; lines 11 and 30 have.\n");
	buffer_free(&got);
	output_abandon(o);
}

static void test_stops_when_told(void **state)
{
	static const char *const specs[] = { "main.go:11", "main.tiny" };
	struct error err = { 0 };
	struct output *o = program();
	int calls = 0;

	(void)state;
	assert_int_equal(output_locations(o, specs, 2, stop, write_nothing, &calls, &err), 7);
	assert_int_equal(calls, 1);
	output_abandon(o);
}

static void test_wrong_spec(void **state)
{
	static const char *const specs[] = { "main.go:11", "nonsense" };
	struct error err = { 0 };
	struct output *o = program();
	int calls = 0;

	(void)state;
	assert_int_equal(output_locations(o, specs, 2, stop, write_nothing, &calls, &err), -1);
	assert_int_equal(err.status, STATUS_USAGE);
	assert_non_null(strstr(err.text, "nonsense"));
	assert_int_equal(calls, 0);
	output_abandon(o);
}

static int write_place(void *arg, uint64_t pc)
{
	buffer_format(arg, "%#llx ", (unsigned long long)pc);
	return 0;
}

static void test_places(void **state)
{
	struct error err = { 0 };
	struct output *o = program();
	struct buffer got = { 0 };

	(void)state;
	assert_true(output_is_place(o, BINARY, 0x1010));
	assert_false(output_is_place(o, BINARY, 0x1011));
	assert_false(output_is_place(o, BINARY, 0x1040)); /* no debugger stops there */
	assert_false(output_is_place(o, BINARY + 1, 0x1010));
	assert_int_equal(output_places(o, BINARY, 0x1020, 0x3010, write_place, &got, &err), 0);
	assert_string_equal(got.data, "0x1020 0x1030 ");
	buffer_clear(&got);
	assert_int_equal(output_places(o, BINARY, 0, UINT64_MAX, write_place, &got, &err), 0);
	assert_string_equal(got.data, "0x1010 0x1020 0x1030 0x3010 ");
	buffer_free(&got);
	output_abandon(o);
}

static void test_nothing_is_known(void **state)
{
	static const char *const specs[] = { "main.go:11", "main.work", "0x1000", "panic" };
	struct error err = { 0 };
	struct output *o = output_scratch(&err);
	struct buffer got = { 0 };

	(void)state;
	assert_non_null(o);
	assert_int_equal(output_locations(o, specs, 4, write_location, write_nothing, &got, &err),
			 0);
	assert_string_equal(
		got.data, "0 No source lines are known here, so nothing can be said about a line.\n"
			  "1 No functions are known here, so nothing can be said about one.\n"
			  "2 No code is known at this address.\n"
			  "3 No functions are known here, so nothing can be said about one.\n");
	buffer_free(&got);
	output_abandon(o);
	output_abandon(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_locations),        cmocka_unit_test(test_stops_when_told),
		cmocka_unit_test(test_wrong_spec),       cmocka_unit_test(test_places),
		cmocka_unit_test(test_nothing_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
