/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All ways are followed from the call on, one step per instruction, until the register is done with.
 * An instruction that is not known to read or to write makes the answer "not known".
 */
#include "ingest/go/dropped.h"

#include <capstone/capstone.h>
#include <elf.h>
#include <stdlib.h>

#include "base/bisect.h"
#include "base/memory.h"

#define ARRAY_MAX (8 * 16) /* bytes */

enum use {
	USE_NONE,
	USE_READ,
	USE_WRITTEN,
	USE_SAVED, /* on the stack: what becomes of it there is another question */
	USE_UNKNOWN,
};

struct slot {
	unsigned base;
	int64_t offset;
};

struct walk {
	csh handle;
	cs_insn *insn;
	uint16_t machine;
	const unsigned char *bytes;
	const struct instruction *list;
	size_t count;
	bool read, unknown, saved;
	struct slot slot; /* where it was saved last */
};

/* ---- amd64: the result is in RAX ------------------------------------------------------------ */

static bool amd64_is_result(unsigned reg)
{
	return reg == X86_REG_RAX || reg == X86_REG_EAX || reg == X86_REG_AX || reg == X86_REG_AL ||
	       reg == X86_REG_AH;
}

static bool amd64_mentions(const cs_x86_op *op)
{
	if (op->type == X86_OP_REG)
		return amd64_is_result(op->reg);
	return op->type == X86_OP_MEM &&
	       (amd64_is_result(op->mem.base) || amd64_is_result(op->mem.index));
}

/* Overwrites all of it; a write of the lower half clears the other. */
static bool amd64_replaces(const cs_insn *insn, const cs_x86_op *op)
{
	const cs_x86 *x = &insn->detail->x86;
	bool is_whole = op->type == X86_OP_REG &&
			(op->reg == X86_REG_RAX || op->reg == X86_REG_EAX);

	switch (insn->id) {
	case X86_INS_MOV:
	case X86_INS_MOVABS:
	case X86_INS_MOVZX:
	case X86_INS_MOVSX:
	case X86_INS_MOVSXD:
	case X86_INS_LEA: return is_whole && x->op_count == 2 && !amd64_mentions(&op[1]);
	case X86_INS_XOR: return is_whole && op[1].type == X86_OP_REG && op[1].reg == op[0].reg;
	default: return false;
	}
}

static enum use amd64_use(struct walk *w)
{
	const cs_detail *detail = w->insn->detail;
	const cs_x86_op *op = detail->x86.operands;
	bool mentioned = false;
	uint8_t i;

	if (w->insn->id == X86_INS_NOP)
		return USE_NONE;
	for (i = 0; i < detail->regs_read_count; i++)
		if (amd64_is_result(detail->regs_read[i]))
			return USE_UNKNOWN;
	for (i = 0; i < detail->regs_write_count; i++)
		if (amd64_is_result(detail->regs_write[i]))
			return USE_UNKNOWN;
	for (i = 0; i < detail->x86.op_count; i++)
		mentioned |= amd64_mentions(&op[i]);
	if (!mentioned)
		return USE_NONE;
	if (amd64_replaces(w->insn, op))
		return USE_WRITTEN;
	if (w->insn->id == X86_INS_TEST && op[0].type != op[1].type) {
		/* TESTB AL, (R): whether R is nil; AL is of no matter. */
		const cs_x86_op *mem = op[0].type == X86_OP_MEM ? &op[0] : &op[1];

		return mem->type == X86_OP_MEM && !amd64_mentions(mem) ? USE_NONE : USE_READ;
	}
	if (w->insn->id == X86_INS_MOV && op[0].type == X86_OP_MEM && op[0].size == 8 &&
	    op[1].type == X86_OP_REG && op[0].mem.index == X86_REG_INVALID &&
	    (op[0].mem.base == X86_REG_RSP || op[0].mem.base == X86_REG_RBP)) {
		w->slot = (struct slot){ op[0].mem.base, op[0].mem.disp };
		return USE_SAVED;
	}
	if (w->insn->id == X86_INS_MOV || w->insn->id == X86_INS_TEST || w->insn->id == X86_INS_CMP)
		return USE_READ;
	return USE_UNKNOWN;
}

/*
 * Whether an address on the stack is that of an array of interfaces of which the saved result may be one:
 * the last arguments of fmt.Println and such are handed over so.
 */
static bool is_array(const struct walk *w, unsigned base, int64_t offset)
{
	int64_t distance = w->slot.offset - offset;

	return base == w->slot.base && distance >= 0 && distance < ARRAY_MAX && !(distance % 16);
}

/* Whether the instruction reads 8 bytes from where the result was saved, or hands the place over. */
static bool amd64_loads(const struct walk *w)
{
	const cs_x86 *x = &w->insn->detail->x86;
	uint8_t i;

	if (w->insn->id == X86_INS_LEA && x->op_count == 2)
		return is_array(w, x->operands[1].mem.base, x->operands[1].mem.disp);
	if (w->insn->id != X86_INS_MOV && w->insn->id != X86_INS_CMP)
		return false;
	for (i = w->insn->id == X86_INS_MOV; i < x->op_count; i++)
		if (x->operands[i].type == X86_OP_MEM && x->operands[i].size == 8 &&
		    x->operands[i].mem.base == w->slot.base &&
		    x->operands[i].mem.index == X86_REG_INVALID &&
		    x->operands[i].mem.disp == w->slot.offset)
			return true;
	return false;
}

/* ---- arm64: it is in R0 --------------------------------------------------------------------- */

static bool arm64_mentions(const cs_arm64_op *op)
{
	if (op->type == ARM64_OP_REG)
		return op->reg == ARM64_REG_X0 || op->reg == ARM64_REG_W0;
	return op->type == ARM64_OP_MEM &&
	       (op->mem.base == ARM64_REG_X0 || op->mem.index == ARM64_REG_X0);
}

/* How many of the first operands an instruction writes and does not read; 0: not known to. */
static unsigned arm64_written(unsigned id)
{
	static const unsigned single[] = {
		ARM64_INS_LDR,  ARM64_INS_LDUR, ARM64_INS_LDRB, ARM64_INS_LDRH,  ARM64_INS_LDRSW,
		ARM64_INS_MOV,  ARM64_INS_MOVZ, ARM64_INS_MOVN, ARM64_INS_ADRP,  ARM64_INS_ADR,
		ARM64_INS_ADD,  ARM64_INS_SUB,  ARM64_INS_ORR,  ARM64_INS_EOR,   ARM64_INS_AND,
		ARM64_INS_CSET, ARM64_INS_LSL,  ARM64_INS_LSR,  ARM64_INS_LDRSB, ARM64_INS_LDRSH,
	};
	size_t i;

	if (id == ARM64_INS_LDP)
		return 2;
	for (i = 0; i < ARRAY_SIZE(single); i++)
		if (single[i] == id)
			return 1;
	return 0;
}

static enum use arm64_store(struct walk *w)
{
	const cs_arm64 *a = &w->insn->detail->arm64;
	uint8_t last = a->op_count - 1, i;
	const cs_arm64_op *mem = &a->operands[last];

	if (a->writeback && a->operands[last].type == ARM64_OP_IMM)
		return USE_UNKNOWN;
	if (mem->type != ARM64_OP_MEM || mem->mem.base != ARM64_REG_SP ||
	    mem->mem.index != ARM64_REG_INVALID)
		return USE_READ;
	for (i = 0; i < last; i++)
		if (a->operands[i].type == ARM64_OP_REG && a->operands[i].reg == ARM64_REG_X0)
			w->slot = (struct slot){ mem->mem.base, mem->mem.disp + 8 * i };
	return USE_SAVED;
}

static enum use arm64_use(struct walk *w)
{
	const cs_arm64 *a = &w->insn->detail->arm64;
	unsigned writes = arm64_written(w->insn->id);
	bool written = false, mentioned = false;
	uint8_t i;

	for (i = 0; i < a->op_count; i++) {
		if (!arm64_mentions(&a->operands[i]))
			continue;
		if (i < writes && a->operands[i].type == ARM64_OP_REG)
			written = true;
		else
			mentioned = true;
	}
	if (!mentioned)
		return written ? USE_WRITTEN : USE_NONE;
	switch (w->insn->id) {
	case ARM64_INS_STR:
	case ARM64_INS_STP:
	case ARM64_INS_STUR: return arm64_store(w);
	case ARM64_INS_CBZ:
	case ARM64_INS_CBNZ:
	case ARM64_INS_CMP:
	case ARM64_INS_TST: return USE_READ;
	default: return writes ? USE_READ : USE_UNKNOWN;
	}
}

static bool arm64_loads(const struct walk *w)
{
	const cs_arm64 *a = &w->insn->detail->arm64;
	const cs_arm64_op *mem = a->op_count ? &a->operands[a->op_count - 1] : NULL;
	int64_t past = w->insn->id == ARM64_INS_LDP ? 16 : 8;

	if (w->insn->id == ARM64_INS_ADD && a->op_count == 3 && mem->type == ARM64_OP_IMM)
		return is_array(w, a->operands[1].reg, mem->imm);
	return mem && (w->insn->id == ARM64_INS_LDR || w->insn->id == ARM64_INS_LDP) &&
	       mem->type == ARM64_OP_MEM && mem->mem.base == w->slot.base &&
	       mem->mem.disp <= w->slot.offset && w->slot.offset < mem->mem.disp + past;
}

/* ---- the walk ------------------------------------------------------------------------------- */

static bool decode(struct walk *w, size_t number)
{
	const struct instruction *i = &w->list[number];
	const uint8_t *at = w->bytes + (i->pc - w->list[0].pc);
	uint64_t pc = i->pc;
	size_t size = i->size;

	return cs_disasm_iter(w->handle, &at, &size, &pc, w->insn);
}

static size_t find(const struct walk *w, uint64_t pc)
{
	size_t at;

	BISECT(at, w->count, w->list[at].pc < pc);
	return at < w->count && w->list[at].pc == pc ? at : w->count;
}

/* Takes one instruction, the result still being in its register. True: it goes on being there. */
static bool step(struct walk *w, size_t number)
{
	const struct instruction *i = &w->list[number];
	enum use use;

	if (i->flow == FLOW_RETURN || i->flow == FLOW_TRAP)
		return false;
	if (i->flow == FLOW_CALL || i->flow == FLOW_BAD || !decode(w, number)) {
		w->unknown = true;
		return false;
	}
	use = w->machine == EM_X86_64 ? amd64_use(w) : arm64_use(w);
	w->read |= use == USE_READ;
	w->unknown |= use == USE_UNKNOWN;
	w->saved |= use == USE_SAVED;
	return use == USE_NONE || use == USE_SAVED;
}

/* Whether anything in the function reads what was saved. */
static bool saved_is_read(struct walk *w)
{
	size_t i;

	for (i = 0; i < w->count && w->list[i].flow != FLOW_BAD; i++)
		if (decode(w, i) && (w->machine == EM_X86_64 ? amd64_loads(w) : arm64_loads(w)))
			return true;
	return false;
}

static void follow(struct walk *w, size_t first)
{
	size_t *todo = xcalloc(w->count + 1, sizeof(*todo)), left = 0;
	bool *seen = xcalloc(w->count + 1, sizeof(*seen));

	seen[first] = true;
	todo[left++] = first;
	while (left && !w->read) {
		size_t at = todo[--left], next[2] = { w->count, w->count };
		const struct instruction *i = &w->list[at];
		unsigned n;

		if (!step(w, at))
			continue;
		if (i->flow != FLOW_JUMP)
			next[0] = at + 1;
		if (i->flow == FLOW_JUMP || i->flow == FLOW_BRANCH)
			next[1] = find(w, i->target);
		for (n = 0; n < 2; n++) {
			bool taken = n ? i->flow != FLOW_NEXT : i->flow != FLOW_JUMP;

			if (taken && next[n] >= w->count)
				w->unknown = true; /* it leaves the function, or nobody knows */
			else if (taken && !seen[next[n]]) {
				seen[next[n]] = true;
				todo[left++] = next[n];
			}
		}
	}
	free(todo);
	free(seen);
}

int code_drops_result(uint16_t machine, const unsigned char *bytes, const struct instruction *list,
		      size_t count, uint64_t at)
{
	struct walk w = { .machine = machine, .bytes = bytes, .list = list, .count = count };
	cs_arch arch = machine == EM_X86_64 ? CS_ARCH_X86 : CS_ARCH_ARM64;
	cs_mode mode = machine == EM_X86_64 ? CS_MODE_64 : CS_MODE_ARM;
	int answer = -1;
	size_t first;

	if ((machine != EM_X86_64 && machine != EM_AARCH64) || !count)
		return -1;
	first = find(&w, at);
	if (first >= count || !first || list[first - 1].flow != FLOW_CALL ||
	    cs_open(arch, mode, &w.handle) != CS_ERR_OK)
		return -1;
	if (cs_option(w.handle, CS_OPT_DETAIL, CS_OPT_ON) == CS_ERR_OK)
		w.insn = cs_malloc(w.handle);
	if (w.insn) {
		follow(&w, first);
		if (w.read || (w.saved && saved_is_read(&w)))
			answer = 0;
		else if (!w.unknown && !w.saved)
			answer = 1;
		cs_free(w.insn, 1);
	}
	cs_close(&w.handle);
	return answer;
}
