/* SPDX-License-Identifier: GPL-2.0-only */
/* ingest/go/code.c: small functions in machine code, and arm64 against capstone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <capstone/capstone.h>
#include <elf.h>

#include "base/memory.h"
#include "ingest/go/code.h"

#define PC 0x401000

/*
 * What Go makes of a function with a frame: the stack check, the frame, some work, and at the end the
 * call of morestack. Assembled by hand after Intel's manual; the comments are AT&T's.
 */
static const unsigned char amd64[] = {
	0x49, 0x3b, 0x66, 0x10,       /* 00 cmp 0x10(%r14),%rsp */
	0x76, 0x27,                   /* 04 jbe 2d */
	0x55,                         /* 06 push %rbp */
	0x48, 0x89, 0xe5,             /* 07 mov %rsp,%rbp */
	0x48, 0x83, 0xec, 0x18,       /* 0a sub $0x18,%rsp */
	0x48, 0x8b, 0x08,             /* 0e mov (%rax),%rcx */
	0xc6, 0x44, 0x24, 0x07, 0x01, /* 11 movb $1,7(%rsp) */
	0x48, 0x89, 0x44, 0x24, 0x08, /* 16 mov %rax,8(%rsp) */
	0xe8, 0xe0, 0x00, 0x00, 0x00, /* 1b call 100 */
	0x85, 0xc9,                   /* 20 test %ecx,%ecx */
	0x74, 0x03,                   /* 22 je 27 */
	0x48, 0xff, 0xc1,             /* 24 inc %rcx */
	0x48, 0x83, 0xc4, 0x18,       /* 27 add $0x18,%rsp */
	0x5d,                         /* 2b pop %rbp */
	0xc3,                         /* 2c ret */
	0xe8, 0x2e, 0x01, 0x00, 0x00, /* 2d call 160 */
	0xeb, 0xcc,                   /* 32 jmp 0 */
};

static const struct {
	unsigned at;
	enum flow flow;
	bool leader, faults;
	unsigned target; /* 0: none */
} amd64_expected[] = {
	{ 0x00, FLOW_NEXT, true, false, 0 },       { 0x04, FLOW_BRANCH, false, false, 0x2d },
	{ 0x06, FLOW_NEXT, false, false, 0 },      { 0x07, FLOW_NEXT, false, false, 0 },
	{ 0x0a, FLOW_NEXT, false, false, 0 },      { 0x0e, FLOW_NEXT, false, true, 0 },
	{ 0x11, FLOW_NEXT, false, false, 0 },      { 0x16, FLOW_NEXT, false, false, 0 },
	{ 0x1b, FLOW_CALL, false, false, 0x100 },  { 0x20, FLOW_NEXT, false, false, 0 },
	{ 0x22, FLOW_BRANCH, false, false, 0x27 }, { 0x24, FLOW_NEXT, false, false, 0 },
	{ 0x27, FLOW_NEXT, true, false, 0 },       { 0x2b, FLOW_NEXT, false, false, 0 },
	{ 0x2c, FLOW_RETURN, false, false, 0 },    { 0x2d, FLOW_CALL, true, false, 0x160 },
	{ 0x32, FLOW_JUMP, false, false, PC }, /* its target is the entry */
};

struct decoded {
	struct code *code;
	const struct instruction *list;
	size_t count;
	bool indirect;
};

static struct decoded decode(uint16_t machine, const unsigned char *bytes, size_t size,
			     uint64_t extra)
{
	struct decoded d = { .code = code_open(machine) };

	assert_non_null(d.code);
	d.count = code_decode(d.code, bytes, size, PC, &extra, extra != 0, &d.list, &d.indirect);
	return d;
}

static void test_amd64(void **state)
{
	struct decoded d = decode(EM_X86_64, amd64, sizeof(amd64), 0);
	size_t i;

	(void)state;
	assert_int_equal(d.count, ARRAY_SIZE(amd64_expected));
	assert_false(d.indirect);
	for (i = 0; i < d.count; i++) {
		const struct instruction *have = &d.list[i];
		unsigned target = amd64_expected[i].target;

		assert_int_equal(have->pc, PC + amd64_expected[i].at);
		assert_int_equal(have->flow, amd64_expected[i].flow);
		assert_int_equal(have->leader, amd64_expected[i].leader);
		assert_int_equal(have->faults, amd64_expected[i].faults);
		assert_int_equal(have->target, target && target < PC ? PC + target : target);
		assert_int_equal(have->stores_stack, i == 6 || i == 7);
	}
	assert_true(d.list[6].by_sp && d.list[6].stack_known);
	assert_int_equal(d.list[6].stack_offset, 7);
	assert_int_equal(d.list[6].stack_bytes, 1);
	assert_int_equal(d.list[6].stack_value, 1);
	assert_true(d.list[7].by_sp && !d.list[7].stack_known);
	assert_int_equal(d.list[7].stack_offset, 8);
	assert_int_equal(d.list[7].stack_bytes, 8);
	code_close(d.code);
}

static void test_implies(void **state)
{
	static const struct {
		unsigned first, then;
		bool exactly, only;
	} cases[] = {
		{ 0x06, 0x0a, true, true },                                /* a straight stretch */
		{ 0x0a, 0x06, true, true },                                /* and backwards */
		{ 0x06, 0x06, true, true },   { 0x06, 0x11, false, true }, /* the load may fault */
		{ 0x11, 0x06, false, false }, /* so that what follows it is not always reached */
		{ 0x11, 0x1b, true, true },   /* up to a call */
		{ 0x1b, 0x20, false, true },  /* over a call, which may not come back */
		{ 0x20, 0x1b, false, false }, { 0x22, 0x24, false, true }, /* over a branch */
		{ 0x24, 0x27, false, false }, /* into a place that is entered from elsewhere */
		{ 0x27, 0x24, false, true },  /* which is reached from there */
		{ 0x00, 0x04, true, true },   /* the guard is in g, which is there */
		{ 0x04, 0x2d, false, false }, { 0x06, 0x2d, false, false },
		{ 0x07, 0x08, false, false }, /* no instruction begins there */
		{ 0x08, 0x07, false, false }, { 0x100, 0x06, false, false },
	};
	struct decoded d = decode(EM_X86_64, amd64, sizeof(amd64), 0);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t first = PC + cases[i].first, then = PC + cases[i].then;

		if (code_implies(d.list, d.count, first, then, false) != cases[i].exactly ||
		    code_implies(d.list, d.count, first, then, true) != cases[i].only)
			fail_msg("from %x to %x", cases[i].first, cases[i].then);
	}
	assert_false(code_implies(d.list, 0, PC, PC, true));
	code_close(d.code);
	/* An address that the caller knows to be entered from elsewhere. */
	d = decode(EM_X86_64, amd64, sizeof(amd64), PC + 0x0a);
	assert_false(code_implies(d.list, d.count, PC + 6, PC + 0x0a, false));
	assert_false(code_implies(d.list, d.count, PC + 6, PC + 0x0e, true));
	assert_true(code_implies(d.list, d.count, PC + 0x0a, PC + 6, true));
	code_close(d.code);
}

/* Where it is not known what jumps where, nothing implies what stands behind it. */
static void test_unknown_flow(void **state)
{
	static const unsigned char table[] = {
		0x90,             /* nop */
		0x90,             /* nop */
		0xff, 0x24, 0xc8, /* jmp *(%rax,%rcx,8) */
		0x90, 0x90, 0xc3, /* nop; nop; ret */
	};
	static const unsigned char bad[] = { 0x90, 0x90, 0x06, 0x90,
					     0x90 }; /* 06: not in 64 bits */
	static const unsigned char into[] = {
		0x90, 0xeb, 0x01, 0xb0, 0x90, 0x90
	};                                                                       /* jmp into mov */
	static const unsigned char repeats[] = { 0x90, 0xf3, 0x48, 0xab, 0x90 }; /* rep stos */
	struct decoded d = decode(EM_X86_64, table, sizeof(table), 0);

	(void)state;
	assert_true(d.indirect);
	assert_int_equal(d.count, 6);
	assert_int_equal(d.list[2].flow, FLOW_JUMP);
	assert_int_equal(d.list[2].target, 0);
	assert_true(d.list[2].faults);
	assert_false(code_implies(d.list, d.count, PC, PC + 1, false));
	assert_false(code_implies(d.list, d.count, PC, PC + 1, true));
	assert_true(code_implies(d.list, d.count, PC + 1, PC, true));
	code_close(d.code);

	d = decode(EM_X86_64, bad, sizeof(bad), 0);
	assert_true(d.indirect);
	assert_int_equal(d.count, 3);
	assert_int_equal(d.list[2].flow, FLOW_BAD);
	assert_false(code_implies(d.list, d.count, PC, PC + 1, false));
	code_close(d.code);

	d = decode(EM_X86_64, into, sizeof(into), 0);
	assert_true(d.indirect);
	assert_int_equal(d.count, 4);
	assert_false(code_implies(d.list, d.count, PC + 3, PC + 5, false));
	code_close(d.code);

	d = decode(EM_X86_64, repeats, sizeof(repeats), 0);
	assert_int_equal(d.count, 3);
	assert_true(d.list[1].leader && d.list[1].faults);
	assert_false(code_implies(d.list, d.count, PC, PC + 1, false));
	code_close(d.code);
}

/* Zeroes of amd64 that are no immediate: Go's X15, and R13 while nothing changes it. */
static void test_zeroes(void **state)
{
	static const unsigned char bytes[] = {
		0x4c, 0x89, 0x6c, 0x24, 0x08,          /* mov %r13,8(%rsp) */
		0x49, 0xc7, 0xc5, 0,    0,    0,    0, /* mov $0,%r13 */
		0x44, 0x0f, 0x11, 0x7c, 0x24, 0x08,    /* movups %xmm15,8(%rsp) */
		0x4c, 0x89, 0x6c, 0x24, 0x08,          /* mov %r13,8(%rsp) */
		0x4c, 0x89, 0x6c, 0x24, 0x10,          /* mov %r13,16(%rsp) */
		0x49, 0x89, 0xc5,                      /* mov %rax,%r13 */
		0x4c, 0x89, 0x6c, 0x24, 0x08,          /* mov %r13,8(%rsp) */
		0x0f, 0x11, 0x44, 0x24, 0x08,          /* movups %xmm0,8(%rsp) */
		0x48, 0x89, 0x45, 0xf8,                /* mov %rax,-8(%rbp) */
		0x48, 0x39, 0x44, 0x24, 0x08,          /* cmp %rax,8(%rsp) */
		0x48, 0x83, 0x4c, 0x24, 0x08, 0x02,    /* orq $2,8(%rsp) */
	};
	static const struct {
		bool store, known;
		unsigned bytes;
	} expected[] = { { true, false, 8 },  { false, false, 0 }, { true, true, 16 },
			 { true, true, 8 },   { true, true, 8 },   { false, false, 0 },
			 { true, false, 8 },  { true, false, 16 }, { true, false, 8 },
			 { false, false, 0 }, { true, false, 8 } };
	struct decoded d = decode(EM_X86_64, bytes, sizeof(bytes), 0);
	size_t i;

	(void)state;
	assert_int_equal(d.count, ARRAY_SIZE(expected));
	for (i = 0; i < d.count; i++) {
		if (d.list[i].stores_stack != expected[i].store ||
		    d.list[i].stack_known != expected[i].known ||
		    d.list[i].stack_bytes != expected[i].bytes)
			fail_msg("instruction %zu", i);
		assert_int_equal(d.list[i].stack_value, 0);
	}
	assert_false(d.list[8].by_sp);
	assert_int_equal(d.list[8].stack_offset, -8);
	code_close(d.code);
}

struct prologue {
	uint16_t machine;
	const char *bytes; /* hex */
	unsigned after;
};

/*
 * As Go's linker writes them ("go tool objdump"), and where DWARF's prologue_end is ("llvm-dwarfdump
 * --debug-line").
 */
static const struct prologue prologues[] = {
	/* Go 1.26 main.nested: LEAQ, CMPQ, JBE, PUSHQ BP, MOVQ SP BP, SUBQ */
	{ EM_X86_64, "4c8d6424b0 4d3b6610 0f8633020000 55 4889e5 4881ecc8000000 90", 0x13 },
	/* Go 1.19 main.nested: LEAQ, CMPQ, JBE, SUBQ */
	{ EM_X86_64, "4c8d6424b8 4d3b6610 0f868b020000 4881ecc8000000 90", 0xf },
	/* Go 1.19 runtime.debugCallWrap2: CMPQ, JBE, SUBQ */
	{ EM_X86_64, "493b6610 0f869e000000 4883ec38 48896c2430", 0xa },
	/* a function that calls and has no locals: CMPQ, JBE, PUSHQ BP, MOVQ SP BP, CALL */
	{ EM_X86_64, "493b6610 7610 55 4889e5 e800000000", 7 },
	/* no check, a frame */
	{ EM_X86_64, "55 4889e5 4883ec18 90", 4 },
	/* nothing */
	{ EM_X86_64, "488d0440 c3", 0 },
	/* a comparison that is no stack check: CMPQ CX 0x10(AX), JBE */
	{ EM_X86_64, "48394810 7610 90 c3", 0 },
	/* cut off */
	{ EM_X86_64, "4c8d6424b8 4d3b6610 0f868b020000", 0 },
	{ EM_X86_64, "", 0 },
	/* Go 1.26 main.openDefers: MOVD 16(g), SUB, CMP, BLS, MOVD.W */
	{ EM_AARCH64, "900b40f9 f18301d1 3f0210eb e9120054 fe0f12f8", 0x10 },
	/* Go 1.26 main.two: MOVD 16(g), CMP, BLS, MOVD.W */
	{ EM_AARCH64, "900b40f9 ff6330eb a9030054 fe0f1df8", 0xc },
	/* Go 1.26 main.big: MOVD 16(g), MOVD, SUBS, BCC, CMP, BLS, MOVD */
	{ EM_AARCH64, "900b40f9 1b429dd2 f1633beb 430a0054 3f0210eb 090a0054 1b529dd2", 0x18 },
	{ EM_AARCH64, "fe0f12f8 c0035fd6", 0 },
	{ EM_AARCH64, "900b40f9 f18301", 0 },
};

static size_t from_hex(const char *hex, unsigned char *to)
{
	size_t n = 0;

	for (; *hex; hex += 2) {
		char digits[3] = "";

		if (*hex == ' ')
			hex++;
		memcpy(digits, hex, 2);
		to[n++] = (unsigned char)strtoul(digits, NULL, 16);
	}
	return n;
}

static void test_prologue(void **state)
{
	unsigned char bytes[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(prologues); i++) {
		struct code *c = code_open(prologues[i].machine);
		size_t size = from_hex(prologues[i].bytes, bytes);

		assert_int_equal(code_after_prologue(c, bytes, size, PC), PC + prologues[i].after);
		code_close(c);
	}
}

/* What capstone says of a word of arm64, as far as code.h tells it too. */
struct opinion {
	bool flow_known, memory, store;
	enum flow flow;
	uint64_t target;
	bool faults;
	int64_t offset;
};

static const struct {
	unsigned id;
	enum flow flow;
} flows[] = {
	{ ARM64_INS_B, FLOW_JUMP },     { ARM64_INS_BL, FLOW_CALL },
	{ ARM64_INS_BLR, FLOW_CALL },   { ARM64_INS_BR, FLOW_JUMP },
	{ ARM64_INS_RET, FLOW_RETURN }, { ARM64_INS_ERET, FLOW_RETURN },
	{ ARM64_INS_CBZ, FLOW_BRANCH }, { ARM64_INS_CBNZ, FLOW_BRANCH },
	{ ARM64_INS_TBZ, FLOW_BRANCH }, { ARM64_INS_TBNZ, FLOW_BRANCH },
	{ ARM64_INS_BRK, FLOW_TRAP },   { ARM64_INS_HLT, FLOW_TRAP },
	{ ARM64_INS_SVC, FLOW_CALL },
};

/* LDR Xn, [X28, #16] or #24: the limit of the stack, in g. */
static bool is_stack_guard(const cs_insn *insn, const cs_arm64_op *op)
{
	return insn->id == ARM64_INS_LDR && insn->bytes[3] == 0xf9 &&
	       op->mem.base == ARM64_REG_X28 && op->mem.index == ARM64_REG_INVALID &&
	       (op->mem.disp == 16 || op->mem.disp == 24);
}

static struct opinion capstone_says(const cs_insn *insn)
{
	const cs_arm64 *a = &insn->detail->arm64;
	struct opinion o = { .flow = FLOW_NEXT };
	bool stores = !strncmp(insn->mnemonic, "st", 2);
	uint8_t i;

	for (i = 0; i < ARRAY_SIZE(flows); i++)
		if (flows[i].id == insn->id)
			o.flow = flows[i].flow;
	if (insn->id == ARM64_INS_B && insn->bytes[3] == 0x54) /* B.AL too, which nobody writes */
		o.flow = FLOW_BRANCH;
	for (i = 0; i < a->op_count; i++) {
		const cs_arm64_op *op = &a->operands[i];

		if (op->type == ARM64_OP_IMM && o.flow != FLOW_NEXT && o.flow != FLOW_TRAP &&
		    insn->id != ARM64_INS_SVC)
			o.target = (uint64_t)op->imm;
		if (op->type != ARM64_OP_MEM)
			continue;
		o.memory = true;
		/* LDR Xn, [X28, #16]: the stack's limit, in g */
		o.faults = op->mem.base != ARM64_REG_SP && !is_stack_guard(insn, op);
		o.offset = op->mem.disp;
		o.store = stores && !o.faults && op->mem.index == ARM64_REG_INVALID;
	}
	return o;
}

static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 32);
}

/* Words at random, and words of the kinds that code.h is about. */
static uint32_t pick_word(uint64_t *seed)
{
	static const struct {
		uint32_t mask, value;
	} kinds[] = {
		{ 0x00000000, 0x00000000 }, { 0x7c000000, 0x14000000 }, { 0xff000010, 0x54000000 },
		{ 0x7c000000, 0x34000000 }, { 0xff000000, 0xd4000000 }, { 0xff9ffc1f, 0xd61f0000 },
		{ 0x3b000000, 0x39000000 }, { 0x3b000000, 0x38000000 }, { 0x3a000000, 0x28000000 },
		{ 0x3a0003e0, 0x280003e0 }, { 0x3b0003e0, 0x390003e0 }, { 0x3b2003e0, 0x380003e0 },
	};
	uint32_t kind = next_random(seed) % ARRAY_SIZE(kinds);

	return (next_random(seed) & ~kinds[kind].mask) | kinds[kind].value;
}

static void compare(uint32_t word, const cs_insn *insn, const struct instruction *have)
{
	struct opinion want = capstone_says(insn);

	if (have->flow != want.flow || have->target != want.target ||
	    (want.memory && have->faults != want.faults) ||
	    (have->stores_stack && have->by_sp && want.memory &&
	     (!want.store || (have->stack_offset != want.offset && have->stack_offset))))
		fail_msg("%08x %s %s: flow %u, target %lx, faults %d, store %d at %d", word,
			 insn->mnemonic, insn->op_str, have->flow, (unsigned long)have->target,
			 have->faults, have->stores_stack, have->stack_offset);
}

static void test_arm64_as_capstone(void **state)
{
	struct code *c = code_open(EM_AARCH64);
	uint64_t seed = 1;
	unsigned turn, compared = 0;
	csh handle;
	cs_insn *insn;

	(void)state;
	assert_int_equal(cs_open(CS_ARCH_ARM64, CS_MODE_ARM, &handle), CS_ERR_OK);
	cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
	insn = cs_malloc(handle);
	for (turn = 0; turn < 300000; turn++) {
		uint32_t word = pick_word(&seed);
		unsigned char bytes[] = { (unsigned char)word, (unsigned char)(word >> 8),
					  (unsigned char)(word >> 16),
					  (unsigned char)(word >> 24) };
		const unsigned char *at = bytes;
		const struct instruction *list;
		uint64_t pc = PC;
		size_t size = 4;

		assert_int_equal(code_decode(c, bytes, 4, PC, NULL, 0, &list, NULL), 1);
		if (!cs_disasm_iter(handle, &at, &size, &pc, insn))
			continue;
		compare(word, insn, list);
		compared++;
	}
	assert_true(compared > 100000);
	cs_free(insn, 1);
	cs_close(&handle);
	code_close(c);
}

/* Stores of arm64 at the stack pointer: what is known of the value, and large offsets in two steps. */
static void test_arm64_stores(void **state)
{
	static const unsigned char bytes[] = {
		0xff, 0x7f, 0x0c, 0xa9, /* STP (ZR, ZR), 192(RSP) */
		0xff, 0x7f, 0x01, 0x39, /* MOVB ZR, 95(RSP) */
		0xe3, 0x63, 0x00, 0xf9, /* MOVD R3, 192(RSP) */
		0xe3, 0x03, 0x06, 0xa9, /* STP (R3, R0), 96(RSP) */
		0xfb, 0x3b, 0x40, 0x91, /* ADD $(14<<12), RSP, R27 */
		0x7f, 0xdf, 0x29, 0x39, /* MOVB ZR, 2679(R27) */
		0x7f, 0xdf, 0x29, 0x39, /* MOVB ZR, 2679(R27): R27 may be anything by now */
		0xfd, 0x83, 0x1f, 0xf8, /* MOVD R29, -8(RSP) */
	};
	static const struct {
		bool store, known;
		int offset;
		unsigned bytes;
	} expected[] = {
		{ true, true, 192, 16 }, { true, true, 95, 1 },
		{ true, false, 192, 8 }, { true, false, 96, 16 },
		{ false, false, 0, 0 },  { true, true, (14 << 12) + 2679, 1 },
		{ false, false, 0, 0 },  { true, false, -8, 8 },
	};
	struct decoded d = decode(EM_AARCH64, bytes, sizeof(bytes), 0);
	size_t i;

	(void)state;
	assert_int_equal(d.count, ARRAY_SIZE(expected));
	for (i = 0; i < d.count; i++) {
		assert_int_equal(d.list[i].stores_stack, expected[i].store);
		assert_int_equal(d.list[i].by_sp, expected[i].store);
		assert_int_equal(d.list[i].stack_known, expected[i].known);
		assert_int_equal(d.list[i].stack_offset, expected[i].offset);
		assert_int_equal(d.list[i].stack_bytes, expected[i].bytes);
	}
	code_close(d.code);
}

/* Whatever the bytes: instructions without gaps, inside of them. */
static void test_any_bytes(void **state)
{
	static const uint16_t machines[] = { EM_X86_64, EM_AARCH64 };
	unsigned char bytes[96];
	uint64_t seed = 7, pc;
	unsigned turn;
	size_t i, n;

	(void)state;
	for (turn = 0; turn < 20000; turn++) {
		size_t size = next_random(&seed) % sizeof(bytes);
		struct decoded d;

		for (i = 0; i < size; i++)
			bytes[i] = (unsigned char)next_random(&seed);
		d = decode(machines[turn % 2], bytes, size, PC + next_random(&seed) % 128);
		for (n = 0, pc = PC; n < d.count; pc += d.list[n++].size)
			assert_int_equal(d.list[n].pc, pc);
		assert_true(pc <= PC + size);
		assert_true(pc == PC + size || d.list[d.count - 1].flow == FLOW_BAD);
		pc = code_after_prologue(d.code, bytes, size, PC);
		assert_true(pc >= PC && (pc == PC || pc < PC + size));
		code_close(d.code);
	}
}

static void test_machines(void **state)
{
	(void)state;
	assert_null(code_open(EM_386));
	assert_null(code_open(EM_NONE));
	code_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_amd64),        cmocka_unit_test(test_implies),
		cmocka_unit_test(test_unknown_flow), cmocka_unit_test(test_zeroes),
		cmocka_unit_test(test_prologue),     cmocka_unit_test(test_arm64_as_capstone),
		cmocka_unit_test(test_arm64_stores), cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_machines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
