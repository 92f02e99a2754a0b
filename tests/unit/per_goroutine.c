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

static int64_t sum_of_marked(const struct per_goroutine *p)
{
	struct item *item;
	int64_t total = 0;
	size_t i;

	for (i = 0; (item = per_goroutine_marked(p, i)); i++)
		total += item->number;
	return total;
}

static void marks(void **state)
{
	struct process process = { .life = 1 };
	struct per_goroutine p;
	struct item *item;
	int64_t goid;

	(void)state;
	per_goroutine_begin(&p, sizeof(struct item));
	for (goid = 1; goid <= 100; goid++) {
		item = per_goroutine_get(&p, &process, goid);
		item->number = (int)goid;
		per_goroutine_mark(&p, item, goid % 2);
	}
	assert_int_equal(sum_of_marked(&p), 2500);
	per_goroutine_mark(&p, per_goroutine_find(&p, 1, 1), true); /* it is */
	per_goroutine_mark(&p, per_goroutine_find(&p, 1, 51), false);
	per_goroutine_mark(&p, per_goroutine_find(&p, 1, 51), false);
	per_goroutine_mark(&p, per_goroutine_find(&p, 1, 2), true);
	per_goroutine_drop(&p, per_goroutine_find(&p, 1, 99)); /* the dead bear no marks */
	per_goroutine_drop(&p, per_goroutine_find(&p, 1, 98));
	assert_int_equal(sum_of_marked(&p), 2500 - 51 + 2 - 99);
	item = per_goroutine_get(&p, &process, 101);
	item->number = 101;
	assert_int_equal(sum_of_marked(&p), 2500 - 51 + 2 - 99);
	per_goroutine_unmark_all(&p);
	assert_null(per_goroutine_marked(&p, 0));
	per_goroutine_mark(&p, per_goroutine_find(&p, 1, 7), true);
	assert_int_equal(sum_of_marked(&p), 7);
	per_goroutine_free(&p);
}

static void of_one_life(void **state)
{
	struct process one = { .life = 1 }, two = { .life = 2 }, none = { .life = 3 };
	struct per_goroutine p;
	size_t at, count;

	(void)state;
	per_goroutine_begin(&p, sizeof(struct item));
	per_goroutine_get(&p, &one, 1);
	per_goroutine_get(&p, &two, 1);
	per_goroutine_get(&p, &one, 2);
	for (at = count = 0; per_goroutine_next_of(&p, &one, &at); count++)
		;
	assert_int_equal(count, 2);
	at = 0;
	assert_null(per_goroutine_next_of(&p, &none, &at));
	per_goroutine_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marks),
		cmocka_unit_test(of_one_life),
		cmocka_unit_test(kept_until_dropped),
		cmocka_unit_test(room_is_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
