/* SPDX-License-Identifier: GPL-2.0-only */
/* What the recording cost: hits times what each was measured to cost, or a bound. */
#include "tests/unit/model_feed.h"

#define COSTS                                                                                       \
	"SELECT tid, pid, hits, cost_ns, thread_ns, thread_time, share, basis FROM recording_cost " \
	"ORDER BY tid, id"
#define TOLD "SELECT value, sentence FROM data_quality WHERE name = 'recording_cost'"

static void measured(struct feed *f, const struct source *s, int64_t cost)
{
	const struct probe p = {
		.source = s->id, .path = "/opt/demo", .definition = "", .cost_ns = cost
	};

	feed_ok(f, model_probe(f->m, &p, &f->err));
}

static struct source *sched_switch(struct feed *f)
{
	return feed_tell(f, feed_source(f, "sched:sched_switch", SOURCE_TRACEPOINT,
					"prev_pid prev_state next_pid"));
}

static void hits_times_cost(void **state)
{
	struct source *cheap, *dear, *change;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	cheap = feed_probe(&f, "runtime.gopark", "goid");
	dear = feed_probe(&f, "runtime.gopanic", "goid");
	change = sched_switch(&f);
	measured(&f, cheap, 30);
	measured(&f, dear, 100);
	feed(&f, change, 1000, 0, 0, VALUES(0, 0, 7));
	feed(&f, cheap, 1100, 0, 7, VALUES(1));
	feed(&f, dear, 1150, 0, 7, VALUES(1));
	feed(&f, cheap, 1270, 0, 7, VALUES(1));
	feed(&f, cheap, 1300, 0, 7, VALUES(1));
	feed(&f, cheap, 1325, 0, 7, VALUES(1));        /* the one before was over within 25 */
	feed(&f, change, 1400, 0, 7, VALUES(7, 1, 8)); /* ran for 400 */
	feed(&f, cheap, 1500, 0, 8, VALUES(2));
	feed(&f, change, 1600, 0, 8, VALUES(8, 1, 7)); /* … 200 */
	feed(&f, change, 1800, 0, 7, VALUES(7, 1, 9)); /* … 200 more */
	feed(&f, change, 2000, 0, 9, VALUES(9, 1, 0)); /* no hit */
	feed_end(&f);
	feed_expect(&f, COSTS,
		    "7|5|5|215|600|running|0.358333333333333|measured\n"
		    "8|5|1|30|200|running|0.15|measured\n");
	feed_expect(&f, TOLD,
		    "245|the recording itself: 6 hits of uprobes took 0.000 ms, 0.04 us each (as "
		    "measured before the recording); the highest share is 35.8 % of the time that "
		    "thread 7 (?) was on a CPU\n");
	feed_free(&f);
}

static void a_bound(void **state)
{
	struct source *a, *b;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	a = feed_probe(&f, "runtime.gopark", "goid");
	b = feed_probe(&f, "runtime.gopanic", "goid");
	feed(&f, a, 1000, 0, 7, VALUES(1)); /* at most 80 */
	feed(&f, b, 1080, 0, 7, VALUES(1)); /* 20 */
	feed(&f, a, 1100, 0, 7, VALUES(1)); /* 50 */
	feed(&f, a, 1105, 1, 8, VALUES(2)); /* of another thread: 50, as learnt by then */
	feed(&f, a, 1150, 0, 7, VALUES(1)); /* 50: nothing follows */
	feed_exit(&f, 1400, FEED_PID, 8);
	feed(&f, b, 1500, 1, 9, VALUES(3)); /* 20 */
	feed_end(&f);
	feed_expect(&f, COSTS,
		    "7|5|4|200|500|life|0.4|bound\n"
		    "8|5|1|50|400|life|0.125|bound\n"
		    "9|5|1|20|500|life|0.04|bound\n");
	feed_free(&f);
}

static void nothing_known(void **state)
{
	struct source *a;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	a = feed_probe(&f, "runtime.gopark", "goid");
	feed_ledger(&f, a, 3);
	feed(&f, a, 1000, 0, 7, VALUES(1));
	feed_end(&f);
	feed_expect(&f, "SELECT tid, hits, cost_ns, share, basis FROM recording_cost",
		    "7|1|-|-|-\n");
	feed_expect(&f, TOLD,
		    "-|the recording itself: what its hits of uprobes cost is not known; 3 hits "
		    "that were lost are not counted\n");
	feed_free(&f);
}

/* A tid that is used again has two lives; what comes in periods is a bound; no number overflows. */
static void lives_and_periods(void **state)
{
	struct source *a;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	a = feed_probe(&f, "runtime.gopark", "goid");
	measured(&f, a, 30);
	feed(&f, a, 1000, 0, 7, VALUES(1));
	feed_exit(&f, 1100, FEED_PID, 7);
	feed_fork(&f, 1200, FEED_PID, 7, 6);
	f.period = 10;
	feed(&f, a, 1300, 0, 7, VALUES(2));
	feed_exit(&f, 1600, FEED_PID, 7);
	f.period = INT64_MAX;
	feed(&f, a, 1700, 0, 8, VALUES(3));
	feed(&f, a, 1800, 0, 8, VALUES(3));
	feed_end(&f);
	feed_expect(&f,
		    "SELECT tid, hits, cost_ns, thread_ns, basis FROM recording_cost ORDER BY id",
		    "7|1|30|100|measured\n7|10|300|400|bound\n"
		    "8|9223372036854775807|-|800|-\n");
	feed_free(&f);
}

/* No probe, no cost; and where switches were lost, the time on a CPU is not known. */
static void no_hits_and_lost_switches(void **state)
{
	struct source *a, *change;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	change = sched_switch(&f);
	feed(&f, change, 1000, 0, 0, VALUES(0, 0, 7));
	feed_end(&f);
	feed_expect(&f, "SELECT count(*) FROM recording_cost", "0\n");
	feed_expect(&f, TOLD, "");
	feed_free(&f);

	feed_begin(&f, FEED_LEDGER);
	a = feed_probe(&f, "runtime.gopark", "goid");
	measured(&f, a, 30);
	change = sched_switch(&f);
	feed_ledger(&f, change, 1);
	feed(&f, change, 1000, 0, 0, VALUES(0, 0, 7));
	feed(&f, a, 1100, 0, 7, VALUES(1));
	feed(&f, change, 1299, 0, 7, VALUES(7, 1, 0));
	feed_end(&f);
	feed_expect(&f, COSTS, "7|5|1|30|299|life|0.100334448160535|measured\n");
	feed_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hits_times_cost),
		cmocka_unit_test(a_bound),
		cmocka_unit_test(nothing_known),
		cmocka_unit_test(lives_and_periods),
		cmocka_unit_test(no_hits_and_lost_switches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
