/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * amd64, through capstone. Operands are in Intel's order: the destination first.
 */
#include <capstone/capstone.h>
#include <stdlib.h>

#include "base/memory.h"
#include "ingest/go/code_machine.h"

struct amd64 {
	csh handle;
	cs_insn *insn;
	uint64_t zero_at; /* the address of an instruction before which R13 is zero; 0: not known */
};

static void amd64_close(void *state)
{
	struct amd64 *a = state;

	if (a->insn)
		cs_free(a->insn, 1);
	cs_close(&a->handle);
	free(a);
}

static void *amd64_open(void)
{
	struct amd64 *a = xcalloc(1, sizeof(*a));

	if (cs_open(CS_ARCH_X86, CS_MODE_64, &a->handle) != CS_ERR_OK) {
		free(a);
		return NULL;
	}
	if (cs_option(a->handle, CS_OPT_DETAIL, CS_OPT_ON) == CS_ERR_OK)
		a->insn = cs_malloc(a->handle);
	if (!a->insn) {
		amd64_close(a);
		return NULL;
	}
	return a;
}

static bool in_group(const cs_detail *detail, uint8_t group)
{
	uint8_t i;

	for (i = 0; i < detail->groups_count; i++)
		if (detail->groups[i] == group)
			return true;
	return false;
}

/* What capstone's groups do not tell. */
static const struct {
	unsigned id;
	enum flow flow;
} flows[] = {
	{ X86_INS_CALL, FLOW_CALL },
	{ X86_INS_LCALL, FLOW_CALL },
	{ X86_INS_SYSCALL, FLOW_CALL },
	{ X86_INS_SYSENTER, FLOW_CALL }, /* exit does not come back */
	{ X86_INS_INT, FLOW_CALL },
	{ X86_INS_JMP, FLOW_JUMP },
	{ X86_INS_LJMP, FLOW_JUMP },
	{ X86_INS_LOOP, FLOW_BRANCH },
	{ X86_INS_LOOPE, FLOW_BRANCH },
	{ X86_INS_LOOPNE, FLOW_BRANCH },
	{ X86_INS_XBEGIN, FLOW_BRANCH },
	{ X86_INS_UD2, FLOW_TRAP },
	{ X86_INS_UD2B, FLOW_TRAP },
	{ X86_INS_INT3, FLOW_TRAP },
	{ X86_INS_HLT, FLOW_TRAP },
};

static enum flow flow_of(const cs_insn *insn)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flows); i++)
		if (flows[i].id == insn->id)
			return flows[i].flow;
	if (in_group(insn->detail, CS_GRP_JUMP))
		return FLOW_BRANCH;
	if (in_group(insn->detail, CS_GRP_RET) || in_group(insn->detail, CS_GRP_IRET))
		return FLOW_RETURN;
	return FLOW_NEXT;
}

static bool is_reg(const cs_x86_op *op, x86_reg reg)
{
	return op->type == X86_OP_REG && op->reg == reg;
}

static bool is_stack(x86_reg reg)
{
	return reg == X86_REG_RSP || reg == X86_REG_RBP;
}

/* What the check at a function's begin compares with: g.stackguard0 or 1, and g is always there. */
static bool is_stack_guard(const cs_x86_op *op)
{
	return op->mem.base == X86_REG_R14 && op->mem.index == X86_REG_INVALID &&
	       (op->mem.disp == STACK_GUARD_0 || op->mem.disp == STACK_GUARD_1);
}

/*
 * An operand in memory that may not be there. Variables of the program (addressed by the instruction
 * pointer) and of the thread (FS) are always there. The frame pointer may hold anything: it is only
 * a frame pointer by agreement, and code in assembly does not agree.
 */
static bool may_fault(const cs_insn *insn, const cs_x86_op *op)
{
	if (op->type != X86_OP_MEM || insn->id == X86_INS_LEA || insn->id == X86_INS_NOP ||
	    is_stack_guard(op))
		return false;
	return op->mem.index != X86_REG_INVALID ||
	       (op->mem.base != X86_REG_RSP && op->mem.base != X86_REG_RIP &&
		op->mem.base != X86_REG_INVALID);
}

static bool divides(const cs_insn *insn)
{
	return insn->id == X86_INS_DIV || insn->id == X86_INS_IDIV;
}

/*
 * Go keeps zero in X15 wherever it calls its own functions; until Go 1.25, it zeroes variables at the
 * beginning of a function with a zero in R13 too (cmd/compile/internal/amd64: zerorange).
 */
static bool is_zero_r13(const struct amd64 *a, const cs_x86_op *op)
{
	return is_reg(op, X86_REG_R13) && a->zero_at == a->insn->address;
}

static bool is_r13(const cs_x86_op *op)
{
	return is_reg(op, X86_REG_R13) || is_reg(op, X86_REG_R13D) || is_reg(op, X86_REG_R13W) ||
	       is_reg(op, X86_REG_R13B);
}

/*
 * Whether an instruction writes to its first operand. Capstone 4 is right about instructions with one
 * operand, but says that MOVUPS and others only read.
 */
static bool writes_first(const cs_insn *insn)
{
	const cs_x86 *x = &insn->detail->x86;

	if (x->op_count < 2)
		return x->op_count && (x->operands[0].access & CS_AC_WRITE);
	return insn->id != X86_INS_CMP && insn->id != X86_INS_TEST && insn->id != X86_INS_BT &&
	       insn->id != X86_INS_NOP;
}

/* Calls do not count: those that zero variables keep R13, and behind others nobody relies on it. */
static void follow_r13(struct amd64 *a, enum flow flow)
{
	const cs_x86 *x = &a->insn->detail->x86;
	bool zero = a->zero_at == a->insn->address && (flow == FLOW_NEXT || flow == FLOW_CALL);
	uint8_t i;

	for (i = 0; i < x->op_count; i++)
		if (is_r13(&x->operands[i]) &&
		    (i ? x->operands[i].access & CS_AC_WRITE : writes_first(a->insn)))
			zero = a->insn->id == X86_INS_MOV && x->operands[1].type == X86_OP_IMM &&
			       !x->operands[1].imm;
	a->zero_at = zero ? a->insn->address + a->insn->size : 0;
}

static void note_store(const struct amd64 *a, struct instruction *to)
{
	const cs_x86 *x = &a->insn->detail->x86;
	const cs_x86_op *op = &x->operands[0], *value = &x->operands[1];

	if (!writes_first(a->insn) || op->type != X86_OP_MEM || !is_stack(op->mem.base) ||
	    op->mem.index != X86_REG_INVALID || op->mem.disp != (int32_t)op->mem.disp)
		return;
	to->stores_stack = true;
	to->by_sp = op->mem.base == X86_REG_RSP;
	to->stack_offset = (int32_t)op->mem.disp;
	to->stack_bytes = op->size;
	if (x->op_count != 2)
		return;
	if (a->insn->id == X86_INS_MOV && value->type == X86_OP_IMM) {
		to->stack_known = true;
		to->stack_value = value->imm;
	} else {
		to->stack_known = is_reg(value, X86_REG_XMM15) ||
				  (a->insn->id == X86_INS_MOV && is_zero_r13(a, value));
	}
}

/* CMPQ of a register with g.stackguard0 or, in functions of the scheduler's stack, stackguard1. */
static bool compares_guard(const cs_x86_op *op, x86_reg reg)
{
	return is_reg(&op[0], reg) && op[1].type == X86_OP_MEM &&
	       op[1].mem.index == X86_REG_INVALID && (op[1].mem.disp == 16 || op[1].mem.disp == 24);
}

/* R12: what Go's compiler never passes an argument in (REGENTRYTMP0). */
static enum role role_of(const cs_insn *insn)
{
	const cs_x86_op *op = insn->detail->x86.operands;

	switch (insn->id) {
	case X86_INS_MOV:
		if (is_reg(&op[0], X86_REG_RBP) && is_reg(&op[1], X86_REG_RSP))
			return ROLE_FRAME;
		return op[0].type == X86_OP_REG ? ROLE_LOAD : ROLE_OTHER;
	case X86_INS_LEA:
		return is_reg(&op[0], X86_REG_R12) && op[1].mem.base == X86_REG_RSP ? ROLE_BELOW
										    : ROLE_OTHER;
	case X86_INS_ADD: /* SUBQ $128 is shorter as ADDQ $-128 */
	case X86_INS_SUB:
		if (is_reg(&op[0], X86_REG_R12))
			return ROLE_BELOW;
		return is_reg(&op[0], X86_REG_RSP) ? ROLE_GROW : ROLE_OTHER;
	case X86_INS_CMP:
		if (compares_guard(op, X86_REG_RSP))
			return ROLE_GUARD;
		return compares_guard(op, X86_REG_R12) ? ROLE_GUARD2 : ROLE_OTHER;
	case X86_INS_PUSH: return is_reg(&op[0], X86_REG_RBP) ? ROLE_SAVE : ROLE_OTHER;
	default: return ROLE_OTHER;
	}
}

static bool amd64_decode(void *state, const unsigned char *bytes, size_t size, struct decoded *d)
{
	struct amd64 *a = state;
	uint64_t pc = d->what.pc;
	const cs_x86 *x;
	uint8_t i;

	if (!cs_disasm_iter(a->handle, &bytes, &size, &pc, a->insn))
		return false;
	x = &a->insn->detail->x86;
	d->what.size = (uint8_t)a->insn->size;
	d->what.flow = flow_of(a->insn);
	d->repeats = x->prefix[0] == X86_PREFIX_REP || x->prefix[0] == X86_PREFIX_REPNE;
	d->role = d->what.flow == FLOW_BRANCH ? ROLE_BRANCH : role_of(a->insn);
	if (d->what.flow == FLOW_CALL || d->what.flow == FLOW_JUMP || d->what.flow == FLOW_BRANCH) {
		if (x->op_count && x->operands[0].type == X86_OP_IMM && a->insn->id != X86_INS_INT)
			d->what.target = (uint64_t)x->operands[0].imm;
		else
			d->indirect = d->what.flow != FLOW_CALL;
	}
	d->what.faults = divides(a->insn);
	for (i = 0; i < x->op_count; i++)
		d->what.faults |= may_fault(a->insn, &x->operands[i]);
	note_store(a, &d->what);
	follow_r13(a, d->what.flow);
	return true;
}

static const char *const prologues[] = {
	"GJ",    /* a small frame */
	"SHJ",   /* a larger one */
	"MSJHJ", /* one so large that the stack pointer could wrap */
	/* The same in functions that do not find g in R14 and must load it, in one step or two. */
	"MGJ",
	"MMGJ",
	"MSHJ",
	"MMSHJ",
	"MMSJHJ",
	"MMMSJHJ",
	NULL,
};

const struct machine machine_amd64 = { 1, prologues, amd64_open, amd64_close, amd64_decode };
