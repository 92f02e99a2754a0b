/* SPDX-License-Identifier: GPL-2.0-only */
/* Profiler labels as a probe fetches them, from both layouts; inheritance, holes, and damage. */
#include "tests/unit/model_feed.h"

#define LABELS                                                                                     \
	"SELECT goid, ts, ts_end, key, value, cut, how, certainty, event_id FROM goroutine_label " \
	"ORDER BY goid, ts, id"

enum { GOID, POINTER, SET, PAIRS, MAP, BUCKET, TEXTS, FIELDS = TEXTS + 4 };

struct probes {
	struct source *labels, *newproc1, *runqput, *goexit0;
};

/* The label setter, with the fields of one layout: "set pairs" or "map bucket"; two pairs. */
static struct probes probes(struct feed *f, bool is_map)
{
	const char *fields = is_map ? "goid labels - - map_bytes bucket_bytes key0_bytes "
				      "value0_bytes key1_bytes value1_bytes"
				    : "goid labels set_bytes pairs_bytes - - key0_bytes "
				      "value0_bytes key1_bytes value1_bytes";
	struct source *s = feed_source(f, "probe_app:setProfLabel", SOURCE_TRACEPOINT, fields);
	struct probes p;
	size_t i;

	s->is_uprobe = true;
	for (i = SET; i < FIELDS; i++)
		f->fields[s->id - 1][i].type = FIELD_BLOB;
	p.labels = feed_tell(f, s);
	feed_ok(f, model_probed_function(f->m, s, "runtime/pprof.runtime_setProfLabel", 6, true,
					 &f->err));
	p.newproc1 = feed_probe(f, "runtime.newproc1", "parent fn");
	p.runqput = feed_probe(f, "runtime.runqput", "goid");
	p.goexit0 = feed_probe(f, "runtime.goexit0", "goid");
	return p;
}

/* What the kernel writes: words of a fixed number, texts in pieces of 8 bytes with rubbish behind. */
struct image {
	uint64_t set[2], pairs[8], map[4], bucket[33];
	char texts[4][8];
	uint32_t size[FIELDS]; /* of each field; 0: all of it */
};

static void put_text(struct image *im, size_t n, const char *text)
{
	memset(im->texts[n], '?', sizeof(im->texts[n]));
	memcpy(im->texts[n], text, strnlen(text, sizeof(im->texts[n])));
	im->pairs[2 * n] = 0xc000010000;
	im->pairs[2 * n + 1] = strlen(text);
	im->bucket[1 + 2 * (n / 2) + 16 * (n % 2)] = 0xc000010000;
	im->bucket[2 + 2 * (n / 2) + 16 * (n % 2)] = strlen(text);
}

/* Two pairs; NULL: one. */
static struct image image(const char *key0, const char *value0, const char *key1,
			  const char *value1)
{
	struct image im = { .set = { 0xc000020000 } };

	im.set[1] = im.map[0] = key1 ? 2 : 1;
	im.map[2] = 0xc000030000;
	im.bucket[0] = key1 ? 0x2a99 : 0x99;
	put_text(&im, 0, key0);
	put_text(&im, 1, value0);
	put_text(&im, 2, key1 ? key1 : "stale");
	put_text(&im, 3, value1 ? value1 : "stale");
	return im;
}

static void set(struct feed *f, const struct probes *p, int64_t ts, int cpu, int64_t goid,
		const struct image *im)
{
	struct image none = { 0 };
	const struct image *from = im ? im : &none;
	struct value v[FIELDS] = {
		[GOID] = { .number = goid },
		[POINTER] = { .number = im ? 0xc000040000 : 0 },
		[SET] = { .bytes = (const char *)from->set, .size = sizeof(from->set) },
		[PAIRS] = { .bytes = (const char *)from->pairs, .size = sizeof(from->pairs) },
		[MAP] = { .bytes = (const char *)from->map, .size = sizeof(from->map) },
		[BUCKET] = { .bytes = (const char *)from->bucket, .size = sizeof(from->bucket) },
	};
	size_t i;

	for (i = 0; i < 4; i++)
		v[TEXTS + i] = (struct value){ .bytes = from->texts[i], .size = 8 };
	for (i = 0; i < FIELDS; i++)
		if (from->size[i])
			v[i].size = from->size[i];
	feed_record(f, (struct event){ .kind = EVENT_SAMPLE,
				       .id = ++f->id,
				       .ts = ts,
				       .cpu = cpu,
				       .pid = f->pid,
				       .tid = 7,
				       .source = p->labels,
				       .sample = { .period = 1, .values = v } });
}

static void a_life(bool is_map)
{
	const struct image one = image("trace", "12ab", NULL, NULL);
	const struct image two = image("trace", "12ab", "span", "");
	struct probes p;
	struct feed f;

	feed_begin(&f, FEED_LEDGER);
	p = probes(&f, is_map);
	set(&f, &p, 100, 0, 1, &one);
	set(&f, &p, 200, 0, 1, &two);
	feed(&f, p.newproc1, 250, 0, 7, VALUES(1, 0x2000));
	feed(&f, p.runqput, 251, 0, 7, VALUES(18));
	set(&f, &p, 300, 0, 1, NULL);
	feed(&f, p.newproc1, 350, 0, 7, VALUES(1, 0x2000)); /* of one that has none */
	feed(&f, p.runqput, 351, 0, 7, VALUES(19));
	feed(&f, p.newproc1, 360, 0, 7, VALUES(0, 0x2000)); /* of the scheduler */
	feed(&f, p.runqput, 361, 0, 7, VALUES(20));
	feed(&f, p.goexit0, 400, 0, 7, VALUES(18));
	set(&f, &p, 500, 0, 1, &one);
	feed_end(&f);
	feed_expect(
		&f, LABELS,
		"1|100|200|trace|12ab|0|set|proved|1\n"
		"1|200|300|trace|12ab|0|set|proved|2\n"
		"1|200|300|span||0|set|proved|2\n"
		"1|500|-|trace|12ab|0|set|likely|11\n" /* goexit0 alone does not see every end */
		"18|250|400|trace|12ab|0|inherited|proved|3\n"
		"18|250|400|span||0|inherited|proved|3\n");
	/* The event keeps nothing but the texts. */
	feed_expect(&f,
		    "SELECT id, CAST(key0_bytes AS TEXT), CAST(value1_bytes AS TEXT), "
		    "key1_bytes IS NULL FROM probe_app__setProfLabel ORDER BY id LIMIT 3",
		    "1|trace|-|1\n2|trace||0\n5|-|-|1\n");
	feed_free(&f);
}

static void a_list(void **state)
{
	(void)state;
	a_life(false);
}

static void a_map(void **state)
{
	(void)state;
	a_life(true);
}

/* The runtime's own goroutines inherit from Go 1.17 only. */
static void system_goroutines(void **state)
{
	(void)state;
	for (int minor = 17; minor <= 18; minor++) {
		const struct image one = image("k", "v", NULL, NULL);
		struct probes p;
		struct feed f;

		feed_begin(&f, FEED_LEDGER);
		model_go_version(f.m, minor == 17 ? "go1.17.13" : "go1.18");
		p = probes(&f, true);
		set(&f, &p, 100, 0, 1, &one);
		feed(&f, p.newproc1, 150, 0, 7, VALUES(1, 0x5000));
		feed(&f, p.runqput, 151, 0, 7, VALUES(18));
		feed(&f, p.newproc1, 160, 0, 7, VALUES(1, 0x9000)); /* what runs is not known */
		feed(&f, p.runqput, 161, 0, 7, VALUES(19));
		feed_end(&f);
		feed_expect(&f, "SELECT goid, certainty FROM goroutine_label ORDER BY goid",
			    minor == 17 ? "1|proved\n18|proved\n19|likely\n"
					: "1|proved\n19|likely\n");
		feed_free(&f);
	}
}

static void long_and_many(void **state)
{
	const struct image wide =
		image("\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2", "123456789", NULL, NULL);
	struct image many = image("a", "1", "b", "2"), grown = image("a", "1", "b", "2");
	struct probes p;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f, false);
	set(&f, &p, 100, 0, 1, &wide); /* 9 bytes each, of which 8 are fetched: two characters */
	many.set[1] = 3;
	set(&f, &p, 200, 0, 1, &many);
	feed_end(&f);
	feed_expect(&f, LABELS,
		    "1|100|200|\xe6\xbc\xa2\xe6\xbc\xa2|12345678|1|set|proved|1\n"
		    "1|200|-|a|1|0|set|likely|2\n1|200|-|b|2|0|set|likely|2\n");
	feed_expect(&f, "SELECT name, severity, value FROM data_quality WHERE name LIKE 'labels%'",
		    "labels_not_fetched|data_loss|1\nlabels_cut|info|1\n");
	feed_free(&f);

	/* A map of several buckets, one that is being moved, and one with a gap: which pairs is not known. */
	for (int i = 0; i < 4; i++) {
		grown = image("a", "1", "b", "2");
		if (i == 0)
			grown.map[1] = 0x100; /* B */
		else if (i == 1)
			grown.map[3] = 0xc000050000;
		else if (i == 2)
			grown.bucket[0] = 0x990099;
		else
			grown.map[0] = 9;
		feed_begin(&f, FEED_LEDGER);
		p = probes(&f, true);
		set(&f, &p, 100, 0, 1, &grown);
		feed_end(&f);
		feed_expect(&f, "SELECT count(*) FROM goroutine_label", "0\n");
		feed_expect(&f, "SELECT value FROM data_quality WHERE name = 'labels_not_fetched'",
			    "1\n");
		feed_free(&f);
	}
}

/* Behind a hole the labels may be others, and so may those of who is made there. */
static void holes(void **state)
{
	const struct image one = image("k", "v", NULL, NULL);
	struct probes p;
	struct feed f;

	(void)state;
	feed_begin(&f, FEED_LEDGER);
	p = probes(&f, false);
	feed_ledger(&f, p.labels, 3);
	set(&f, &p, 100, 0, 1, &one);
	set(&f, &p, 150, 1, 2, &one);
	feed(&f, p.runqput, 160, 0, 7, VALUES(50));
	feed_lost(&f, 300, 0, 3);
	feed(&f, p.newproc1, 350, 0, 7, VALUES(1, 0x2000));
	feed(&f, p.runqput, 351, 0, 7, VALUES(18));
	set(&f, &p, 400, 0, 1, &one);
	set(&f, &p, 500, 0, 1, NULL);
	feed(&f, p.goexit0, 600, 1, 7, VALUES(2));
	feed_end(&f);
	feed_expect(
		&f,
		"SELECT goid, ts, ts_end, how, certainty FROM goroutine_label ORDER BY goid, ts",
		"1|100|160|set|proved\n1|160|400|set|possible\n1|400|500|set|proved\n"
		"2|150|160|set|proved\n2|160|600|set|possible\n"
		"18|350|-|inherited|possible\n");
	feed_free(&f);
}

/* Short records, mad numbers, and somebody's own probe: no rows, and no harm. */
static void damage(void **state)
{
	struct image im;
	struct source *own;
	struct probes p;
	struct feed f;

	(void)state;
	for (int is_map = 0; is_map < 2; is_map++)
		for (size_t field = SET; field < FIELDS; field++) {
			feed_begin(&f, FEED_LEDGER);
			p = probes(&f, is_map);
			im = image("key", "value", "k", "v");
			im.size[field] = 7;
			set(&f, &p, 100, 0, 1, &im);
			im = image("key", "value", "k", "v");
			im.set[1] = im.map[0] = UINT64_MAX;
			set(&f, &p, 200, 0, 1, &im);
			im = image("key", "value", "k", "v");
			im.pairs[1] = im.pairs[3] = im.bucket[2] = im.bucket[18] = UINT64_MAX;
			set(&f, &p, 300, 0, 1, &im);
			feed_end(&f);
			feed_expect(&f,
				    "SELECT ts, key, cut FROM goroutine_label WHERE ts = 300 "
				    "ORDER BY key",
				    "300|k|0\n300|key?????|1\n");
			feed_expect(&f, "SELECT count(*) FROM goroutine_label WHERE ts = 200",
				    "0\n");
			feed_free(&f);
		}
	feed_begin(&f, FEED_LEDGER);
	own = feed_probe(&f, "runtime/pprof.runtime_setProfLabel", "goid labels");
	feed(&f, own, 100, 0, 7, VALUES(1, 0xc000040000));
	feed(&f, own, 200, 0, 7, VALUES(1, 0));
	feed_end(&f);
	feed_expect(&f, "SELECT count(*) FROM goroutine_label", "0\n");
	feed_expect(&f, "SELECT count(*) FROM data_quality WHERE name LIKE 'labels%'", "0\n");
	feed_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list),
		cmocka_unit_test(a_map),
		cmocka_unit_test(system_goroutines),
		cmocka_unit_test(long_and_many),
		cmocka_unit_test(holes),
		cmocka_unit_test(damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
