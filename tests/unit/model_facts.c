/* SPDX-License-Identifier: GPL-2.0-only */
/* Sources, processes, losses and data quality: facts that need no knowledge of Go. */
#include "tests/unit/model_feed.h"

static void names_of_tables_and_columns(void **state)
{
	struct feed f;
	struct source *s;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	s = feed_tell(&f, feed_source(&f, "sched:sched_wakeup", SOURCE_TRACEPOINT,
				      "pid PID arg_pid prio Ts"));
	feed_tell(&f, feed_source(&f, "a-b:c+d", SOURCE_TRACEPOINT, ""));
	feed_tell(&f, feed_source(&f, "A_b:c_d", SOURCE_TRACEPOINT, ""));
	feed_tell(&f, feed_source(&f, "cpu-clock", SOURCE_SOFTWARE, ""));
	feed(&f, s, 100, 1, 7, VALUES(1, 2, 3, 4, INT64_MIN));
	feed_end(&f);
	feed_expect(&f, "SELECT name, table_name FROM source",
		    "sched:sched_wakeup|sched__sched_wakeup\na-b:c+d|a_b__c_d\n"
		    "A_b:c_d|A_b__c_d_2\ncpu-clock|cpu_clock\n");
	feed_expect(
		&f, "SELECT group_concat(name) FROM pragma_table_info('sched__sched_wakeup')",
		"id,ts,cpu,pid,tid,goid,stack_id,period,arg_pid_2,arg_PID_3,arg_pid,prio,arg_Ts\n");
	feed_expect(&f, "SELECT * FROM sched__sched_wakeup",
		    "1|100|1|5|7|-|-|1|1|2|3|4|-9223372036854775808\n");
	feed_free(&f);
}

static void exiting_task_is_repaired(void **state)
{
	struct feed f;
	struct source *s, *w;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	s = feed_tell(&f, feed_source(&f, "sched:sched_switch", SOURCE_TRACEPOINT, "prev_pid"));
	w = feed_tell(&f, feed_source(&f, "sched:sched_wakeup", SOURCE_TRACEPOINT, "pid"));
	feed(&f, s, 100, 0, 7, VALUES(7));
	feed(&f, s, 200, 0, -1, VALUES(7));
	feed(&f, s, 300, 0, -1, VALUES(9)); /* a thread that was never seen */
	feed(&f, w, 400, 0, -1, VALUES(7)); /* names the task woken, not the one that exits */
	feed_end(&f);
	feed_expect(&f, "SELECT pid, tid FROM sched__sched_switch", "5|7\n5|7\n-|9\n");
	feed_expect(&f, "SELECT pid, tid FROM sched__sched_wakeup", "-|-\n");
	feed_free(&f);
}

static void lives_of_processes(void **state)
{
	struct feed f;
	struct source *s;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	s = feed_tell(&f, feed_source(&f, "cpu-clock", SOURCE_SOFTWARE, ""));
	feed_comm(&f, NO_TIME, 2, "shell", false);
	feed_fork(&f, 100, 5, 5, 2);
	feed_comm(&f, 110, 5, "perf-exec", false);
	feed_comm(&f, 120, 5, "demo", true);
	feed_fork(&f, 130, 5, 6, 5);
	feed(&f, s, 140, 0, 6, NULL);
	feed_exit(&f, 150, 5, 5);
	feed_exit(&f, 160, 5, 6);
	feed(&f, s, 161, 0, 6, NULL); /* an exiting thread runs on for a while */
	feed_fork(&f, 200, 5, 5, 2);  /* the pid is used again */
	feed_fork(&f, 300, 5, 5, 2);  /* and again, and its exit was not seen */
	feed(&f, s, 400, 1, 9, NULL); /* no record tells of this one */
	feed_end(&f);
	feed_expect(&f, "SELECT pid, parent_pid, comm, ts, ts_end FROM process WHERE pid = 5",
		    "5|2|perf-exec|100|120\n5|2|demo|120|160\n5|2|shell|200|300\n"
		    "5|2|shell|300|-\n");
	feed_expect(&f,
		    "SELECT tid, pid, comm, ts, ts_end FROM thread WHERE pid = 5 "
		    "ORDER BY tid, id",
		    "5|5|perf-exec|100|120\n5|5|demo|120|150\n5|5|shell|200|300\n"
		    "5|5|shell|300|-\n6|5|demo|130|160\n9|5|-|-|-\n");
	feed_expect(&f, "SELECT value FROM data_quality WHERE name = 'comm_missing'", "1\n");
	feed_free(&f);
}

static void name_is_not_inherited_when_records_are_missing(void **state)
{
	struct feed f;
	struct source *dummy;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	dummy = feed_source(&f, "dummy:HG", SOURCE_SOFTWARE, "");
	dummy->dummy = true;
	feed_tell(&f, dummy);
	feed_ledger(&f, dummy, 3);
	feed_comm(&f, NO_TIME, 2, "shell", false);
	feed_fork(&f, 100, 5, 5, 2);
	feed_end(&f);
	feed_expect(&f, "SELECT comm FROM process WHERE pid = 5", "-\n");
	feed_expect(&f, "SELECT count(*) FROM data_quality WHERE name = 'sideband_lost'", "1\n");
	feed_free(&f);
}

static void both_ledgers(void **state)
{
	struct feed f;
	struct source *a, *b;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	a = feed_tell(&f, feed_source(&f, "x:a", SOURCE_TRACEPOINT, ""));
	b = feed_tell(&f, feed_source(&f, "x:b", SOURCE_TRACEPOINT, ""));
	feed_ledger(&f, a, 10);
	feed_ledger(&f, a, 5);
	feed(&f, a, 100, 0, 7, NULL);
	feed(&f, b, 110, 1, 8, NULL);
	feed_lost(&f, 200, 0, 12);
	feed(&f, a, 200, 0, 7, NULL);
	feed(&f, b, 300, 1, 8, NULL);
	feed_end(&f);
	feed_expect(&f, "SELECT lost_events FROM source", "15\n0\n");
	feed_expect(&f, "SELECT ts, cpu, source_id, kind, count FROM lost",
		    "-|-|1|lost_samples|10\n-|-|1|lost_samples|5\n200|0|-|lost|12\n");
	feed_expect(&f,
		    "SELECT cpu, source_id, ts, ts_end, lost_events, certainty "
		    "FROM blind_window WHERE cause = 'lost'",
		    "0|-|100|200|12|proved\n-|-|200|-|3|likely\n");
	feed_expect(&f, "SELECT cpu, ts, ts_end FROM blind_window WHERE cause = 'not_armed'",
		    "0|200|301\n1|100|110\n");
	feed_expect(&f, "SELECT ts, ts_end, complete FROM recording", "100|301|0\n");
	feed_expect(&f, "SELECT name, value FROM data_quality WHERE severity = 'data_loss'",
		    "lost_events|15\nlost_on_cpu|12\nlost_at_end|3\nlost_samples|15\n");
	feed_free(&f);
}

static void thinned_and_throttled(void **state)
{
	struct feed f;
	struct source *t, *c;

	(void)state;
	feed_begin(&f, FEED_TRUNCATED | FEED_OVERWRITE);
	t = feed_source(&f, "x:a", SOURCE_TRACEPOINT, "");
	t->is_freq = true;
	t->freq = 999;
	t->period = NO_VALUE;
	feed_tell(&f, t);
	c = feed_source(&f, "cpu-clock", SOURCE_SOFTWARE, "");
	c->is_freq = true;
	c->freq = 99;
	c->period = NO_VALUE;
	feed_tell(&f, c);
	f.period = 10;
	feed(&f, t, 100, 0, 7, NULL);
	feed(&f, c, 100, 0, 7, NULL);
	feed(&f, t, 200, 0, 7, NULL);
	feed_record(&f, (struct event){ .kind = EVENT_THROTTLE,
					.ts = 210,
					.cpu = 0,
					.pid = 5,
					.tid = 7,
					.source = c });
	feed_record(&f, (struct event){ .kind = EVENT_UNTHROTTLE,
					.ts = 220,
					.cpu = 0,
					.pid = 5,
					.tid = 8,
					.source = c });
	feed_end(&f);
	feed_expect(&f,
		    "SELECT name, complete, sampled_reason LIKE '%2 of about 20%', lost_events "
		    "FROM source",
		    "x:a|0|1|-\ncpu-clock|0|0|-\n");
	feed_expect(&f,
		    "SELECT cause, source_id, ts, ts_end, lost_events FROM blind_window "
		    "WHERE cause <> 'not_armed'",
		    "throttled|2|210|220|-\nsampled|1|100|221|18\ntruncated|-|220|-|-\n"
		    "overwritten|-|-|100|-\n");
	feed_expect(&f, "SELECT group_concat(name) FROM data_quality",
		    "truncated,overwritten,no_ledger,sampled_source,throttled,comm_missing\n");
	feed_free(&f);
}

static void goid_at_a_wrong_offset(void **state)
{
	struct feed f;
	struct source *s;
	int i;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	s = feed_probe(&f, "runtime.gopark", "goid");
	for (i = 0; i < 20; i++)
		feed(&f, s, 100 + i, 0, 7 + i % 2, VALUES(2));
	feed_end(&f);
	feed_expect(&f, "SELECT severity FROM data_quality WHERE name = 'goid_offset'", "error\n");
	feed_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_tables_and_columns),
		cmocka_unit_test(exiting_task_is_repaired),
		cmocka_unit_test(lives_of_processes),
		cmocka_unit_test(name_is_not_inherited_when_records_are_missing),
		cmocka_unit_test(both_ledgers),
		cmocka_unit_test(thinned_and_throttled),
		cmocka_unit_test(goid_at_a_wrong_offset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
