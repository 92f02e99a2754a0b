/* SPDX-License-Identifier: GPL-2.0-only */
/* ingest/probes.c: lines of uprobe_events as a kernel prints them, and lines that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ingest/probes.h"

struct result {
	struct probe_line *lines;
	size_t count, skipped;
};

static struct result read_probes(const char *text, size_t size)
{
	char path[] = "/tmp/gotrace-probes-XXXXXX";
	int fd = mkstemp(path);
	struct error err = { 0 };
	struct result r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), (ssize_t)size);
	close(fd);
	assert_int_equal(probes_read(path, &r.lines, &r.count, &r.skipped, &err), 0);
	unlink(path);
	return r;
}

static void test_kernel_lines(void **state)
{
	/* As Linux 6.1 printed them (tracefs uprobe_events), the last without its newline. */
	static const char text[] =
		"p:probe_demo/gopanic /opt/demo:0x0000000000032640 goid=+152(%r14):u64\n"
		"p:probe_demo/deferproc /opt/demo:0x0000000000031040 goid=+152(%r14):u64 fn=%ax\n"
		"r:probe_demo/open__return /opt/demo:0x00000000000e7aa0\n"
		"p:sdt_demo/setjmp /opt/a:b:0x0000000000010880(0x0000000000020002) arg1=%di\n"
		"p:uprobes/last /opt/demo:0x1";
	struct result r = read_probes(text, sizeof(text) - 1);

	(void)state;
	assert_int_equal(r.count, 5);
	assert_int_equal(r.skipped, 0);
	assert_string_equal(r.lines[0].event, "probe_demo:gopanic");
	assert_string_equal(r.lines[0].path, "/opt/demo");
	assert_int_equal(r.lines[0].file_offset, 0x32640);
	assert_false(r.lines[0].is_return);
	assert_string_equal(
		r.lines[0].definition,
		"p:probe_demo/gopanic /opt/demo:0x0000000000032640 goid=+152(%r14):u64");
	assert_int_equal(r.lines[1].file_offset, 0x31040);
	assert_true(r.lines[2].is_return);
	assert_string_equal(r.lines[3].path, "/opt/a:b");
	assert_int_equal(r.lines[3].file_offset, 0x10880);
	assert_string_equal(r.lines[4].event, "uprobes:last");
	assert_int_equal(r.lines[4].file_offset, 1);
	probes_free(r.lines, r.count);
}

static void test_written_lines(void **state)
{
	/* As a person may write them to uprobe_events. */
	static const char text[] = "p:here /bin/x:4096\r\n"
				   "# hits here 12\n"
				   "\n"
				   "  p:g/e   /bin/x:0x10%return\n"
				   "r16:g/f /bin/x:0x20 a=%ax\n";
	struct result r = read_probes(text, sizeof(text) - 1);

	(void)state;
	assert_int_equal(r.count, 3);
	assert_int_equal(r.skipped, 0);
	assert_string_equal(r.lines[0].event, "uprobes:here");
	assert_string_equal(r.lines[0].definition, "p:here /bin/x:4096");
	assert_int_equal(r.lines[0].file_offset, 4096);
	assert_true(r.lines[1].is_return);
	assert_true(r.lines[2].is_return);
	probes_free(r.lines, r.count);
}

static void test_other_lines(void **state)
{
	static const char text[] = "p:kprobes/sys do_sys_open+0x0\n"
				   "p:kprobes/mod ext4:ext4_read+0x0\n"
				   "e:eprobes/x sched/sched_switch\n"
				   "p:g/ /bin/x:0x1\n"
				   "p:/e /bin/x:0x1\n"
				   "p: /bin/x:0x1\n"
				   "p:g/e /bin/x\n"
				   "p:g/e /bin/x:\n"
				   "p:g/e /bin/x:zz\n"
				   "p:g/e /bin/x:0x1junk\n"
				   "p:g/e /bin/x:0x1(0x2\n"
				   "p:g/e /bin/x:0x1ffffffffffffffff\n"
				   "p:g/e :0x1\n"
				   "p\n"
				   "p:g/e /bin\0x:0x1\n"
				   "\0\n";
	struct result r = read_probes(text, sizeof(text) - 1);

	(void)state;
	assert_int_equal(r.count, 0);
	assert_int_equal(r.skipped, 16);
	probes_free(r.lines, r.count);
}

static void test_costs(void **state)
{
	static const char text[] = "# cost_ns 2712\n"
				   "p:g/a /bin/x:0x1\n"
				   "p:g/b /bin/x:0x2\n" /* not said of this one */
				   "# cost_ns 12000\r\n"
				   "# hits a 3\n"
				   "p:g/c /bin/x:0x3\n"
				   "# cost_ns 5\n"
				   "no probe\n"
				   "p:g/d /bin/x:0x4\n"
				   "# cost_ns -5\n"
				   "p:g/e /bin/x:0x5\n"
				   "# cost_ns 5 6\n"
				   "p:g/f /bin/x:0x6\n"
				   "# cost_ns 1000000001\n"
				   "p:g/g /bin/x:0x7\n"
				   "# cost_ns 99999999999999999999\n"
				   "p:g/h /bin/x:0x8\n"
				   "# cost_ns 7\0\n"
				   "p:g/i /bin/x:0x9\n"
				   "# cost_ns 1000000000\n"
				   "p:g/j /bin/x:0xa\n";
	static const int64_t costs[] = { 2712, 0, 0, 0, 0, 0, 0, 0, 0, 1000000000 };
	struct result r = read_probes(text, sizeof(text) - 1);

	(void)state;
	assert_int_equal(r.count, sizeof(costs) / sizeof(costs[0]));
	assert_int_equal(r.skipped, 1);
	for (size_t i = 0; i < r.count; i++)
		assert_int_equal(r.lines[i].cost_ns, costs[i]);
	probes_free(r.lines, r.count);
}

static void test_no_file(void **state)
{
	struct error err = { 0 };
	struct result r;

	(void)state;
	assert_int_equal(probes_read("/nonexistent/probes", &r.lines, &r.count, &r.skipped, &err),
			 -1);
	assert_int_equal(err.status, STATUS_UNREADABLE);
	assert_non_null(strstr(err.text, "/nonexistent/probes"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernel_lines), cmocka_unit_test(test_written_lines),
		cmocka_unit_test(test_other_lines),  cmocka_unit_test(test_costs),
		cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
