/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows that wait for holes that are announced later: when they go, and how sure they still are. */
#include "model/machine.h"
#include "tests/unit/model_feed.h"

#define LIMIT 16384 /* of rows that wait */

struct row {
	struct waiting_row head;
	int number;
};

static struct {
	struct feed f;
	struct source *event;
	struct waiting rows;
	bool lost;
	struct buffer written; /* "1p 2l 3s": the numbers, and the first letter of the certainty */
	int count;
	int certain[3];
} t;

static int write_row(void *machine, const void *row, struct error *err)
{
	const struct row *r = row;

	(void)machine;
	(void)err;
	t.count++;
	t.certain[r->head.certainty]++;
	buffer_format(&t.written, "%d%.2s ", r->number, certainty_name(r->head.certainty));
	return 0;
}

static void begin(int flags)
{
	feed_begin(&t.f, flags);
	t.event = feed_tell(&t.f, feed_source(&t.f, "x:a", SOURCE_TRACEPOINT, ""));
	t.lost = true;
	t.written = (struct buffer){ 0 };
	t.count = 0;
	memset(t.certain, 0, sizeof(t.certain));
	waiting_begin(&t.rows, t.f.m, &t.lost, sizeof(struct row), write_row, NULL);
}

/* The CPU was seen at that time. */
static void seen(int cpu, int64_t ts)
{
	feed(&t.f, t.event, ts, cpu, 7, NULL);
}

static void add_as(int number, int64_t ts, int64_t ts_end, enum certainty certainty, bool hurt)
{
	const struct row r = { { ts, ts_end, certainty, hurt, false }, number };

	feed_ok(&t.f, waiting_add(&t.rows, &r, &t.f.err));
}

static void add(int number, int64_t ts, int64_t ts_end)
{
	add_as(number, ts, ts_end, PROVED, true);
}

static void hole(int cpu, int64_t ts, int64_t ts_end)
{
	const struct hole h = { cpu, ts, ts_end, 1 };

	waiting_hole(&t.rows, &h);
}

static void written(const char *wanted)
{
	buffer_text(&t.written, "");
	assert_string_equal(t.written.data, wanted);
}

static void end(const char *wanted)
{
	feed_ok(&t.f, waiting_end(&t.rows, &t.f.err));
	written(wanted);
	waiting_free(&t.rows);
	buffer_free(&t.written);
	feed_end(&t.f);
	feed_free(&t.f);
}

/* The ledger says that nothing was lost that could hurt: nothing waits, and holes are of no account. */
static void cleared_by_the_ledger(void **state)
{
	(void)state;
	begin(FEED_LEDGER);
	t.lost = false;
	add(1, 10, 20);
	written("1pr ");
	hole(0, 5, 30);
	add(2, 10, 20);
	end("1pr 2pr ");
}

/* Without a ledger, or with one that tells of losses, rows wait; those that nothing hurts do not. */
static void what_waits(void **state)
{
	(void)state;
	begin(0);
	t.lost = false;
	seen(0, 100);
	seen(1, 100);
	add_as(1, 10, 20, LIKELY, true);
	add_as(2, 10, 20, PROVED, false);
	written("1li 2pr ");
	add(3, 10, 20);
	add_as(4, 10, 20, POSSIBLE, true); /* behind the one that waits: the order is kept */
	add(5, 10, 101); /* what was lost after the last record of a CPU, nothing would tell */
	written("1li 2pr ");
	end("1li 2pr 3pr 4po 5li ");
}

static void holes(void **state)
{
	(void)state;
	begin(FEED_LEDGER);
	add(1, 10, 50);           /* ends where the hole begins */
	add(2, 10, 51);           /* reaches into it */
	add(3, 60, 70);           /* inside */
	add(4, 99, NO_TIME);      /* begins inside, open */
	add(5, 100, 120);         /* begins where it ends */
	add(6, NO_TIME, 40);      /* over before it */
	add(7, NO_TIME, NO_TIME); /* at any time */
	add_as(8, 60, 70, POSSIBLE, true);
	add_as(9, 60, 70, PROVED, false);
	hole(-1, 50, 100);
	end("1pr 2li 3li 4li 5pr 6pr 7li 8po 9pr ");

	begin(FEED_LEDGER);
	add(1, 10, 20);
	add(2, 100, 120);
	hole(0, NO_TIME, 100); /* nothing was there before the hole */
	end("1li 2pr ");

	begin(FEED_LEDGER);
	add(1, 10, 20);
	hole(0, NO_TIME, NO_TIME); /* a loss without a time: it can lie anywhere, later too */
	add(2, 100, 120);
	end("1li 2li ");
}

/* Rows that ended before every CPU was seen last are safe, and go as soon as room is needed. */
static void ripe(void **state)
{
	int i;

	(void)state;
	begin(FEED_LEDGER);
	seen(0, 100);
	seen(1, 200);
	for (i = 0; i < 1000; i++)
		add(i, 10, 100);
	assert_true(t.count >= 900);
	assert_int_equal(t.certain[PROVED], t.count);
	/* A hole that is announced now begins at 100 at the earliest. */
	hole(0, 100, 300);
	for (i = 0; i < 1000; i++)
		add(i, 10, 101);
	assert_true(t.count <= 1000);
	hole(0, 100, 300);
	feed_ok(&t.f, waiting_end(&t.rows, &t.f.err));
	assert_int_equal(t.certain[PROVED], 1000);
	assert_int_equal(t.certain[LIKELY], 1000);
	buffer_clear(&t.written);
	end("");
}

/* A CPU that was not seen yet may begin with a hole, at any time. */
static void cpu_not_seen(void **state)
{
	static const int64_t cpus[] = { 2, NO_VALUE };
	size_t c;
	int i;

	(void)state;
	for (c = 0; c < ARRAY_SIZE(cpus); c++) {
		begin(FEED_LEDGER);
		t.f.m->recording.nr_cpus = cpus[c];
		seen(0, 100);
		for (i = 0; i < 1000; i++)
			add(i, 10, 20);
		assert_int_equal(t.count, 0);
		hole(1, NO_TIME, 50);
		feed_ok(&t.f, waiting_end(&t.rows, &t.f.err));
		assert_int_equal(t.certain[LIKELY], 1000);
		buffer_clear(&t.written);
		end("");
	}
}

/* Which CPUs were recorded, as perf says: not as many as the machine has, nor others. */
static void cpus_told(void **state)
{
	int i, before;

	(void)state;
	begin(FEED_LEDGER);
	feed_ok(&t.f, model_cpu(t.f.m, 1, true, &t.f.err)); /* perf record -C 1 */
	seen(1, 100);
	for (i = 0; i < 1000; i++)
		add(i, 10, 20);
	assert_true(t.count >= 900);
	feed_ok(&t.f, model_cpu(t.f.m, 0, true, &t.f.err)); /* … -C 0,1 */
	before = t.count;
	seen(1, 200);
	seen(5, 200);
	for (i = 0; i < 1000; i++)
		add(i, 110, 120);
	assert_int_equal(t.count, before);
	feed_ok(&t.f, waiting_end(&t.rows, &t.f.err));
	buffer_clear(&t.written);
	end("");
}

/* Who waits too long goes, and is no more than likely; who is less than that stays so. */
static void limit(void **state)
{
	int i;

	(void)state;
	begin(FEED_LEDGER);
	seen(0, 100);
	seen(1, 100);
	add(0, 10, NO_TIME); /* can never be safe */
	add_as(1, 10, 20, POSSIBLE, true);
	for (i = 2; i < LIMIT; i++)
		add(i, 10, 20);
	assert_int_equal(t.count, 0);
	add(LIMIT, 10, 20);
	assert_int_equal(t.certain[LIKELY],
			 1); /* the first alone: the others can go by themselves */
	for (i = 0; i < LIMIT; i++)
		add(i, 10, 20);
	feed_ok(&t.f, waiting_end(&t.rows, &t.f.err));
	assert_int_equal(t.certain[LIKELY], 1);
	assert_int_equal(t.certain[POSSIBLE], 1);
	assert_int_equal(t.certain[PROVED], t.count - 2);
	buffer_clear(&t.written);
	end("");

	begin(FEED_LEDGER);
	seen(0, 100); /* CPU 1 never is */
	for (i = 0; i < 3 * LIMIT; i++)
		add(i, 10, 20);
	assert_int_equal(t.count, 2 * LIMIT); /* memory does not grow */
	assert_int_equal(t.certain[LIKELY], 2 * LIMIT);
	buffer_clear(&t.written);
	feed_ok(&t.f, waiting_end(&t.rows, &t.f.err));
	buffer_clear(&t.written);
	end("");
}

/* What was lost at the end was announced by nothing but the ledger. */
static void lost_at_the_end(void **state)
{
	(void)state;
	begin(FEED_LEDGER);
	feed_ledger(&t.f, t.event, 1);
	seen(0, 100);
	seen(1, 200);
	add(1, 10, 100);
	add(2, 10, 101);
	add(3, 10, NO_TIME);
	add_as(4, 10, 150, POSSIBLE, true);
	end("1pr 2li 3li 4po ");

	begin(FEED_LEDGER); /* … or it was all that there was of a CPU */
	feed_ledger(&t.f, t.event, 1);
	seen(0, 100);
	add(1, 10, 20);
	end("1li ");

	begin(FEED_LEDGER); /* … or the records do not say of which CPU they are */
	feed_ledger(&t.f, t.event, 1);
	seen(-1, 100);
	add(1, 10, 20);
	end("1li ");

	begin(FEED_LEDGER); /* all that the ledger counts was announced */
	feed_ledger(&t.f, t.event, 1);
	seen(0, 100);
	seen(1, 150);
	feed_lost(&t.f, 120, 0, 1);
	add(1, 10, 130);
	end("1pr ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cleared_by_the_ledger),
		cmocka_unit_test(what_waits),
		cmocka_unit_test(holes),
		cmocka_unit_test(ripe),
		cmocka_unit_test(cpu_not_seen),
		cmocka_unit_test(cpus_told),
		cmocka_unit_test(limit),
		cmocka_unit_test(lost_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
