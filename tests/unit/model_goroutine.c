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
	model_go_version(f.m, "go1.22.3");
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

static struct source *switches(struct feed *f)
{
	return feed_tell(f, feed_source(f, "sched:sched_switch", SOURCE_TRACEPOINT,
					"prev_pid prev_state next_pid"));
}

static void nothing_is_known_after_a_hole(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	switches(&f);
	feed_ledger(&f, p.status, 9);
	feed(&f, p.execute, 100, 0, 7, VALUES(18));
	feed(&f, p.execute, 110, 1, 8, VALUES(19));
	feed(&f, p.gopark, 120, 2, 9, VALUES(20, 14));
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

/*
 * A thread that comes back may have been on another CPU: what it did there may be in a hole that is told of
 * when that CPU is seen again.
 */
static void a_visit_in_a_hole(void **state)
{
	struct source *change;
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	change = switches(&f);
	feed_ledger(&f, p.status, 9);
	model_hole_ahead(f.m, 0, 140, 240);
	feed(&f, p.clock, 90, 0, 5, NULL);
	feed(&f, p.execute, 100, 1, 7, VALUES(18));
	feed(&f, change, 110, 1, 7, VALUES(7, 1, 0));
	feed(&f, change, 120, 1, 0, VALUES(0, 0, 7)); /* nothing was lost meanwhile */
	feed(&f, p.clock, 130, 1, 7, NULL);
	feed(&f, p.clock, 140, 0, 5, NULL);
	feed(&f, p.clock, 150, 1, 7, NULL);
	feed(&f, change, 210, 1, 7, VALUES(7, 1, 0));
	feed(&f, change, 220, 1, 0, VALUES(0, 0, 7));
	feed(&f, p.clock, 230, 1, 7, NULL);
	feed_lost(&f, 240, 0, 9);
	feed(&f, p.clock, 240, 0, 5, NULL);
	feed(&f, p.clock, 250, 1, 7, NULL);
	feed_end(&f);
	feed_expect(&f, "SELECT ts, goid FROM cpu_clock WHERE tid = 7",
		    "130|18\n150|18\n230|-\n250|-\n");
	feed_free(&f);
}

/* Without an event of switches it can have been away between any two events. */
static void a_visit_that_nobody_would_tell(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed_ledger(&f, p.status, 9);
	model_hole_ahead(f.m, 0, 105, 240);
	feed(&f, p.clock, 90, 0, 5, NULL);
	feed(&f, p.execute, 100, 1, 7, VALUES(18));
	feed(&f, p.clock, 102, 1, 7, NULL);
	feed(&f, p.clock, 105, 0, 5, NULL);
	feed(&f, p.clock, 110, 1, 7, NULL);
	feed_lost(&f, 240, 0, 9);
	feed(&f, p.clock, 240, 0, 5, NULL);
	feed_end(&f);
	feed_expect(&f, "SELECT ts, goid FROM cpu_clock WHERE tid = 7", "102|18\n110|-\n");
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

/* Thread 5 calls exit at 300; thread 6 runs until the kernel kills it. */
static void others_outlive_a_call_of_exit(void **state)
{
	struct feed f;
	struct probes p;
	struct source *exit;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	exit = feed_probe(&f, "runtime.exit", "code");
	feed_fork(&f, 50, 5, 5, 2);
	feed_fork(&f, 60, 5, 6, 5);
	feed(&f, p.execute, 100, 0, 5, VALUES(1));
	feed(&f, p.execute, 200, 1, 6, VALUES(18));
	feed(&f, exit, 300, 0, 5, VALUES(0));
	feed(&f, p.execute, 320, 1, 6, VALUES(19));
	feed_exit(&f, 400, 5, 6);
	feed_exit(&f, 410, 5, 5);
	feed_end(&f);
	feed_expect(&f, "SELECT goid, ended_ts, end_reason FROM goroutine ORDER BY goid",
		    "1|300|exit\n18|320|exit\n19|320|exit\n");
	feed_expect(&f, SLICES,
		    "1|running|100|300|5|0|-|proved\n18|running|200|320|6|1|-|likely\n");
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
	struct source *d, *u, *ready;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	ready = feed_probe(&f, "runtime.ready", "goid");
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
	feed(&f, d, 182, 0, 8, VALUES(18, 2, 0x1010));
	feed(&f, p.status, 183, 0, 8, VALUES(18, 2, 1)); /* gives way … */
	feed(&f, ready, 183, 1, 9, VALUES(18));          /* … and others move it about */
	feed(&f, p.runqput, 184, 1, 9, VALUES(18));
	feed(&f, p.execute, 185, 1, 9, VALUES(18));
	feed(&f, d, 186, 1, 9, VALUES(18, 2, 0x1010));
	feed(&f, p.gopark, 190, 0, 8, VALUES(18, 1));
	feed(&f, p.status, 191, 0, 8, VALUES(18, 2, 4)); /* it waits: no restart */
	feed(&f, p.execute, 200, 0, 8, VALUES(18));
	feed(&f, p.gopark, 210, 0, 8, VALUES(18, 1));
	feed_end(&f);
	feed_expect(&f,
		    "SELECT first_event, second_event, other_thread, certainty "
		    "FROM call_restart",
		    "2|5|0|likely\n7|10|1|possible\n11|16|1|likely\n");
	feed_expect(&f, "SELECT count(*) FROM defer", "3\n");
	feed_free(&f);
}

/* ---- fewer probes: less detail, and nothing that is not so ------------------------------------ */

enum { TO_PARK, TO_YIELD, TO_END, TO_SYSCALL_SLOW, TO_COROUTINE, TO_RECOVERY, TO_UNHEARD_OF };

static void execute_and_gopark(void **state)
{
	struct feed f;
	struct source *e, *g;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	e = feed_probe(&f, "runtime.execute", "goid");
	g = feed_probe(&f, "runtime.gopark", "goid reason");
	feed(&f, e, 100, 0, 7, VALUES(18));
	feed(&f, g, 200, 0, 7, VALUES(18, 14));
	feed(&f, e, 300, 0, 7, VALUES(19));
	feed(&f, e, 400, 0, 8, VALUES(18)); /* when it was woken nobody told */
	feed_end(&f);
	feed_expect(&f, SLICES,
		    "18|running|100|200|7|0|-|likely\n18|waiting|200|400|-|-|14|likely\n"
		    "18|running|400|-|8|0|-|likely\n19|running|300|-|7|0|-|likely\n");
	feed_free(&f);
}

/* That it came back is seen by what it does next: it did not wait from its first gopark to its last. */
static void gopark_alone(void **state)
{
	struct feed f;
	struct source *g;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	g = feed_probe(&f, "runtime.gopark", "goid reason");
	feed(&f, g, 100, 0, 7, VALUES(18, 14));
	feed(&f, g, 200, 0, 8, VALUES(18, 15));
	feed_end(&f);
	feed_expect(&f, SLICES,
		    "18|waiting|100|200|-|-|14|possible\n18|waiting|200|-|-|-|15|possible\n");
	feed_free(&f);
}

static void status_alone(void **state)
{
	struct feed f;
	struct source *s;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	model_go_version(f.m, "go1.27.0"); /* system calls begin and end without it */
	s = feed_probe(&f, "runtime.casgstatus", "goid old new");
	feed(&f, s, 100, 0, 7, VALUES(18, 1, 2));
	feed(&f, s, 200, 0, 7, VALUES(18, 2, 3)); /* the slow way */
	feed(&f, s, 250, 0, 7, VALUES(18, 3, 1));
	feed(&f, s, 300, 0, 7, VALUES(18, 1, 2));
	feed(&f, s, 400, 0, 7, VALUES(18, 2, 4));
	feed(&f, s, 500, 0, 8, VALUES(18, 4, 1));
	feed(&f, s, 600, 0, 8, VALUES(18, 1, 2));
	feed(&f, s, 700, 0, 8, VALUES(18, 2, 6));
	feed_end(&f);
	feed_expect(&f, SLICES,
		    "18|running|100|200|7|0|-|likely\n18|syscall|200|250|7|0|-|likely\n"
		    "18|runnable|250|300|-|-|-|proved\n18|running|300|400|7|0|-|likely\n"
		    "18|waiting|400|500|-|-|-|likely\n18|runnable|500|600|-|-|-|proved\n"
		    "18|running|600|700|8|0|-|likely\n");
	feed_expect(&f, "SELECT end_reason, ended_ts FROM goroutine", "goexit|700\n");
	feed_free(&f);
}

static void mcall_and_execute(void **state)
{
	struct feed f;
	struct source *m, *e;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	m = feed_probe(&f, "runtime.mcall", "goid why");
	e = feed_probe(&f, "runtime.execute", "goid");
	feed(&f, e, 100, 0, 7, VALUES(18));
	feed(&f, m, 200, 0, 7, VALUES(18, FEED_RUNTIME + TO_RECOVERY)); /* goes on at once */
	feed(&f, m, 300, 0, 7, VALUES(18, FEED_RUNTIME + TO_PARK));
	feed(&f, e, 400, 0, 8, VALUES(18));
	feed(&f, m, 500, 0, 8, VALUES(18, FEED_RUNTIME + TO_YIELD));
	feed(&f, e, 600, 0, 7, VALUES(18));
	feed(&f, m, 700, 0, 7, VALUES(18, FEED_RUNTIME + TO_UNHEARD_OF));
	feed(&f, e, 800, 0, 7, VALUES(18));
	feed(&f, m, 900, 0, 7, VALUES(18, FEED_RUNTIME + TO_SYSCALL_SLOW));
	feed(&f, e, 1000, 0, 7, VALUES(18));
	feed(&f, m, 1100, 0, 7, VALUES(18, FEED_RUNTIME + TO_END));
	feed_end(&f);
	feed_expect(&f, SLICES,
		    "18|running|100|300|7|0|-|likely\n18|waiting|300|400|-|-|-|likely\n"
		    "18|running|400|500|8|0|-|likely\n18|runnable|500|600|-|-|-|likely\n"
		    "18|running|600|700|7|0|-|likely\n18|unknown|700|800|-|-|-|possible\n"
		    "18|running|800|900|7|0|-|likely\n18|runnable|900|1000|-|-|-|likely\n"
		    "18|running|1000|1100|7|0|-|likely\n");
	feed_expect(&f, "SELECT end_reason, ended_ts FROM goroutine", "goexit|1100\n");
	feed_free(&f);
}

/* The reason that gopark told survives mcall, park_m and casgstatus. */
static void all_ways_of_one_wait(void **state)
{
	struct source *m, *parked;
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	m = feed_probe(&f, "runtime.mcall", "goid why");
	parked = feed_probe(&f, "runtime.park_m", "goid");
	feed(&f, p.execute, 100, 0, 7, VALUES(18));
	feed(&f, p.status, 101, 0, 7, VALUES(18, 1, 2));
	feed(&f, p.gopark, 200, 0, 7, VALUES(18, 14));
	feed(&f, m, 201, 0, 7, VALUES(18, FEED_RUNTIME + TO_PARK));
	feed(&f, parked, 202, 0, 7, VALUES(18));
	feed(&f, p.status, 203, 0, 7, VALUES(18, 2, 4));
	feed(&f, p.status, 300, 0, 8, VALUES(18, 4, 1));
	feed_end(&f);
	feed_expect(&f, SLICES,
		    "18|running|100|200|7|0|-|proved\n18|waiting|200|300|-|-|14|proved\n"
		    "18|runnable|300|-|-|-|-|proved\n");
	feed_free(&f);
}

static void gogo_alone(void **state)
{
	struct feed f;
	struct source *g;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	g = feed_probe(&f, "runtime.gogo.abi0", "goid");
	feed(&f, g, 100, 0, 7, VALUES(18));
	feed(&f, g, 150, 0, 7, VALUES(18)); /* its stack was made larger, or it was recovered */
	feed(&f, g, 200, 0, 7, VALUES(19));
	feed(&f, g, 300, 0, 8, VALUES(18));
	feed_end(&f);
	feed_expect(&f, SLICES,
		    "18|running|100|200|7|0|-|likely\n18|running|300|-|8|0|-|likely\n"
		    "19|running|200|-|7|0|-|likely\n");
	feed_free(&f);
}

/* ---- coroutines ------------------------------------------------------------------------------- */

static void coroutines(void **state)
{
	struct source *c, *g, *clock;
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	model_coroutines(f.m);
	p = probes(&f);
	c = feed_probe(&f, "runtime.coroswitch_m", "goid exit");
	g = feed_probe(&f, "runtime.gogo.abi0", "goid");
	clock = p.clock;
	feed(&f, p.execute, 100, 0, 7, VALUES(18));
	feed(&f, c, 200, 0, 7, VALUES(18, 0));
	feed(&f, clock, 201, 0, 7, NULL); /* neither of the two */
	feed(&f, g, 202, 0, 7, VALUES(19));
	feed(&f, clock, 250, 0, 7, NULL);
	feed(&f, c, 300, 0, 7, VALUES(19, 1)); /* it ends */
	feed(&f, p.status, 301, 0, 7, VALUES(19, 2, 6));
	feed(&f, g, 302, 0, 7, VALUES(18));
	feed_end(&f);
	feed_expect(&f, SLICES,
		    "18|running|100|200|7|0|-|proved\n18|waiting|200|302|-|-|coroutine|proved\n"
		    "18|running|302|-|7|0|-|proved\n19|running|202|300|7|0|-|proved\n");
	feed_expect(&f, "SELECT ts, goid FROM cpu_clock", "201|-\n250|19\n");
	feed_expect(&f, "SELECT goid, ended_ts, end_reason FROM goroutine",
		    "19|300|goexit\n18|-|-\n");
	feed_free(&f);
}

/* Who comes is not known until it does something, nor when the other one came back. */
static void coroutines_without_gogo(void **state)
{
	struct source *c;
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	model_coroutines(f.m);
	p = probes(&f);
	c = feed_probe(&f, "runtime.coroswitch_m", "goid exit");
	feed(&f, p.execute, 100, 0, 7, VALUES(18));
	feed(&f, c, 200, 0, 7, VALUES(18, 0));
	feed(&f, p.clock, 250, 0, 7, NULL);
	feed(&f, c, 300, 0, 7, VALUES(19, 0));
	feed(&f, p.gopark, 400, 0, 7, VALUES(18, 14));
	feed(&f, p.status, 401, 0, 7, VALUES(18, 2, 4));
	feed_end(&f);
	feed_expect(&f, SLICES,
		    "18|running|100|200|7|0|-|likely\n18|unknown|200|400|-|-|-|possible\n"
		    "18|waiting|400|-|-|-|14|likely\n19|unknown|300|-|-|-|-|possible\n");
	feed_expect(&f, "SELECT ts, goid FROM cpu_clock", "250|-\n");
	feed_free(&f);
}

/* ---- births and deaths ------------------------------------------------------------------------ */

static void births_and_deaths(void **state)
{
	struct source *n, *goexit;
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	model_go_version(f.m, "go1.26.0");
	p = probes(&f);
	n = feed_probe(&f, "runtime.newproc1", "parent fn ret");
	goexit = feed_probe(&f, "runtime.Goexit", "goid");
	feed(&f, p.execute, 100, 0, 7, VALUES(1));
	feed(&f, n, 110, 0, 7, VALUES(1, 0x2000, 0x1010));
	feed(&f, p.runqput, 111, 0, 7, VALUES(18));
	feed(&f, n, 120, 0, 7, VALUES(1, 0x3000, 0x1020)); /* a coroutine: it is not queued */
	feed(&f, p.status, 121, 0, 7, VALUES(19, 6, 4));
	feed(&f, p.execute, 200, 1, 8, VALUES(18));
	feed(&f, goexit, 210, 1, 8, VALUES(18));
	feed(&f, p.goexit0, 220, 1, 8, VALUES(18));
	feed_end(&f);
	feed_expect(&f,
		    "SELECT goid, parent_goid, start_function, go_function, created_ts, ended_ts, "
		    "end_reason FROM goroutine ORDER BY goid",
		    "1|-|-|-|-|-|-\n18|1|main.f2|main.f1|110|220|Goexit\n"
		    "19|1|main.f3|main.f1|120|-|-\n");
	feed_expect(&f, "SELECT state, ts, reason FROM goroutine_slice WHERE goid = 19",
		    "waiting|121|coroutine\n");
	feed_free(&f);
}

/* Whether it called Goexit may be what was lost. */
static void a_death_behind_a_hole(void **state)
{
	struct source *goexit;
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	goexit = feed_probe(&f, "runtime.Goexit", "goid");
	feed_ledger(&f, goexit, 1);
	feed(&f, p.execute, 100, 0, 7, VALUES(18));
	feed_lost(&f, 200, 0, 1);
	feed(&f, p.status, 201, 0, 7, VALUES(18, 8, 2));
	feed(&f, p.goexit0, 300, 0, 7, VALUES(18));
	feed_end(&f);
	feed_expect(&f, "SELECT end_reason, certainty FROM goroutine", "goexit|likely\n");
	feed_free(&f);
}

/* What the other CPU's ring holds of the time before this one's begins is half of what happened. */
static void overwritten_beginnings(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER | FEED_OVERWRITE);
	p = probes(&f);
	feed(&f, p.gopark, 100, 0, 7, VALUES(18, 14));
	feed(&f, p.execute, 150, 0, 7, VALUES(19));
	feed(&f, p.gopark, 160, 0, 7, VALUES(19, 14));
	feed_record(&f, (struct event){ .kind = EVENT_COMM,
					.ts = 170,
					.cpu = 1,
					.pid = FEED_PID,
					.tid = 8,
					.comm = { "worker", false } });
	feed(&f, p.execute, 180, 0, 7, VALUES(20));
	feed(&f, p.gopark, 190, 0, 7, VALUES(20, 14));
	feed(&f, p.clock, 200, 1, 8, NULL); /* all that is left of this CPU before here is gone */
	feed(&f, p.execute, 300, 1, 8, VALUES(18));
	feed(&f, p.gopark, 310, 1, 8, VALUES(18, 14));
	feed(&f, p.execute, 400, 0, 7, VALUES(18));
	feed_end(&f);
	feed_expect(&f,
		    "SELECT goid, state, ts, ts_end, certainty FROM goroutine_slice "
		    "WHERE ts < ts_end AND (goid = 18 OR ts = 150) ORDER BY ts, goid",
		    "18|unknown|100|300|possible\n19|running|150|160|likely\n"
		    "18|running|300|310|proved\n18|waiting|310|400|proved\n");
	feed_free(&f);
}

/* A thread is of a goroutine as long as nothing can have gone by unseen. */
static void whose_events_are(void **state)
{
	struct source *panic, *execute, *work, *change;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	panic = feed_probe(&f, "runtime.gopanic", "goid");
	change = feed_tell(&f, feed_source(&f, "sched:sched_switch", SOURCE_TRACEPOINT,
					   "prev_pid prev_state next_pid"));
	work = feed_probe(&f, "main.f1", "");
	feed(&f, panic, 100, 0, 7, VALUES(18));
	feed(&f, work, 200, 0, 7, NULL);
	feed(&f, change, 300, 0, 7, VALUES(7, 1, 0));
	feed_end(&f);
	feed_expect(&f, "SELECT ts, goid FROM event ORDER BY id", "100|18\n200|-\n300|-\n");
	feed_free(&f);

	feed_begin(&f, FEED_LEDGER);
	execute = feed_probe(&f, "runtime.execute", "goid");
	change = feed_tell(&f, feed_source(&f, "sched:sched_switch", SOURCE_TRACEPOINT,
					   "prev_pid prev_state next_pid"));
	work = feed_probe(&f, "main.f1", "");
	feed(&f, execute, 100, 0, 7, VALUES(18));
	feed(&f, work, 200, 0, 7, NULL);
	feed(&f, change, 300, 0, 7, VALUES(7, 1, 0)); /* perhaps it waits already */
	feed_end(&f);
	feed_expect(&f, "SELECT ts, goid FROM event ORDER BY id", "100|18\n200|18\n300|-\n");
	feed_free(&f);
}

/* Status "waiting" without mcall: the goroutine works on the system stack while its own is scanned. */
static void status_waiting_while_it_works(void **state)
{
	struct feed f;
	struct probes p;
	struct source *mcall;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	mcall = feed_probe(&f, "runtime.mcall", "goid");
	feed_probe(&f, "runtime.entersyscall", "goid");
	feed(&f, p.execute, 100, 0, 7, VALUES(18));
	feed(&f, p.status, 101, 0, 7, VALUES(18, 1, 2));
	feed(&f, p.status, 110, 0, 7, VALUES(18, 2, 4));
	feed(&f, p.status, 150, 0, 7, VALUES(18, 4, 2));
	feed(&f, mcall, 200, 0, 7, VALUES(18));
	feed(&f, p.status, 201, 0, 7, VALUES(18, 2, 4)); /* as a coroutine does */
	feed(&f, p.execute, 300, 0, 7, VALUES(18));
	feed(&f, p.status, 310, 0, 7, VALUES(18, 2, 4));
	feed(&f, p.status, 320, 0, 7, VALUES(18, 4, 2));
	feed(&f, p.status, 330, 0, 7, VALUES(19, 2, 4)); /* of this one nothing was seen before */
	feed_end(&f);
	feed_expect(
		&f,
		"SELECT goid, state, ts, ts_end, certainty FROM goroutine_slice ORDER BY ts, id",
		"18|running|100|201|proved\n18|waiting|201|300|proved\n"
		"18|running|300|-|proved\n19|waiting|330|-|likely\n");
	feed_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(execute_and_gopark),
		cmocka_unit_test(gopark_alone),
		cmocka_unit_test(status_alone),
		cmocka_unit_test(mcall_and_execute),
		cmocka_unit_test(all_ways_of_one_wait),
		cmocka_unit_test(gogo_alone),
		cmocka_unit_test(coroutines),
		cmocka_unit_test(coroutines_without_gogo),
		cmocka_unit_test(births_and_deaths),
		cmocka_unit_test(a_death_behind_a_hole),
		cmocka_unit_test(a_life),
		cmocka_unit_test(one_thread_runs_one_goroutine),
		cmocka_unit_test(nothing_is_known_after_a_hole),
		cmocka_unit_test(a_visit_in_a_hole),
		cmocka_unit_test(a_visit_that_nobody_would_tell),
		cmocka_unit_test(a_hole_reaches_back),
		cmocka_unit_test(a_hole_that_lost_nothing_of_the_runtime),
		cmocka_unit_test(exec_and_exit_begin_new_goroutines),
		cmocka_unit_test(others_outlive_a_call_of_exit),
		cmocka_unit_test(thinned_sources_prove_nothing),
		cmocka_unit_test(by_name_is_likely),
		cmocka_unit_test(calls_that_began_twice),
		cmocka_unit_test(whose_events_are),
		cmocka_unit_test(status_waiting_while_it_works),
		cmocka_unit_test(overwritten_beginnings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
