/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/stack.h"

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "ingest/bytes.h"

/* Kernel 6.18: the user part of the chain comes later, in a record of its own, named by a cookie. */
#define CONTEXT_USER_DEFERRED ((uint64_t)-640)

struct node {
	uint32_t parent;  /* 0: root */
	uint32_t address; /* index + 1 */
};

/*
 * Chains that were seen lately, whole: most events repeat one, and comparing it costs less than a
 * look-up for each address. A chain means the same stack only in the same state of its space.
 */
#define RECENT_SLOTS 8192
#define RECENT_WORDS 64

struct recent {
	uint64_t version;
	int32_t pid;
	uint32_t stack;
	uint16_t count, cpumode;
	uint64_t *words;
};

struct stacks {
	struct spaces *spaces;
	struct symbols *symbols;
	struct map address_map; /* (pc, binary and is_return) -> index + 1 */
	struct address *addresses;
	size_t address_count, address_capacity;
	/*
	 * The nodes by parent and address, in a table of their numbers: there are millions of them, where
	 * a program recurses, and a struct map would take four times as much.
	 */
	uint32_t *slots;   /* 0: free */
	size_t slot_count; /* a power of 2 */
	struct node *nodes;
	size_t node_count, node_capacity;
	uint32_t *path; /* addresses of the chain at hand, leaf first */
	size_t path_capacity;
	struct recent recent[RECENT_SLOTS];
};

struct stacks *stacks_new(struct spaces *spaces, struct symbols *symbols)
{
	struct stacks *s = xcalloc(1, sizeof(*s));

	s->spaces = spaces;
	s->symbols = symbols;
	return s;
}

void stacks_free(struct stacks *s)
{
	size_t i;

	if (!s)
		return;
	for (i = 0; i < RECENT_SLOTS; i++)
		free(s->recent[i].words);
	map_free(&s->address_map);
	free(s->slots);
	free(s->addresses);
	free(s->nodes);
	free(s->path);
	free(s);
}

struct address stacks_address(struct stacks *s, int32_t pid, unsigned int cpumode, uint64_t addr)
{
	struct address a = { .pc = addr };
	const struct mapping *m = NULL;

	if (cpumode == PERF_RECORD_MISC_KERNEL)
		m = spaces_find(s->spaces, -1, addr);
	else if (cpumode == PERF_RECORD_MISC_USER)
		m = spaces_find(s->spaces, pid, addr);
	if (!m)
		return a;
	a.binary = m->binary;
	if (cpumode == PERF_RECORD_MISC_USER)
		symbols_vaddr(s->symbols, m->binary, addr - m->addr + m->file_offset, &a.pc);
	return a;
}

static uint32_t intern_address(struct stacks *s, const struct address *a)
{
	uint64_t *at;
	bool added;

	at = map_put(&s->address_map, a->pc, (uint64_t)a->binary << 1 | a->is_return, &added);
	if (added) {
		ARRAY_GROW(s->addresses, s->address_count, s->address_capacity);
		s->addresses[s->address_count++] = *a;
		*at = s->address_count;
	}
	return (uint32_t)*at;
}

/* Where the node is, or goes. */
static uint32_t *node_slot(const struct stacks *s, const struct node *n)
{
	uint64_t hash = ((uint64_t)n->parent << 32 | n->address) * 0x9e3779b97f4a7c15u;
	size_t i;

	for (i = (hash ^ hash >> 32) & (s->slot_count - 1);; i = (i + 1) & (s->slot_count - 1)) {
		const struct node *have = s->slots[i] ? &s->nodes[s->slots[i] - 1] : NULL;

		if (!have || (have->parent == n->parent && have->address == n->address))
			return &s->slots[i];
	}
}

static void grow_slots(struct stacks *s)
{
	size_t i;

	free(s->slots);
	s->slot_count = s->slot_count ? 2 * s->slot_count : 1024;
	s->slots = xcalloc(s->slot_count, sizeof(*s->slots));
	for (i = 0; i < s->node_count; i++)
		*node_slot(s, &s->nodes[i]) = (uint32_t)i + 1;
}

static uint32_t intern_node(struct stacks *s, uint32_t parent, uint32_t address)
{
	const struct node n = { .parent = parent, .address = address };
	uint32_t *slot;

	if (2 * (s->node_count + 1) > s->slot_count)
		grow_slots(s);
	slot = node_slot(s, &n);
	if (!*slot) {
		ARRAY_GROW(s->nodes, s->node_count, s->node_capacity);
		s->nodes[s->node_count++] = n;
		*slot = (uint32_t)s->node_count;
	}
	return *slot;
}

/* The CPU mode that begins at a context mark; PERF_RECORD_MISC_CPUMODE_UNKNOWN ends the chain. */
static unsigned int mark_mode(uint64_t mark)
{
	switch (mark) {
	case PERF_CONTEXT_KERNEL: return PERF_RECORD_MISC_KERNEL;
	case PERF_CONTEXT_USER: return PERF_RECORD_MISC_USER;
	case PERF_CONTEXT_HV: return PERF_RECORD_MISC_HYPERVISOR;
	case PERF_CONTEXT_GUEST_KERNEL: return PERF_RECORD_MISC_GUEST_KERNEL;
	case PERF_CONTEXT_GUEST_USER:
	case PERF_CONTEXT_GUEST: return PERF_RECORD_MISC_GUEST_USER;
	default: return PERF_RECORD_MISC_CPUMODE_UNKNOWN;
	}
}

static uint32_t build(struct stacks *s, int32_t pid, unsigned int mode, const char *chain,
		      size_t count)
{
	bool is_return = false;
	size_t depth = 0, i;
	uint32_t node = 0;

	if (count > s->path_capacity) {
		s->path_capacity = count;
		s->path = xrealloc(s->path, count, sizeof(*s->path));
	}
	for (i = 0; i < count; i++) {
		uint64_t addr = word_at(chain + 8 * i);
		struct address a;

		if (addr >= PERF_CONTEXT_MAX) {
			mode = mark_mode(addr);
			if (addr == CONTEXT_USER_DEFERRED ||
			    mode == PERF_RECORD_MISC_CPUMODE_UNKNOWN)
				break;
			is_return = false; /* the first address after a mark is exact */
			continue;
		}
		a = stacks_address(s, pid, mode, addr);
		a.is_return = is_return;
		s->path[depth++] = intern_address(s, &a);
		is_return = true;
	}
	while (depth)
		node = intern_node(s, node, s->path[--depth]);
	return node;
}

uint32_t stacks_chain(struct stacks *s, int32_t pid, unsigned int cpumode, const char *chain,
		      size_t count)
{
	uint64_t version = spaces_version(s->spaces, pid) + (spaces_version(s->spaces, -1) << 32);
	struct recent *r;

	if (!count)
		return 0;
	if (count > RECENT_WORDS)
		return build(s, pid, cpumode, chain, count);
	r = &s->recent[(hash_bytes(chain, 8 * count) ^ (uint32_t)pid) % RECENT_SLOTS];
	if (r->count == count && r->version == version && r->pid == pid && r->cpumode == cpumode &&
	    !memcmp(r->words, chain, 8 * count))
		return r->stack;
	if (!r->words)
		r->words = xmalloc(RECENT_WORDS * sizeof(*r->words));
	r->stack = build(s, pid, cpumode, chain, count);
	r->count = (uint16_t)count;
	r->cpumode = (uint16_t)cpumode;
	r->version = version;
	r->pid = pid;
	memcpy(r->words, chain, 8 * count);
	return r->stack;
}

uint32_t stacks_caller(const struct stacks *s, uint32_t stack)
{
	return stack && stack <= s->node_count ? s->nodes[stack - 1].parent : 0;
}

bool stacks_innermost(const struct stacks *s, uint32_t stack, struct address *a)
{
	if (!stack || stack > s->node_count)
		return false;
	*a = s->addresses[s->nodes[stack - 1].address - 1];
	return true;
}

/*
 * An address with inlined functions has several frames, but its stack has one number, which names the
 * innermost. The others get numbers behind the last: one for each stack that such an address is on.
 */
int stacks_write(struct stacks *s, struct model *m, struct error *err)
{
	struct frames *frames = xcalloc(s->address_count ? s->address_count : 1, sizeof(*frames));
	uint32_t extra = (uint32_t)s->node_count, id;
	size_t i;
	int rc;

	rc = symbols_write(s->symbols, s->addresses, s->address_count, frames, m, err);
	for (i = 0; !rc && i < s->node_count; i++) {
		const struct node *n = &s->nodes[i];
		const struct frames *f = &frames[n->address - 1];
		uint32_t k;

		id = (uint32_t)i + 1;
		for (k = 0; !rc && k < f->count; k++) {
			bool last = k + 1 == f->count;

			rc = model_stack(m, id, last ? n->parent : extra + 1, f->first + k, err);
			if (!last)
				id = ++extra;
		}
	}
	free(frames);
	return rc;
}
