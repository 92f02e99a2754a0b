/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmd/compile/internal/ssagen, openDeferRecord() and openDeferExit(), Go 1.17 to 1.27. A statement
 * stores to its slot and then to the bits; an exit stores to the bits without a slot before, and calls
 * in the same straight code. Which bit it clears is often known to a register alone. But an exit tests
 * all bits that can be set there, in falling order, and the compiler leaves out no call but of one that
 * cannot: as many calls as can be pending, and each is known.
 */
#include "ingest/go/open_defer.h"

#include <stdlib.h>
#include <string.h>

#include "base/bisect.h"
#include "base/memory.h"

#define EXITS_MAX 256 /* NumReturns × NumDefers is 15 at most (cmd/compile/internal/ssagen) */
#define ALL 0xff

struct state {
	uint8_t may, must;
	bool reached, queued;
};

struct work {
	const struct instruction *list;
	size_t count;
	struct open_defers *defers;
	struct defer_slots *slots;
	uint64_t deferreturn;
	bool vague;            /* where a jump leads to is not known */
	struct state anywhere; /* at such jumps */
	struct state *before;  /* each instruction */
	uint8_t *begins;       /* bits of the statements there */
	int8_t *runs;          /* RUNS_* */
	size_t *queue, queued;
	size_t exits[EXITS_MAX], exit_count;
};

static size_t find(const struct work *w, uint64_t pc)
{
	size_t at;

	BISECT(at, w->count, w->list[at].pc < pc);
	return at < w->count && w->list[at].pc == pc ? at : w->count;
}

/* ---- what can be pending ---------------------------------------------------------------------- */

/* Control comes from `from` to instruction i. */
static void come(struct work *w, size_t i, const struct state *from)
{
	struct state *to, old;

	if (i >= w->count)
		return;
	to = &w->before[i];
	old = *to;
	to->may |= from->may;
	to->must = to->reached ? to->must & from->must : from->must;
	to->reached = true;
	if (to->queued || (old.reached && old.may == to->may && old.must == to->must))
		return;
	to->queued = true;
	w->queue[w->queued++] = i;
}

static void come_anywhere(struct work *w, const struct state *from)
{
	struct state *to = &w->anywhere, old = *to;
	size_t i;

	to->may |= from->may;
	to->must = to->reached ? to->must & from->must : from->must;
	to->reached = true;
	if (old.reached && old.may == to->may && old.must == to->must)
		return;
	for (i = 0; i < w->count; i++)
		come(w, i, to);
}

/* Behind the instruction; of a call, while it goes on. */
static struct state behind(const struct work *w, size_t i)
{
	struct state s = w->before[i];

	s.may |= w->begins[i];
	s.must |= w->begins[i];
	if (w->runs[i] >= 0) { /* those above have run, or were not pending */
		s.may &= (uint8_t)((1u << w->runs[i]) - 1);
		s.must &= (uint8_t)((1u << w->runs[i]) - 1);
	} else if (w->runs[i] == RUNS_ONE) {
		s.must = 0;
	}
	return s;
}

static void go_on(struct work *w, size_t i)
{
	const struct instruction *in = &w->list[i];
	struct state s = behind(w, i);

	switch ((enum flow)in->flow) {
	case FLOW_RETURN:
	case FLOW_TRAP:
	case FLOW_BAD: return;
	case FLOW_JUMP:
		if (in->target)
			come(w, find(w, in->target), &s);
		else
			come_anywhere(w, &s);
		return;
	case FLOW_BRANCH: come(w, find(w, in->target), &s); break;
	case FLOW_CALL:
	case FLOW_NEXT: break;
	}
	come(w, i + 1, &s);
}

/* Each instruction is taken up again only when more can be pending, or less must be. */
static void follow(struct work *w)
{
	static const struct state begin = { 0 }, recovered = { .may = ALL };

	memset(w->before, 0, w->count * sizeof(*w->before));
	w->anywhere = begin;
	come(w, 0, &begin);
	come(w, find(w, w->deferreturn), &recovered);
	while (w->queued) {
		size_t i = w->queue[--w->queued];

		w->before[i].queued = false;
		go_on(w, i);
	}
}

/* ---- exits ------------------------------------------------------------------------------------ */

/* What a straight stretch of code has done since its begin, or since the last call. */
struct stretch {
	int slot; /* that was stored to, and the bits not yet; -1: none */
	bool clears;
};

static void look(struct work *w, const struct instruction *in, uint8_t begins, struct stretch *s)
{
	int n;

	if (!in->stores_stack || !in->by_sp)
		return;
	for (n = 0; n < (int)w->slots->count; n++)
		if (begins >> n & 1)
			s->slot = n;
	if (!defer_slots_bits(w->slots, in))
		return;
	s->clears = s->slot < 0 || (in->stack_known && !(in->stack_value >> s->slot & 1));
	s->slot = -1;
}

static void find_exits(struct work *w)
{
	static const struct stretch begin = { .slot = -1 };
	struct stretch s = begin;
	size_t i;

	for (i = 0; i < w->count; i++) {
		const struct instruction *in = &w->list[i];

		if (in->leader && !w->vague)
			s = begin;
		look(w, in, w->begins[i], &s);
		/* The bits are cleared at the begin of the function, too: nothing is pending there. */
		if (in->flow == FLOW_CALL && s.clears && w->before[i].may &&
		    w->exit_count < EXITS_MAX)
			w->exits[w->exit_count++] = i;
		if (in->flow != FLOW_NEXT)
			s = begin;
	}
}

/* Marks in `seen` the exits that control can come to from instruction i, not passing a return. */
static void reach(struct work *w, size_t i, bool *seen)
{
	struct state *visited = w->before; /* `queued` is free for it */
	size_t n, k, at;

	w->queue[0] = i;
	w->queued = 1;
	for (n = 0; n < w->queued; n++) {
		const struct instruction *in = &w->list[w->queue[n]];
		size_t next[2] = { w->count, w->count };

		at = w->queue[n];
		if (in->flow == FLOW_NEXT || in->flow == FLOW_CALL || in->flow == FLOW_BRANCH)
			next[0] = at + 1;
		if (in->flow == FLOW_JUMP || in->flow == FLOW_BRANCH)
			next[1] = in->target ? find(w, in->target) : w->count;
		for (k = 0; k < 2; k++)
			if (next[k] < w->count && !visited[next[k]].queued) {
				visited[next[k]].queued = true;
				w->queue[w->queued++] = next[k];
			}
	}
	for (k = 0; k < w->exit_count; k++)
		seen[k] = visited[w->exits[k]].queued;
	while (w->queued)
		visited[w->queue[--w->queued]].queued = false;
}

/* The number of the n-th lowest bit that is set. */
static int nth_bit(unsigned bits, unsigned n)
{
	int bit = 0;

	for (;; bit++, bits >>= 1)
		if ((bits & 1) && !n--)
			return bit;
}

/*
 * Which bit each exit is of. Those of one return follow one another: the first is followed by all,
 * the last by none. Where fewer are seen than can be pending, or they are in no such order, it is
 * not known.
 */
static void number_exits(struct work *w)
{
	bool(*follows)[EXITS_MAX] = xcalloc(w->exit_count + 1, sizeof(*follows));
	unsigned *behind_it = xcalloc(w->exit_count + 1, sizeof(*behind_it));
	size_t i, k;

	for (i = 0; i < w->exit_count; i++) {
		reach(w, w->exits[i], follows[i]);
		for (k = 0; k < w->exit_count; k++)
			behind_it[i] += follows[i][k];
	}
	for (i = 0; i < w->exit_count; i++) {
		size_t first = i, members = 0, in_order = 0;
		unsigned may;

		for (k = 0; k < w->exit_count; k++)
			if (follows[k][i] && behind_it[k] > behind_it[first])
				first = k;
		may = w->before[w->exits[first]].may;
		for (k = 0; k < w->exit_count; k++) {
			if (!follows[first][k] && k != first)
				continue;
			members++;
			in_order += behind_it[k];
		}
		w->runs[w->exits[i]] = RUNS_ONE;
		if (members == (size_t)__builtin_popcount(may) &&
		    in_order == members * (members - 1) / 2)
			w->runs[w->exits[i]] = (int8_t)nth_bit(may, behind_it[i]);
	}
	free(behind_it);
	free(follows);
}

/* ---- sites and points ------------------------------------------------------------------------- */

static int take_site(void *arg, const struct defer_site *s)
{
	struct open_defers *o = arg;

	if (s->slot < 0 || s->slot >= OPEN_DEFERS_MAX)
		return 0;
	o->sites[s->slot] = *s;
	if (o->count <= (size_t)s->slot)
		o->count = (size_t)s->slot + 1;
	return 0;
}

static void add_points(struct work *w)
{
	struct open_defers *o = w->defers;
	bool differ[OPEN_DEFERS_MAX] = { false };
	size_t i;

	for (i = 0; i < w->count; i++) {
		const struct instruction *in = &w->list[i];
		struct state s = behind(w, i);

		if (!w->before[i].reached || (in->flow != FLOW_CALL && !in->faults))
			continue;
		ARRAY_GROW(o->points, o->point_count, o->point_capacity);
		o->points[o->point_count++] = (struct open_point){
			.pc = in->pc,
			.end = in->pc + in->size,
			.target = in->flow == FLOW_CALL ? in->target : 0,
			.runs = w->runs[i],
			.may = s.may,
			.must = s.must,
		};
		if (w->runs[i] < 0 || !in->target)
			continue;
		differ[w->runs[i]] |= o->targets[w->runs[i]] &&
				      o->targets[w->runs[i]] != in->target;
		o->targets[w->runs[i]] = in->target;
	}
	for (i = 0; i < OPEN_DEFERS_MAX; i++)
		if (differ[i])
			o->targets[i] = 0;
}

/* ---- closures --------------------------------------------------------------------------------- */

/* "main.f.func1", "main.f.deferwrap1" and, in Go 1.17, "main.f·dwrap·1" are made inside of "main.f". */
static bool made_in(const char *name, const char *function)
{
	size_t size = strlen(function);

	return !strncmp(name, function, size) && name[size] && strchr(".\xc2", name[size]) &&
	       !strchr(name + size + 1, '.');
}

static bool is_wrapper(const char *name)
{
	return strstr(name, ".deferwrap") || strstr(name, "dwrap\xc2");
}

/*
 * What is deferred with arguments, as a method or as a function literal is a closure that the compiler
 * makes on that line. Where there are two, as with a literal for an argument, the wrapper is it.
 */
static void find_closures(struct pclntab *p, struct open_defers *o)
{
	unsigned found[OPEN_DEFERS_MAX] = { 0 }, wrappers[OPEN_DEFERS_MAX] = { 0 };
	bool known[OPEN_DEFERS_MAX] = { false };
	const struct pclntab_frame *frames;
	struct pclntab_function f;
	size_t number, i;

	for (i = 0; i < o->count; i++)
		known[i] = o->targets[i] || !o->sites[i].pc || !o->sites[i].in;
	for (number = 0; number < pclntab_count(p); number++) {
		if (!pclntab_function(p, number, &f))
			continue;
		for (i = 0; i < o->count; i++) {
			const struct defer_site *s = &o->sites[i];
			bool wrapper;

			if (known[i] || !made_in(f.name, s->in) ||
			    !pclntab_frames(p, number, f.entry, &frames) ||
			    frames[0].line != s->line)
				continue;
			wrapper = is_wrapper(f.name);
			found[i]++;
			wrappers[i] += wrapper;
			if (wrapper || !wrappers[i])
				o->targets[i] = f.entry;
		}
	}
	for (i = 0; i < o->count; i++) {
		o->own[i] = !known[i] && (found[i] == 1 || wrappers[i] == 1);
		if (!known[i] && !o->own[i])
			o->targets[i] = 0;
	}
}

/* ---- the function ----------------------------------------------------------------------------- */

static void work(struct work *w)
{
	size_t i, n;

	w->before = xcalloc(w->count, sizeof(*w->before));
	w->queue = xcalloc(w->count, sizeof(*w->queue));
	w->begins = xcalloc(w->count, sizeof(*w->begins));
	w->runs = xcalloc(w->count, sizeof(*w->runs));
	memset(w->runs, RUNS_NONE, w->count * sizeof(*w->runs));
	for (n = 0; n < w->defers->count; n++) {
		i = w->defers->sites[n].pc ? find(w, w->defers->sites[n].pc) : w->count;
		if (i < w->count)
			w->begins[i] |= (uint8_t)(1u << n);
	}
	follow(w);
	find_exits(w);
	number_exits(w);
	follow(w); /* now that it is known what ends */
	add_points(w);
	free(w->runs);
	free(w->begins);
	free(w->queue);
	free(w->before);
}

bool open_defers_read(struct elf_file *f, struct pclntab *p, struct code *c,
		      const struct defer_targets *targets, size_t number, struct open_defers *out)
{
	struct pclntab_function function;
	const unsigned char *bytes;
	struct defer_slots slots;
	struct work w = { .defers = out, .slots = &slots };

	*out = (struct open_defers){ 0 };
	if (!pclntab_function(p, number, &function) || !function.open_coded)
		return false;
	defer_sites(f, p, c, targets, number, take_site, out);
	defer_slots(&slots, p, number, targets);
	bytes = elf_file_at(f, function.entry, function.end - function.entry);
	if (!out->count || !bytes)
		return false;
	w.deferreturn = function.entry + function.deferreturn;
	w.count = code_decode(c, bytes, function.end - function.entry, function.entry,
			      &w.deferreturn, 1, &w.list, &w.vague);
	if (!w.count)
		return false;
	work(&w);
	find_closures(p, out);
	return true;
}

void open_defers_free(struct open_defers *o)
{
	free(o->points);
	*o = (struct open_defers){ 0 };
}

const struct open_point *open_defers_at(const struct open_defers *o, uint64_t pc)
{
	size_t at;

	BISECT(at, o->point_count, o->points[at].pc < pc);
	/* Of the last two one may be at the address, and one may end there. */
	if (at && o->points[at - 1].end == pc)
		return &o->points[at - 1];
	if (at < o->point_count && o->points[at].pc == pc)
		return &o->points[at];
	return at ? &o->points[at - 1] : NULL;
}
