/* SPDX-License-Identifier: GPL-2.0-only */
/* Clock samples that were due and did not come, on grids made by hand: a sample per millisecond. */
#include "tests/unit/model_feed.h"

#define MS 1000000
#define GAPS                                                                                       \
	"SELECT cpu, tid, source_id, ts, ts_end, lost_events FROM blind_window "                   \
	"WHERE cause = 'gap' ORDER BY cpu, ts"

/* A timer of CPUs, or of tasks. */
static struct source *timer(struct feed *f, const char *name, bool wide, bool is_freq)
{
	struct source *s = feed_source(f, name, SOURCE_SOFTWARE, "");

	s->is_timer = true;
	s->system_wide = wide;
	s->is_freq = is_freq;
	s->freq = is_freq ? 1000 : NO_VALUE;
	s->period = is_freq ? NO_VALUE : MS;
	return feed_tell(f, s);
}

/* Samples of thread 7 on CPU 0, `count` of them, one millisecond and `drift` ns apart. */
static int64_t ticks(struct feed *f, const struct source *clock, int64_t at, int count,
		     int64_t drift)
{
	int i;

	for (i = 0; i < count; i++, at += MS + drift)
		feed(f, clock, at, 0, 7, NULL);
	return at;
}

static void expect(struct feed *f, const char *rows)
{
	feed_end(f);
	feed_expect(f, GAPS, rows);
	feed_free(f);
}

/* The recording's clock runs faster or slower than the timer, by 400 ppm. */
static void drift(void **state)
{
	static const int64_t drifts[] = { 400, -400 };
	struct source *clock;
	struct feed f;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(drifts); i++) {
		char want[64];
		int64_t at;

		feed_begin(&f, FEED_LEDGER);
		clock = timer(&f, "cpu-clock", true, true);
		at = ticks(&f, clock, 10, 4000, drifts[i]);
		/* The grid was followed: one that is missing is seen, and where it was due. */
		at += MS + drifts[i];
		ticks(&f, clock, at, 10, drifts[i]);
		snprintf(want, sizeof(want), "0|7|1|%lld|%lld|1\n",
			 (long long)(at - MS - 2 * drifts[i]), (long long)at);
		expect(&f, want);
	}
}

static void late_is_no_gap(void **state)
{
	struct source *clock;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	clock = timer(&f, "cpu-clock", true, false);
	ticks(&f, clock, 10, 5, 0);
	feed(&f, clock, 5 * MS + 900000, 0, 7, NULL); /* very late */
	feed(&f, clock, 6 * MS + 10, 0, 7, NULL);     /* on its grid nevertheless */
	feed(&f, clock, 7 * MS + 400000, 0, 7, NULL);
	feed(&f, clock, 7 * MS + 500000, 0, 7, NULL); /* twice for one point */
	feed(&f, clock, 8 * MS + 10, 0, 7, NULL);
	expect(&f, "");
}

static void missing(void **state)
{
	struct source *clock;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	clock = timer(&f, "cpu-clock", true, true);
	ticks(&f, clock, 10, 5, 0);
	feed(&f, clock, 6 * MS + 10, 0, 7, NULL);       /* 5 is missing */
	feed(&f, clock, 7 * MS + 10, 0, 7, NULL);       /* none */
	feed(&f, clock, 108 * MS + 10, 0, 7, NULL);     /* 8 to 107 are */
	feed(&f, clock, 111 * MS + 300010, 0, 7, NULL); /* 109 and 110, and it is late itself */
	feed(&f, clock, 112 * MS + 10, 0, 7, NULL);
	expect(&f, "0|7|1|5000010|6000010|1\n0|7|1|8000010|108000010|100\n"
		   "0|7|1|109000010|111300010|2\n");
}

/* Early by less than a twentieth of the period: the point is the one that comes, not the one that was. */
static void early(void **state)
{
	struct source *clock;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	clock = timer(&f, "cpu-clock", true, true);
	ticks(&f, clock, 100000, 5, 0);
	feed(&f, clock, 5 * MS + 60000, 0, 7, NULL);  /* early, none is missing */
	feed(&f, clock, 9 * MS + 20000, 0, 7, NULL);  /* early again, 6 to 8 are */
	feed(&f, clock, 11 * MS + 19990, 0, 7, NULL); /* 10 is */
	expect(&f, "0|7|1|6060000|9020000|3\n0|7|1|10020000|11019990|1\n");
}

static void hole_and_idle(void **state)
{
	struct source *clock;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	clock = timer(&f, "cpu-clock", true, true);
	ticks(&f, clock, 10, 5, 0);
	feed_lost(&f, 9 * MS + 10, 0, 4); /* what was lost is no gap */
	ticks(&f, clock, 9 * MS + 10, 2, 0);
	feed_lost(&f, 14 * MS, 1, 4); /* of another CPU */
	feed(&f, clock, 14 * MS + 10, 0, 7, NULL);
	feed(&f, clock, 20 * MS + 10, 0, 0, NULL); /* the CPU may have slept */
	feed(&f, clock, 21 * MS + 10, 0, 7, NULL);
	feed_lost(&f, 23 * MS, -1, 1); /* of any CPU */
	feed(&f, clock, 30 * MS + 10, 0, 7, NULL);
	expect(&f, "0|7|1|11000010|14000010|3\n");
}

static void clocks_and_cpus(void **state)
{
	struct source *a, *b;
	struct feed f;
	int64_t ms;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	a = timer(&f, "cpu-clock", true, true);
	b = timer(&f, "task-clock", true, false);
	b->period = 3 * MS;
	for (ms = 1; ms <= 30; ms++) {
		if (ms != 7) /* a on CPU 0 */
			feed(&f, a, ms * MS, 0, 7, NULL);
		if (ms < 12 || ms > 13) /* a on CPU 1, half a period later */
			feed(&f, a, ms * MS + 500000, 1, 8, NULL);
		if (ms % 3 == 0 && ms != 15 && ms != 18) /* b on CPU 1 */
			feed(&f, b, ms * MS + 700000, 1, 8, NULL);
	}
	expect(&f, "0|7|1|7000000|8000000|1\n1|8|1|12500000|14500000|2\n"
		   "1|8|2|15700000|21700000|2\n");
}

/* The timer of a task stops while the task does not run; its samples do not name a CPU. */
static void of_tasks(void **state)
{
	struct source *clock, *change;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	clock = timer(&f, "cpu-clock", false, true);
	change = feed_tell(&f, feed_source(&f, "sched:sched_switch", SOURCE_TRACEPOINT,
					   "prev_pid prev_state next_pid"));
	feed(&f, clock, 10, -1, 7, NULL);
	feed(&f, clock, MS + 10, -1, 7, NULL);
	feed(&f, change, MS + 500010, 0, 7, VALUES(7, 1, 0)); /* half a period is left */
	feed(&f, clock, 9 * MS + 700000, -1, 7, NULL);
	feed(&f, clock, 10 * MS + 300000, -1, 8, NULL); /* of another thread, elsewhere */
	feed(&f, clock, 10 * MS + 700000, -1, 7, NULL);
	feed(&f, clock, 13 * MS + 700000, -1, 7, NULL); /* those of 11.7 and 12.7 did not come */
	feed(&f, change, 14 * MS + 100000, 1, 8, VALUES(8, 1, 0)); /* of another thread */
	feed(&f, clock, 15 * MS + 700000, -1, 7, NULL);            /* nor that of 14.7 */
	feed_lost(&f, 16 * MS, 1, 1);                              /* a switch, perhaps */
	feed(&f, clock, 19 * MS + 700000, -1, 7, NULL);
	expect(&f, "-|7|1|11700000|13700000|2\n-|7|1|14700000|15700000|1\n");

	/* Without switches, or with a part of them, nobody knows when it ran. */
	feed_begin(&f, FEED_LEDGER);
	clock = timer(&f, "cpu-clock", false, true);
	change = feed_source(&f, "sched:sched_switch", SOURCE_TRACEPOINT,
			     "prev_pid prev_state next_pid");
	change->period = 10;
	feed_tell(&f, change);
	ticks(&f, clock, 10, 3, 0);
	ticks(&f, clock, 9 * MS, 3, 0);
	expect(&f, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drift),         cmocka_unit_test(late_is_no_gap),
		cmocka_unit_test(missing),       cmocka_unit_test(early),
		cmocka_unit_test(hole_and_idle), cmocka_unit_test(clocks_and_cpus),
		cmocka_unit_test(of_tasks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
