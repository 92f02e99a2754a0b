/* SPDX-License-Identifier: GPL-2.0-only */
/* Windows of the kernel, and requests to goroutines to give way. */
#include "tests/unit/model_feed.h"

#define WINDOWS                                                                                    \
	"SELECT kind, cpu, tid, goid, ts, ts_end, opener, closer, observer, certainty "            \
	"FROM preempt_window ORDER BY ts, id"
#define REQUESTS                                                                                   \
	"SELECT goid, tid, ts, signalled_ts, delivered_ts, granted_ts, outcome "                   \
	"FROM preempt_request ORDER BY coalesce(ts, signalled_ts), id"

static struct source *tracepoint(struct feed *f, const char *name, const char *fields)
{
	return feed_tell(f, feed_source(f, name, SOURCE_TRACEPOINT, fields));
}

static void windows_of_the_kernel(void **state)
{
	struct source *off, *on, *change, *clock;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	off = tracepoint(&f, "preemptirq:preempt_disable", "caller_offs");
	on = tracepoint(&f, "preemptirq:preempt_enable", "caller_offs");
	change = tracepoint(&f, "sched:sched_switch", "prev_pid prev_state next_pid");
	clock = feed_tell(&f, feed_source(&f, "cpu-clock", SOURCE_SOFTWARE, ""));
	feed_ledger(&f, off, 1);
	feed(&f, on, 90, 0, 7, VALUES(1)); /* nobody disabled */
	feed(&f, off, 100, 0, 7, VALUES(1));
	feed(&f, off, 105, 1, 9, VALUES(1)); /* another CPU */
	feed(&f, on, 110, 0, 8, VALUES(2));  /* another thread enables: it pairs by CPU */
	feed(&f, on, 115, 1, 9, VALUES(2));
	feed(&f, off, 120, 0, 7, VALUES(1));
	feed(&f, change, 125, 0, 7, VALUES(7, 1, 0)); /* idle */
	feed(&f, change, 180, 0, 0, VALUES(0, 0, 8));
	feed(&f, on, 185, 0, 8, VALUES(2));
	feed(&f, off, 200, 0, 7, VALUES(1));
	feed(&f, off, 210, 0, 7, VALUES(3)); /* the enable in between was dropped */
	feed(&f, clock, 212, 0, 7, NULL);
	feed(&f, on, 215, 0, 7, VALUES(2));
	feed(&f, off, 300, 0, 7, VALUES(1));
	feed_lost(&f, 320, 0, 4);
	feed(&f, on, 320, 0, 7, VALUES(2)); /* of another window, perhaps */
	feed_end(&f);
	feed_expect(&f, WINDOWS,
		    "kernel|0|7|-|100|110|_raw_spin_lock|up_read|-|proved\n"
		    "kernel|1|9|-|105|115|_raw_spin_lock|up_read|-|proved\n"
		    "kernel|0|7|-|120|125|_raw_spin_lock|[idle]|-|proved\n"
		    "kernel|0|8|-|180|185|[idle]|up_read|0|proved\n"
		    "kernel|0|7|-|200|-|_raw_spin_lock|[begun again]|-|possible\n"
		    "kernel|0|7|-|210|215|irq_enter_rcu|up_read|1|proved\n"
		    "kernel|0|7|-|300|-|_raw_spin_lock|[lost events]|-|possible\n");
	feed_expect(&f,
		    "SELECT name, cpu, value FROM data_quality WHERE name LIKE 'windows_%' "
		    "ORDER BY name",
		    "windows_at_an_end|0|1\nwindows_cut_by_loss|0|1\nwindows_unpaired|0|1\n");
	feed_free(&f);
}

/* Why a window has no end, and an enable no begin. */
static void halves(void **state)
{
	struct source *off, *on;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	off = tracepoint(&f, "preemptirq:irq_disable", "caller_offs");
	on = tracepoint(&f, "preemptirq:irq_enable", "caller_offs");
	feed_ledger(&f, off, 9);
	feed(&f, off, 100, 0, 7, VALUES(2)); /* enables are not armed yet */
	feed(&f, off, 110, 0, 7, VALUES(2));
	feed(&f, on, 120, 0, 7, VALUES(2));
	feed(&f, on, 130, 0, 7, VALUES(2)); /* the disable was dropped */
	feed(&f, off, 140, 0, 7, VALUES(2));
	feed(&f, off, 150, 0, 7, VALUES(2)); /* the enable was */
	feed_lost(&f, 160, 0, 1);
	feed(&f, off, 160, 0, 7, VALUES(2));
	feed(&f, on, 170, 0, 7, VALUES(2));
	feed_lost(&f, 180, 0, 1);
	feed(&f, on, 180, 0, 7, VALUES(2));
	feed(&f, off, 190, 0, 7, VALUES(2));
	feed(&f, on, 200, 0, 7, VALUES(2));
	feed(&f, on, 210, 0, 7, VALUES(2)); /* disables are not armed any more */
	feed(&f, on, 220, 0, 7, VALUES(2));
	feed(&f, off, 300, 1, 8, VALUES(2));
	feed(&f, on, 310, 1, 8, VALUES(2));
	feed(&f, off, 320, 1, 8, VALUES(2));
	feed_end(&f);
	feed_expect(&f,
		    "SELECT cpu, ts, closer FROM preempt_window WHERE ts_end IS NULL ORDER BY ts",
		    "0|100|[not armed]\n0|140|[begun again]\n0|150|[lost events]\n"
		    "1|320|[end of recording]\n");
	feed_expect(&f,
		    "SELECT name, cpu, value FROM data_quality WHERE name LIKE 'windows_%' "
		    "ORDER BY name, cpu",
		    "windows_at_an_end|0|3\nwindows_unpaired|0|2\n"
		    "windows_unpaired_by_loss|0|2\n");
	feed_free(&f);
}

/* Who made a window: by the thread, the opener, the whole stack; else nobody knows. */
static void observers(void **state)
{
	struct source *off, *on;
	struct feed f;
	int64_t at = 100;
	const struct {
		int32_t tid;
		int64_t opener;
		uint32_t stack;
	} windows[] = {
		{ 20, 0, 0 }, /* perf */
		{ 21, 0, 0 }, /* perf-exec */
		{ 22, 0, 0 }, /* perf_5.10 */
		{ 23, 0, 0 }, /* perfserver: nothing tells */
		{ 24, 0, 0 }, /* perf_bench, too */
		{ 23, 1, 0 }, /* _raw_spin_lock can be anybody's */
		{ 23, 3, 0 }, /* irq_enter_rcu without a sample in it */
		{ 23, 4, 0 }, /* perf_iterate_sb */
		{ 23, 1, 1 }, /* called by handle_swbp */
		{ 23, 1, 3 }, /* called by nobody of the recorder */
		{ 23, 1, 5 }, /* a stack without names */
	};
	size_t i;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	off = feed_source(&f, "preemptirq:preempt_disable", SOURCE_TRACEPOINT, "caller_offs");
	off->has_callchain = true;
	feed_tell(&f, off);
	on = tracepoint(&f, "preemptirq:preempt_enable", "caller_offs");
	f.kernel_frames[1] = f.kernel_frames[3] = "_raw_spin_lock";
	f.kernel_frames[2] = "handle_swbp";
	f.kernel_frames[4] = "vfs_write";
	f.callers[1] = 2;
	f.callers[3] = 4;
	feed_comm(&f, 10, 20, "perf", false);
	feed_comm(&f, 10, 21, "perf-exec", false);
	feed_comm(&f, 10, 22, "perf_5.10", false);
	feed_comm(&f, 10, 23, "perfserver", false);
	feed_comm(&f, 10, 24, "perf_bench", false);
	for (i = 0; i < ARRAY_SIZE(windows); i++, at += 10) {
		f.pid = windows[i].tid;
		f.stack = windows[i].stack;
		feed(&f, off, at, 0, windows[i].tid, VALUES(windows[i].opener));
		f.stack = 0;
		feed(&f, on, at + 5, 0, windows[i].tid, VALUES(0));
	}
	feed_end(&f);
	feed_expect(&f, "SELECT ts, observer FROM preempt_window ORDER BY ts",
		    "100|1\n110|1\n120|1\n130|-\n140|-\n150|-\n160|0\n170|1\n180|1\n"
		    "190|0\n200|-\n");
	feed_free(&f);
}

/* Without the rest of the stack, the address alone does not say who called. */
static void observers_without_chains(void **state)
{
	struct source *off, *on;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	off = tracepoint(&f, "preemptirq:irq_disable", "caller_offs");
	on = tracepoint(&f, "preemptirq:irq_enable", "caller_offs");
	f.kernel_frames[1] = "_raw_spin_lock";
	f.stack = 1;
	feed(&f, off, 100, 0, 7, VALUES(0));
	feed(&f, on, 110, 0, 7, VALUES(0));
	feed_end(&f);
	feed_expect(&f, "SELECT ts, observer FROM preempt_window", "100|-\n");
	feed_free(&f);
}

/* What is known of a lock's preempt window is known of its irq window, and of irq windows inside it. */
static void observers_of_locks(void **state)
{
	struct source *off, *on, *irq_off, *irq_on;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	off = feed_source(&f, "preemptirq:preempt_disable", SOURCE_TRACEPOINT, "caller_offs");
	off->has_callchain = true;
	feed_tell(&f, off);
	on = tracepoint(&f, "preemptirq:preempt_enable", "caller_offs");
	irq_off = tracepoint(&f, "preemptirq:irq_disable", "caller_offs");
	irq_on = tracepoint(&f, "preemptirq:irq_enable", "caller_offs");
	f.kernel_frames[1] = "_raw_spin_lock";
	f.kernel_frames[2] = "handle_swbp";
	f.callers[1] = 2;
	feed(&f, irq_off, 100, 0, 7, VALUES(1));
	f.stack = 1;
	feed(&f, off, 101, 0, 7, VALUES(1)); /* the same lock */
	f.stack = 0;
	feed(&f, irq_on, 102, 0, 7, VALUES(1));
	feed(&f, irq_off, 103, 0, 7, VALUES(1)); /* inside */
	feed(&f, irq_on, 104, 0, 7, VALUES(1));
	feed(&f, on, 105, 0, 7, VALUES(1));
	feed(&f, irq_off, 110, 0, 7, VALUES(1));
	f.stack = 1;
	feed(&f, off, 111, 0, 7, VALUES(2)); /* another function's */
	f.stack = 0;
	feed_lost(&f, 112, 0, 1);
	feed(&f, irq_off, 112, 0, 7, VALUES(1)); /* whether that goes on is not known */
	feed(&f, irq_on, 113, 0, 7, VALUES(1));
	feed_end(&f);
	feed_expect(&f, "SELECT ts, observer FROM preempt_window WHERE kind = 'irq' ORDER BY ts",
		    "100|1\n103|1\n110|-\n112|-\n");
	feed_free(&f);
}

struct probes {
	struct source *ask, *sent, *arrived, *found, *wanted, *granted, *yield, *park;
};

static struct probes probes(struct feed *f)
{
	return (struct probes){
		.ask = feed_probe(f, "runtime.preemptone", "goid"),
		.sent = tracepoint(f, "signal:signal_generate", "sig code pid"),
		.arrived = tracepoint(f, "signal:signal_deliver", "sig code"),
		.found = feed_probe(f, "runtime.doSigPreempt", "goid"),
		.wanted = feed_probe(f, "runtime.isAsyncSafePoint", "goid pc"),
		.granted = feed_probe(f, "runtime.asyncPreempt2", "goid"),
		.yield = feed_probe(f, "runtime.goschedImpl", "goid"),
		.park = feed_probe(f, "runtime.park_m", "goid"),
	};
}

/* Thread 1 asks goroutine 18, which runs on thread 7; the signal comes, and it gives way or not. */
static void round_trip(struct feed *f, const struct probes *p, int64_t ts, int64_t found)
{
	feed(f, p->ask, ts, 0, 1, VALUES(18));
	feed(f, p->sent, ts + 1, 0, 1, VALUES(23, -6, 7));
	feed(f, p->arrived, ts + 5, 1, 7, VALUES(23, -6));
	feed(f, p->found, ts + 6, 1, 7, VALUES(found));
}

static void outcomes(void **state)
{
	struct probes p;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed(&f, p.found, 50, 1, 7, VALUES(18)); /* thread 7 is known */
	round_trip(&f, &p, 100, 18);
	feed(&f, p.wanted, 107, 1, 7, VALUES(18, 0x1010));
	feed(&f, p.granted, 108, 1, 7, VALUES(18));
	feed(&f, p.yield, 109, 1, 7, VALUES(18));
	round_trip(&f, &p, 200, 18);
	feed(&f, p.wanted, 207, 1, 7, VALUES(18, 0x1010)); /* and it goes on */
	round_trip(&f, &p, 300, 0); /* asked again; on the scheduler's stack */
	feed(&f, p.yield, 350, 1, 7, VALUES(18));
	feed(&f, p.ask, 400, 0, 1, VALUES(18)); /* no signal: the flag is enough */
	feed(&f, p.yield, 410, 1, 7, VALUES(18));
	feed(&f, p.ask, 500, 0, 1, VALUES(18));
	feed(&f, p.sent, 501, 0, 1, VALUES(23, -6, 7));
	feed(&f, p.ask, 510, 0, 1, VALUES(18)); /* one signal is on its way */
	feed(&f, p.arrived, 520, 1, 7, VALUES(23, -6));
	feed(&f, p.found, 521, 1, 7, VALUES(19)); /* it finds another goroutine */
	round_trip(&f, &p, 600, 18);
	feed(&f, p.park, 610, 1, 7, VALUES(18)); /* it waits before it gave way */
	feed_end(&f);
	feed_expect(&f, REQUESTS,
		    "18|7|100|101|105|108|async\n18|7|200|201|205|-|denied\n"
		    "18|7|300|301|305|350|cooperative\n18|7|400|-|-|410|cooperative\n"
		    "18|7|500|501|520|-|late\n18|-|510|-|-|-|coalesced\n18|7|600|601|605|-|late\n");
	feed_expect(&f,
		    "SELECT denied_pc, denied_reason FROM preempt_request WHERE outcome = 'denied'",
		    "4112|unsafe point\n");
	/* From the first request that was not honoured. */
	feed_expect(&f, "SELECT goid, ts, ts_end FROM preempt_window WHERE kind = 'go' ORDER BY ts",
		    "18|100|108\n18|200|350\n18|400|410\n");
	feed_free(&f);
}

static void a_hole_answers_nothing(void **state)
{
	struct probes p;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed_ledger(&f, p.granted, 1);
	feed(&f, p.found, 50, 1, 7, VALUES(18));
	round_trip(&f, &p, 100, 18);
	feed_lost(&f, 120, 1, 1);
	feed(&f, p.yield, 130, 1, 7, VALUES(18));
	feed_end(&f);
	feed_expect(&f, REQUESTS, "18|7|100|101|105|-|unknown\n");
	feed_free(&f);
}

static void the_world_stops(void **state)
{
	struct source *stop, *start;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	stop = feed_probe(&f, "runtime.stopTheWorldWithSema", "goid reason");
	start = feed_probe(&f, "runtime.startTheWorldWithSema", "goid");
	feed(&f, stop, 100, 0, 7, VALUES(3, 1));
	feed(&f, start, 150, 1, 8, VALUES(3));
	feed(&f, stop, 200, 0, 7, VALUES(3, 2));
	feed_end(&f);
	feed_expect(
		&f,
		"SELECT kind, tid, goid, ts, ts_end, opener, certainty FROM preempt_window ORDER BY ts",
		"stw|7|3|100|150|1|proved\nstw|7|3|200|-|2|possible\n");
	feed_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_of_the_kernel),
		cmocka_unit_test(halves),
		cmocka_unit_test(observers),
		cmocka_unit_test(observers_without_chains),
		cmocka_unit_test(observers_of_locks),
		cmocka_unit_test(outcomes),
		cmocka_unit_test(a_hole_answers_nothing),
		cmocka_unit_test(the_world_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
