/* SPDX-License-Identifier: GPL-2.0-only */
/* ingest/probe/tracefs.c: on a folder that looks like tracefs, and who owns which group. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "ingest/probe/tracefs.h"

static char folder[] = "/tmp/gotrace-tracefs-XXXXXX";

static void write_text(const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", folder, name);
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
	free(path);
}

static void assert_text(const char *name, const char *want)
{
	char *path = xasprintf("%s/%s", folder, name), have[4096];
	FILE *in = fopen(path, "r");
	size_t n;

	assert_non_null(in);
	n = fread(have, 1, sizeof(have) - 1, in);
	have[n] = '\0';
	fclose(in);
	assert_string_equal(have, want);
	free(path);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	static const char *const names[] = { "uprobe_events", "uprobe_profile" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *path = xasprintf("%s/%s", folder, names[i]);

		unlink(path);
		free(path);
	}
	return rmdir(folder);
}

/* As Linux 6.18 showed them: two groups with the same events on the same file. */
static const char events[] = "p:theirs/gopanic /opt/app:0x0000000000032640\n"
			     "p:ours/gopanic /opt/app:0x0000000000032640 goid=+152(%r14):u64\n"
			     "p:ours/b1_main_go_42 /opt/app:0x0000000000049dc0\n"
			     "r:ours/open__return /opt/app:0x00000000000e7aa0\n"
			     "p:theirs/b1_main_go_42 /opt/app:0x0000000000049dc0\n";
static const char profile[] =
	"  /opt/app gopanic                                              7\n"
	"  /opt/app gopanic                                              8\n"
	"  /opt/app b1_main_go_42                                     1000000\n"
	"  /opt/app open__return                                         0\n"
	"  /opt/app b1_main_go_42                                        9\n";

static void test_read(void **state)
{
	struct tracefs_probes p;
	struct error err = { 0 };

	(void)state;
	write_text("uprobe_events", events);
	write_text("uprobe_profile", profile);
	assert_int_equal(tracefs_read(folder, "ours", &p, &err), 0);
	assert_int_equal(p.count, 3);
	assert_string_equal(p.items[0].event, "gopanic");
	assert_string_equal(p.items[0].definition,
			    "p:ours/gopanic /opt/app:0x0000000000032640 goid=+152(%r14):u64");
	assert_int_equal(p.items[0].hits, 8);
	assert_int_equal(p.items[1].hits, 1000000);
	assert_string_equal(p.items[2].event, "open__return");
	assert_int_equal(p.items[2].hits, 0);
	tracefs_free(&p);
	assert_int_equal(tracefs_read(folder, "our", &p, &err), 0);
	assert_int_equal(p.count, 0);
	tracefs_free(&p);
}

/* A count that may be another probe's is no count. */
static void test_wrong_profile(void **state)
{
	static const char *const wrong[] = {
		"",
		"\n\n\n",
		"  /opt/app gopanic  7\n  /opt/app panic  8\n",
		"  /opt/app gopanic  7\n  /opt/app xgopanic  8\n",
		"  /opt/app gopanic  7\n  /opt/app gopanic\n",
		"  /opt/app gopanic  7\ngopanic 8\n",
		"  /opt/app gopanic  7\n  /opt/app gopanic 99999999999999999999\n",
		"  /opt/app gopanic  7\n  /opt/app gopanic -8\n",
		"  /opt/app gopanic  7\n8\n",
	};
	struct tracefs_probes p;
	struct error err = { 0 };

	(void)state;
	write_text("uprobe_events", events);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		write_text("uprobe_profile", wrong[i]);
		assert_int_equal(tracefs_read(folder, "ours", &p, &err), 0);
		assert_int_equal(p.count, 3);
		assert_int_equal(p.items[0].hits, -1);
		tracefs_free(&p);
	}
}

static void test_strange_lines(void **state)
{
	struct tracefs_probes p;
	struct error err = { 0 };

	(void)state;
	write_text("uprobe_profile", "");
	write_text("uprobe_events", "\n"
				    "p\n"
				    "p:\n"
				    "p:ours\n"
				    "p:ours/\n"
				    "p:ours/ /opt/app:0x1\n"
				    "p:/gopanic /opt/app:0x1\n"
				    "e:ours/gopanic sched/sched_switch\n"
				    "p:gopanic /ours/gopanic:0x1\n"
				    "# p:ours/gopanic /opt/app:0x1\n"
				    "r16:ours/last /opt/app:0x1");
	assert_int_equal(tracefs_read(folder, "ours", &p, &err), 0);
	assert_int_equal(p.count, 1);
	assert_string_equal(p.items[0].event, "last");
	tracefs_free(&p);
}

static void test_no_folder(void **state)
{
	struct tracefs_probes p;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(tracefs_read("/nonexistent", "ours", &p, &err), -1);
	assert_int_equal(err.status, STATUS_UNREADABLE);
	assert_non_null(strstr(err.text, "/nonexistent/uprobe_events"));
	assert_int_equal(p.count, 0);
	assert_int_equal(tracefs_add("/nonexistent", "p:a/b /c:0x1", &err), -1);
	assert_non_null(strstr(err.text, "p:a/b /c:0x1"));
	assert_int_equal(tracefs_remove_orphans("/nonexistent"), 0);
}

/* What is there is appended to: a file that is opened to be cut would lose everybody's probes. */
static void test_changes(void **state)
{
	struct error err = { 0 };

	(void)state;
	write_text("uprobe_profile", "");
	write_text("uprobe_events", "p:theirs/a /opt/app:0x1\n");
	assert_int_equal(tracefs_add(folder, "p:ours/a /opt/app:0x2", &err), 0);
	assert_int_equal(tracefs_add(folder, "p:ours/b /opt/app:0x3 goid=%ax:u64", &err), 0);
	assert_text("uprobe_events", "p:theirs/a /opt/app:0x1\n"
				     "p:ours/a /opt/app:0x2\n"
				     "p:ours/b /opt/app:0x3 goid=%ax:u64\n");
	assert_int_equal(tracefs_remove(folder, "ours", 0, &err), 0);
	assert_text("uprobe_events", "p:theirs/a /opt/app:0x1\n"
				     "p:ours/a /opt/app:0x2\n"
				     "p:ours/b /opt/app:0x3 goid=%ax:u64\n"
				     "-:ours/a\n"
				     "-:ours/b\n");
}

/* The group of a process that has ended but that nobody has collected yet, and after that. */
static char *group_of_child(pid_t *child)
{
	int pipes[2];
	char text[128];
	ssize_t n;

	assert_int_equal(pipe(pipes), 0);
	*child = fork();
	if (!*child) {
		char *own = tracefs_own_group();

		n = write(pipes[1], own, strlen(own));
		_exit(n < 0);
	}
	close(pipes[1]);
	n = read(pipes[0], text, sizeof(text));
	assert_true(n > 0);
	close(pipes[0]);
	return xstrndup(text, (size_t)n);
}

static void test_owner(void **state)
{
	char *own = tracefs_own_group(), *child_group;
	siginfo_t ended;
	pid_t child;

	(void)state;
	assert_int_equal(strncmp(own, "gotrace_", 8), 0);
	assert_int_equal(strspn(own, "abcdefghijklmnopqrstuvwxyz_0123456789"), strlen(own));
	assert_true(strlen(own) < 64); /* MAX_EVENT_NAME_LEN of the kernel */
	assert_false(tracefs_is_orphan(own));

	child_group = group_of_child(&child);
	assert_string_not_equal(child_group, own);
	assert_int_equal(waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT), 0);
	assert_true(tracefs_is_orphan(child_group));
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_true(tracefs_is_orphan(child_group));
	free(child_group);
	free(own);
}

/* The number of our process, which is alive, but another start: the number was used again. */
static void test_reused_pid(void **state)
{
	char *own = tracefs_own_group(), *start = strchr(own + strlen("gotrace_"), '_');
	char *other = xasprintf("%.*s_1%s", (int)(start - own), own,
				strchr(start + 1, '_') ? strchr(start + 1, '_') : "");

	(void)state;
	assert_true(tracefs_is_orphan(other));
	free(other);
	free(own);
}

static void test_not_ours(void **state)
{
	static const char *const groups[] = {
		"",
		"gotrace",
		"gotrace_",
		"gotrace_test_1",
		"gotrace_4194399",
		"gotrace_4194399_",
		"gotrace_4194399_1_",
		"gotrace_4194399_1_1",
		"gotrace_4194399_1_4026531836_1",
		"gotrace_4194399_1x",
		"gotrace_-4194399_1",
		"gotrace_0_1",
		"gotrace_99999999999_1",
		"gotrace_4194399_99999999999999999999",
		"gotrace__1",
		"Xgotrace_4194399_1",
		"probe_app",
		"uprobes",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		assert_false(tracefs_is_orphan(groups[i]));
}

static void test_orphans(void **state)
{
	char *own = tracefs_own_group(), *dead, *text, *want;
	pid_t child;

	(void)state;
	dead = group_of_child(&child);
	assert_int_equal(waitpid(child, NULL, 0), child);
	text = xasprintf("p:%s/a /opt/app:0x1\np:%s/a /opt/app:0x1\np:theirs/a /opt/app:0x1\n"
			 "p:%s/b /opt/app:0x2\n",
			 own, dead, dead);
	want = xasprintf("%s-:%s/a\n-:%s/b\n", text, dead, dead);
	write_text("uprobe_events", text);
	assert_int_equal(tracefs_remove_orphans(folder), 2);
	assert_text("uprobe_events", want);
	free(want);
	free(text);
	free(dead);
	free(own);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),          cmocka_unit_test(test_wrong_profile),
		cmocka_unit_test(test_strange_lines), cmocka_unit_test(test_no_folder),
		cmocka_unit_test(test_changes),       cmocka_unit_test(test_owner),
		cmocka_unit_test(test_reused_pid),    cmocka_unit_test(test_not_ours),
		cmocka_unit_test(test_orphans),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
