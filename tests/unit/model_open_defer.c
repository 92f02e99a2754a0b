/* SPDX-License-Identifier: GPL-2.0-only */
/* Open-coded defers: who called a deferred function, and which statement deferred it. */
#include "tests/unit/model_feed.h"

/*
 * Each 0x1000 is a function. f1 defers f3 on line 10 and f4 on line 11; its exits call f4 up to 0x1100 and f3
 * up to 0x1200. f2 defers f3 on line 20, and what a variable holds on line 21.
 */
static const char *const names[] = { NULL,      "main.f1",         "main.f2",       "main.f3",
				     "main.f4", "runtime.gopanic", "runtime.Goexit" };

static bool place_of(void *arg, int32_t pid, uint64_t address, bool is_return, struct place *place)
{
	(void)arg;
	(void)pid;
	(void)is_return;
	if (address < 0x1000 || address >= 0x7000)
		return false;
	place->binary = 1;
	place->pc = address;
	place->function = names[address / 0x1000];
	place->offset = address % 0x1000;
	return true;
}

/* What the innermost frame of each stack is. */
static const uint64_t frames[] = {
	[1] = 0x1050,  [2] = 0x5010,  [3] = 0x2050,  [10] = 0x3000, [12] = 0x5000,
	[13] = 0x5000, [20] = 0x4000, [21] = 0x3000, [22] = 0x3000
};

static bool frame_of(void *arg, uint32_t stack, struct place *place)
{
	return stack < ARRAY_SIZE(frames) && place_of(arg, 0, frames[stack], true, place);
}

static bool open_sites_of(void *arg, uint32_t binary, uint64_t pc, struct open_sites *sites)
{
	const char *function = pc < 0x2000 ? names[1] : names[2];
	bool first = pc < 0x2000;

	(void)arg;
	*sites = (struct open_sites){ .runs = OPEN_NONE };
	if (binary != 1 || pc >= 0x3000)
		return false;
	sites->count = 2;
	if (pc == 0x1100 || pc == 0x1200) {
		sites->runs = pc == 0x1100;
		sites->target = pc == 0x1100 ? 0x4000 : 0x3000;
	}
	sites->list[0] = (struct open_site){ function, "a.go", first ? 10 : 20,
					     names[3], 0x3000, false,
					     true,     true };
	sites->list[1] = (struct open_site){ function,
					     "a.go",
					     first ? 11 : 21,
					     first ? names[4] : NULL,
					     first ? 0x4000 : 0,
					     false,
					     true,
					     true };
	return true;
}

struct probes {
	struct source *f3, *f4, *heap, *stack, *panic, *goexit, *newstack, *ended;
};

static struct source *on(struct feed *f, int function)
{
	struct source *s = feed_probe(f, names[function], "goid ret");
	const struct probe p = { .source = s->id,
				 .path = "app",
				 .function = names[function],
				 .definition = "p:x/y app:0x0",
				 .binary = 1,
				 .pc = (uint64_t)function * 0x1000,
				 .has_pc = true };

	feed_ok(f, model_probe(f->m, &p, &f->err));
	return s;
}

static void begin(struct feed *f, struct probes *p, int flags)
{
	const struct resolver resolver = { .arg = f,
					   .place = place_of,
					   .caller = feed_caller,
					   .frame = frame_of,
					   .open_sites = open_sites_of };

	feed_begin(f, flags);
	model_set_resolver(f->m, &resolver);
	p->f3 = on(f, 3);
	p->f4 = on(f, 4);
	p->heap = feed_probe(f, "runtime.deferproc", "goid fn ret");
	p->stack = feed_probe(f, "runtime.deferprocStack", "goid fn ret");
	p->panic = feed_probe(f, "runtime.gopanic", "goid ret");
	p->goexit = feed_probe(f, "runtime.Goexit", "goid ret");
	p->newstack = feed_probe(f, "runtime.newstack", "goid");
	p->ended = feed_probe(f, "runtime.goexit0", "goid");
	f->callers[10] = 1; /* f3, called out of f1 */
	f->callers[12] = 1; /* gopanic, called by what f1 called */
	f->callers[2] = 1;
	f->callers[20] = 1; /* f4 and f3, called by that gopanic: it is not on the stack itself */
	f->callers[21] = 1;
	f->callers[13] = 3; /* the same of f2 */
	f->callers[22] = 3;
	f->callers[3] = 30;
	f->callers[1] = 30;
}

#define IN(n) (f.stack = (n))
#define DEFERS                                                                                     \
	"SELECT kind, seq, fn, site_function, site_line, registered_ts, ran_ts, outcome, "         \
	"certainty FROM defer ORDER BY coalesce(ran_ts, registered_ts)"

static void by_return(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	begin(&f, &p, FEED_LEDGER);
	IN(10);
	feed(&f, p.f4, 100, 0, 7, VALUES(18, 0x1100));
	feed(&f, p.f3, 110, 0, 7, VALUES(18, 0x1200));
	feed(&f, p.f3, 120, 0, 7, VALUES(18, 0x1300)); /* an ordinary call */
	feed(&f, p.f3, 130, 0, 7, VALUES(18, 0x1100)); /* not what is called there */
	feed_end(&f);
	feed_expect(&f, DEFERS,
		    "open|-|main.f4|main.f1|11|-|100|ran|proved\n"
		    "open|-|main.f3|main.f1|10|-|110|ran|proved\n"
		    "open|-|main.f3|main.f1|11|-|130|ran|likely\n");
	feed_free(&f);
}

static void by_panic(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	begin(&f, &p, FEED_LEDGER);
	IN(12);
	feed(&f, p.panic, 100, 0, 7, VALUES(18, 0x4010));
	IN(20);
	feed(&f, p.f4, 110, 0, 7, VALUES(18, 0x5020));
	IN(21);
	feed(&f, p.f3, 120, 0, 7, VALUES(18, 0x5020));
	/* The first of f2 can be the variable, the second cannot be told from it. */
	IN(13);
	feed(&f, p.panic, 200, 0, 7, VALUES(18, 0x4010));
	IN(22);
	feed(&f, p.f3, 210, 0, 7, VALUES(18, 0x5020));
	IN(12);
	feed(&f, p.goexit, 300, 0, 7, VALUES(18, 0x4010));
	IN(20);
	feed(&f, p.f4, 310, 0, 7, VALUES(18, 0x6020));
	feed_end(&f);
	feed_expect(&f, DEFERS,
		    "open|-|main.f4|main.f1|11|-|110|ran_in_panic|proved\n"
		    "open|-|main.f3|main.f1|10|-|120|ran_in_panic|proved\n"
		    "open|-|main.f3|main.f2|-|-|210|ran_in_panic|proved\n"
		    "open|-|main.f4|main.f1|11|-|310|ran_in_goexit|proved\n");
	feed_free(&f);
}

/* What is registered is not open-coded; where registrations can be missing, nothing is proved. */
static void registered(void **state)
{
	struct feed f;
	struct probes p;

	(void)state;
	begin(&f, &p, FEED_LEDGER);
	IN(12);
	feed(&f, p.heap, 90, 0, 7, VALUES(18, 0x3000, 0x2010));
	feed(&f, p.panic, 100, 0, 7, VALUES(18, 0x4010));
	IN(21);
	feed(&f, p.f3, 120, 0, 7, VALUES(18, 0x5020));
	feed_end(&f);
	feed_expect(&f, "SELECT count(*) FROM defer WHERE kind = 'open'", "0\n");
	feed_free(&f);

	begin(&f, &p, FEED_LEDGER);
	feed_ledger(&f, p.heap, 3);
	IN(12);
	feed(&f, p.panic, 100, 0, 7, VALUES(18, 0x4010));
	IN(20);
	feed(&f, p.f4, 110, 0, 7, VALUES(18, 0x5020));
	feed_end(&f);
	feed_expect(&f, DEFERS, "open|-|main.f4|main.f1|11|-|110|ran_in_panic|likely\n");
	feed_free(&f);
}

/* Who waits when the process, or the recording, ends has not made what it deferred before it came there. */
static void who_waits(void **state)
{
	struct source *park, *execute, *ended;
	struct feed f;
	struct probes p;
	int exits;

	(void)state;
	for (exits = 0; exits < 3; exits++) {
		begin(&f, &p, FEED_LEDGER);
		park = feed_probe(&f, "runtime.gopark", "goid reason");
		execute = feed_probe(&f, "runtime.execute", "goid");
		ended = feed_probe(&f, "runtime.exit", "code");
		feed_ledger(&f, park, exits == 2);
		IN(12);
		feed(&f, execute, 100, 0, 7, VALUES(18));
		feed(&f, park, 110, 0, 7, VALUES(18, 2));
		feed(&f, park, 120, 0, 7, VALUES(19, 2));
		feed(&f, execute, 130, 0, 7, VALUES(19)); /* it goes on */
		IN(0);
		feed(&f, park, 140, 0, 8, VALUES(20, 2)); /* nobody knows where */
		if (exits == 2)
			feed_lost(&f, 150, 0, 1);
		if (exits)
			feed(&f, ended, 150, 0, 7, VALUES(3));
		feed_end(&f);
		feed_expect(
			&f,
			"SELECT goid, site_line, outcome, certainty, ran_ts FROM defer ORDER BY id",
			exits == 0   ? "18|11|pending|likely|-\n18|10|pending|likely|-\n"
			: exits == 1 ? "18|11|skipped_by_exit|likely|-\n"
				       "18|10|skipped_by_exit|likely|-\n"
				     : "");
		feed_free(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_return),
		cmocka_unit_test(by_panic),
		cmocka_unit_test(registered),
		cmocka_unit_test(who_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
