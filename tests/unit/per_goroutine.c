/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/per_goroutine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/machine.h"

struct item {
	struct goroutine_key key;
	int number;
};

static int64_t sum(const struct per_goroutine *p)
{
	struct item *i;
	int64_t total = 0;
	size_t at = 0;

	while ((i = per_goroutine_next(p, &at)))
		total += i->number;
	return total;
}

static void kept_until_dropped(void **state)
{
	struct process one = { .life = 1 }, two = { .life = 2 };
	struct per_goroutine p;
	struct item *i;
	int64_t goid;

	(void)state;
	per_goroutine_begin(&p, sizeof(struct item));
	assert_null(per_goroutine_find(&p, 1, 7));
	for (goid = 1; goid <= 100; goid++) {
		i = per_goroutine_get(&p, goid % 2 ? &one : &two, goid);
		assert_int_equal(i->number, 0);
		i->number = (int)goid;
	}
	assert_int_equal(sum(&p), 5050);
	i = per_goroutine_get(&p, &one, 7);
	assert_int_equal(i->number, 7);
	assert_ptr_equal(i->key.process, &one);
	assert_null(per_goroutine_find(&p, 2, 7)); /* of another process */
	per_goroutine_drop(&p, i);
	assert_null(per_goroutine_find(&p, 1, 7));
	assert_int_equal(sum(&p), 5043);
	per_goroutine_free(&p);
}

/* A goroutine that comes after one that went has nothing of it, and takes its room. */
static void room_is_used_again(void **state)
{
	struct process process = { .life = 1 };
	struct per_goroutine p;
	int64_t goid;

	(void)state;
	per_goroutine_begin(&p, sizeof(struct item));
	for (goid = 1; goid <= 1000; goid++) {
		struct item *i = per_goroutine_get(&p, &process, goid);

		assert_int_equal(i->number, 0);
		i->number = 1;
		per_goroutine_drop(&p, i);
	}
	assert_int_equal(p.count, 1);
	assert_int_equal(sum(&p), 0);
	per_goroutine_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept_until_dropped),
		cmocka_unit_test(room_is_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
