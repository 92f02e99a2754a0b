/* SPDX-License-Identifier: GPL-2.0-only */
/* The first hole since then, against a list of all of them. */
#include "model/hole_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/machine.h"

#define HOLES 2000

static int64_t earliest(const int64_t *ts, uint32_t from, uint32_t count)
{
	int64_t first = NO_TIME;
	uint32_t i;

	for (i = from; i < count; i++)
		if (first == NO_TIME || ts[i] < first)
			first = ts[i];
	return first;
}

static void the_earliest_since(void **state)
{
	struct hole_log l = { 0 };
	static int64_t ts[HOLES];
	uint32_t i, epoch;

	(void)state;
	srand(7);
	assert_int_equal(hole_log_first(&l, 0), NO_TIME);
	for (i = 0; i < HOLES; i++) {
		ts[i] = 1000 + 10 * (int64_t)i - rand() % 500; /* nearly in order */
		hole_log_add(&l, ts[i]);
		assert_int_equal(l.epoch, i + 1);
		epoch = (uint32_t)rand() % (i + 2);
		assert_int_equal(hole_log_first(&l, epoch), earliest(ts, epoch, i + 1));
	}
	for (epoch = 0; epoch <= HOLES; epoch++)
		assert_int_equal(hole_log_first(&l, epoch), earliest(ts, epoch, HOLES));
	hole_log_free(&l);
}

static void not_before_it_began(void **state)
{
	struct hole_log l = { 0 };

	(void)state;
	hole_log_add(&l, 100);
	assert_int_equal(hole_log_cut(&l, 0, 50), 100);
	assert_int_equal(hole_log_cut(&l, 0, 150), 150);
	assert_int_equal(hole_log_cut(&l, 1, 50), NO_TIME);
	hole_log_add(&l, NO_TIME); /* from the beginning */
	assert_int_equal(hole_log_cut(&l, 1, 50), 50);
	hole_log_free(&l);
}

/* Of very many the beginning may be told earlier than it was, and never later; and the last ones right. */
static void a_limit(void **state)
{
	struct hole_log l = { 0 };
	int64_t i, count = 500000, first;

	(void)state;
	for (i = 0; i < count; i++)
		hole_log_add(&l, i);
	assert_true(l.count < 100000);
	for (i = 0; i < count; i += 997) {
		first = hole_log_first(&l, (uint32_t)i);
		assert_true(first != NO_TIME && first <= i);
	}
	assert_int_equal(hole_log_first(&l, (uint32_t)count - 100), count - 100);
	hole_log_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_earliest_since),
		cmocka_unit_test(not_before_it_began),
		cmocka_unit_test(a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
