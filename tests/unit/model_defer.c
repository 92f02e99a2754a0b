/* SPDX-License-Identifier: GPL-2.0-only */
/* Deferred calls and panics: who ran what, and how panics end. */
#include "tests/unit/model_feed.h"

struct probes {
	struct source *heap, *stack, *ret, *panic, *recovery, *goexit, *fatal, *ended, *exit;
};

static struct probes probes(struct feed *f)
{
	struct probes p = {
		.heap = feed_probe(f, "runtime.deferproc", "goid fn ret"),
		.stack = feed_probe(f, "runtime.deferprocStack", "goid fn ret"),
		.ret = feed_probe(f, "runtime.deferreturn", "goid ret"),
		.panic = feed_probe(f, "runtime.gopanic", "goid ret"),
		.recovery = feed_probe(f, "runtime.recovery", "goid"),
		.goexit = feed_probe(f, "runtime.Goexit", "goid"),
		.fatal = feed_probe(f, "runtime.fatalpanic", "goid"),
		.ended = feed_probe(f, "runtime.goexit0", "goid"),
		.exit = feed_probe(f, "runtime.exit", "code"),
	};

	return p;
}

/*
 * Stacks, innermost first: 1 is the root, 2 its caller's callee, and so on: f1 is called from the
 * root (its own stack number is 10, the entered function above it), f2 from f1 (11), f3 from f2 (12).
 * 20 is what a deferred call of f2's panic looks like.
 */
static void stacks(struct feed *f)
{
	f->callers[10] = 1;
	f->callers[2] = 1;
	f->callers[11] = 2;
	f->callers[3] = 2;
	f->callers[12] = 3;
	f->callers[4] = 3; /* gopanic, called from f2 */
	f->callers[5] = 4; /* a deferred call, called from gopanic */
	f->callers[20] = 5;
}

#define IN(n) (f.stack = (n))
#define DEFERS "SELECT seq, kind, site_function, ran_ts, outcome, certainty FROM defer ORDER BY seq"
#define PANICS                                                                                     \
	"SELECT id, ts, function, outcome, recovered_ts, recovered_by, nested_in FROM panic "      \
	"ORDER BY id"

static void returns(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	stacks(&f);
	IN(10);
	feed(&f, p.heap, 100, 0, 7, VALUES(18, 0x3000, 0x1010));
	feed(&f, p.stack, 110, 0, 7, VALUES(18, 0x77, 0x1020));
	IN(11);
	feed(&f, p.heap, 120, 0, 7, VALUES(18, 0, 0x2010));
	feed(&f, p.ret, 130, 0, 7, VALUES(18, 0x2090)); /* f2 returns */
	feed(&f, p.ret, 135, 0, 7, VALUES(18, 0x2090)); /* again, with nothing deferred */
	IN(10);
	feed(&f, p.ret, 140, 0, 7, VALUES(18, 0x1090)); /* f1 returns */
	IN(0);
	feed(&f, p.ended, 150, 0, 7, VALUES(18));
	feed_end(&f);
	feed_expect(&f, DEFERS,
		    "1|heap|main.f1|140|ran|proved\n2|stack|main.f1|140|ran|proved\n"
		    "3|heap|main.f2|130|ran|proved\n");
	feed_expect(&f, "SELECT fn FROM defer ORDER BY seq", "main.f3\n0x77\n-\n");
	feed_free(&f);
}

/* The body of a range over a function has a deferreturn of its own, which runs nothing of its. */
static void body_that_is_not_known(void **state)
{
	struct source *range;
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	range = feed_probe(&f, "runtime.deferprocat", "goid fn ret");
	stacks(&f);
	IN(11);
	feed(&f, range, 100, 0, 7, VALUES(18, 0x3000, 0x99)); /* its mapping was lost */
	feed(&f, p.ret, 110, 0, 7, VALUES(18, 0x99));
	IN(10);
	feed(&f, p.ret, 120, 0, 7, VALUES(18, 0x99));
	IN(0);
	feed(&f, p.ended, 150, 0, 7, VALUES(18));
	feed_end(&f);
	feed_expect(&f, "SELECT outcome, ran_ts FROM defer WHERE certainty = 'proved' AND ran_ts",
		    "");
	feed_expect(&f, "SELECT count(*) FROM defer", "1\n");
	feed_free(&f);
}

static void recursion_is_told_apart_by_stacks(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	stacks(&f);
	IN(10);
	feed(&f, p.heap, 100, 0, 7, VALUES(18, 0, 0x1010));
	IN(11);
	feed(&f, p.heap, 110, 0, 7, VALUES(18, 0, 0x1010)); /* f1 called by f1 */
	feed(&f, p.ret, 120, 0, 7, VALUES(18, 0x1090));
	feed_exit(&f, 200, 5, 7);
	feed_exit(&f, 200, 5, 5);
	feed_end(&f);
	feed_expect(&f, DEFERS,
		    "1|heap|main.f1|-|skipped_by_exit|proved\n2|heap|main.f1|120|ran|proved\n");
	feed_free(&f);
}

static void without_stacks_it_is_likely(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed(&f, p.heap, 100, 0, 7, VALUES(18, 0, 0x1010));
	feed(&f, p.heap, 110, 0, 7, VALUES(18, 0, 0x2010));
	feed(&f, p.ret, 120, 0, 7, VALUES(18, 0x3010)); /* of another function */
	feed(&f, p.ret, 130, 0, 7, VALUES(18, 0x2010));
	feed_end(&f);
	feed_expect(&f, DEFERS, "1|heap|main.f1|-|pending|proved\n2|heap|main.f2|130|ran|likely\n");
	feed_free(&f);
}

/* f1 defers, f2 defers two and calls f3, which defers and panics; f2 recovers. */
static void recovered_in_the_middle(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	stacks(&f);
	IN(10);
	feed(&f, p.heap, 100, 0, 7, VALUES(18, 0, 0x1010));
	IN(11);
	feed(&f, p.heap, 110, 0, 7, VALUES(18, 0, 0x2010));
	feed(&f, p.heap, 120, 0, 7, VALUES(18, 0, 0x2020));
	IN(12);
	feed(&f, p.heap, 130, 0, 7, VALUES(18, 0, 0x3010));
	feed(&f, p.panic, 140, 0, 7, VALUES(18, 0x3020));
	IN(0);
	feed(&f, p.recovery, 150, 0, 7, VALUES(18));
	IN(11);
	feed(&f, p.ret, 160, 0, 7, VALUES(18, 0x2090));
	IN(10);
	feed(&f, p.ret, 170, 0, 7, VALUES(18, 0x1090));
	feed_end(&f);
	feed_expect(&f, DEFERS,
		    "1|heap|main.f1|170|ran|proved\n2|heap|main.f2|140|ran_in_panic|likely\n"
		    "3|heap|main.f2|140|ran_in_panic|proved\n"
		    "4|heap|main.f3|140|ran_in_panic|proved\n");
	feed_expect(&f, PANICS, "1|140|main.f3|recovered|150|main.f2|-\n");
	feed_free(&f);
}

/* As above, but the frame pointer after the recovery is still that of gopanic. */
static void recovered_with_a_stale_frame_pointer(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	stacks(&f);
	IN(10);
	feed(&f, p.heap, 100, 0, 7, VALUES(18, 0, 0x1010));
	IN(11);
	feed(&f, p.heap, 110, 0, 7, VALUES(18, 0, 0x2010));
	feed(&f, p.panic, 140, 0, 7, VALUES(18, 0x2020));
	IN(0);
	feed(&f, p.recovery, 150, 0, 7, VALUES(18));
	IN(12);
	feed(&f, p.ret, 160, 0, 7, VALUES(18, 0x2090));
	IN(10);
	feed(&f, p.ret, 170, 0, 7, VALUES(18, 0x1090));
	feed_end(&f);
	feed_expect(&f, DEFERS,
		    "1|heap|main.f1|170|ran|proved\n2|heap|main.f2|140|ran_in_panic|proved\n");
	feed_free(&f);
}

/* Panic in f2; its deferred call panics and recovers that itself; f1 recovers the first. */
static void nested_and_recovered_inside(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	stacks(&f);
	IN(11);
	feed(&f, p.panic, 100, 0, 7, VALUES(18, 0x2020));
	IN(20);
	feed(&f, p.panic, 110, 0, 7, VALUES(18, 0x3020));
	feed(&f, p.recovery, 120, 0, 7, VALUES(18));
	feed(&f, p.ret, 130, 0, 7, VALUES(18, 0x3090));
	feed(&f, p.recovery, 140, 0, 7, VALUES(18));
	IN(10);
	feed(&f, p.ret, 150, 0, 7, VALUES(18, 0x1090));
	feed(&f, p.ended, 160, 0, 7, VALUES(18));
	feed_end(&f);
	feed_expect(
		&f, PANICS,
		"1|100|main.f2|recovered|140|main.f1|-\n2|110|main.f3|recovered|120|main.f3|1\n");
	feed_free(&f);
}

/* Panic in f2; its deferred call panics too, and f1 recovers the second: the first is gone. */
static void superseded(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	stacks(&f);
	IN(11);
	feed(&f, p.panic, 100, 0, 7, VALUES(18, 0x2020));
	IN(20);
	feed(&f, p.panic, 110, 0, 7, VALUES(18, 0x3020));
	IN(0);
	feed(&f, p.recovery, 120, 0, 7, VALUES(18));
	IN(10);
	feed(&f, p.ret, 130, 0, 7, VALUES(18, 0x1090));
	IN(11);
	feed(&f, p.panic, 140, 0, 7, VALUES(18, 0x2020)); /* has nothing to do with the first */
	feed(&f, p.fatal, 150, 0, 7, VALUES(18));
	feed_end(&f);
	feed_expect(&f, PANICS,
		    "1|100|main.f2|superseded|-|-|-\n2|110|main.f3|recovered|120|main.f1|1\n"
		    "3|140|main.f2|fatal|-|-|-\n");
	feed_free(&f);
}

static void gopanic_that_began_twice(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	stacks(&f);
	IN(11);
	feed(&f, p.panic, 100, 0, 7, VALUES(18, 0x2020));
	feed(&f, p.panic, 110, 0, 8, VALUES(18, 0x2020)); /* same place: the prologue again */
	IN(20);
	feed(&f, p.panic, 120, 0, 8, VALUES(18, 0x2020)); /* deeper: another panic */
	feed(&f, p.fatal, 130, 0, 8, VALUES(18));
	feed_end(&f);
	feed_expect(&f, "SELECT ts, outcome, nested_in FROM panic ORDER BY id",
		    "100|superseded|-\n120|fatal|1\n");
	feed_expect(&f,
		    "SELECT first_event, second_event, other_thread, certainty "
		    "FROM call_restart",
		    "1|2|1|proved\n");
	feed_free(&f);
}

static void ends_of_goroutines(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed(&f, p.heap, 100, 0, 7, VALUES(18, 0, 0x1010)); /* Goexit */
	feed(&f, p.goexit, 110, 0, 7, VALUES(18));
	feed(&f, p.ended, 120, 0, 7, VALUES(18));
	feed(&f, p.heap, 200, 0, 7, VALUES(19, 0, 0x1010)); /* Goexit in a panic */
	feed(&f, p.panic, 210, 0, 7, VALUES(19, 0x1020));
	feed(&f, p.goexit, 220, 0, 7, VALUES(19));
	feed(&f, p.ended, 230, 0, 7, VALUES(19));
	feed(&f, p.heap, 300, 0, 7, VALUES(20, 0, 0x1010)); /* dies by a panic */
	feed(&f, p.panic, 310, 0, 7, VALUES(20, 0x1020));
	feed(&f, p.heap, 320, 0, 8, VALUES(21, 0, 0x1010)); /* waits meanwhile */
	feed(&f, p.fatal, 330, 0, 7, VALUES(20));
	feed(&f, p.exit, 340, 0, 7, VALUES(2));
	feed_exit(&f, 350, 5, 8);
	feed_exit(&f, 350, 5, 7);
	feed_end(&f);
	feed_expect(&f, "SELECT goid, ran_ts, outcome, certainty FROM defer ORDER BY goid",
		    "18|110|ran_in_goexit|proved\n19|220|ran_in_goexit|proved\n"
		    "20|310|ran_in_panic|proved\n21|-|skipped_by_exit|proved\n");
	feed_expect(&f, "SELECT goid, outcome FROM panic ORDER BY goid", "19|goexit\n20|fatal\n");
	feed_free(&f);
}

static void holes_make_it_unknown(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed_ledger(&f, p.ret, 1);
	feed_ledger(&f, p.recovery, 2);
	feed(&f, p.heap, 100, 0, 7, VALUES(18, 0, 0x1010));
	feed(&f, p.panic, 110, 1, 8, VALUES(19, 0x1020));
	feed_lost(&f, 200, 1, 2);
	feed(&f, p.ret, 210, 0, 7, VALUES(18, 0x1090));
	feed(&f, p.heap, 220, 0, 7, VALUES(18, 0, 0x2010));
	feed(&f, p.recovery, 230, 0, 8, VALUES(19));
	feed(&f, p.panic, 240, 0, 8, VALUES(19, 0x1020));
	feed(&f, p.recovery, 250, 0, 8, VALUES(19));
	feed_end(&f);
	/* One more was lost behind the last record of a CPU: nothing after that is certain. */
	feed_expect(&f, DEFERS,
		    "1|heap|main.f1|-|unknown|proved\n2|heap|main.f2|-|unknown|proved\n");
	feed_expect(&f, PANICS, "1|110|main.f1|unknown|-|-|-\n2|240|main.f1|unknown|-|-|-\n");
	feed_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(returns),
		cmocka_unit_test(body_that_is_not_known),
		cmocka_unit_test(recursion_is_told_apart_by_stacks),
		cmocka_unit_test(without_stacks_it_is_likely),
		cmocka_unit_test(recovered_in_the_middle),
		cmocka_unit_test(recovered_with_a_stale_frame_pointer),
		cmocka_unit_test(nested_and_recovered_inside),
		cmocka_unit_test(superseded),
		cmocka_unit_test(gopanic_that_began_twice),
		cmocka_unit_test(ends_of_goroutines),
		cmocka_unit_test(holes_make_it_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
