/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/go/code.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/bisect.h"
#include "base/memory.h"
#include "ingest/go/code_machine.h"

struct code {
	const struct machine *machine;
	void *state;
	struct instruction *list;
	size_t count, capacity;
	unsigned char *leaders; /* a bit for each place where an instruction could begin */
	size_t leader_capacity;
};

struct code *code_open(uint16_t machine)
{
	const struct machine *m = machine == EM_X86_64    ? &machine_amd64
				  : machine == EM_AARCH64 ? &machine_arm64
							  : NULL;
	void *state = m ? m->open() : NULL;
	struct code *c;

	if (!state)
		return NULL;
	c = xcalloc(1, sizeof(*c));
	c->machine = m;
	c->state = state;
	return c;
}

void code_close(struct code *c)
{
	if (!c)
		return;
	c->machine->close(c->state);
	free(c->list);
	free(c->leaders);
	free(c);
}

/* The bits of the leaders of `size` bytes at `pc`, all clear. */
struct marks {
	unsigned char *bits;
	uint64_t pc, size;
	unsigned step;
};

static struct marks marks_clear(struct code *c, uint64_t pc, size_t size)
{
	size_t bytes = size / c->machine->step / 8 + 1;

	if (bytes > c->leader_capacity) {
		c->leaders = xrealloc(c->leaders, bytes, 1);
		c->leader_capacity = bytes;
	}
	memset(c->leaders, 0, bytes);
	return (struct marks){ c->leaders, pc, size, c->machine->step };
}

static void mark(struct marks *m, uint64_t pc)
{
	uint64_t place = (pc - m->pc) / m->step;

	if (pc >= m->pc && pc - m->pc < m->size)
		m->bits[place / 8] |= (unsigned char)(1u << place % 8);
}

/* Whether an address was marked; it no longer is. */
static bool take_mark(struct marks *m, uint64_t pc)
{
	uint64_t place = (pc - m->pc) / m->step;
	unsigned char bit = (unsigned char)(1u << place % 8);
	bool was = m->bits[place / 8] & bit;

	m->bits[place / 8] &= (unsigned char)~bit;
	return was;
}

static bool any_left(const struct marks *m)
{
	size_t i;

	for (i = 0; i <= m->size / m->step / 8; i++)
		if (m->bits[i])
			return true;
	return false;
}

/* What is executed next is not what follows. */
static bool ends_stretch(uint8_t flow)
{
	return flow == FLOW_JUMP || flow == FLOW_RETURN || flow == FLOW_TRAP;
}

static void mark_flow(struct marks *m, const struct decoded *d)
{
	const struct instruction *i = &d->what;

	mark(m, i->target);
	if (ends_stretch(i->flow))
		mark(m, i->pc + i->size);
	if (d->repeats)
		mark(m, i->pc);
}

static void add(struct code *c, const struct instruction *i)
{
	ARRAY_GROW(c->list, c->count, c->capacity);
	c->list[c->count++] = *i;
}

static bool decode(struct code *c, const unsigned char *bytes, size_t size, uint64_t pc,
		   struct decoded *d)
{
	*d = (struct decoded){ .what.pc = pc, .role = ROLE_OTHER };
	return c->machine->decode(c->state, bytes, size, d);
}

/* Decodes up to the end or to what is no instruction. True: control may go where nobody can tell. */
static bool decode_all(struct code *c, const unsigned char *bytes, size_t size, uint64_t pc,
		       struct marks *leaders)
{
	bool unknown = false;
	struct decoded d;
	size_t at;

	for (at = 0; at < size; at += d.what.size) {
		if (!decode(c, bytes + at, size - at, pc + at, &d)) {
			d.what = (struct instruction){ .pc = pc + at, .flow = FLOW_BAD };
			add(c, &d.what);
			return true;
		}
		unknown |= d.indirect;
		mark_flow(leaders, &d);
		add(c, &d.what);
	}
	return unknown;
}

size_t code_decode(struct code *c, const unsigned char *bytes, size_t size, uint64_t pc,
		   const uint64_t *extra, size_t extra_count, const struct instruction **list,
		   bool *indirect)
{
	struct marks leaders = marks_clear(c, pc, size);
	bool unknown;
	size_t i;

	c->count = 0;
	mark(&leaders, pc);
	for (i = 0; i < extra_count; i++)
		mark(&leaders, extra[i]);
	unknown = decode_all(c, bytes, size, pc, &leaders);
	for (i = 0; i < c->count; i++)
		c->list[i].leader = take_mark(&leaders, c->list[i].pc);
	/* What is left is inside of instructions: control enters there, and goes on somewhere. */
	unknown |= any_left(&leaders);
	for (i = 0; unknown && i < c->count; i++)
		c->list[i].leader = true;
	if (indirect)
		*indirect = unknown;
	*list = c->list;
	return c->count;
}

#define PROLOGUE_MAX 10 /* instructions: the longest check, and the frame */

/* How many instructions the stack check has at the beginning of `roles`; 0: there is none. */
static size_t check_length(const struct machine *m, const char *roles)
{
	const char *const *p;

	for (p = m->prologues; *p; p++)
		if (!strncmp(roles, *p, strlen(*p)))
			return strlen(*p);
	return 0;
}

uint64_t code_after_prologue(struct code *c, const unsigned char *bytes, size_t size, uint64_t pc)
{
	char roles[PROLOGUE_MAX + 1] = "";
	uint64_t starts[PROLOGUE_MAX];
	struct decoded d;
	size_t at = 0, n;

	for (n = 0; n < PROLOGUE_MAX && at < size; n++, at += d.what.size) {
		if (!decode(c, bytes + at, size - at, pc + at, &d))
			break;
		starts[n] = pc + at;
		roles[n] = (char)d.role;
	}
	at = check_length(c->machine, roles);
	/* Since Go 1.21 the mark is on the last instruction that makes the frame. */
	if (roles[at] == ROLE_SAVE && roles[at + 1] == ROLE_FRAME)
		at += roles[at + 2] == ROLE_GROW ? 2 : 1;
	return at < n ? starts[at] : pc;
}

/* The number of the instruction at an address; `count`: there is none. */
static size_t find(const struct instruction *list, size_t count, uint64_t pc)
{
	size_t at;

	BISECT(at, count, list[at].pc < pc);
	return at < count && list[at].pc == pc ? at : count;
}

/* Whether what is executed at `to` came from `from`, straight on. */
static bool entered_only_at(const struct instruction *list, size_t from, size_t to)
{
	size_t i;

	for (i = from + 1; i <= to; i++)
		if (list[i].leader)
			return false;
	return true;
}

/* Whether what is executed at `from` is always followed by all that lies up to `to`. */
static bool goes_through(const struct instruction *list, size_t from, size_t to)
{
	size_t i;

	for (i = from; i < to; i++)
		if (list[i].flow != FLOW_NEXT || list[i].faults)
			return false;
	return true;
}

bool code_passes(const struct instruction *list, size_t count, uint64_t first, uint64_t then)
{
	size_t a = find(list, count, first), b = find(list, count, then);
	size_t low = a < b ? a : b, high = a < b ? b : a, i;

	if (high == count || !entered_only_at(list, low, high))
		return false;
	for (i = low; i < high; i++)
		if (list[i].flow != FLOW_NEXT)
			return false;
	return true;
}

bool code_implies(const struct instruction *list, size_t count, uint64_t first, uint64_t then,
		  bool only)
{
	size_t a = find(list, count, first), b = find(list, count, then);
	size_t low = a < b ? a : b, high = a < b ? b : a;

	if (high == count)
		return false;
	if (only)
		return a < b ? entered_only_at(list, a, b) : goes_through(list, b, a);
	return entered_only_at(list, low, high) && goes_through(list, low, high);
}
