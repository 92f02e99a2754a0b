/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arm64: every instruction is a word, and where control goes is told by a few of its bits. So the
 * words are told apart by a table, and none is unknown. Fields (Arm ARM, C4.1):
 *
 *	B, BL		imm26 in words at bit 0
 *	B.cond, CBZ	imm19 at bit 5
 *	TBZ		imm14 at bit 5
 *	loads, stores	size 31:30, vector 26, base register 9:5 (31: the stack pointer), value 4:0
 *			imm12 at bit 10 in units of the size; imm9 at bit 12 in bytes, mode 11:10;
 *			pairs: size 31:30, mode 24:23, imm7 at bit 15 in units of the size, 2nd value 14:10
 */
#include <stdlib.h>

#include "base/memory.h"
#include "ingest/go/code_machine.h"

#define SP 31u /* as a base register; as a value, the number stands for zero */
#define FP 29u

/* The stack pointer plus a constant, in a register: offsets that do not fit into a store. */
struct arm64 {
	uint64_t next; /* the address of the one instruction that may use it */
	uint32_t reg;
	int32_t offset;
};

static void *arm64_open(void)
{
	return xcalloc(1, sizeof(struct arm64));
}

static uint32_t bits(uint32_t word, unsigned low, unsigned count)
{
	return word >> low & ((1u << count) - 1);
}

static int32_t signed_bits(uint32_t word, unsigned low, unsigned count)
{
	uint32_t sign = 1u << (count - 1);

	return (int32_t)(bits(word, low, count) ^ sign) - (int32_t)sign;
}

struct branch {
	uint32_t mask, value;
	enum flow flow;
	unsigned low, count; /* of the distance in words; 0: no target */
};

static const struct branch branches[] = {
	{ 0xfc000000, 0x14000000, FLOW_JUMP, 0, 26 },   /* B */
	{ 0xfc000000, 0x94000000, FLOW_CALL, 0, 26 },   /* BL */
	{ 0xff000000, 0x54000000, FLOW_BRANCH, 5, 19 }, /* B.cond */
	{ 0x7e000000, 0x34000000, FLOW_BRANCH, 5, 19 }, /* CBZ, CBNZ */
	{ 0x7e000000, 0x36000000, FLOW_BRANCH, 5, 14 }, /* TBZ, TBNZ */
	{ 0xfee00000, 0xd6000000, FLOW_JUMP, 0, 0 },    /* BR, with or without authentication */
	{ 0xfee00000, 0xd6200000, FLOW_CALL, 0, 0 },    /* BLR */
	{ 0xfe600000, 0xd6400000, FLOW_RETURN, 0, 0 },  /* RET */
	{ 0xfee00000, 0xd6800000, FLOW_RETURN, 0, 0 },  /* ERET */
	{ 0xffe0001f, 0xd4000001, FLOW_CALL, 0, 0 },    /* SVC: exit does not come back */
	{ 0xffe0001f, 0xd4200000, FLOW_TRAP, 0, 0 },    /* BRK */
	{ 0xffe0001f, 0xd4400000, FLOW_TRAP, 0, 0 },    /* HLT */
	{ 0xffff0000, 0x00000000, FLOW_TRAP, 0, 0 },    /* UDF: what Go pads with */
};

static void decode_branch(uint32_t word, struct decoded *d)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(branches); i++) {
		const struct branch *b = &branches[i];

		if ((word & b->mask) != b->value)
			continue;
		d->what.flow = b->flow;
		if (b->count)
			d->what.target =
				d->what.pc + (uint64_t)(signed_bits(word, b->low, b->count) * 4LL);
		d->indirect = b->flow == FLOW_JUMP && !b->count;
		if (b->flow == FLOW_BRANCH)
			d->role = ROLE_BRANCH;
		return;
	}
}

/* A store of `bytes` at the base register plus `offset`. */
struct store {
	unsigned bytes;
	int32_t offset;
	bool zero;
};

static bool store_of_pair(uint32_t word, struct store *s)
{
	bool vector = bits(word, 26, 1);
	unsigned size = vector ? 4u << bits(word, 30, 2) : 4u << bits(word, 31, 1);

	if ((word & 0x3a400000) != 0x28000000 || size > 16)
		return false;
	s->bytes = 2 * size;
	s->zero = !vector && bits(word, 0, 5) == 31 && bits(word, 10, 5) == 31;
	if (bits(word, 23, 2) != 1) /* 1: the offset is added afterwards */
		s->offset = signed_bits(word, 15, 7) * (int32_t)size;
	return true;
}

static bool store_of_one(uint32_t word, struct store *s)
{
	bool vector = bits(word, 26, 1), wide = vector && bits(word, 23, 1);
	unsigned scale = bits(word, 30, 2) + (wide ? 4 : 0);

	if (bits(word, 22, 1) || (bits(word, 23, 1) && !vector) || scale > 4)
		return false;
	if ((word & 0x3b000000) == 0x39000000)
		s->offset = (int32_t)(bits(word, 10, 12) << scale);
	else if ((word & 0x3b200000) != 0x38000000)
		return false;
	else if (bits(word, 10, 2) != 1)
		s->offset = signed_bits(word, 12, 9);
	s->bytes = 1u << scale;
	s->zero = !vector && bits(word, 0, 5) == 31;
	return true;
}

static void decode_memory(const struct arm64 *a, uint32_t word, struct decoded *d)
{
	uint32_t base = bits(word, 5, 5);
	bool indirect = a->next == d->what.pc && a->reg == base && base != SP;
	struct store s = { 0 };

	if ((word & 0x3b000000) == 0x18000000)
		return; /* a constant beside the code */
	if ((word & 0xffc003e0) == 0xf9400380 &&
	    (bits(word, 10, 12) == STACK_GUARD_0 / 8 || bits(word, 10, 12) == STACK_GUARD_1 / 8))
		return; /* LDR from g, which is always there */
	d->what.faults = base != SP;
	if (base != SP && base != FP && !indirect)
		return;
	if (!store_of_pair(word, &s) && !store_of_one(word, &s))
		return;
	d->what.stores_stack = true;
	d->what.by_sp = base != FP || indirect;
	d->what.stack_offset = s.offset + (indirect ? a->offset : 0);
	d->what.stack_bytes = (uint8_t)s.bytes;
	d->what.stack_known = s.zero;
}

/* What the stack check is made of. */
static const struct {
	uint32_t mask, value;
	enum role role;
} roles[] = {
	{ 0xffe0001f, 0xeb20001f, ROLE_COMPARE }, /* CMP with RSP */
	{ 0xffe0001f, 0xeb00001f, ROLE_COMPARE }, /* CMP, that is SUBS into zero */
	{ 0xffffffe0, 0xf9400b80, ROLE_GUARD },   /* MOVD 16(g) */
	{ 0xffffffe0, 0xf9400f80, ROLE_GUARD },   /* MOVD 24(g) */
	{ 0xff8003e0, 0x910003e0, ROLE_LOAD },    /* MOVD RSP */
	{ 0x7f800000, 0x52800000, ROLE_LOAD },    /* MOVZ */
	{ 0x7f800000, 0x72800000, ROLE_LOAD },    /* MOVK */
	{ 0x7f800000, 0x12800000, ROLE_LOAD },    /* MOVN */
	{ 0x7f800000, 0x32000000, ROLE_LOAD },    /* ORR with a constant */
	{ 0xdf8003e0, 0xd10003e0, ROLE_BELOW },   /* SUB, SUBS of a constant */
	{ 0xdfe003e0, 0xcb2003e0, ROLE_BELOW },   /* SUB, SUBS of a register */
};

static enum role role_of(uint32_t word)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(roles); i++)
		if ((word & roles[i].mask) == roles[i].value)
			return roles[i].role;
	return ROLE_OTHER;
}

/* ADD of a constant to the stack pointer */
static void remember(struct arm64 *a, uint32_t word, uint64_t pc)
{
	if ((word & 0xff8003e0) != 0x910003e0)
		return;
	a->next = pc + 4;
	a->reg = bits(word, 0, 5);
	a->offset = (int32_t)(bits(word, 10, 12) << (bits(word, 22, 1) ? 12 : 0));
}

static bool arm64_decode(void *state, const unsigned char *bytes, size_t size, struct decoded *d)
{
	struct arm64 *a = state;
	uint32_t word;

	if (size < 4)
		return false;
	word = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
	d->what.size = 4;
	d->role = role_of(word);
	decode_branch(word, d);
	if ((word & 0x0a000000) == 0x08000000)
		decode_memory(a, word, d);
	else if ((word & 0xffffffe0) == 0xd50b7420) /* DC ZVA clears memory */
		d->what.faults = true;
	remember(a, word, d->what.pc);
	return true;
}

static const char *const prologues[] = {
	"GCJ",     /* a small frame */
	"GMCJ",    /* the same before Go 1.19 */
	"GSCJ",    /* a larger one */
	"GSJCJ",   /* one so large that the stack pointer could wrap */
	"GMSJCJ",  /* the same, its size in a register */
	"GMMSJCJ", /* in two steps */
	NULL,
};

const struct machine machine_arm64 = { 4, prologues, arm64_open, free, arm64_decode };
