/* SPDX-License-Identifier: GPL-2.0-only */
/* Which thread had which processor of the Go scheduler, as Go's own scheduler would have it. */
#include "tests/unit/model_feed.h"

struct probes {
	struct source *execute, *wirep, *releasep, *handoffp, *stopm, *entersyscall, *stop, *gopark;
};

static struct probes all_probes(struct feed *f)
{
	struct probes p = {
		.execute = feed_probe(f, "runtime.execute", "goid m p"),
		.wirep = feed_probe(f, "runtime.wirep", "p m"),
		.releasep = feed_probe(f, "runtime.releasep", "p"),
		.handoffp = feed_probe(f, "runtime.handoffp", "p"),
		.stopm = feed_probe(f, "runtime.stopm", "thread"),
		.entersyscall = feed_probe(f, "runtime.entersyscall", "goid"),
		.stop = feed_probe(f, "runtime.stopTheWorldWithSema", "goid"),
		.gopark = feed_probe(f, "runtime.gopark", "goid reason"),
	};

	return p;
}

#define SLICES                                                                                     \
	"SELECT p, m, tid, ts, ts_end, certainty, first_event, last_event FROM processor_slice "   \
	"ORDER BY ts, p"

static void taken_and_given_back(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	model_go_version(f.m, "go1.22.3");
	p = all_probes(&f);
	feed(&f, p.wirep, 100, 0, 7, VALUES(0, 3));
	feed(&f, p.execute, 110, 0, 7, VALUES(18, 3, 0));
	feed(&f, p.gopark, 120, 0, 7, VALUES(18, 1));
	feed(&f, p.execute, 130, 0, 7, VALUES(19, 3, 0));
	feed(&f, p.releasep, 200, 0, 7, VALUES(0));
	feed(&f, p.stopm, 210, 0, 7, VALUES(7));
	feed(&f, p.wirep, 300, 1, 8, VALUES(0, 4));
	feed_end(&f);
	feed_expect(&f, SLICES, "0|3|7|100|200|proved|1|5\n0|4|8|300|-|proved|7|-\n");
	feed_free(&f);
}

/* Up to Go 1.25 a thread that comes back from a system call takes again what was kept for it. */
static void system_calls(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	model_go_version(f.m, "go1.25.1");
	p = all_probes(&f);
	feed(&f, p.wirep, 100, 0, 7, VALUES(0, 3));
	feed(&f, p.execute, 110, 0, 7, VALUES(18, 3, 0));
	feed(&f, p.entersyscall, 120, 0, 7, VALUES(18));
	feed(&f, p.wirep, 130, 0, 7, VALUES(0, 3)); /* it was there still */
	feed(&f, p.entersyscall, 140, 0, 7, VALUES(18));
	feed(&f, p.handoffp, 150, 1, 9, VALUES(0)); /* sysmon takes it away */
	feed(&f, p.wirep, 160, 1, 8, VALUES(0, 4));
	feed(&f, p.wirep, 170, 0, 7, VALUES(1, 3)); /* another one was idle */
	feed(&f, p.entersyscall, 180, 0, 7, VALUES(18));
	feed(&f, p.wirep, 190, 1, 10, VALUES(1, 5)); /* taken back by one who had it before */
	feed_end(&f);
	feed_expect(&f, SLICES,
		    "0|3|7|100|150|proved|1|6\n0|4|8|160|-|proved|7|-\n"
		    "1|3|7|170|180|likely|8|9\n1|5|10|190|-|proved|10|-\n");
	feed_free(&f);
}

/* From Go 1.26 on it goes on with what nobody has taken, and wirep tells that it had lost it. */
static void newer_system_calls(void **state)
{
	struct source *exitsyscall, *exit;
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	model_go_version(f.m, "go1.26.0");
	p = all_probes(&f);
	exitsyscall = feed_probe(&f, "runtime.exitsyscall", "goid");
	exit = feed_probe(&f, "runtime.exit.abi0", "code");
	feed_fork(&f, 50, 5, 5, 2);
	feed(&f, p.wirep, 100, 0, 5, VALUES(0, 3));
	feed(&f, p.execute, 110, 0, 5, VALUES(18, 3, 0));
	feed(&f, p.entersyscall, 120, 0, 5, VALUES(18));
	feed(&f, p.wirep, 130, 0, 5, VALUES(0, 3)); /* taken, given back, and taken again */
	feed(&f, p.execute, 140, 0, 5, VALUES(18, 3, 0));
	feed(&f, p.entersyscall, 150, 0, 5, VALUES(18));
	feed(&f, exitsyscall, 160, 0, 5, VALUES(18)); /* it was there still */
	feed(&f, exit, 200, 0, 5, VALUES(0));
	feed_exit(&f, 210, 5, 5);
	feed_end(&f);
	feed_expect(&f, SLICES, "0|3|5|100|120|likely|1|3\n0|3|5|130|200|proved|4|-\n");
	feed_free(&f);
}

/* A stop of the world takes what is kept for threads in system calls, and nothing tells. */
static void a_stop_of_the_world(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	model_go_version(f.m, "go1.22.3");
	p = all_probes(&f);
	feed(&f, p.wirep, 100, 0, 7, VALUES(0, 3));
	feed(&f, p.execute, 110, 0, 7, VALUES(18, 3, 0));
	feed(&f, p.entersyscall, 120, 0, 7, VALUES(18));
	feed(&f, p.wirep, 130, 1, 8, VALUES(1, 4));
	feed(&f, p.stop, 140, 1, 8, VALUES(19));
	feed(&f, p.wirep, 150, 0, 7, VALUES(0, 3)); /* kept, or taken anew */
	feed_end(&f);
	feed_expect(&f, SLICES,
		    "0|3|7|100|120|likely|1|3\n1|4|8|130|-|proved|4|-\n0|3|7|150|-|proved|6|-\n");
	feed_free(&f);
}

/* GOMAXPROCS(1) by the goroutine on processor 1: it goes on with processor 0. */
static void fewer_processors(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = all_probes(&f);
	feed(&f, p.wirep, 100, 0, 7, VALUES(1, 3));
	feed(&f, p.execute, 110, 0, 7, VALUES(18, 3, 1));
	feed(&f, p.stop, 120, 0, 7, VALUES(18));
	feed(&f, p.wirep, 130, 0, 7, VALUES(0, 3));
	feed_end(&f);
	feed_expect(&f, SLICES, "1|3|7|100|120|likely|1|3\n0|3|7|130|-|proved|4|-\n");
	feed_free(&f);
}

static void a_hole(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = all_probes(&f);
	feed_ledger(&f, p.releasep, 5);
	feed(&f, p.wirep, 100, 0, 7, VALUES(0, 3));
	feed(&f, p.execute, 110, 0, 7, VALUES(18, 3, 0));
	feed(&f, p.gopark, 120, 0, 7, VALUES(18, 1));
	feed(&f, p.wirep, 130, 1, 8, VALUES(1, 4));
	feed(&f, p.releasep, 160, 1, 8, VALUES(1)); /* what was lost may have been of this one */
	feed_lost(&f, 200, 0, 5);
	feed(&f, p.releasep, 210, 0, 7, VALUES(0));
	feed(&f, p.wirep, 220, 0, 7, VALUES(0, 3));
	feed_end(&f);
	feed_expect(&f, SLICES,
		    "0|3|7|100|120|proved|1|3\n1|4|8|130|160|likely|4|5\n0|3|7|220|-|proved|7|-\n");
	feed_free(&f);
}

/* By execute alone: kept as long as nothing says otherwise, and never proved. */
static void execute_alone(void **state)
{
	struct source *e, *g, *change;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	e = feed_probe(&f, "runtime.execute", "goid m p");
	g = feed_probe(&f, "runtime.gopark", "goid reason");
	change = feed_tell(&f, feed_source(&f, "sched:sched_switch", SOURCE_TRACEPOINT,
					   "prev_pid prev_state next_pid"));
	feed(&f, e, 100, 0, 7, VALUES(18, 3, 0));
	feed(&f, g, 110, 0, 7, VALUES(18, 1));
	feed(&f, e, 120, 0, 7, VALUES(19, 3, 0));
	feed(&f, g, 130, 0, 7, VALUES(19, 1));
	feed(&f, change, 140, 0, 7, VALUES(7, 1, 0)); /* it sleeps, without a goroutine */
	feed(&f, change, 240, 0, 0, VALUES(0, 0, 7));
	feed(&f, e, 250, 0, 7, VALUES(18, 3, 0));
	feed(&f, e, 300, 1, 8, VALUES(19, 4, 0)); /* somebody has taken it */
	feed(&f, e, 400, 0, 7, VALUES(20, 3, 1));
	feed(&f, e, 500, 0, 7, VALUES(20, 3, -5)); /* no processor has such a number */
	feed_end(&f);
	feed_expect(&f, "SELECT p, m, tid, ts, ts_end, certainty FROM processor_slice ORDER BY ts",
		    "0|3|7|100|130|likely\n0|4|8|300|-|likely\n1|3|7|400|-|likely\n");
	feed_free(&f);
}

static void lives(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = all_probes(&f);
	feed_fork(&f, 50, 5, 5, 2);
	feed(&f, p.wirep, 100, 0, 5, VALUES(0, 0));
	feed_comm(&f, 200, 5, "two", true); /* another program: its processor 0 is another one */
	feed(&f, p.wirep, 300, 0, 5, VALUES(0, 0));
	feed_exit(&f, 400, 5, 5);
	feed_end(&f);
	feed_expect(&f, "SELECT p, ts, ts_end FROM processor_slice ORDER BY ts",
		    "0|100|200\n0|300|400\n");
	feed_free(&f);
}

/* Thread 5 calls exit at 300; thread 6 is seen with its processor until the kernel kills it. */
static void others_outlive_a_call_of_exit(void **state)
{
	struct feed f;
	struct probes p;
	struct source *exit;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = all_probes(&f);
	exit = feed_probe(&f, "runtime.exit", "code");
	feed(&f, p.wirep, 100, 0, 5, VALUES(0, 3));
	feed(&f, p.wirep, 200, 1, 6, VALUES(1, 4));
	feed(&f, exit, 300, 0, 5, VALUES(0));
	feed(&f, p.execute, 320, 1, 6, VALUES(18, 4, 1));
	feed_exit(&f, 400, 5, 6);
	feed_exit(&f, 410, 5, 5);
	feed_end(&f);
	feed_expect(&f, SLICES, "0|3|5|100|300|proved|1|-\n1|4|6|200|320|likely|2|-\n");
	feed_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken_and_given_back),
		cmocka_unit_test(system_calls),
		cmocka_unit_test(newer_system_calls),
		cmocka_unit_test(a_stop_of_the_world),
		cmocka_unit_test(fewer_processors),
		cmocka_unit_test(a_hole),
		cmocka_unit_test(execute_alone),
		cmocka_unit_test(lives),
		cmocka_unit_test(others_outlive_a_call_of_exit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
