/* SPDX-License-Identifier: GPL-2.0-only */
/* Holes that are known ahead: as the first walk finds them, and as the model asks for them. */
#include "ingest/holes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "model/hole_map.h"
#include "model/machine.h"

static void expect_hole(const struct holes *h, size_t i, int32_t cpu, uint64_t from, uint64_t to)
{
	assert_true(i < h->count);
	assert_int_equal(h->list[i].cpu, cpu);
	assert_int_equal(h->list[i].from, from);
	assert_int_equal(h->list[i].to, to);
}

/* perf writes one ring after the other, and comes back. */
static void between_two_records_of_a_ring(void **state)
{
	struct holes h = { 0 };

	(void)state;
	holes_record(&h, 0, 0, false); /* perf's own, without a time */
	holes_record(&h, 0, 100, false);
	holes_record(&h, 0, 110, false);
	holes_record(&h, 1, 50, false);
	holes_record(&h, 1, 130, true); /* what LOST says is before the record of that time */
	holes_record(&h, 1, 130, false);
	holes_record(&h, 0, 200, true);
	holes_record(&h, 2, 300, true); /* it lost from the beginning on */
	holes_record(&h, -1, 310, true);
	assert_int_equal(h.count, 4);
	expect_hole(&h, 0, 1, 50, 130);
	expect_hole(&h, 1, 0, 110, 200);
	expect_hole(&h, 2, 2, 0, 300);
	expect_hole(&h, 3, -1, 130, 310); /* of any: since the first of their last records */
	holes_at_end(&h, (const int32_t[]){ 0, 1, 2, 9, -1 }, 5);
	assert_int_equal(h.count, 8);
	expect_hole(&h, 4, 0, 200, UINT64_MAX);
	expect_hole(&h, 5, 1, 130, UINT64_MAX);
	expect_hole(&h, 6, 2, 300, UINT64_MAX);
	expect_hole(&h, 7, 9, 130, UINT64_MAX); /* never seen */
	holes_free(&h);
}

/* Very many become fewer, and cover all that they did. */
static void a_limit(void **state)
{
	struct holes h = { 0 };
	uint64_t time, covered = 0;
	size_t i;

	(void)state;
	for (time = 1; time <= 200000; time++)
		holes_record(&h, (int32_t)(time % 2), 10 * time, true);
	assert_true(h.count <= 65536);
	for (i = 0; i < h.count; i++) {
		assert_true(h.list[i].from <= covered);
		covered = h.list[i].to > covered ? h.list[i].to : covered;
	}
	assert_int_equal(covered, 2000000);
	holes_free(&h);
}

static void asked_of_all(void **state)
{
	static struct {
		int cpu;
		int64_t ts, ts_end;
	} all[300];
	struct hole_map m = { 0 };
	bool said, is;
	int64_t from, to;
	size_t i, n;
	int cpu;

	(void)state;
	srand(11);
	assert_false(hole_map_elsewhere(&m, 0, 0, 1000));
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		all[i].cpu = rand() % 5 - 1;
		all[i].ts = rand() % 20 ? rand() % 100000 : NO_TIME;
		all[i].ts_end = i % 100 ? all[i].ts + rand() % 50 : NO_TIME;
		if (all[i].ts == NO_TIME)
			all[i].ts_end = rand() % 30;
		if (all[i].ts_end == NO_TIME)
			all[i].ts += 90000;
		hole_map_add(&m, all[i].cpu, all[i].ts, all[i].ts_end);
	}
	for (n = 0; n < 20000; n++) {
		from = rand() % 100000;
		to = from + rand() % 300;
		cpu = rand() % 5 - 1;
		for (i = 0, is = false; i < ARRAY_SIZE(all); i++)
			is |= (all[i].cpu < 0 || all[i].cpu != cpu) && all[i].ts <= to &&
			      (all[i].ts_end == NO_TIME || all[i].ts_end >= from);
		said = hole_map_elsewhere(&m, cpu, from, to);
		assert_int_equal(said, is);
	}
	hole_map_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(between_two_records_of_a_ring),
		cmocka_unit_test(a_limit),
		cmocka_unit_test(asked_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
