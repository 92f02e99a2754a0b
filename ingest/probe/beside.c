/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/probe/beside.h"

#include <elf.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"

/* How many instructions away a probe may stand: from an entry whose arguments it fetches, from a place. */
#define NEAR 12
#define FAR 24

/*
 * What the kernel refuses to probe, or what a trap would change. x86 (arch/x86/kernel/uprobes.c):
 * instructions with a segment or lock prefix, and those that VEX and EVEX begin; repeated string
 * instructions trap once for every element. arm64: all between a load-exclusive and its store, which
 * a trap in between makes fail for ever.
 */
static bool plain_amd64(const unsigned char *at, const unsigned char *end)
{
	static const unsigned char bad[] = { 0x26, 0x2e, 0x36, 0x3e, 0xf0, 0xc4, 0xc5, 0x62 };
	static const unsigned char prefixes[] = { 0x66, 0x64, 0x65, 0xf2, 0xf3 };
	bool repeated = false;

	for (; at < end && memchr(prefixes, *at, sizeof(prefixes)); at++)
		repeated |= *at == 0xf2 || *at == 0xf3;
	if (at < end && (*at & 0xf0) == 0x40) /* REX */
		at++;
	return at < end && !memchr(bad, *at, sizeof(bad)) && (!repeated || *at == 0x0f);
}

static uint32_t arm64_word(const unsigned char *at)
{
	return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

/* LDXR, LDAXR, LDXP … and STXR …; Arm ARM, C4.1, "Load/store exclusive". */
static bool exclusive_load(uint32_t word)
{
	return (word & 0x3fc00000) == 0x08400000;
}

static bool exclusive_store(uint32_t word)
{
	return (word & 0x3fc00000) == 0x08000000;
}

static bool plain_arm64(const struct body *b, size_t number)
{
	size_t i, first = number > FAR ? number - FAR : 0;
	bool inside = false;

	for (i = first; i <= number; i++) {
		const unsigned char *at = b->bytes + (b->list[i].pc - b->extent.entry);
		uint32_t word = b->list[i].size == 4 ? arm64_word(at) : 0;

		if (exclusive_load(word))
			inside = true;
		else if (exclusive_store(word))
			inside = i == number;
	}
	return !inside;
}

static bool direct(const struct instruction *in)
{
	return in->target &&
	       (in->flow == FLOW_JUMP || in->flow == FLOW_BRANCH || in->flow == FLOW_CALL);
}

static bool plain(const struct target *t, const struct body *b, size_t number)
{
	const struct instruction *in = &b->list[number];
	const unsigned char *at = b->bytes + (in->pc - b->extent.entry);

	if (in->flow != FLOW_NEXT && !direct(in))
		return false;
	return t->calling.machine == EM_X86_64 ? plain_amd64(at, at + in->size)
					       : plain_arm64(b, number);
}

/* PUSH of a register. */
static bool pushes(const struct target *t, const struct body *b, size_t number)
{
	const struct instruction *in = &b->list[number];
	const unsigned char *at = b->bytes + (in->pc - b->extent.entry);

	if (t->calling.machine != EM_X86_64 || in->size > 2 || (in->size == 2 && *at++ != 0x41))
		return false;
	return (*at & 0xf8) == 0x50;
}

/*
 * What the kernel does itself instead of stepping over it, which costs a fifth of the time: direct
 * jumps and calls, and PUSH (push_setup_xol_ops(), Linux 4.20 and later).
 */
static bool cheap(const struct target *t, const struct body *b, size_t number)
{
	return direct(&b->list[number]) || pushes(t, b, number);
}

static void settle(const struct target *t, const struct body *b, size_t number, bool exact,
		   struct beside *out)
{
	*out = (struct beside){
		.pc = b->list[number].pc,
		.shift = number ? pclntab_sp_delta(t->pclntab, b->extent.number, b->list[number].pc)
				: 0,
		.stop = body_stop_at(b, b->list[number].pc),
		.emulated = cheap(t, b, number),
		.exact = exact,
	};
}

/* Whether an instruction writes a register that fetch arguments name ("%ax"). */
static bool writes_any(const struct target *t, const struct body *b, size_t number,
		       const char *args)
{
	const struct instruction *in = &b->list[number];
	const unsigned char *bytes = b->bytes + (in->pc - b->extent.entry);
	char name[8];

	for (; (args = strchr(args, '%')); args++) {
		size_t size = strspn(args + 1, "abcdefghijklmnopqrstuvwxyz0123456789");

		if (size >= sizeof(name))
			return true;
		memcpy(name, args + 1, size);
		name[size] = '\0';
		if (strcmp(name, "sp") && written_by(t->written, bytes, in->size, name))
			return true;
	}
	return false;
}

/*
 * Whether whoever comes to the entry is sure to come to instruction `number`, too, and nobody else is.
 * The check may begin again, but ends in going on. Where leaders are not known, as in code that
 * jumps through a register, nothing jumps into what precedes the first statement.
 */
static bool follows(const struct body *b, size_t number)
{
	if (number <= b->behind_check)
		return true;
	return (b->vague || !b->list[number].leader) && b->list[number - 1].flow == FLOW_NEXT;
}

/*
 * The less, the better. Behind the stack check a call passes once, at the entry once more whenever the
 * check begins again. `risky`: an instruction before it could fault, as far as anybody can tell.
 *
 * The stack that perf records at the entry lacks the direct caller, as the frame pointer is still that
 * of the caller. Newer kernels add it where the probe is on a PUSH of the frame pointer
 * (arch/x86/events/core.c, is_uprobe_at_func_entry()), older ones do not.
 */
static unsigned reluctance(const struct target *t, const struct body *b, size_t number, bool risky,
			   bool as_entered)
{
	unsigned stop = body_stop_at(b, b->list[number].pc);
	bool good = as_entered ? !pushes(t, b, number) : cheap(t, b, number);

	return 8 * stop + 4 * risky + 2 * !good + (number < b->behind_check);
}

bool beside_entry(const struct target *t, const struct body *b, const char *args, bool as_entered,
		  struct beside *out)
{
	struct beside other;
	bool risky = false;
	unsigned least, r;
	size_t i;

	if (!b->count)
		return false;
	settle(t, b, 0, true, out);
	least = reluctance(t, b, 0, false, as_entered);
	for (i = 1; i < b->count && i < NEAR; i++) {
		if (!follows(b, i) || writes_any(t, b, i - 1, args) ||
		    (as_entered && writes_any(t, b, i - 1, t->calling.frame)))
			break;
		risky |= i > b->behind_check && b->list[i - 1].faults;
		r = reluctance(t, b, i, risky, as_entered);
		settle(t, b, i, true, &other);
		/* Readers know of the entry that it is passed again; not of other places in the check. */
		if (i < b->behind_check || r >= least || !plain(t, b, i) || other.shift < 0)
			continue;
		least = r;
		*out = other;
	}
	return true;
}

/* Candidates are asked in this order; the first that fits is taken. */
static const struct preference {
	bool exact, cheap;
	int direction; /* 1: behind the place; -1: in front of it */
} preferences[] = {
	{ true, true, 1 },   { true, true, -1 },  { true, false, 1 },
	{ true, false, -1 }, { false, false, 1 }, { false, false, -1 },
};

static bool fits(const struct target *t, const struct body *b, uint64_t place, size_t candidate,
		 const struct preference *want)
{
	uint64_t pc = b->list[candidate].pc;

	return !body_stop_at(b, pc) && plain(t, b, candidate) &&
	       (!want->cheap || cheap(t, b, candidate)) &&
	       code_implies(b->list, b->count, place, pc, !want->exact);
}

bool beside_place(const struct target *t, const struct body *b, uint64_t place, struct beside *out)
{
	size_t at = body_find(b, place), i, step;

	for (i = 0; at < b->count && i < ARRAY_SIZE(preferences); i++) {
		const struct preference *want = &preferences[i];

		for (step = 1; step <= FAR; step++) {
			size_t candidate = want->direction > 0 ? at + step : at - step;

			if (candidate >= b->count) /* or below 0 */
				break;
			if (!fits(t, b, place, candidate, want))
				continue;
			settle(t, b, candidate, want->exact, out);
			return true;
		}
	}
	return false;
}

bool beside_entered(const struct body *b, uint64_t pc)
{
	size_t number = body_find(b, pc), i;

	for (i = b->behind_check + 1; i <= number && i < b->count; i++)
		if (!follows(b, i))
			return false;
	return number < b->count;
}
