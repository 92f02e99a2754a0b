/* SPDX-License-Identifier: GPL-2.0-only */
/* Goroutines and their slices, the goid of events, restarts of prologues, and holes. */
#include "tests/unit/model_feed.h"

struct probes {
	struct source *execute, *gopark, *status, *goexit0, *entersyscall, *newproc1, *runqput,
		*clock;
};

static struct probes probes(struct feed *f)
{
	struct probes p = {
		.execute = feed_probe(f, "runtime.execute", "goid"),
		.gopark = feed_probe(f, "runtime.gopark", "goid reason"),
		.status = feed_probe(f, "runtime.casgstatus", "goid old new"),
		.goexit0 = feed_probe(f, "runtime.goexit0", "goid"),
		.entersyscall = feed_probe(f, "runtime.entersyscall", "goid"),
		.newproc1 = feed_probe(f, "runtime.newproc1", "goid parent fn"),
		.runqput = feed_probe(f, "runtime.runqput", "goid"),
		.clock = feed_tell(f, feed_source(f, "cpu-clock", SOURCE_SOFTWARE, "")),
	};

	return p;
}

#define SLICES                                                                                     \
	"SELECT goid, state, ts, ts_end, tid, cpu, reason, certainty FROM goroutine_slice "        \
	"ORDER BY goid, ts"

static void a_life(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed(&f, p.execute, 100, 0, 7, VALUES(1));
	feed(&f, p.newproc1, 110, 0, 7, VALUES(0, 1, 0x2000));
	feed(&f, p.status, 111, 0, 7, VALUES(0, 0, 6));
	feed(&f, p.status, 112, 0, 7,
	     VALUES(99, 6, 1)); /* the number of a dead one: not yet ours */
	feed(&f, p.runqput, 113, 0, 7, VALUES(18));
	feed(&f, p.execute, 120, 1, 8, VALUES(18));
	feed(&f, p.status, 121, 1, 8, VALUES(18, 1, 2));
	feed(&f, p.clock, 125, 1, 8, NULL);
	feed(&f, p.entersyscall, 130, 1, 8, VALUES(18));
	feed(&f, p.status, 131, 1, 8, VALUES(18, 2, 3));
	feed(&f, p.status, 135, 0, 8, VALUES(18, 3, 2));
	feed(&f, p.gopark, 140, 0, 8, VALUES(18, 14));
	feed(&f, p.status, 141, 0, 8, VALUES(18, 2, 4));
	feed(&f, p.clock, 145, 0, 8, NULL); /* the scheduler runs */
	feed(&f, p.status, 150, 0, 7, VALUES(18, 4, 1));
	feed(&f, p.execute, 160, 0, 8, VALUES(18));
	feed(&f, p.goexit0, 170, 0, 8, VALUES(18));
	feed(&f, p.status, 171, 0, 8, VALUES(18, 2, 6)); /* its remains */
	feed(&f, p.clock, 175, 0, 8, NULL);
	feed_end(&f);
	feed_expect(&f,
		    "SELECT goid, parent_goid, start_function, created_ts, ended_ts, "
		    "end_reason, certainty, first_event FROM goroutine ORDER BY goid",
		    "1|-|-|-|-|-|proved|1\n18|1|main.f2|110|170|goexit|proved|2\n");
	feed_expect(&f, SLICES,
		    "1|running|100|-|7|0|-|proved\n"
		    "18|runnable|113|120|-|-|-|proved\n18|running|120|130|8|1|-|proved\n"
		    "18|syscall|130|135|8|-|-|proved\n18|running|135|140|8|0|-|proved\n"
		    "18|waiting|140|150|-|-|14|proved\n18|runnable|150|160|-|-|-|proved\n"
		    "18|running|160|170|8|0|-|proved\n");
	feed_expect(&f, "SELECT ts, goid FROM cpu_clock", "125|18\n145|-\n175|-\n");
	feed_expect(&f, "SELECT goid, arg_goid FROM runtime_newproc1", "1|0\n");
	feed_free(&f);
}

static void one_thread_runs_one_goroutine(void **state)
{
	struct feed f;
	struct source *e;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	e = feed_probe(&f, "runtime.execute", "goid"); /* nothing tells when they stop */
	feed(&f, e, 100, 0, 7, VALUES(18));
	feed(&f, e, 200, 0, 7, VALUES(19));
	feed(&f, e, 300, 0, 8, VALUES(19));
	feed_end(&f);
	feed_expect(&f, SLICES,
		    "18|running|100|200|7|0|-|likely\n19|running|200|300|7|0|-|likely\n"
		    "19|running|300|-|8|0|-|likely\n");
	feed_free(&f);
}

static void nothing_is_known_after_a_hole(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed_ledger(&f, p.status, 9);
	feed(&f, p.execute, 100, 0, 7, VALUES(18));
	feed(&f, p.execute, 110, 1, 8, VALUES(19));
	feed(&f, p.gopark, 120, 1, 9, VALUES(20, 14));
	feed(&f, p.clock, 130, 0, 7, NULL);
	feed(&f, p.clock, 140, 1, 8, NULL);
	feed_lost(&f, 200, 0, 9);
	feed(&f, p.clock, 200, 0, 7, NULL);
	feed(&f, p.clock, 210, 1, 8, NULL);
	feed(&f, p.gopark, 220, 1, 8, VALUES(19, 14));
	feed(&f, p.execute, 300, 0, 7, VALUES(20));
	feed_end(&f);
	feed_expect(&f, "SELECT ts, goid FROM cpu_clock", "130|18\n140|19\n200|-\n210|-\n");
	feed_expect(&f, SLICES,
		    "18|running|100|130|7|0|-|proved\n18|unknown|130|-|-|-|-|possible\n"
		    "19|running|110|220|8|1|-|likely\n19|waiting|220|-|-|-|14|proved\n"
		    "20|waiting|120|130|-|-|14|proved\n20|unknown|130|300|-|-|-|possible\n"
		    "20|running|300|-|7|0|-|proved\n");
	feed_free(&f);
}

/* A hole is told of at its end: what ended inside it, elsewhere, is not proved. */
static void a_hole_reaches_back(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed_ledger(&f, p.status, 9);
	feed(&f, p.clock, 90, 0, 7, NULL);
	feed(&f, p.execute, 100, 1, 8, VALUES(18));
	feed(&f, p.gopark, 150, 1, 8, VALUES(18, 14));
	feed_lost(&f, 200, 0, 9);
	feed(&f, p.clock, 200, 0, 7, NULL);
	feed_end(&f);
	feed_expect(&f, SLICES,
		    "18|running|100|150|8|1|-|likely\n18|waiting|150|150|-|-|14|proved\n"
		    "18|unknown|150|-|-|-|-|possible\n");
	feed_free(&f);
}

static void a_hole_that_lost_nothing_of_the_runtime(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed_ledger(&f, p.clock, 9);
	feed(&f, p.execute, 100, 0, 7, VALUES(18));
	feed_lost(&f, 200, 0, 9);
	feed(&f, p.clock, 200, 0, 7, NULL);
	feed(&f, p.gopark, 300, 0, 7, VALUES(18, 14));
	feed_end(&f);
	feed_expect(&f, SLICES,
		    "18|running|100|300|7|0|-|likely\n18|waiting|300|-|-|-|14|proved\n");
	feed_expect(&f, "SELECT goid FROM cpu_clock", "18\n");
	feed_free(&f);
}

static void exec_and_exit_begin_new_goroutines(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed_fork(&f, 50, 5, 5, 2);
	feed_comm(&f, 60, 5, "one", true);
	feed(&f, p.execute, 100, 0, 5, VALUES(1));
	feed_comm(&f, 200, 5, "two", true);
	feed(&f, p.clock, 210, 0, 5, NULL);
	feed(&f, p.execute, 300, 0, 5, VALUES(1));
	feed_exit(&f, 400, 5, 5);
	feed_fork(&f, 500, 5, 5, 2);
	feed(&f, p.execute, 600, 0, 5, VALUES(1));
	feed_end(&f);
	feed_expect(&f, "SELECT goid, ended_ts, end_reason FROM goroutine",
		    "1|200|exec\n1|400|exit\n1|-|-\n");
	feed_expect(&f, SLICES,
		    "1|running|100|200|5|0|-|proved\n1|running|300|400|5|0|-|proved\n"
		    "1|running|600|-|5|0|-|proved\n");
	feed_expect(&f, "SELECT goid FROM cpu_clock", "-\n");
	feed_free(&f);
}

static void thinned_sources_prove_nothing(void **state)
{
	struct feed f;
	struct source *e, *g;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	e = feed_probe(&f, "runtime.execute", "goid");
	g = feed_probe(&f, "runtime.gopark", "goid reason");
	e->is_freq = true;
	feed(&f, e, 100, 0, 7, VALUES(18));
	feed(&f, g, 200, 0, 7, VALUES(18, 14));
	feed_end(&f);
	feed_expect(&f, "SELECT DISTINCT certainty FROM goroutine_slice", "possible\n");
	feed_free(&f);
}

static void by_name_is_likely(void **state)
{
	struct feed f;
	struct source *s;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	s = feed_source(&f, "probe_app:execute_1", SOURCE_TRACEPOINT, "goid");
	s->is_uprobe = true;
	feed_tell(&f, s);
	feed(&f, s, 100, 0, 7, VALUES(18));
	feed_end(&f);
	feed_expect(&f, "SELECT certainty FROM goroutine", "likely\n");
	feed_expect(&f, "SELECT state, certainty FROM goroutine_slice", "running|likely\n");
	feed_expect(&f, "SELECT count(*) FROM data_quality WHERE name = 'probe_by_name'", "1\n");
	feed_free(&f);
}

static void calls_that_began_twice(void **state)
{
	struct feed f;
	struct probes p;
	struct source *d, *u;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	d = feed_probe(&f, "runtime.deferproc", "goid fn ret");
	u = feed_probe(&f, "main.work", "goid");
	feed(&f, p.execute, 90, 0, 7, VALUES(18));
	feed(&f, d, 100, 0, 7, VALUES(18, 1, 0x1010)); /* its stack is made larger … */
	feed(&f, p.status, 110, 0, 7, VALUES(18, 2, 8));
	feed(&f, p.status, 120, 0, 7, VALUES(18, 8, 2));
	feed(&f, d, 130, 0, 7, VALUES(18, 1, 0x1010)); /* … and it begins again: one call */
	feed(&f, d, 140, 0, 7, VALUES(18, 1, 0x1010)); /* a loop: another call */
	feed(&f, u, 150, 0, 7, VALUES(18));
	feed(&f, p.status, 160, 0, 7, VALUES(18, 2, 1)); /* gives way */
	feed(&f, p.execute, 170, 0, 8, VALUES(18));
	feed(&f, u, 180, 0, 8, VALUES(18));
	feed(&f, p.gopark, 190, 0, 8, VALUES(18, 1));
	feed(&f, p.status, 191, 0, 8, VALUES(18, 2, 4)); /* it waits: no restart */
	feed(&f, p.execute, 200, 0, 8, VALUES(18));
	feed(&f, p.gopark, 210, 0, 8, VALUES(18, 1));
	feed_end(&f);
	feed_expect(&f,
		    "SELECT first_event, second_event, other_thread, certainty "
		    "FROM call_restart",
		    "2|5|0|likely\n7|10|1|possible\n");
	feed_expect(&f, "SELECT count(*) FROM defer", "2\n");
	feed_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_life),
		cmocka_unit_test(one_thread_runs_one_goroutine),
		cmocka_unit_test(nothing_is_known_after_a_hole),
		cmocka_unit_test(a_hole_reaches_back),
		cmocka_unit_test(a_hole_that_lost_nothing_of_the_runtime),
		cmocka_unit_test(exec_and_exit_begin_new_goroutines),
		cmocka_unit_test(thinned_sources_prove_nothing),
		cmocka_unit_test(by_name_is_likely),
		cmocka_unit_test(calls_that_began_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
