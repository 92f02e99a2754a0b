/* SPDX-License-Identifier: GPL-2.0-only */
/* Sources, processes, losses and data quality: facts that need no knowledge of Go. */
#include "model/machine.h"
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
	dummy->dummy = dummy->carries_sideband = true;
	feed_tell(&f, dummy);
	feed_ledger(&f, dummy, 3);
	feed_comm(&f, NO_TIME, 2, "shell", false);
	feed_fork(&f, 100, 5, 5, 2);
	feed_end(&f);
	feed_expect(&f, "SELECT comm FROM process WHERE pid = 5", "-\n");
	feed_expect(&f, "SELECT count(*) FROM data_quality WHERE name = 'sideband_lost'", "1\n");
	feed_free(&f);
}

/*
 * Where no dummy event is there, the first one writes the records of processes, too, and the kernel counts all
 * that it could not write as lost by it (perf_output_begin(); seen with perf record without -a).
 */
static void first_event_carries_the_others(void **state)
{
	struct feed f;
	struct source *first;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	first = feed_source(&f, "probe_app:never", SOURCE_TRACEPOINT, "");
	first->carries_sideband = true;
	feed_tell(&f, first);
	feed_ledger(&f, first, 676);
	feed_comm(&f, NO_TIME, 2, "shell", false);
	feed_fork(&f, 100, 5, 5, 2);
	feed_end(&f);
	feed_expect(&f, "SELECT comm FROM process WHERE pid = 5", "-\n");
	feed_expect(&f, "SELECT lost_events, carries_sideband FROM source", "676|1\n");
	feed_expect(&f, "SELECT lost_percent FROM loss", "-\n");
	feed_expect(&f,
		    "SELECT name, substr(sentence, 1, 9) FROM data_quality WHERE name IN "
		    "('lost_samples', 'sideband_lost') ORDER BY name",
		    "lost_samples|up to 676\nsideband_lost|records o\n");
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
		    "SELECT cpu, source_id, ts, ts_end, lost_events, certainty, first_event, "
		    "last_event FROM blind_window WHERE cause = 'lost'",
		    "0|-|100|200|12|proved|1|3\n-|-|200|-|3|likely|-|-\n");
	feed_expect(&f,
		    "SELECT cpu, ts, ts_end, first_event, last_event FROM blind_window "
		    "WHERE cause = 'not_armed'",
		    "0|200|301|3|-\n1|100|110|-|2\n");
	feed_expect(&f, "SELECT ts, ts_end, complete FROM recording", "100|301|0\n");
	feed_expect(&f, "SELECT name, value FROM data_quality WHERE severity = 'data_loss'",
		    "lost_events|15\nlost_on_cpu|12\nlost_at_end|3\nlost_samples|15\n");
	feed_free(&f);
}

/* Holes name the events around them: two in a row the same ones, one at the end none after it. */
static void holes_between_events(void **state)
{
	struct feed f;
	struct source *a;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	a = feed_tell(&f, feed_source(&f, "x:a", SOURCE_TRACEPOINT, ""));
	feed_ledger(&f, a, 21);
	feed_lost(&f, 90, 0, 1); /* nothing was there before */
	feed(&f, a, 90, 0, 7, NULL);
	feed(&f, a, 100, 1, 8, NULL);
	feed_lost(&f, 200, 0, 2);
	feed_comm(&f, 200, 7, "a record that is no event", false);
	feed_lost(&f, 210, 0, 3);
	feed(&f, a, 215, 1, 8, NULL);
	feed(&f, a, 220, 0, 7, NULL);
	feed_lost(&f, 230, 5, 4); /* a CPU that is never seen */
	feed_lost(&f, 240, 1, 5);
	feed_lost(&f, 250, -1, 6); /* somewhere */
	feed(&f, a, 260, 0, 7, NULL);
	feed_end(&f);
	feed_expect(&f,
		    "SELECT cpu, ts, ts_end, lost_events, first_event, last_event "
		    "FROM blind_window WHERE cause = 'lost' ORDER BY ts_end",
		    "0|-|90|1|-|1\n0|90|200|2|1|4\n0|200|210|3|1|4\n5|-|230|4|-|-\n"
		    "1|215|240|5|3|-\n-|220|250|6|-|-\n");
	feed_free(&f);
}

/* Rings of threads: the CPU of a hole is where its thread ran when it ended, and says nothing of the rest. */
static void holes_of_threads(void **state)
{
	struct feed f;
	struct source *a;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	f.m->recording.per_thread = true;
	a = feed_tell(&f, feed_source(&f, "x:a", SOURCE_TRACEPOINT, ""));
	feed_ledger(&f, a, 2);
	feed(&f, a, 100, 0, 7, NULL);
	feed(&f, a, 150, 1, 8, NULL);
	feed_lost(&f, 200, 1, 2);
	feed(&f, a, 200, 1, 7, NULL);
	feed_end(&f);
	feed_expect(&f,
		    "SELECT cpu, ts, ts_end, lost_events, first_event, certainty "
		    "FROM blind_window WHERE cause = 'lost'",
		    "-|-|200|2|-|likely\n");
	feed_free(&f);
}

/* A ring that is overwritten keeps its last events, on each CPU its own; others keep all. */
static void overwritten(void **state)
{
	struct feed f;
	struct source *a, *b;

	(void)state;
	feed_begin(&f, FEED_LEDGER | FEED_OVERWRITE);
	a = feed_source(&f, "x:a", SOURCE_TRACEPOINT, "");
	feed_tell(&f, a);
	b = feed_source(&f, "x:b", SOURCE_TRACEPOINT, "");
	b->overwrite = false;
	feed_tell(&f, b);
	feed_ok(&f, model_cpu(f.m, 0, true, &f.err));
	feed_ok(&f, model_cpu(f.m, 1, true, &f.err));
	feed_ok(&f, model_cpu(f.m, 2, true, &f.err));
	feed(&f, b, 100, 0, 7, NULL);
	feed(&f, b, 110, 1, 8, NULL);
	feed(&f, a, 120, 1, 8, NULL);
	feed(&f, a, 130, 0, 7, NULL);
	feed(&f, a, 140, 1, 8, NULL);
	feed_end(&f);
	feed_expect(&f,
		    "SELECT cause, cpu, source_id, ts, ts_end, first_event, last_event "
		    "FROM blind_window ORDER BY cpu, cause, ts",
		    "not_armed|0|-|130|141|4|-\noverwritten|0|1|-|130|-|4\n"
		    "not_armed|1|-|100|110|-|2\noverwritten|1|1|-|120|-|3\n"
		    "overwritten|2|1|-|-|-|-\n");
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
	feed_expect(
		&f,
		"SELECT cause, cpu, source_id, ts, ts_end, lost_events, first_event, last_event "
		"FROM blind_window WHERE cause <> 'not_armed' ORDER BY id",
		"throttled|0|2|210|220|-|-|-\nsampled|-|1|100|221|18|-|-\n"
		/* The other CPU was never seen. */
		"truncated|-|-|-|-|-|-|-\noverwritten|-|-|-|-|-|-|-\n"
		"truncated|0|-|220|-|-|3|-\noverwritten|0|-|-|100|-|-|1\n");
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

/* perf reads a full ring twice: the second of two hits in one nanosecond is none. */
static void hits_written_twice(void **state)
{
	struct source *gopanic, *gorecover;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	gopanic = feed_probe(&f, "runtime.gopanic", "goid");
	gorecover = feed_probe(&f, "runtime.gorecover", "goid");
	feed(&f, gopanic, 100, 0, 7, (int64_t[]){ 18 });
	feed(&f, gopanic, 100, 0, 7, (int64_t[]){ 18 });
	feed(&f, gorecover, 110, 0, 7, (int64_t[]){ 18 });
	feed(&f, gopanic, 120, 0, 7, (int64_t[]){ 18 });
	feed(&f, gopanic, 120, 1, 8, (int64_t[]){ 19 }); /* at the same time, elsewhere */
	feed_end(&f);
	feed_expect(&f, "SELECT goid, ts FROM panic ORDER BY id", "18|100\n18|120\n19|120\n");
	feed_expect(&f,
		    "SELECT s.name, r.first_event, r.second_event, r.goid, r.certainty FROM "
		    "call_restart AS r JOIN source AS s ON s.id = r.source_id WHERE r.repeated",
		    "runtime.gopanic|1|2|18|proved\n");
	feed_expect(&f, "SELECT count(*) FROM event", "5\n");
	feed_expect(&f, "SELECT value FROM data_quality WHERE name = 'repeated_hits'", "1\n");
	feed_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_tables_and_columns),
		cmocka_unit_test(exiting_task_is_repaired),
		cmocka_unit_test(lives_of_processes),
		cmocka_unit_test(first_event_carries_the_others),
		cmocka_unit_test(name_is_not_inherited_when_records_are_missing),
		cmocka_unit_test(both_ledgers),
		cmocka_unit_test(holes_between_events),
		cmocka_unit_test(holes_of_threads),
		cmocka_unit_test(overwritten),
		cmocka_unit_test(thinned_and_throttled),
		cmocka_unit_test(goid_at_a_wrong_offset),
		cmocka_unit_test(hits_written_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
