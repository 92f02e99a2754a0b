/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows that wait until no hole can refute them any more. See struct waiting.
 *
 * Only rows that a loss can hurt have to wait, and only where something was lost at all. A CPU that
 * falls silent would hold them for ever, so there is a limit: what has to go before its time is no
 * more than likely.
 */
#include "model/machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define WAITING_LIMIT 16384

const char *certainty_name(enum certainty c)
{
	static const char *const names[] = { "possible", "likely", "proved" };

	return names[c];
}

static struct waiting_row *row_at(const struct waiting *w, size_t i)
{
	return (struct waiting_row *)(void *)(w->rows + (w->first + i) % w->capacity * w->row_size);
}

void waiting_begin(struct waiting *w, struct model *m, const bool *lost, size_t row_size,
		   int (*write)(void *machine, const void *row, struct error *err), void *machine)
{
	*w = (struct waiting){
		.model = m,
		.lost = lost,
		.row_size = row_size,
		.write = write,
		.machine = machine,
	};
}

static int write_first(struct waiting *w, struct error *err)
{
	int result = w->write(w->machine, row_at(w, 0), err);

	w->first = (w->first + 1) % w->capacity;
	w->count--;
	return result;
}

static bool can_be_hurt(const struct waiting *w, const struct waiting_row *r)
{
	return r->certainty == PROVED && r->hurt_by_loss &&
	       !(w->model->recording.has_ledger && !*w->lost);
}

static int write_ripe(struct waiting *w, struct error *err)
{
	int64_t seen = model_all_seen(w->model);

	while (w->count) {
		const struct waiting_row *r = row_at(w, 0);

		if (can_be_hurt(w, r) && (r->ts_end == NO_TIME || r->ts_end > seen))
			break;
		if (write_first(w, err))
			return -1;
	}
	if (w->count < WAITING_LIMIT)
		return 0;
	row_at(w, 0)->certainty = LIKELY; /* it is proved still, or it would have gone */
	return write_first(w, err);
}

static void grow(struct waiting *w)
{
	size_t capacity = w->capacity ? 2 * w->capacity : 64, i;
	char *rows = xcalloc(capacity, w->row_size);

	for (i = 0; i < w->count; i++)
		memcpy(rows + i * w->row_size, row_at(w, i), w->row_size);
	free(w->rows);
	w->rows = rows;
	w->first = 0;
	w->capacity = capacity;
}

/* A hole lies across it. */
static void refute(struct waiting_row *r)
{
	r->certainty = LIKELY;
	r->cut = true;
}

/* `row` is copied; what it points to must live until it is written. */
int waiting_add(struct waiting *w, const void *row, struct error *err)
{
	if (!w->count && !can_be_hurt(w, row))
		return w->write(w->machine, row, err);
	if (w->count == w->capacity) {
		if (w->capacity && write_ripe(w, err))
			return -1;
		if (w->count == w->capacity)
			grow(w);
	}
	w->count++;
	memcpy(row_at(w, w->count - 1), row, w->row_size);
	if (w->anywhere && can_be_hurt(w, row))
		refute(row_at(w, w->count - 1));
	return 0;
}

/* Proofs that reach into the hole are none. */
void waiting_hole(struct waiting *w, const struct hole *h)
{
	size_t i;

	w->anywhere |= h->ts_end == NO_TIME;
	for (i = 0; i < w->count; i++) {
		struct waiting_row *r = row_at(w, i);

		if (can_be_hurt(w, r) &&
		    (r->ts_end == NO_TIME || h->ts == NO_TIME || r->ts_end > h->ts) &&
		    (r->ts == NO_TIME || h->ts_end == NO_TIME || r->ts < h->ts_end))
			refute(r);
	}
}

/* What a CPU lost after its last record was announced by no hole. */
int waiting_end(struct waiting *w, struct error *err)
{
	int64_t last = model_all_seen(w->model);
	size_t i;

	for (i = 0; loss_at_end(w->model) && i < w->count; i++) {
		struct waiting_row *r = row_at(w, i);

		if (can_be_hurt(w, r) && (r->ts_end == NO_TIME || r->ts_end > last))
			refute(r);
	}
	while (w->count)
		if (write_first(w, err))
			return -1;
	return 0;
}

void waiting_free(struct waiting *w)
{
	free(w->rows);
	w->rows = NULL;
}
