/* SPDX-License-Identifier: GPL-2.0-only */
/* Windows of the kernel, and requests to goroutines to give way. */
#include <time.h>

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
	struct source *ask, *scan, *sent, *arrived, *found, *wanted, *granting, *granted, *yield,
		*held, *park, *execute;
};

static struct probes probes(struct feed *f)
{
	return (struct probes){
		.ask = feed_probe(f, "runtime.preemptone", "goid"),
		.scan = feed_probe(f, "runtime.suspendG", "goid"),
		.sent = tracepoint(f, "signal:signal_generate", "sig code pid"),
		.arrived = tracepoint(f, "signal:signal_deliver", "sig code"),
		.found = feed_probe(f, "runtime.doSigPreempt", "goid"),
		.wanted = feed_probe(f, "runtime.isAsyncSafePoint", "goid pc"),
		.granting = feed_probe(f, "runtime.asyncPreempt", "goid pc"),
		.granted = feed_probe(f, "runtime.asyncPreempt2", "goid"),
		.yield = feed_probe(f, "runtime.goschedImpl", "goid"),
		.held = feed_probe(f, "runtime.preemptPark", "goid"),
		.park = feed_probe(f, "runtime.park_m", "goid"),
		.execute = feed_probe(f, "runtime.execute", "goid"),
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
	feed(&f, p.granting, 108, 1, 7, VALUES(18, 0x1010));
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
		    "4112|thread holds a lock or is pinned, or too little stack\n");
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

static void why_denied(void **state)
{
	struct probes p;
	struct feed f;
	int i;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed(&f, p.found, 50, 1, 7, VALUES(18));
	for (i = 0; i < 6; i++) {
		round_trip(&f, &p, 100 * (i + 1), 18);
		feed(&f, p.wanted, 100 * (i + 1) + 7, 1, 7, VALUES(18, 0x2008 + 0x1000 * i));
		feed(&f, p.park, 100 * (i + 1) + 8, 1, 7, VALUES(18));
	}
	feed_end(&f);
	feed_expect(
		&f,
		"SELECT denied_pc / 4096, denied_reason FROM preempt_request WHERE outcome = 'denied'",
		"2|unsafe point\n3|assembly code\n4|runtime code\n5|runtime code\n6|no Go code\n7|-\n");
	feed_free(&f);
}

/* Thread 2 asks again before thread 7 has done what the answer to the first signal was. */
static void asked_while_it_gives_way(void **state)
{
	struct probes p;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed(&f, p.found, 50, 1, 7, VALUES(18));
	round_trip(&f, &p, 100, 18);
	feed(&f, p.wanted, 107, 1, 7, VALUES(18, 0x1010));
	feed(&f, p.ask, 108, 0, 2, VALUES(18));
	feed(&f, p.sent, 109, 0, 2, VALUES(23, -6, 7));
	feed(&f, p.granted, 110, 1, 7, VALUES(18));
	feed(&f, p.yield, 111, 1, 7, VALUES(18));
	feed(&f, p.arrived, 112, 1, 7, VALUES(23, -6));
	feed(&f, p.found, 113, 1, 7, VALUES(0));
	/* The signal comes before the call that the first one made it do: the place is asyncPreempt's. */
	round_trip(&f, &p, 200, 18);
	feed(&f, p.wanted, 207, 1, 7, VALUES(18, 0x1010));
	feed(&f, p.ask, 208, 0, 2, VALUES(18));
	feed(&f, p.sent, 209, 0, 2, VALUES(23, -6, 7));
	feed(&f, p.arrived, 210, 1, 7, VALUES(23, -6));
	feed(&f, p.found, 211, 1, 7, VALUES(18));
	feed(&f, p.wanted, 212, 1, 7, VALUES(18, 0x5008));
	feed(&f, p.granted, 213, 1, 7, VALUES(18));
	feed_end(&f);
	feed_expect(&f, REQUESTS,
		    "18|7|100|101|105|110|async\n18|7|108|109|-|-|coalesced\n"
		    "18|7|200|201|205|213|async\n18|7|208|209|210|-|coalesced\n");
	feed_free(&f);
}

/* Where it is not known whether the place is asyncPreempt's, nor is what the first signal did. */
static void asked_again_at_an_unknown_place(void **state)
{
	struct probes p;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed(&f, p.found, 50, 1, 7, VALUES(18));
	round_trip(&f, &p, 200, 18);
	feed(&f, p.wanted, 207, 1, 7, VALUES(18, 0x1010));
	feed(&f, p.ask, 208, 0, 2, VALUES(18));
	feed(&f, p.sent, 209, 0, 2, VALUES(23, -6, 7));
	feed(&f, p.arrived, 210, 1, 7, VALUES(23, -6));
	feed(&f, p.found, 211, 1, 7, VALUES(18));
	feed(&f, p.wanted, 212, 1, 7, VALUES(18, 0x9008));
	feed(&f, p.granted, 213, 1, 7, VALUES(18));
	feed_end(&f);
	feed_expect(&f, REQUESTS, "18|7|200|201|205|-|unknown\n18|7|208|209|210|213|async\n");
	feed_free(&f);
}

/* What has no other end: it ran elsewhere since, or it is seen to give way and nobody was seen to ask. */
static void ends_by_what_follows(void **state)
{
	struct source *execute;
	struct probes p;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	execute = feed_probe(&f, "runtime.execute", "goid");
	feed(&f, execute, 50, 1, 7, VALUES(18));
	round_trip(&f, &p, 100, 18);
	feed(&f, execute, 110, 1, 7, VALUES(19)); /* 18 left the thread */
	feed(&f, p.yield, 120, 1, 7, VALUES(18));
	feed(&f, p.ask, 200, 0, 1, VALUES(18));
	feed(&f, execute, 210, 1, 7, VALUES(18)); /* and is not asked any more */
	feed(&f, p.granted, 300, 1, 7, VALUES(18));
	/* suspendG asks once and sends twice. */
	feed(&f, p.ask, 400, 0, 1, VALUES(18));
	feed(&f, p.sent, 401, 0, 1, VALUES(23, -6, 7));
	feed(&f, p.arrived, 405, 1, 7, VALUES(23, -6));
	feed(&f, p.found, 406, 1, 7, VALUES(0));
	feed(&f, p.sent, 411, 0, 1, VALUES(23, -6, 7));
	feed(&f, p.arrived, 415, 1, 7, VALUES(23, -6));
	feed(&f, p.found, 416, 1, 7, VALUES(18));
	feed(&f, p.granted, 420, 1, 7, VALUES(18));
	feed_end(&f);
	feed_expect(&f,
		    "SELECT goid, tid, ts, signalled_ts, delivered_ts, granted_ts, outcome "
		    "FROM preempt_request ORDER BY id",
		    "18|7|100|101|105|-|late\n18|-|200|-|-|-|late\n18|7|-|-|-|300|async\n"
		    "18|7|400|401|405|-|late\n18|7|-|411|415|420|async\n");
	feed_expect(&f, "SELECT goid, ts, ts_end FROM preempt_window WHERE kind = 'go'",
		    "18|400|420\n");
	feed_free(&f);
}

/* Without a probe that tells one from the other, nobody knows how it gave way. */
static void gave_way_somehow(void **state)
{
	struct source *sent, *arrived, *execute, *yield;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	sent = tracepoint(&f, "signal:signal_generate", "sig code pid");
	arrived = tracepoint(&f, "signal:signal_deliver", "sig code");
	execute = feed_probe(&f, "runtime.execute", "goid");
	yield = feed_probe(&f, "runtime.goschedImpl", "goid");
	feed(&f, execute, 50, 1, 7, VALUES(18));
	feed(&f, sent, 100, 0, 1, VALUES(23, -6, 7));
	feed(&f, arrived, 105, 1, 7, VALUES(23, -6));
	feed(&f, yield, 110, 1, 7, VALUES(18));
	feed(&f, execute, 120, 1, 7, VALUES(18));
	feed(&f, sent, 200, 0, 1, VALUES(23, -6, 7));
	feed(&f, arrived, 205, 1, 7, VALUES(23, -6));
	feed(&f, execute, 210, 1, 7, VALUES(19)); /* preemptPark has no probe */
	feed_end(&f);
	feed_expect(&f, REQUESTS, "18|7|-|100|105|110|unknown\n18|7|-|200|205|-|unknown\n");
	feed_free(&f);
}

/* Who is not seen to come back may have left its thread meanwhile, which makes the request void. */
static void comings_unseen(void **state)
{
	struct source *ask, *yield, *granted;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	ask = feed_probe(&f, "runtime.preemptone", "goid");
	granted = feed_probe(&f, "runtime.asyncPreempt2", "goid");
	yield = feed_probe(&f, "runtime.goschedImpl", "goid");
	feed(&f, ask, 100, 0, 1, VALUES(18));
	feed(&f, yield, 110, 1, 7, VALUES(18));
	feed(&f, ask, 200, 0, 1, VALUES(18));
	feed(&f, granted, 210, 1, 7, VALUES(18));
	feed_end(&f);
	feed_expect(&f, REQUESTS, "18|7|100|-|-|110|unknown\n18|7|200|-|-|210|async\n");
	feed_expect(&f, WINDOWS,
		    "go|-|7|18|100|110|-|-|0|likely\ngo|-|7|18|200|210|-|-|0|likely\n");
	feed_free(&f);
}

/* The signal found the scheduler's stack: it came late, whatever is known of what the goroutine did next. */
static void late_is_late(void **state)
{
	struct source *ask, *sent, *arrived, *found, *execute;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	ask = feed_probe(&f, "runtime.preemptone", "goid");
	sent = tracepoint(&f, "signal:signal_generate", "sig code pid");
	arrived = tracepoint(&f, "signal:signal_deliver", "sig code");
	found = feed_probe(&f, "runtime.doSigPreempt", "goid");
	execute = feed_probe(&f, "runtime.execute", "goid");
	feed(&f, execute, 50, 1, 7, VALUES(18));
	feed(&f, ask, 100, 0, 1, VALUES(18));
	feed(&f, sent, 101, 0, 1, VALUES(23, -6, 7));
	feed(&f, arrived, 105, 1, 7, VALUES(23, -6));
	feed(&f, found, 106, 1, 7, VALUES(0));
	feed(&f, execute, 110, 1, 7, VALUES(18));
	feed_end(&f);
	feed_expect(&f, REQUESTS, "18|7|100|101|105|-|late\n");
	feed_free(&f);
}

/* Signals of a program without probes: what came of the last one is over when the next one is sent. */
static void signals_of_others(void **state)
{
	const int32_t mine = FEED_PID, other = 1000;
	clock_t begin = clock();
	struct probes p;
	struct feed f;
	int i;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed(&f, p.found, 10, 1, 7, VALUES(18));
	f.pid = other;
	feed(&f, p.arrived, 20, 1, 1001, VALUES(10, 0)); /* thread 1001 is known */
	feed(&f, p.sent, 100, 0, 1002, VALUES(23, -6, 1001));
	feed(&f, p.arrived, 105, 0, 1001, VALUES(23, -6));
	feed(&f, p.sent, 200, 0, 1002, VALUES(23, -6, 1001));
	f.pid = mine;
	feed(&f, p.ask, 300, 1, 1, VALUES(18));
	feed(&f, p.yield, 310, 1, 7, VALUES(18));
	feed(&f, p.found, 315, 1, 1, VALUES(0)); /* no signal will be sent any more */
	feed(&f, p.ask, 320, 1, 1, VALUES(19));
	f.pid = other;
	feed_exit(&f, 330, other, 1001);
	f.pid = mine;
	feed(&f, p.yield, 340, 1, 7, VALUES(19));
	feed(&f, p.found, 350, 1, 1, VALUES(0));
	/* Goroutines that leave unseen. */
	for (i = 0; i < 1000; i++)
		feed(&f, p.ask, 400 + i, 1, 1, VALUES(1000 + i));
	f.pid = other;
	for (i = 0; i < 3; i++)
		feed(&f, p.arrived, 1900, 0, 1003 + i, VALUES(10, 0));
	for (i = 0; i < 300000; i++)
		feed(&f, p.sent, 2000 + i, 0, 1002, VALUES(23, -6, 1003 + i % 3));
	feed_end(&f);
	/* In the order in which they ended. */
	feed_expect(&f, "SELECT signalled_ts, ts FROM preempt_request LIMIT 5",
		    "100|-\n-|300\n200|-\n-|320\n-|400\n");
	/* Several minutes, if each event looked at all that came before it. */
	assert_true(clock() - begin < 20 * CLOCKS_PER_SEC);
	feed_free(&f);
}

/* Thread 7 is seen on CPU 0 before CPU 1 tells that the grant may be in a hole. */
static void a_hole_told_of_late(void **state)
{
	struct probes p;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed_ledger(&f, p.granted, 2);
	feed(&f, p.found, 50, 1, 7, VALUES(18));
	round_trip(&f, &p, 100, 18);
	feed(&f, p.wanted, 107, 1, 7, VALUES(18, 0x1010));
	feed(&f, p.park, 115, 0, 7, VALUES(18));
	feed_lost(&f, 120, 1, 1);
	/* It gave way, and waits no more but for a signal, when CPU 0 tells that it had asked before. */
	feed(&f, p.found, 200, 1, 7, VALUES(18));
	feed(&f, p.found, 200, 0, 9, VALUES(20));
	feed(&f, p.ask, 210, 1, 1, VALUES(18));
	feed(&f, p.yield, 220, 1, 7, VALUES(18));
	feed_lost(&f, 230, 0, 1);
	feed_end(&f);
	feed_expect(&f, REQUESTS, "18|7|100|101|105|-|unknown\n18|7|210|-|-|220|unknown\n");
	feed_expect(&f, "SELECT ts, ts_end FROM preempt_window", "210|-\n");
	feed_free(&f);
}

#define STOPS                                                                                      \
	"SELECT tid, goid, ts, ts_end, opener, certainty, last_event IS NULL FROM preempt_window " \
	"WHERE kind = 'stw' ORDER BY ts"

static void the_world_stops(void **state)
{
	char unknown[] = "unknown", mark[] = "GC mark termination";
	char *names[] = { unknown, mark, NULL };
	struct source *stop, *start;
	struct probe told;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	model_number_names(f.m, NAME_STOP_REASON, names, ARRAY_SIZE(names));
	stop = feed_probe(&f, "runtime.stopTheWorldWithSema", "goid reason");
	start = feed_probe(&f, "runtime.startTheWorldWithSema", "goid");
	told = (struct probe){ .source = stop->id,
			       .path = "a",
			       .definition = "p:a/b a:0x10 goid=%r14:u64 reason=%ax:u8" };
	feed_ok(&f, model_probe(f.m, &told, &f.err));
	feed(&f, stop, 100, 0, 7, VALUES(3, 1));
	feed(&f, start, 150, 1, 8, VALUES(3));
	feed(&f, start, 160, 1, 8, VALUES(3)); /* whose stop was before the recording */
	feed(&f, stop, 200, 0, 7, VALUES(3, 2));
	feed(&f, stop, 300, 0, 7, VALUES(3, 200));
	f.pid = 6; /* the world of another process */
	feed(&f, start, 310, 0, 77, VALUES(3));
	f.pid = FEED_PID;
	feed(&f, start, 350, 0, 7, VALUES(3));
	feed(&f, stop, 400, 0, 7, VALUES(3, 1));
	feed_end(&f);
	feed_expect(&f, STOPS,
		    "7|3|100|150|GC mark termination|proved|0\n7|3|200|-|2|possible|1\n"
		    "7|3|300|350|200|proved|0\n7|3|400|-|GC mark termination|possible|1\n");
	feed_free(&f);
}

/* Where it is not known what a probe fetches as `reason`, it is no more than a number. */
static void stopped_for_a_number(void **state)
{
	char unknown[] = "unknown", mark[] = "GC mark termination";
	char *names[] = { unknown, mark };
	struct source *stop;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	model_number_names(f.m, NAME_STOP_REASON, names, ARRAY_SIZE(names));
	stop = feed_probe(&f, "runtime.stopTheWorldWithSema", "goid reason");
	feed(&f, stop, 100, 0, 7, VALUES(3, 1));
	feed_end(&f);
	feed_expect(&f, STOPS, "7|3|100|-|1|possible|1\n");
	feed_free(&f);
}

/* CPU 1 tells later of a hole that lies across the first stop; what lay in it may have been a start and a stop. */
static void stops_and_holes(void **state)
{
	struct source *stop, *start;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	stop = feed_probe(&f, "runtime.stopTheWorldWithSema", "goid");
	start = feed_probe(&f, "runtime.startTheWorldWithSema", "goid");
	feed_ledger(&f, stop, 1);
	feed_ledger(&f, start, 2);
	feed(&f, start, 90, 1, 8, VALUES(3));
	feed(&f, stop, 100, 0, 7, VALUES(3));
	feed(&f, start, 150, 0, 7, VALUES(3));
	feed(&f, stop, 180, 0, 7, VALUES(3));
	feed_lost(&f, 200, 1, 2);
	feed(&f, start, 210, 0, 7, VALUES(3));
	feed(&f, stop, 300, 0, 7, VALUES(3));
	feed(&f, start, 350, 1, 7, VALUES(3));
	feed_lost(&f, 500, 0, 1);
	feed(&f, stop, 600, 0, 7, VALUES(3));
	feed(&f, start, 650, 1, 7, VALUES(3));
	feed_end(&f);
	feed_expect(&f, STOPS,
		    "7|3|100|-|-|possible|1\n7|3|180|-|-|possible|1\n7|3|300|-|-|possible|1\n"
		    "7|3|600|650|-|proved|0\n");
	feed_free(&f);
}

/* Others lost events; those of the stops are all there. */
static void holes_of_others(void **state)
{
	struct source *stop, *start, *park;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	stop = feed_probe(&f, "runtime.stopTheWorldWithSema", "goid");
	start = feed_probe(&f, "runtime.startTheWorldWithSema", "goid");
	park = feed_probe(&f, "runtime.park_m", "goid");
	feed_ledger(&f, park, 1);
	feed(&f, stop, 100, 0, 7, VALUES(3));
	feed_lost(&f, 120, 0, 1);
	feed(&f, start, 150, 0, 7, VALUES(3));
	feed_end(&f);
	feed_expect(&f, STOPS, "7|3|100|150|-|proved|0\n");
	feed_free(&f);
}

static void sampled_stops(void **state)
{
	struct source *stop, *start;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	stop = feed_source(&f, "runtime.stopTheWorldWithSema", SOURCE_TRACEPOINT, "goid");
	stop->is_uprobe = true;
	stop->type = "uprobe";
	stop->period = 2;
	feed_tell(&f, stop);
	feed_ok(&f, model_probed_function(f.m, stop, stop->name, 0, true, &f.err));
	start = feed_probe(&f, "runtime.startTheWorldWithSema", "goid");
	feed(&f, stop, 100, 0, 7, VALUES(3));
	feed(&f, start, 150, 0, 7, VALUES(3));
	feed_end(&f);
	feed_expect(&f, STOPS, "7|3|100|150|-|possible|0\n");
	feed_free(&f);
}

/* The ledger clears the runtime's probes, and not the signals: an answer may belong to another signal. */
static void signals_are_lost(void **state)
{
	struct probes p;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed_ledger(&f, p.sent, 1);
	feed(&f, p.found, 50, 1, 7, VALUES(18));
	round_trip(&f, &p, 100, 18);
	feed(&f, p.wanted, 107, 1, 7, VALUES(18, 0x1010));
	feed(&f, p.granted, 108, 1, 7, VALUES(18));
	feed_lost(&f, 200, 0, 1); /* from 101 on */
	feed(&f, p.found, 300, 1, 7, VALUES(18));
	feed_end(&f);
	feed_expect(&f, REQUESTS, "18|7|100|101|105|108|unknown\n");
	feed_expect(&f, "SELECT ts_end, certainty FROM preempt_window", "-|possible\n");
	feed_free(&f);
}

/* The collector scans every stack, and asks only those that run; the dead are among them. */
static void scans_ask_who_runs(void **state)
{
	struct probes p;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed(&f, p.execute, 90, 1, 7, VALUES(18));
	feed(&f, p.execute, 91, 2, 8, VALUES(19));
	feed(&f, p.park, 95, 2, 8, VALUES(19));
	feed(&f, p.scan, 100, 0, 1, VALUES(18));
	feed(&f, p.scan, 110, 0, 1, VALUES(19)); /* it waits */
	feed(&f, p.scan, 120, 0, 1, VALUES(20)); /* it is dead */
	feed(&f, p.yield, 130, 1, 7, VALUES(18));
	feed_end(&f);
	feed_expect(&f, REQUESTS, "18|7|100|-|-|130|cooperative\n");
	feed_expect(&f, "SELECT goid FROM goroutine ORDER BY goid", "18\n19\n");
	feed_free(&f);
}

/* Whether the second one runs is not known; the signal is for it all the same. */
static void a_signal_is_for_who_was_asked_last(void **state)
{
	struct probes p;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed(&f, p.execute, 90, 1, 7, VALUES(18));
	feed(&f, p.found, 91, 0, 8, VALUES(0)); /* thread 8 is known */
	feed(&f, p.scan, 100, 0, 1, VALUES(18));
	feed(&f, p.scan, 110, 0, 1, VALUES(19));
	feed(&f, p.sent, 120, 0, 1, VALUES(23, -6, 8));
	feed(&f, p.yield, 130, 1, 7, VALUES(18));
	feed_end(&f);
	feed_expect(&f, REQUESTS " LIMIT 1", "18|7|100|-|-|130|cooperative\n");
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
		cmocka_unit_test(why_denied),
		cmocka_unit_test(asked_while_it_gives_way),
		cmocka_unit_test(asked_again_at_an_unknown_place),
		cmocka_unit_test(ends_by_what_follows),
		cmocka_unit_test(gave_way_somehow),
		cmocka_unit_test(comings_unseen),
		cmocka_unit_test(late_is_late),
		cmocka_unit_test(signals_of_others),
		cmocka_unit_test(a_hole_told_of_late),
		cmocka_unit_test(the_world_stops),
		cmocka_unit_test(stopped_for_a_number),
		cmocka_unit_test(stops_and_holes),
		cmocka_unit_test(holes_of_others),
		cmocka_unit_test(sampled_stops),
		cmocka_unit_test(signals_are_lost),
		cmocka_unit_test(scans_ask_who_runs),
		cmocka_unit_test(a_signal_is_for_who_was_asked_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
