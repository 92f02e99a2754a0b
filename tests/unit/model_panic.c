/* SPDX-License-Identifier: GPL-2.0-only */
/* Panics, by what is known of their values and of who recovers them; and what programs die of. */
#include "tests/unit/model_feed.h"

struct probes {
	struct source *panic, *recover, *recovery, *ret, *fatalpanic, *throw, *fatalthrow, *dies,
		*exit;
};

static struct probes probes(struct feed *f)
{
	return (struct probes){
		.panic = feed_probe(f, "runtime.gopanic", "goid ret type word length text"),
		.recover = feed_probe(f, "runtime.gorecover", "goid ret"),
		.recovery = feed_probe(f, "runtime.recovery", "goid"),
		.ret = feed_probe(f, "runtime.deferreturn", "goid ret"),
		.fatalpanic = feed_probe(f, "runtime.fatalpanic", "goid ret"),
		.throw = feed_probe(f, "runtime.throw", "goid ret length curg curgoid text"),
		.fatalthrow = feed_probe(f, "runtime.fatalthrow", "goid curg"),
		.dies = feed_probe(f, "runtime.dopanic_m", "goid"),
		.exit = feed_probe(f, "runtime.exit", "code"),
	};
}

#define NONE FEED_TEXT("stale, of an older event")

/* A panic of main.f2, recovered there. */
static void round_trip(struct feed *f, const struct probes *p, int64_t ts, int64_t type,
		       int64_t word, int64_t length, int64_t text)
{
	feed(f, p->panic, ts, 0, 7, VALUES(18, 0x2020, type, word, length, text));
	feed(f, p->recovery, ts + 1, 0, 7, VALUES(18));
	feed(f, p->ret, ts + 2, 0, 7, VALUES(18, 0x2090));
}

static void values(void **state)
{
	static const char letters[] =
		"123456789012345678901234567890123456789012345678901234567890123\303\251";
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	round_trip(&f, &p, 100, 0x9000, 1, 5, FEED_TEXT("hello, and what lies behind it"));
	round_trip(&f, &p, 110, 0x9000, 0, 0, NONE);
	/* 65 bytes, of which 64 are there: half of the last character. */
	round_trip(&f, &p, 120, 0x9000, 1, 65, (int64_t)(intptr_t)letters);
	round_trip(&f, &p, 130, 0x9000, 1, -5, NONE);
	round_trip(&f, &p, 140, 0x9000, 1, INT64_MAX, NONE);
	round_trip(&f, &p, 150, 0x9100, 0x1280, 99, NONE); /* one byte of the word is its own */
	round_trip(&f, &p, 160, 0x9200, -1, 99, NONE);
	round_trip(&f, &p, 170, 0x9300, 0x100, 99, NONE);
	round_trip(&f, &p, 180, 0x9400, 5, 5, NONE);
	round_trip(&f, &p, 190, 0, 5, 5, NONE);      /* panic(nil) */
	round_trip(&f, &p, 200, 0x1234, 5, 5, NONE); /* no type */
	feed_end(&f);
	feed_expect(&f, "SELECT value_type, value_text, value_size FROM panic ORDER BY id",
		    "string|hello|5\nstring||0\n"
		    "string|123456789012345678901234567890123456789012345678901234567890123|65\n"
		    "string|-|-\nstring|-|-\nint8|-128|4\nuint64|18446744073709551615|20\n"
		    "bool|false|5\nmain.T|-|-\nnil|-|-\n-|-|-\n");
	feed_free(&f);
}

/*
 * Stacks at the entry of gorecover: 2, with the deferred function f3 called by gopanic; 4, with f4 called
 * by f3; 6 the same as 2, where the recorder left out the direct caller.
 */
static void stacks(struct feed *f)
{
	f->functions[1] = "runtime.gopanic";
	f->functions[2] = "main.f3";
	f->functions[3] = "runtime.gorecover";
	f->callers[3] = 2;
	f->callers[2] = 1;
	f->functions[4] = "main.f4";
	f->callers[4] = 2;
	f->functions[5] = "runtime.gorecover";
	f->callers[5] = 4;
	f->functions[6] = "runtime.gorecover";
	f->callers[6] = 1;
}

struct call {
	uint32_t stack;
	int64_t ret;
};

static void recover_calls(const struct call *calls, const char *expected)
{
	struct feed f;
	struct probes p;
	int64_t ts = 110;

	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	stacks(&f);
	feed(&f, p.recover, 90, 0, 7, VALUES(18, 0x1010)); /* before there was a panic */
	feed(&f, p.panic, 100, 0, 7, VALUES(18, 0x2020, 0, 0, 0, NONE));
	for (; calls->ret; calls++) {
		f.stack = calls->stack;
		feed(&f, p.recover, ts++, 0, 7, VALUES(18, calls->ret));
	}
	f.stack = 0;
	feed(&f, p.recovery, 120, 0, 7, VALUES(18));
	feed(&f, p.recover, 121, 0, 7, VALUES(18, 0x1010));
	feed(&f, p.ret, 130, 0, 7, VALUES(18, 0x2090));
	feed_end(&f);
	feed_expect(&f, "SELECT outcome, recovered_by, recovered_in, value_dropped FROM panic",
		    expected);
	feed_free(&f);
}

static void who_recovers(void **state)
{
	(void)state;
	recover_calls((const struct call[]){ { 0, 0 } }, "recovered|main.f2|-|-\n");
	/* without stacks: the only function that called recover() */
	recover_calls((const struct call[]){ { 0, 0x3010 }, { 0, 0 } },
		      "recovered|main.f2|main.f3|1\n");
	recover_calls((const struct call[]){ { 0, 0x3011 }, { 0, 0 } },
		      "recovered|main.f2|main.f3|0\n");
	recover_calls((const struct call[]){ { 0, 0x3010 }, { 0, 0x3011 }, { 0, 0 } },
		      "recovered|main.f2|main.f3|-\n");
	recover_calls((const struct call[]){ { 0, 0x3010 }, { 0, 0x4010 }, { 0, 0 } },
		      "recovered|main.f2|-|-\n");
	/* with them: the first that was called by gopanic, whoever called recover() besides */
	recover_calls(
		(const struct call[]){
			{ 5, 0x4010 }, { 3, 0x3010 }, { 3, 0x3011 }, { 5, 0x4010 }, { 0, 0 } },
		"recovered|main.f2|main.f3|1\n");
	recover_calls((const struct call[]){ { 5, 0x4010 }, { 6, 0x3011 }, { 0, 0 } },
		      "recovered|main.f2|main.f3|0\n");
	/* a wrapper that is not known between gopanic and the only one */
	recover_calls((const struct call[]){ { 5, 0x4010 }, { 0, 0 } },
		      "recovered|main.f2|main.f4|1\n");
	recover_calls((const struct call[]){ { 0, 0x7777 }, { 0, 0 } }, "recovered|main.f2|-|-\n");
}

static void a_lost_recover_call(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed_ledger(&f, p.recover, 1);
	feed(&f, p.panic, 100, 0, 7, VALUES(18, 0x2020, 0x9400, 0, 0, NONE));
	feed(&f, p.recover, 110, 0, 7, VALUES(18, 0x4010));
	feed_lost(&f, 115, 0, 1);
	feed(&f, p.recovery, 120, 0, 7, VALUES(18));
	feed(&f, p.ret, 130, 0, 7, VALUES(18, 0x2090));
	feed_end(&f);
	feed_expect(&f, "SELECT outcome, recovered_in, value_type FROM panic",
		    "unknown|-|main.T\n");
	feed_free(&f);
}

#define DEATHS                                                                                     \
	"SELECT goid, tid, ts, kind, message, function, panic_id, certainty, first_event, "        \
	"last_event FROM fatal_error ORDER BY id"
#define DEADLOCK FEED_TEXT("all goroutines are asleep - deadlock! and more")

static void throws(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed(&f, p.throw, 100, 0, 7, VALUES(18, 0x2020, 8, 0xc000, 18, FEED_TEXT("overflowed")));
	feed(&f, p.fatalthrow, 101, 0, 7, VALUES(18, 0xc000));
	feed(&f, p.dies, 102, 0, 7, VALUES(18));
	/* on the system stack, called from a goroutine */
	feed(&f, p.throw, 110, 0, 8, VALUES(0, 0x2020, 8, 0xc000, 19, FEED_TEXT("overflow")));
	feed(&f, p.fatalthrow, 111, 0, 8, VALUES(19, 0xc000));
	feed(&f, p.dies, 112, 0, 8, VALUES(0));
	/* the same, from none: what is behind the nil pointer is stale */
	feed(&f, p.throw, 120, 0, 9, VALUES(0, 0x2020, 37, 0, 77, DEADLOCK));
	feed(&f, p.fatalthrow, 121, 0, 9, VALUES(77, 0));
	feed(&f, p.dies, 122, 0, 9, VALUES(0));
	/* and where the first event is missing */
	feed(&f, p.fatalthrow, 130, 0, 10, VALUES(77, 0));
	feed(&f, p.dies, 140, 0, 11, VALUES(21));
	/* a failure while a failure is printed */
	feed(&f, p.throw, 150, 0, 11, VALUES(21, 0x3020, 1, 0xc000, 21, FEED_TEXT("x")));
	feed_end(&f);
	feed_expect(&f, DEATHS,
		    "21|11|140|-|-|-|-|proved|11|11\n18|7|100|throw|overflow|main.f2|-|proved|1|3\n"
		    "19|8|110|throw|overflow|main.f2|-|proved|4|6\n"
		    "-|9|120|throw|all goroutines are asleep - deadlock!|main.f2|-|proved|7|9\n"
		    "-|10|130|-|-|-|-|proved|10|10\n21|11|150|throw|x|main.f3|-|proved|12|12\n");
	feed_free(&f);
}

static void fatal_panics(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed(&f, p.panic, 100, 0, 7, VALUES(18, 0x1020, 0, 0, 0, NONE));
	feed(&f, p.panic, 110, 0, 7, VALUES(18, 0x2020, 0x9000, 1, 2, FEED_TEXT("no")));
	feed(&f, p.panic, 120, 0, 8, VALUES(19, 0x3020, 0, 0, 0, NONE)); /* in its deferred calls */
	feed(&f, p.fatalpanic, 130, 0, 7, VALUES(18, 0x1));
	feed(&f, p.dies, 140, 0, 7, VALUES(18));
	feed(&f, p.exit, 150, 0, 7, VALUES(2));
	feed_exit(&f, 160, 5, 8);
	feed_exit(&f, 160, 5, 7);
	feed_end(&f);
	feed_expect(&f, DEATHS, "18|7|130|panic|no|main.f2|2|proved|4|5\n");
	/* The exit code is that of a fatal panic, but of another one. */
	feed_expect(&f, "SELECT goid, ts, outcome, last_event FROM panic ORDER BY id",
		    "18|100|superseded|4\n18|110|fatal|4\n19|120|unknown|-\n");
	feed_free(&f);
}

static void throw_in_a_panic(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed(&f, p.panic, 100, 0, 7, VALUES(18, 0x1020, 0, 0, 0, NONE));
	feed(&f, p.throw, 110, 0, 7, VALUES(18, 0x2020, 1, 0xc000, 18, FEED_TEXT("x")));
	feed(&f, p.dies, 120, 0, 7, VALUES(18));
	feed_end(&f);
	feed_expect(&f, DEATHS, "18|7|110|throw|x|main.f2|1|proved|2|3\n");
	feed_expect(&f, "SELECT outcome, last_event FROM panic", "superseded|2\n");
	feed_free(&f);
}

/* A panic that was recovered is none that a program can die of, also before its function ends. */
static void throw_behind_a_recovery(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed(&f, p.panic, 100, 0, 7, VALUES(18, 0x1020, 0, 0, 0, NONE));
	feed(&f, p.recovery, 105, 0, 7, VALUES(18));
	feed(&f, p.throw, 110, 0, 7, VALUES(18, 0x2020, 1, 0xc000, 18, FEED_TEXT("x")));
	feed_end(&f);
	feed_expect(&f, DEATHS, "18|7|110|throw|x|main.f2|-|proved|3|3\n");
	feed_expect(&f, "SELECT outcome FROM panic", "recovered\n");
	feed_free(&f);
}

/* The deferred call of a panic calls Goexit: from then on nothing else becomes of the panic. */
static void goexit_in_a_panic(void **state)
{
	struct feed f;
	struct probes p;
	struct source *goexit;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	goexit = feed_probe(&f, "runtime.Goexit", "goid ret");
	/* The process exits before the goroutine is put away. */
	feed(&f, p.panic, 100, 0, 7, VALUES(18, 0x1020, 0, 0, 0, NONE));
	feed(&f, goexit, 110, 0, 7, VALUES(18, 0x2020));
	/* Another one of it is recovered meanwhile. */
	feed(&f, p.panic, 120, 0, 7, VALUES(19, 0x1020, 0, 0, 0, NONE));
	feed(&f, goexit, 130, 0, 7, VALUES(19, 0x2020));
	round_trip(&f, &p, 140, 0, 0, 0, NONE);
	feed(&f, p.panic, 150, 0, 7, VALUES(19, 0x3020, 0, 0, 0, NONE));
	feed(&f, p.recovery, 160, 0, 7, VALUES(19));
	/* The program dies, of what was not seen. */
	feed(&f, p.panic, 170, 0, 7, VALUES(20, 0x1020, 0, 0, 0, NONE));
	feed(&f, goexit, 180, 0, 7, VALUES(20, 0x2020));
	feed(&f, p.recovery, 190, 0, 7, VALUES(20));
	feed(&f, p.fatalpanic, 200, 0, 7, VALUES(20, 0x1));
	feed(&f, p.dies, 210, 0, 7, VALUES(20));
	feed(&f, p.exit, 220, 0, 8, VALUES(2));
	feed_exit(&f, 230, 5, 8);
	feed_exit(&f, 230, 5, 7);
	feed_end(&f);
	feed_expect(&f, "SELECT goid, ts, outcome, last_event FROM panic ORDER BY ts",
		    "18|100|goexit|2\n19|120|goexit|4\n18|140|recovered|6\n"
		    "19|150|recovered|9\n20|170|goexit|11\n");
	feed_expect(&f, "SELECT goid, panic_id FROM fatal_error", "20|-\n");
	feed_free(&f);
}

/* A panic is recovered, also where no deferreturn is seen behind it. */
static void goexit_behind_a_recovery(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	feed(&f, p.panic, 100, 0, 7, VALUES(18, 0x1020, 0, 0, 0, NONE));
	feed(&f, p.recovery, 110, 0, 7, VALUES(18));
	feed(&f, feed_probe(&f, "runtime.Goexit", "goid ret"), 120, 0, 7, VALUES(18, 0x2020));
	feed_end(&f);
	feed_expect(&f, "SELECT outcome, recovered_ts, last_event FROM panic", "recovered|110|2\n");
	feed_free(&f);
}

/* Without stacks nobody knows whether the first panic went on when the second was recovered. */
static void goexit_behind_a_doubt(void **state)
{
	struct feed f;
	struct probes p;
	struct source *goexit;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f);
	goexit = feed_probe(&f, "runtime.Goexit", "goid ret");
	feed(&f, p.panic, 100, 0, 7, VALUES(18, 0x1020, 0, 0, 0, NONE));
	round_trip(&f, &p, 110, 0, 0, 0, NONE);
	feed(&f, goexit, 140, 0, 7, VALUES(18, 0x2020));
	feed(&f, feed_probe(&f, "runtime.goexit0", "goid"), 150, 0, 7, VALUES(18));
	feed_end(&f);
	feed_expect(&f, "SELECT ts, outcome, last_event FROM panic ORDER BY ts",
		    "100|unknown|-\n110|recovered|3\n");
	feed_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(who_recovers),
		cmocka_unit_test(a_lost_recover_call),
		cmocka_unit_test(throws),
		cmocka_unit_test(fatal_panics),
		cmocka_unit_test(throw_in_a_panic),
		cmocka_unit_test(throw_behind_a_recovery),
		cmocka_unit_test(goexit_in_a_panic),
		cmocka_unit_test(goexit_behind_a_recovery),
		cmocka_unit_test(goexit_behind_a_doubt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
