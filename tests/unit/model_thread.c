/* SPDX-License-Identifier: GPL-2.0-only */
/* What threads do, by the scheduler's events; gaps of the clock. */
#include "tests/unit/model_feed.h"

#define SLICES "SELECT tid, state, ts, ts_end, cpu, certainty FROM thread_slice ORDER BY tid, ts"

static struct source *sched(struct feed *f, const char *name, const char *fields, bool wide)
{
	struct source *s = feed_source(f, name, SOURCE_TRACEPOINT, fields);

	s->system_wide = wide;
	return feed_tell(f, s);
}

#define SWITCH "sched:sched_switch", "prev_pid prev_state next_pid"

static void system_wide(void **state)
{
	struct source *change, *wakeup;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	change = sched(&f, SWITCH, true);
	wakeup = sched(&f, "sched:sched_wakeup", "pid target_cpu", true);
	feed(&f, change, 100, 0, 7, VALUES(7, 1, 8));   /* 7 sleeps */
	feed(&f, wakeup, 150, 0, 8, VALUES(7, 1));      /* and can run on the other CPU */
	feed(&f, change, 160, 1, 0, VALUES(0, 0, 7));   /* the idle task leaves for it */
	feed(&f, change, 200, 0, 8, VALUES(8, 256, 0)); /* 8 is preempted */
	feed(&f, change, 210, 0, 0, VALUES(0, 0, 8));
	feed(&f, wakeup, 220, 0, 8, VALUES(8, 0));     /* runs already */
	feed(&f, change, 230, 0, 8, VALUES(8, 16, 0)); /* and is dead */
	feed(&f, change, 240, 1, 7, VALUES(7, 2, 0));
	feed_end(&f);
	feed_expect(&f, SLICES,
		    "7|sleeping|100|150|-|proved\n"
		    "7|runnable|150|160|1|proved\n7|running|160|240|1|proved\n"
		    "7|blocked|240|-|-|proved\n"
		    "8|running|100|200|0|proved\n8|runnable|200|210|-|proved\n"
		    "8|running|210|230|0|proved\n");
	feed_free(&f);
}

/* sched_waking tells who can run where sched_wakeup does not, whatever is known of new threads. */
static void waking_alone(void **state)
{
	struct source *change, *waking;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	change = sched(&f, SWITCH, true);
	waking = sched(&f, "sched:sched_waking", "pid target_cpu", true);
	sched(&f, "sched:sched_wakeup_new", "pid target_cpu", true);
	feed(&f, change, 100, 0, 7, VALUES(7, 1, 8));
	feed(&f, waking, 150, 0, 8, VALUES(7, 1));
	feed(&f, change, 160, 1, 0, VALUES(0, 0, 7));
	feed_end(&f);
	feed_expect(&f, SLICES,
		    "7|sleeping|100|150|-|proved\n7|runnable|150|160|1|proved\n"
		    "7|running|160|-|1|proved\n8|running|100|-|0|proved\n");
	feed_free(&f);
}

/* Where nothing tells of switches, a thread may have been away between two of its events. */
static void no_switches(void **state)
{
	struct source *clock;
	struct feed f;

	(void)state;
	feed_begin(&f, 0);
	clock = feed_tell(&f, feed_source(&f, "cpu-clock", SOURCE_SOFTWARE, ""));
	feed(&f, clock, 100, 0, 7, NULL);
	feed(&f, clock, 200, 0, 7, NULL);
	feed(&f, clock, 300, 0, 8, NULL);
	feed_end(&f);
	feed_expect(&f, SLICES, "7|running|100|300|0|likely\n8|running|300|-|0|likely\n");
	feed_free(&f);
}

/* Recorded of one program, the return to a CPU is seen in no event. */
static void one_program(void **state)
{
	struct source *change, *probe;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	change = sched(&f, SWITCH, false);
	probe = sched(&f, "sched:sched_migrate_task", "orig_cpu", false);
	feed(&f, probe, 90, 0, 7, VALUES(0));
	feed(&f, change, 100, 0, 7, VALUES(7, 1, 99));
	feed(&f, probe, 150, 1, 7, VALUES(0));
	feed(&f, change, 200, 1, 7, VALUES(7, 0, 99));
	feed_end(&f);
	feed_expect(&f,
		    "SELECT tid, state, ts, ts_end, cpu, certainty FROM thread_slice WHERE tid = 7 "
		    "ORDER BY ts",
		    "7|running|90|100|0|proved\n7|sleeping|100|-|-|likely\n"
		    "7|running|150|200|1|proved\n7|runnable|200|-|-|proved\n");
	feed_free(&f);
}

/* Holes are told of at their ends, not in the order of their beginnings. */
static void holes(void **state)
{
	struct source *change;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	change = sched(&f, SWITCH, true);
	feed_ledger(&f, change, 5);
	feed(&f, change, 100, 0, 7, VALUES(7, 1, 8));
	feed(&f, change, 110, 1, 0, VALUES(0, 0, 9));
	feed(&f, change, 130, 0, 8, VALUES(8, 0, 10));
	feed_lost(&f, 150, 0, 2); /* since 130 */
	feed(&f, change, 150, 0, 10, VALUES(10, 1, 8));
	feed_lost(&f, 170, 1, 3); /* since 110 */
	feed(&f, change, 170, 1, 0, VALUES(0, 0, 7));
	feed_end(&f);
	feed_expect(
		&f,
		"SELECT tid, state, ts, ts_end, certainty FROM thread_slice "
		"WHERE tid IN (7, 9, 10) ORDER BY tid, ts",
		"7|sleeping|100|110|likely\n7|unknown|110|170|possible\n7|running|170|-|proved\n"
		"9|unknown|110|170|possible\n"
		"10|unknown|130|150|possible\n10|unknown|150|-|possible\n");
	feed_free(&f);
}

static void gaps(void **state)
{
	struct source *clock;
	struct feed f;
	int64_t at;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	clock = feed_source(&f, "cpu-clock", SOURCE_SOFTWARE, "");
	clock->is_timer = clock->is_freq = true;
	clock->freq = 1000;
	feed_tell(&f, clock);
	for (at = 1; at <= 5; at++)
		feed(&f, clock, at * 1000000 + 10, 0, 7, NULL);
	feed(&f, clock, 6400000, 0, 7, NULL); /* late, but it came */
	feed(&f, clock, 7000010, 0, 7, NULL);
	feed(&f, clock, 10100000, 0, 7, NULL); /* those of 8 and 9 ms did not come */
	feed(&f, clock, 11000010, 0, 7, NULL);
	feed(&f, clock, 14000010, 0, 0, NULL); /* nobody's program was unseen */
	feed_end(&f);
	feed_expect(&f,
		    "SELECT cause, cpu, tid, ts, ts_end, lost_events FROM blind_window "
		    "WHERE cause = 'gap'",
		    "gap|0|7|8000010|10100000|2\n");
	feed_free(&f);
}

/* The first that is seen of a CPU ran there since before; not where somebody else was seen, or could be. */
static void who_ran_before(void **state)
{
	struct source *change, *clock;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	change = sched(&f, SWITCH, true);
	clock = feed_tell(&f, feed_source(&f, "cpu-clock", SOURCE_SOFTWARE, ""));
	feed_ledger(&f, change, 3);
	feed(&f, change, 100, 0, 0, VALUES(0, 0, 6)); /* the first record of all */
	feed(&f, clock, 120, 1, 7, NULL);             /* of this CPU */
	feed(&f, change, 130, 1, 7, VALUES(7, 1, 8));
	feed(&f, change, 140, 2, 9, VALUES(9, 1, 10)); /* a switch is the first of this one */
	feed(&f, clock, 150, 3, 0, NULL);              /* it was idle */
	feed(&f, change, 160, 3, 11, VALUES(11, 1, 12));
	feed_fork(&f, 170, FEED_PID, 13, FEED_PID);
	feed(&f, change, 180, 4, 13, VALUES(13, 1, 14)); /* not before it was born */
	feed_lost(&f, 190, 5, 3);
	feed(&f, change, 190, 5, 15, VALUES(15, 1, 16));
	feed_end(&f);
	feed_expect(&f,
		    "SELECT tid, ts, ts_end, cpu, certainty FROM thread_slice "
		    "WHERE state = 'running' AND tid IN (6, 7, 9, 11, 13, 15) ORDER BY tid, ts",
		    "6|100|-|0|proved\n7|100|120|1|likely\n7|120|130|1|likely\n9|100|140|2|likely\n"
		    "13|170|180|4|likely\n");
	feed_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(system_wide),    cmocka_unit_test(waking_alone),
		cmocka_unit_test(no_switches),    cmocka_unit_test(one_program),
		cmocka_unit_test(holes),          cmocka_unit_test(gaps),
		cmocka_unit_test(who_ran_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
