/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Profiler labels (runtime/pprof): which goroutine carried which key and value from when to when.
 *
 * runtime/pprof.runtime_setProfLabel is given a pointer to all labels of the goroutine, or nil; what it
 * points to never changes afterwards (src/runtime/pprof/label.go, src/runtime/proflabel.go):
 *
 *     Go 1.17 to 1.23   a map[string]string: a pointer to runtime.hmap. Up to 8 pairs lie in one bucket
 *                       of 8 marks, 8 keys and 8 values (src/runtime/map.go)
 *     Go 1.24 to 1.27   a slice of pairs of strings
 *
 * A new goroutine has the labels of the one that makes it, but for the runtime's own goroutines from
 * Go 1.18 on (src/runtime/proc.go, newproc1; src/runtime/traceback.go, isSystemGoroutine). What the
 * scheduler makes, as for a timer, has no parent, and no labels.
 *
 * A text has its length and no end mark, so a probe fetches a fixed number of bytes: a longer text is
 * cut, and what was fetched behind a shorter one is none of it. The kernel leaves what it cannot read as
 * it was (kernel/trace/trace_probe_tmpl.h): a value of an older event. So a pair counts only where the
 * pointers that lead to it are known to be good.
 */
#include "model/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/per_goroutine.h"

#define MOST_PAIRS 8
#define WORD sizeof(uint64_t)

/* What the probe fetched, as words: the fields of the catalogue (ingest/probe/catalogue.c). */
enum part {
	PART_SET,    /* list: address of the pairs, their number */
	PART_PAIRS,  /* list: address and length of a key, of its value; of the next key … */
	PART_MAP,    /* map: number of pairs; flags; address of the buckets, of the old buckets */
	PART_BUCKET, /* map: 8 marks of a byte; address and length of 8 keys; of 8 values */
	PARTS,
};

#define LIST_COUNT 1
#define LIST_PAIR 4
#define MAP_COUNT 0
#define MAP_LOG_BUCKETS (WORD + 1) /* hmap.B, a byte */
#define MAP_OLD_BUCKETS 3
#define BUCKET_PAIRS 8
#define BUCKET_KEYS 1
#define BUCKET_VALUES (BUCKET_KEYS + 2 * BUCKET_PAIRS)
#define LOWEST_MARK 5      /* minTopHash: below that a place is empty, or was moved */
#define MOST_COUNT 1000000 /* more are not labels but a wrong address */

/* A source that fetches labels. */
struct label_source {
	const struct source_state *source;
	int part[PARTS]; /* index into source->fields; -1: it has none */
	int key[MOST_PAIRS], value[MOST_PAIRS];
	struct value *values; /* one for each field: see label_values() */
	int64_t incomplete;   /* calls with pairs that were not fetched */
	int64_t cut;          /* calls with a text that was longer than what was fetched */
};

/* Texts borrow from `texts`. */
struct pair {
	const char *key, *value;
	uint32_t key_size, value_size;
	bool cut;
};

/* All labels of a goroutine. Goroutines and rows share it. */
struct label_set {
	size_t users;
	size_t count;
	struct pair pairs[MOST_PAIRS];
	char texts[];
};

/* A goroutine that has labels. */
struct carrier {
	struct goroutine_key key;
	struct label_set *set;
	bool inherited;
	enum certainty certainty;
	int64_t since, event;
	uint32_t epoch; /* of the holes, when it began to carry them */
};

struct label_row {
	struct waiting_row head;
	struct label_set *set;
	int32_t pid;
	int64_t goid, event;
	bool inherited;
};

struct labels {
	struct model *model;
	struct db_table *table;
	struct waiting rows;
	struct label_source *sources;
	size_t source_count;
	struct per_goroutine carriers;
	bool asked, sees_ends;
};

/* ---- what the recording allows --------------------------------------------------------------- */

static int find_field(const struct source *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->field_count; i++)
		if (s->fields[i].type == FIELD_BLOB && !strcmp(s->fields[i].name, name))
			return (int)i;
	return -1;
}

static int find_numbered(const struct source *s, const char *name, size_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%s%zu_bytes", name, number);
	return find_field(s, text);
}

static void add_source(struct labels *l, const struct source_state *s)
{
	static const char *const names[] = { "set_bytes", "pairs_bytes", "map_bytes",
					     "bucket_bytes" };
	struct label_source *to;
	size_t i;

	l->sources = xrealloc(l->sources, l->source_count + 1, sizeof(*l->sources));
	to = &l->sources[l->source_count++];
	*to = (struct label_source){ .source = s };
	for (i = 0; i < PARTS; i++)
		to->part[i] = find_field(s->source, names[i]);
	for (i = 0; i < MOST_PAIRS; i++) {
		to->key[i] = find_numbered(s->source, "key", i);
		to->value[i] = find_numbered(s->source, "value", i);
	}
	to->values = xcalloc(s->source->field_count + 1, sizeof(*to->values));
}

static void ask(struct labels *l)
{
	const struct model *m = l->model;
	const struct source_state *s;
	bool goexit0 = false;

	l->asked = true;
	for (s = m->sources; s; s = s->next) {
		if (s->role == ROLE_LABELS)
			add_source(l, s);
		/* From Go 1.22 on, one that iter.Pull made ends without it. */
		if (s->role == ROLE_ENDED && !source_sampled(s)) {
			l->sees_ends |= !strcmp(s->runtime->name, "gdestroy");
			goexit0 = true;
		}
	}
	l->sees_ends |= role_recorded(m, ROLE_STATUS) ||
			(goexit0 && m->go_minor && m->go_minor < 22);
}

static struct label_source *source_of(struct labels *l, const struct event *e)
{
	size_t i;

	for (i = 0; i < l->source_count; i++)
		if (l->sources[i].source == e->source->model)
			return &l->sources[i];
	return NULL;
}

/* ---- what was fetched ------------------------------------------------------------------------ */

/* A word of a part; false: it was not fetched. */
static bool word(const struct event *e, int field, size_t number, uint64_t *out)
{
	const struct value *v = field < 0 ? NULL : &e->sample.values[field];

	if (!v || v->is_null || v->size / WORD <= number)
		return false;
	memcpy(out, v->bytes + number * WORD, WORD);
	return true;
}

/* The labels of an event: how many there are, and where those that were fetched have their lengths. */
struct fetched {
	size_t count; /* of pairs */
	int part;     /* field with the lengths; -1: none was fetched */
	size_t known; /* pairs with a length there */
	size_t key, value, step;
};

static bool fetched_list(const struct label_source *s, const struct event *e, struct fetched *f)
{
	uint64_t count;

	if (!word(e, s->part[PART_SET], LIST_COUNT, &count) || count > MOST_COUNT)
		return false;
	*f = (struct fetched){
		.count = (size_t)count,
		.part = s->part[PART_PAIRS],
		.known = (size_t)count,
		.key = 1,
		.value = 3,
		.step = LIST_PAIR,
	};
	return true;
}

/* One bucket that has as many marks as there are pairs, the first places filled: as labels are made. */
static bool plain_bucket(const struct label_source *s, const struct event *e, uint64_t count)
{
	const struct value *map = &e->sample.values[s->part[PART_MAP]];
	uint64_t old, marks;
	size_t i;

	if (!word(e, s->part[PART_MAP], MAP_OLD_BUCKETS, &old) || old ||
	    map->bytes[MAP_LOG_BUCKETS] || count > BUCKET_PAIRS ||
	    !word(e, s->part[PART_BUCKET], 0, &marks))
		return false;
	for (i = 0; i < BUCKET_PAIRS; i++)
		if ((((unsigned char *)&marks)[i] >= LOWEST_MARK) != (i < count))
			return false;
	return true;
}

static bool fetched_map(const struct label_source *s, const struct event *e, struct fetched *f)
{
	uint64_t count;

	if (!word(e, s->part[PART_MAP], MAP_COUNT, &count) || count > MOST_COUNT)
		return false;
	*f = (struct fetched){
		.count = (size_t)count,
		.part = s->part[PART_BUCKET],
		.known = count && plain_bucket(s, e, count) ? (size_t)count : 0,
		.key = BUCKET_KEYS + 1,
		.value = BUCKET_VALUES + 1,
		.step = 2,
	};
	return true;
}

/* False: the probe fetches no labels, or what it fetched cannot be. */
static bool fetched(const struct label_source *s, const struct event *e, struct fetched *f)
{
	int64_t labels = event_field(e, FIELD_LABELS);

	*f = (struct fetched){ .part = -1 };
	if (labels == NO_VALUE)
		return false;
	if (s->part[PART_SET] >= 0)
		return !labels || fetched_list(s, e, f);
	if (s->part[PART_MAP] >= 0)
		return !labels || fetched_map(s, e, f);
	return false;
}

/* The size of a text without a UTF-8 character at its end that was cut in two. */
static uint32_t whole_size(const char *text, uint32_t size)
{
	uint32_t i;

	for (i = 1; i <= 3 && i <= size; i++) {
		unsigned char c = (unsigned char)text[size - i];

		if (c >= 0xc0) /* begins one of 2, 3 or 4 bytes */
			return i < (c < 0xe0 ? 2u : c < 0xf0 ? 3u : 4u) ? size - i : size;
		if (c < 0x80)
			break;
	}
	return size;
}

/* How many bytes of a text were fetched, of how many; false: it was not fetched. */
static bool text_size(const struct event *e, const struct fetched *f, int field, size_t at,
		      uint32_t *size, bool *cut)
{
	const struct value *v = field < 0 ? NULL : &e->sample.values[field];
	uint64_t length;

	if (!v || v->is_null || !word(e, f->part, at, &length))
		return false;
	*size = length > v->size ? whole_size(v->bytes, v->size) : (uint32_t)length;
	*cut |= length > v->size;
	return true;
}

/* The sizes of pair `i` as far as it was fetched. */
static bool pair_size(const struct label_source *s, const struct event *e, const struct fetched *f,
		      size_t i, struct pair *p)
{
	*p = (struct pair){ 0 };
	return i < MOST_PAIRS && i < f->known &&
	       text_size(e, f, s->key[i], f->key + i * f->step, &p->key_size, &p->cut) &&
	       text_size(e, f, s->value[i], f->value + i * f->step, &p->value_size, &p->cut);
}

/* ---- sets ------------------------------------------------------------------------------------ */

static void leave(struct label_set *set)
{
	if (set && !--set->users)
		free(set);
}

static const char *put(char **to, const struct value *from, uint32_t size)
{
	char *at = *to;

	memcpy(at, from->bytes, size);
	*to += size;
	return at;
}

/* The labels of the event; NULL: none, or none that was fetched. The caller leaves it. */
static struct label_set *take_set(struct label_source *s, const struct event *e,
				  const struct fetched *f)
{
	const struct value *values = e->sample.values;
	struct label_set *set;
	struct pair p;
	size_t i, size = 0, count = 0;
	bool cut = false;
	char *to;

	for (i = 0; pair_size(s, e, f, i, &p); i++) {
		size += (size_t)p.key_size + p.value_size;
		cut |= p.cut;
		count++;
	}
	s->incomplete += count < f->count;
	s->cut += cut;
	if (!count)
		return NULL;
	set = xmalloc(sizeof(*set) + size);
	set->users = 1;
	set->count = count;
	to = set->texts;
	for (i = 0; i < count; i++) {
		pair_size(s, e, f, i, &p);
		p.key = put(&to, &values[s->key[i]], p.key_size);
		p.value = put(&to, &values[s->value[i]], p.value_size);
		set->pairs[i] = p;
	}
	return set;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int write_rows(void *machine, const void *row, struct error *err)
{
	struct labels *l = machine;
	const struct label_row *r = row;
	struct db_table *t = l->table;
	int result = 0;
	size_t i;

	for (i = 0; !result && i < r->set->count; i++) {
		const struct pair *p = &r->set->pairs[i];

		row_int(t, r->pid);
		row_int(t, r->goid);
		row_int(t, r->head.ts);
		row_int(t, r->head.ts_end);
		row_bytes_as_text(t, p->key, p->key_size);
		row_bytes_as_text(t, p->value, p->value_size);
		row_int(t, p->cut);
		row_text(t, r->inherited ? "inherited" : "set");
		row_text(t, certainty_name(r->head.certainty));
		row_int(t, r->event);
		result = row_end(t, err);
	}
	leave(r->set);
	return result;
}

static int add_row(struct labels *l, const struct carrier *c, int64_t ts, int64_t ts_end,
		   enum certainty certainty, struct error *err)
{
	const struct label_row r = {
		.head = { ts, ts_end, certainty, true, false },
		.set = c->set,
		.pid = c->key.process->pid,
		.goid = c->key.goid,
		.event = c->event,
		.inherited = c->inherited,
	};

	c->set->users++;
	return waiting_add(&l->rows, &r, err);
}

/* ---- goroutines ------------------------------------------------------------------------------ */

static struct carrier *find(const struct labels *l, uint32_t life, int64_t goid)
{
	return per_goroutine_find(&l->carriers, life, goid);
}

/* From when on a hole may hide that they changed; NO_TIME: there was none. */
static int64_t void_from(const struct labels *l, const struct carrier *c)
{
	return hole_log_cut(&l->model->holes, c->epoch, c->since);
}

/*
 * The goroutine carries its labels until `ts` and no longer; NO_TIME: no end was seen. Behind a hole
 * they may have changed. `end`: how sure it is that it carried them to that end.
 */
static int drop(struct labels *l, struct carrier *c, int64_t ts, enum certainty end,
		struct error *err)
{
	enum certainty certainty = c->certainty < end ? c->certainty : end;
	int64_t known = void_from(l, c);
	int result = 0;

	if (ts != NO_TIME && ts < c->since)
		ts = c->since;
	if (known != NO_TIME && ts != NO_TIME && known > ts)
		known = ts;
	if (known == NO_TIME)
		result = add_row(l, c, c->since, ts, certainty, err);
	else if (known > c->since)
		result = add_row(l, c, c->since, known, c->certainty, err);
	if (!result && known != NO_TIME)
		result = add_row(l, c, known, ts, POSSIBLE, err);
	leave(c->set);
	per_goroutine_drop(&l->carriers, c);
	return result;
}

static int drop_goid(struct labels *l, const struct process *p, int64_t goid, int64_t ts,
		     struct error *err)
{
	struct carrier *c = find(l, p->life, goid);

	return c ? drop(l, c, ts, PROVED, err) : 0;
}

/* From `now.since` on; takes over the set. */
static void carry(struct labels *l, const struct carrier *now)
{
	struct carrier *c = per_goroutine_get(&l->carriers, now->key.process, now->key.goid);

	if (c->set)
		leave(c->set); /* born twice: the recording is damaged */
	*c = *now;
}

/* ---- events ---------------------------------------------------------------------------------- */

static int labelled(struct labels *l, const struct event *e, struct thread *t, struct error *err)
{
	struct label_source *s = source_of(l, e);
	int64_t goid = event_field(e, FIELD_GOID);
	struct label_set *set = NULL;
	struct fetched f;
	bool told = s && fetched(s, e, &f);

	if (goid <= 0)
		return 0;
	if (told)
		set = take_set(s, e, &f);
	if (drop_goid(l, t->process, goid, e->ts, err)) {
		leave(set);
		return -1;
	}
	if (set)
		carry(l, &(struct carrier){
				 .key = { t->process, t->process->life, goid, 0 },
				 .set = set,
				 .certainty = source_sampled(s->source) ? POSSIBLE
					      : s->source->role_proved  ? PROVED
									: LIKELY,
				 .since = e->ts,
				 .event = e->id,
				 .epoch = l->model->holes.epoch,
			 });
	return 0;
}

/* How sure it is that a goroutine which begins in that function inherits; -1: it does not. */
static int heir(const struct model *m, const char *function)
{
	static const char own[] = "runtime.";
	static const char *const users[] = { "main", "corostart", "handleAsyncEvent" };
	size_t i;

	if (!function)
		return LIKELY;
	if (strncmp(function, own, sizeof(own) - 1) || (m->go_minor && m->go_minor < 18))
		return PROVED;
	for (i = 0; i < ARRAY_SIZE(users); i++)
		if (!strcmp(function + sizeof(own) - 1, users[i]))
			return PROVED;
	return -1;
}

/* The event tells the number of a goroutine that was just made on this thread. */
static int born(struct labels *l, const struct event *e, const struct thread *t)
{
	const struct carrier *parent;
	struct carrier child;
	const char *function = NULL;
	int certainty;

	if (!l->carriers.by_key.count)
		return 0;
	parent = find(l, t->process->life, t->born_of); /* there is no goroutine 0 */
	if (!parent)
		return 0;
	if (t->born_fn != NO_VALUE && t->born_fn)
		function = model_place(l->model, t->process, t->born_fn, false)->function;
	certainty = heir(l->model, function);
	if (certainty < 0)
		return 0;
	if (!((const struct source_state *)e->source->model)->role_proved)
		certainty = LIKELY;
	child = *parent;
	if (void_from(l, parent) != NO_TIME)
		child.certainty = POSSIBLE;
	if ((int)child.certainty > certainty)
		child.certainty = (enum certainty)certainty;
	child.key.goid = event_field(e, FIELD_GOID);
	child.inherited = true;
	child.since = t->born_ts;
	child.event = t->born_event;
	child.epoch = l->model->holes.epoch;
	child.set->users++;
	carry(l, &child);
	return 0;
}

/* ---- the machine ----------------------------------------------------------------------------- */

static bool wants(const struct source_state *s)
{
	return s->role == ROLE_LABELS || s->role == ROLE_QUEUED || s->role == ROLE_STATUS ||
	       s->role == ROLE_ENDED;
}

static void *begin(struct model *m, struct error *err)
{
	struct labels *l = xcalloc(1, sizeof(*l));

	l->model = m;
	per_goroutine_begin(&l->carriers, sizeof(struct carrier));
	waiting_begin(&l->rows, m, &m->runtime_lost, sizeof(struct label_row), write_rows, l);
	l->table = db_table(m->db,
			    "goroutine_label(pid, goid, ts, ts_end, key, value, cut, how, "
			    "certainty, event_id)",
			    err);
	if (l->table)
		return l;
	free(l);
	return NULL;
}

static int event(void *machine, const struct event *e, struct thread *t, struct error *err)
{
	struct labels *l = machine;
	const struct source_state *s;
	int64_t to;

	if (e->kind != EVENT_SAMPLE)
		return 0;
	if (!l->asked)
		ask(l);
	if (!l->source_count || !t || e->ts == NO_TIME)
		return 0;
	s = e->source->model;
	if (l->model->born_event == e->id)
		return born(l, e, t);
	switch (s->role) {
	case ROLE_LABELS: return labelled(l, e, t, err);
	case ROLE_ENDED: return drop_goid(l, t->process, event_field(e, FIELD_GOID), e->ts, err);
	case ROLE_STATUS:
		to = event_field(e, FIELD_NEW);
		if ((to & ~(int64_t)G_SCAN) != G_DEAD)
			return 0;
		return drop_goid(l, t->process, event_field(e, FIELD_GOID), e->ts, err);
	default: return 0;
	}
}

/* The call that changes the labels may have been lost in the hole, on whatever CPU it was. */
static int hole(void *machine, const struct hole *h, struct error *err)
{
	struct labels *l = machine;
	const struct model *m = l->model;

	(void)err;
	if (l->source_count && (!m->recording.has_ledger || m->runtime_lost))
		waiting_hole(&l->rows, h);
	return 0;
}

static int process_end(void *machine, struct process *p, enum end_of_life why, int64_t ts,
		       struct error *err)
{
	struct labels *l = machine;
	struct carrier *c;
	size_t at = 0;

	if (p->exit_ts != NO_TIME)
		ts = p->exit_ts;
	else if (why == LIFE_OPEN)
		ts = NO_TIME;
	while (l->carriers.by_key.count && (c = per_goroutine_next_of(&l->carriers, p, &at)))
		if (drop(l, c, ts, l->sees_ends ? PROVED : LIKELY, err))
			return -1;
	return 0;
}

static int about_source(struct labels *l, const struct label_source *s, struct error *err)
{
	struct quality q = { "labels_not_fetched", "data_loss",          NO_VALUE, NO_TIME, NO_TIME,
			     s->incomplete,        s->source->source->id };

	if (s->incomplete &&
	    quality_row(l->model, &q, err,
			"%lld of %lld times a goroutine was given more labels than the probe "
			"fetches: goroutine_label lacks the others, and before Go 1.24 all of more "
			"than %d",
			(long long)s->incomplete, (long long)s->source->events, BUCKET_PAIRS))
		return -1;
	q.name = "labels_cut";
	q.severity = "info";
	q.value = s->cut;
	return s->cut ? quality_row(l->model, &q, err,
				    "%lld of %lld times a goroutine was given a label whose text "
				    "is longer than what the probe fetches: goroutine_label has "
				    "its beginning, and says so in cut",
				    (long long)s->cut, (long long)s->source->events)
		      : 0;
}

static int end(void *machine, struct error *err)
{
	struct labels *l = machine;
	size_t i;

	for (i = 0; i < l->source_count; i++)
		if (about_source(l, &l->sources[i], err))
			return -1;
	return waiting_end(&l->rows, err);
}

static void free_labels(void *machine)
{
	struct labels *l = machine;
	struct carrier *c;
	size_t i, at;

	/* After an error there are rows that were not written. */
	for (i = 0; i < l->rows.count; i++) {
		at = (l->rows.first + i) % l->rows.capacity * l->rows.row_size;
		leave(((struct label_row *)(void *)(l->rows.rows + at))->set);
	}
	waiting_free(&l->rows);
	for (at = 0; (c = per_goroutine_next(&l->carriers, &at));)
		leave(c->set);
	per_goroutine_free(&l->carriers);
	for (i = 0; i < l->source_count; i++)
		free(l->sources[i].values);
	free(l->sources);
	free(l);
}

const struct machine label_machine = {
	.name = "label",
	.begin = begin,
	.wants = wants,
	.event = event,
	.hole = hole,
	.process_end = process_end,
	.end = end,
	.free = free_labels,
};

/* ---- for others ------------------------------------------------------------------------------ */

static void keep(struct value *values, int field, size_t size)
{
	struct value *v = field < 0 ? NULL : &values[field];

	if (v && !v->is_null && v->size > size)
		v->size = (uint32_t)size;
}

static void forget(struct value *values, int field)
{
	if (field >= 0)
		values[field].is_null = true;
}

const struct value *label_values(struct model *m, const struct event *e)
{
	struct labels *l = model_machine(m, &label_machine);
	struct label_source *s = source_of(l, e);
	struct fetched f;
	struct pair p;
	size_t i;

	if (!s || (s->part[PART_SET] < 0 && s->part[PART_MAP] < 0))
		return e->sample.values;
	memcpy(s->values, e->sample.values, s->source->source->field_count * sizeof(*s->values));
	fetched(s, e, &f);
	for (i = 0; i < MOST_PAIRS; i++) {
		if (pair_size(s, e, &f, i, &p)) {
			keep(s->values, s->key[i], p.key_size);
			keep(s->values, s->value[i], p.value_size);
			continue;
		}
		forget(s->values, s->key[i]);
		forget(s->values, s->value[i]);
	}
	keep(s->values, s->part[PART_PAIRS], f.known * LIST_PAIR * WORD);
	if (!f.known)
		forget(s->values, s->part[PART_BUCKET]);
	if (!event_field(e, FIELD_LABELS))
		for (i = 0; i < PARTS; i++)
			forget(s->values, s->part[i]);
	return s->values;
}
