/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoint formats: every one that this kernel has is understood, damaged ones are refused. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "ingest/format.h"

static void add_u32(struct buffer *b, uint32_t value)
{
	buffer_add(b, &value, sizeof(value));
}

static void add_sized(struct buffer *b, const char *text, size_t size)
{
	uint64_t n = size;

	buffer_add(b, &n, sizeof(n));
	buffer_add(b, text, size);
}

/* A TRACING_DATA section of one system with these formats. */
static void make_section(struct buffer *b, char *const *formats, uint32_t count)
{
	uint32_t i;

	buffer_add(b, "\27\10\104tracing0.6\0\0\10", 16);
	add_u32(b, 4096);
	buffer_add(b, "header_page", 12);
	add_sized(b, "", 0);
	buffer_add(b, "header_event", 13);
	add_sized(b, "", 0);
	add_u32(b, 0);
	add_u32(b, 1);
	buffer_add(b, "app", 4);
	add_u32(b, count);
	for (i = 0; i < count; i++)
		add_sized(b, formats[i], strlen(formats[i]));
	add_u32(b, 0);
	add_u32(b, 0);
	add_sized(b, "", 0);
}

static char *read_all(const char *path)
{
	FILE *f = fopen(path, "r");
	struct buffer b = { 0 };
	size_t n;

	if (!f)
		return NULL;
	while ((n = fread(buffer_room(&b, 4096), 1, 4096, f)) > 0)
		b.size += n;
	fclose(f);
	buffer_add(&b, "", 1);
	return b.data;
}

#define COMMON                                                                                     \
	"name: hit\nID: 7\nformat:\n"                                                              \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\n"

static struct format *compile(const char *fields, const char **damage)
{
	char *text = xasprintf("%s%s\nprint fmt: \"%%d\", REC->x\n", COMMON, fields);
	struct buffer section = { 0 };
	struct formats *formats;
	struct format *f;

	make_section(&section, &text, 1);
	formats = formats_read(section.data, section.size, damage);
	f = format_compile(formats, 7);
	formats_free(formats);
	buffer_free(&section);
	free(text);
	return f;
}

static void test_kernel(void **state)
{
	const char *damage;
	glob_t found;
	size_t i;

	(void)state;
	if (glob("/sys/kernel/tracing/events/*/*/format", 0, NULL, &found)) {
		print_message("# skip: no tracefs at /sys/kernel/tracing\n");
		skip();
	}
	for (i = 0; i < found.gl_pathc; i++) {
		struct buffer section = { 0 };
		char *text = read_all(found.gl_pathv[i]), *id;
		struct formats *formats;
		struct format *f;
		size_t fields = 0, lines = 0, common = 0;
		const char *at;

		if (!text)
			continue;
		id = strstr(text, "ID: ");
		assert_non_null(id);
		make_section(&section, &text, 1);
		formats = formats_read(section.data, section.size, &damage);
		f = format_compile(formats, strtoull(id + 4, NULL, 10));
		if (damage || !f)
			fail_msg("%s: %s", found.gl_pathv[i], damage ? damage : "not understood");
		format_fields(f, &fields);
		for (at = text; (at = strstr(at, "\tfield:")); at++)
			lines++;
		for (at = text; (at = strstr(at, " common_")) && at < strstr(text, "\n\n"); at++)
			common++;
		/* Both parts are told apart by an empty line; every field of the second is there. */
		if (fields != lines - common)
			fail_msg("%s: %zu fields of %zu", found.gl_pathv[i], fields,
				 lines - common);
		format_free(f);
		formats_free(formats);
		buffer_free(&section);
		free(text);
	}
	globfree(&found);
}

static void test_damaged(void **state)
{
	static const char *const fields[] = {
		"\tfield:char comm[\3576];\toffset:8;\tsize:16;\tsigned:0;\n",
		"\tfield:uns\xf4gned char x;\toffset:8;\tsize:1;\tsigned:0;\n",
		"\tfield:char comm[16;\toffset:8;\tsize:16;\tsigned:0;\n",
		"\tfield:char comm]16[;\toffset:8;\tsize:16;\tsigned:0;\n",
		"\tfield:int x;\toffset:;\tsize:4;\tsigned:1;\n",
		"\tfield:int x;\toffset:99999999999;\tsize:4;\tsigned:1;\n",
		"\tfield:;\toffset:8;\tsize:4;\tsigned:1;\n",
		"\tfield:int x\n",
		"garbage\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		const char *damage;
		struct format *f = compile(fields[i], &damage);

		assert_null(f);
		assert_non_null(damage);
	}
}

static void test_kinds(void **state)
{
	static const char fields[] =
		"\tfield:s8 a;\toffset:8;\tsize:1;\tsigned:1;\n"
		"\tfield:unsigned short b;\toffset:10;\tsize:2;\tsigned:0;\n"
		"\tfield:char name[6];\toffset:12;\tsize:6;\tsigned:0;\n"
		"\tfield:int list[2];\toffset:20;\tsize:8;\tsigned:1;\n"
		"\tfield:__data_loc char[] text;\toffset:28;\tsize:4;\tsigned:0;\n"
		"\tfield:__rel_loc char[] near;\toffset:32;\tsize:4;\tsigned:0;\n"
		"\tfield:__data_loc cpumask_t mask;\toffset:36;\tsize:4;\tsigned:0;\n"
		"\tfield:u64 late;\toffset:900;\tsize:8;\tsigned:0;\n";
	char raw[72] = { 0 };
	struct buffer text = { 0 };
	struct value v[8] = { 0 };
	const char *damage;
	struct format *f = compile(fields, &damage);
	uint32_t loc;
	size_t count;

	(void)state;
	assert_non_null(f);
	format_fields(f, &count);
	assert_int_equal(count, 8);
	raw[8] = -3;
	memcpy(raw + 10, &(uint16_t){ 65535 }, 2);
	memcpy(raw + 12, "abcdef", 6); /* fills its field: no NUL */
	memcpy(raw + 20, (int32_t[]){ -1, 7 }, 8);
	loc = 5u << 16 | 40;
	memcpy(raw + 28, &loc, 4);
	memcpy(raw + 40, "four", 5);
	loc = 3u << 16 | 12; /* from the end of the field, 36 + 12 */
	memcpy(raw + 32, &loc, 4);
	memcpy(raw + 48, "up", 3);
	loc = 8u << 16 | 56;
	memcpy(raw + 36, &loc, 4);
	raw[56] = 0x0d;
	raw[57] = 0x01;
	format_decode(f, raw, sizeof(raw), v, &text);
	assert_int_equal(v[0].number, -3);
	assert_int_equal(v[1].number, 65535);
	assert_int_equal(v[2].size, 6);
	assert_memory_equal(v[2].bytes, "abcdef", 6);
	assert_int_equal(v[3].size, 6);
	assert_memory_equal(v[3].bytes, "[-1,7]", 6);
	assert_int_equal(v[4].size, 4);
	assert_memory_equal(v[4].bytes, "four", 4);
	assert_int_equal(v[5].size, 2);
	assert_memory_equal(v[5].bytes, "up", 2);
	assert_int_equal(v[6].size, 7);
	assert_memory_equal(v[6].bytes, "0,2-3,8", 7);
	assert_true(v[7].is_null);
	loc = 9u << 16 | 70; /* out of the data */
	memcpy(raw + 28, &loc, 4);
	format_decode(f, raw, sizeof(raw), v, &text);
	assert_true(v[4].is_null);
	format_free(f);
	buffer_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
