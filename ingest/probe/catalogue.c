/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The runtime's sources of Go 1.17 to 1.27 (src/runtime: proc.go, panic.go, preempt.go, stack.go,
 * coro.go, signal_unix.go) and cmd/compile/abi-internal.md say which function is called when, and where
 * its arguments are. The argument names are those that the model knows; see model/machine.h.
 *
 * In user code %g is the goroutine. What the runtime does on the system stack has g0 there, and the
 * goroutine is an argument, or m.curg. A chain that ends in a nil pointer gives a stale value, as the
 * kernel does not clear what it cannot read: so only chains that are never nil are used, except in
 * functions that have no other way to tell, and there the pointer is fetched too.
 */
#include "ingest/probe/catalogue.h"

#include <ctype.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define SELF "goid=+g.goid(%g):u64"
#define GP "goid=+g.goid(%0):u64"
#define CURG "goid=+g.goid(+m.curg(+g.m(%g))):u64"
#define RET " ret=%ret:u64"
#define SP " sp=%sp:u64"
#define M " m=+m.id(+g.m(%g)):s64"
#define P " p=+p.id(+m.p(+g.m(%g))):s32" /* only where the thread has one */

/*
 * Profiler labels (src/runtime/pprof/label.go; src/runtime/map.go up to Go 1.23): the lengths of all pairs
 * in one piece, and so many bytes of each text. The kernel reads word by word, and what lies behind the
 * end of a page reads as 0.
 */
/* clang-format off */
#define PAIR(n, base, key, value) \
	" key" n "_bytes=+0(+" key base ":x64[4] value" n "_bytes=+0(+" value base ":x64[8]"
#define LIST "(+0(%0)))"
#define LABEL_LIST \
	SELF " labels=%0:u64 set_bytes=+0(%0):x64[2] pairs_bytes=+0(+0(%0)):x64[24]" \
	PAIR("0", LIST, "0", "16") PAIR("1", LIST, "32", "48") PAIR("2", LIST, "64", "80") \
	PAIR("3", LIST, "96", "112") PAIR("4", LIST, "128", "144") PAIR("5", LIST, "160", "176")
#define BUCKET "(+16(+0(%0))))"
#define LABEL_MAP \
	SELF " labels=%0:u64 map_bytes=+0(+0(%0)):x64[4] bucket_bytes=+0(+16(+0(%0))):x64[33]" \
	PAIR("0", BUCKET, "8", "136") PAIR("1", BUCKET, "24", "152") PAIR("2", BUCKET, "40", "168") \
	PAIR("3", BUCKET, "56", "184") PAIR("4", BUCKET, "72", "200") PAIR("5", BUCKET, "88", "216")
/* clang-format on */
/*
 * An interface (type, data): all that its value could be, as the type is not known here. Of a string, data
 * points to address and length; of a number, to the number. What is no address reads as anything.
 */
#define VALUE " type=%0:u64 value=%1:u64 word=+0(%1):u64 length=+8(%1):u64 text=+0(+0(%1)):x8[64]"
/* A string (address, length); and whether the thread is in a goroutine, as this may be the system stack. */
#define MESSAGE                                                                                    \
	" text=+0(%0):x8[64] length=%1:u64 curg=+m.curg(+g.m(%g)):u64"                             \
	" curgoid=+g.goid(+m.curg(+g.m(%g))):u64"

#define MINIMAL LEVEL_MINIMAL
#define DEFAULT LEVEL_DEFAULT
#define FULL LEVEL_FULL

/* clang-format off */
const struct catalogue_entry catalogue[] = {
	/* panics, recoveries, deaths, exits */
	{ "gopanic", "runtime.gopanic", SELF RET VALUE, 0, 0, MINIMAL, .activation = true,
	  .tells = "a panic begins" },
	{ "sigpanic", "runtime.sigpanic", SELF " pc=+g.sigpc(%g):u64", 0, 0, MINIMAL,
	  .tells = "a signal (a nil pointer, a division) becomes a panic" },
	{ "goPanicIndex", "runtime.goPanicIndex", SELF " index=%0:s64 length=%1:s64", 0, 25, MINIMAL,
	  .tells = "an index is out of range" },
	{ "panicBounds64", "runtime.panicBounds64", SELF " pc=%0:u64", 26, 0, MINIMAL,
	  .tells = "an index or a slice is out of range" },
	{ "gorecover", "runtime.gorecover", SELF RET, 0, 0, MINIMAL,
	  .tells = "recover() is called, with or without effect" },
	{ "recovery", "runtime.recovery", GP, 0, 0, MINIMAL, .tells = "a recover() took effect" },
	{ "Goexit", "runtime.Goexit", SELF RET, 0, 0, MINIMAL, .activation = true,
	  .tells = "runtime.Goexit runs all deferred calls" },
	{ "fatalpanic", "runtime.fatalpanic", SELF RET, 0, 0, MINIMAL,
	  .tells = "nothing recovered a panic" },
	{ "throw", "runtime.throw", SELF RET MESSAGE, 0, 0, MINIMAL,
	  .tells = "the runtime gives up; no deferred call is made" },
	{ "fatal", "runtime.fatal", SELF RET MESSAGE, 19, 0, MINIMAL,
	  .tells = "a fatal error (deadlock, map race); no deferred call is made" },
	{ "fatalthrow", "runtime.fatalthrow", CURG " curg=+m.curg(+g.m(%g)):u64", 0, 0, MINIMAL,
	  .tells = "the process dies of a fatal error" },
	{ "dopanic_m", "runtime.dopanic_m", GP, 0, 0, MINIMAL,
	  .tells = "the process dies of this goroutine" },
	{ "os_Exit", "os.Exit", SELF " code=%0:s32", 0, 0, MINIMAL, .tells = "os.Exit is called" },
	{ "exit", "runtime.exit", "code=+8(%sp):s32", 0, 0, MINIMAL, .assembly = true,
	  .tells = "the process exits" },

	/* goroutines from birth to death, defers, waits */
	{ "newproc1", "runtime.newproc1", "parent=+g.goid(%3):u64 fn=+0(%0):u64 ret=%4:u64", 0, 17,
	  DEFAULT, .tells = "a go statement makes a goroutine" },
	{ "newproc1", "runtime.newproc1", "parent=+g.goid(%1):u64 fn=+0(%0):u64 ret=%2:u64", 18, 0,
	  DEFAULT, .tells = "a go statement makes a goroutine" },
	{ "runqput", "runtime.runqput", "goid=+g.goid(%1):u64 startpc=+g.startpc(%1):u64", 0, 0,
	  DEFAULT, .tells = "a goroutine is put into a run queue; the first time, its number is new" },
	{ "execute", "runtime.execute", GP " startpc=+g.startpc(%0):u64" M P, 0, 0, DEFAULT,
	  .tells = "a goroutine begins to run on this thread" },
	{ "gopark", "runtime.gopark", SELF " reason=%2:u8" RET, 0, 0, DEFAULT,
	  .tells = "a goroutine is about to wait" },
	{ "ready", "runtime.ready", GP, 0, 0, DEFAULT, .tells = "a goroutine is woken" },
	{ "goschedImpl", "runtime.goschedImpl", GP, 0, 0, DEFAULT,
	  .tells = "a goroutine gives way, by itself or preempted" },
	{ "goyield_m", "runtime.goyield_m", GP, 0, 0, DEFAULT,
	  .tells = "a goroutine gives way to one that it has woken" },
	{ "preemptPark", "runtime.preemptPark", GP, 0, 0, DEFAULT,
	  .tells = "a goroutine is held by who preempted it" },
	{ "coroswitch_m", "runtime.coroswitch_m", GP " exit=+g.coroexit(%0):u8", 22, 0, DEFAULT,
	  .tells = "a goroutine hands its thread to another (iter.Pull)" },
	{ "goexit0", "runtime.goexit0", GP, 0, 0, DEFAULT, .tells = "a goroutine is dead" },
	{ "deferproc", "runtime.deferproc", SELF " fn=+0(%1):u64" RET SP, 0, 17, DEFAULT, .activation = true,
	  .tells = "a defer statement in a loop" },
	{ "deferproc", "runtime.deferproc", SELF " fn=+0(%0):u64" RET SP, 18, 0, DEFAULT, .activation = true,
	  .tells = "a defer statement in a loop" },
	{ "deferprocStack", "runtime.deferprocStack", SELF " fn=+0(+_defer.fn(%0)):u64" RET SP, 0, 0,
	  DEFAULT, .activation = true,
	  .tells = "a defer statement" },
	{ "deferrangefunc", "runtime.deferrangefunc", SELF RET, 22, 0, DEFAULT,
	  .tells = "a range over a function begins that can defer" },
	{ "deferprocat", "runtime.deferprocat", SELF " fn=+0(%0):u64" RET SP, 22, 0, DEFAULT, .activation = true,
	  .tells = "a defer statement in a range over a function" },
	{ "deferreturn", "runtime.deferreturn", SELF RET, 0, 0, DEFAULT, .activation = true,
	  .tells = "a function with deferred calls ends, or was recovered" },
	{ "setProfLabel", "runtime/pprof.runtime_setProfLabel", LABEL_MAP, 0, 23, DEFAULT,
	  .release = true, .tells = "a goroutine's profiler labels change" },
	{ "setProfLabel", "runtime/pprof.runtime_setProfLabel", LABEL_LIST, 24, 0, DEFAULT,
	  .release = true, .tells = "a goroutine's profiler labels change" },
	{ "newstack", "runtime.newstack", CURG, 0, 0, DEFAULT,
	  .tells = "a stack is too small, or a goroutine has to give way: a function begins again" },

	/* every change of state */
	{ "casgstatus", "runtime.casgstatus", GP " old=%1:u32 new=%2:u32", 0, 0, FULL,
	  .registers = true, .tells = "a goroutine's status changes" },
	{ "mcall", "runtime.mcall", SELF " why=+0(%0):u64", 0, 0, FULL,
	  .tells = "a goroutine leaves its thread; why: the function that goes on" },
	{ "gogo", "runtime.gogo",
	  "goid=+g.goid(+gobuf.g(+8(%sp))):u64 startpc=+g.startpc(+gobuf.g(+8(%sp))):u64", 0, 0, FULL,
	  .assembly = true, .tells = "a goroutine goes on, wherever it was" },
	{ "park_m", "runtime.park_m", GP, 0, 0, FULL, .tells = "a goroutine waits" },
	{ "gdestroy", "runtime.gdestroy", GP, 22, 0, FULL,
	  .tells = "a goroutine is dead, one of iter.Pull too" },
	{ "entersyscall", "runtime.entersyscall", SELF RET, 0, 0, FULL,
	  .tells = "a system call or a C function begins" },
	{ "entersyscallblock", "runtime.entersyscallblock", SELF RET, 0, 0, FULL,
	  .tells = "a system call begins that will block" },
	{ "exitsyscall", "runtime.exitsyscall", SELF, 0, 0, FULL, .tells = "it has ended" },
	{ "exitsyscall0", "runtime.exitsyscall0", GP, 0, 25, FULL,
	  .tells = "it has ended, and no processor is free" },
	{ "exitsyscallNoP", "runtime.exitsyscallNoP", GP, 26, 0, FULL,
	  .tells = "it has ended, and no processor is free" },
	{ "morestack", "runtime.morestack", SELF RET, 0, 0, FULL, .assembly = true,
	  .tells = "a function finds the stack too small" },
	{ "copystack", "runtime.copystack", GP " size=%1:u64", 0, 0, FULL, .tells = "a stack moves" },
	{ "nextDefer", "runtime.(*_panic).nextDefer",
	  SELF " panic=%0:u64 deferreturn=+_panic.deferreturn(%0):u8 goexit=+_panic.goexit(%0):u8", 22,
	  0, FULL, .tells = "the next deferred call is looked for" },
	{ "deferCallSave", "runtime.deferCallSave", SELF " fn=+0(%1):u64", 0, 21, FULL,
	  .tells = "an open-coded deferred call is made by a panic" },

	/* preemption, stops of the world */
	{ "preemptone", "runtime.preemptone", "goid=+g.goid(+m.curg(+p.m(%0))):u64", 0, 0, FULL,
	  .tells = "a goroutine is asked to give way" },
	{ "suspendG", "runtime.suspendG", GP, 0, 0, FULL, .tells = "the collector wants it to stop" },
	{ "signalM", "runtime.signalM", "thread=+m.procid(%0):u64 sig=%1:s32", 0, 0, FULL,
	  .tells = "a thread is sent a signal" },
	{ "doSigPreempt", "runtime.doSigPreempt", GP, 0, 0, FULL,
	  .tells = "the signal has come; goid 0: its thread is not in a goroutine" },
	{ "isAsyncSafePoint", "runtime.isAsyncSafePoint", GP " pc=%1:u64", 0, 0, FULL,
	  .tells = "may it be preempted at this address?" },
	{ "asyncPreempt", "runtime.asyncPreempt", SELF " pc=%ret:u64", 0, 0, FULL, .assembly = true,
	  .tells = "it is preempted at this address" },
	{ "asyncPreempt2", "runtime.asyncPreempt2", SELF, 0, 0, FULL, .tells = "it is preempted" },
	{ "stopTheWorldWithSema", "runtime.stopTheWorldWithSema", CURG, 0, 20, FULL,
	  .tells = "all goroutines are stopped" },
	{ "stopTheWorldWithSema", "runtime.stopTheWorldWithSema", CURG " reason=%0:u8", 21, 0, FULL,
	  .tells = "all goroutines are stopped" },
	{ "startTheWorldWithSema", "runtime.startTheWorldWithSema", CURG, 0, 0, FULL,
	  .tells = "they may run again" },

	/* threads and processors */
	{ "wirep", "runtime.wirep", "p=+p.id(%0):s32" M, 0, 0, FULL,
	  .tells = "a thread takes a processor" },
	{ "releasep", "runtime.releasep", "p=+p.id(+m.p(+g.m(%g))):s32", 0, 0, FULL,
	  .tells = "a thread gives its processor back" },
	{ "handoffp", "runtime.handoffp", "p=+p.id(%0):s32", 0, 0, FULL,
	  .tells = "a processor is taken from a thread that is in a system call" },
	{ "startm", "runtime.startm", "p=+p.id(%0):s32", 0, 0, FULL,
	  .tells = "a thread is started for a processor" },
	{ "stopm", "runtime.stopm", "thread=+m.procid(+g.m(%g)):u64", 0, 0, FULL,
	  .tells = "a thread goes to sleep" },
	{ "newm", "runtime.newm", "m=%2:s64", 0, 0, FULL, .tells = "a new thread is wanted" },
};
/* clang-format on */

const size_t catalogue_size = sizeof(catalogue) / sizeof(catalogue[0]);

#define REGISTER_ABI_AMD64 17 /* Go 1.17 and later */
#define REGISTER_ABI_ARM64 18
#define STACK_ARGUMENTS 8 /* from the stack pointer at the entry to the first argument */
#define WORD 8

bool calling_of(uint16_t machine, int minor, struct calling *c)
{
	static const struct calling known[] = {
		{ { "ax", "bx", "cx", "di", "si", "r8", "r9", "r10", "r11" },
		  .g = "r14",
		  .frame = "%bp",
		  .machine = EM_X86_64 },
		{ { "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8" },
		  .g = "x28",
		  .frame = "%x29",
		  .link = "x30",
		  .machine = EM_AARCH64 },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].machine != machine)
			continue;
		*c = known[i];
		c->stack = minor &&
			   minor < (machine == EM_X86_64 ? REGISTER_ABI_AMD64 : REGISTER_ABI_ARM64);
		return true;
	}
	return false;
}

/* ---- the words of a place ------------------------------------------------------------------- */

struct place {
	const struct calling *calling;
	const struct layout *layout;
	int32_t shift;
};

/* Memory at an offset from where the stack pointer was at the entry. */
static bool put_stack(const struct place *p, long offset, struct buffer *out)
{
	if (p->shift < 0)
		return false;
	buffer_format(out, "%+ld(%%sp)", offset + p->shift);
	return true;
}

/* "%…": a register, or what stands for it. *at moves behind it. */
static bool put_register(const struct place *p, const char **at, struct buffer *out)
{
	const char *name = *at + 1;
	size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789");
	const struct calling *c = p->calling;

	*at = name + size;
	if (size == 1 && isdigit((unsigned char)*name)) {
		if (c->stack)
			return put_stack(p, STACK_ARGUMENTS + WORD * (*name - '0'), out);
		buffer_format(out, "%%%s", c->arguments[*name - '0']);
	} else if (size == 1) {
		buffer_format(out, "%%%s", c->g);
	} else if (!strncmp(name, "ret", size)) {
		if (!c->link)
			return put_stack(p, 0, out);
		buffer_format(out, "%%%s", c->link);
	} else {
		buffer_text(out, "%sp");
	}
	return true;
}

/* "+…(": a number or a field. *at moves behind it, or behind all of "+N(%sp)". */
static bool put_offset(const struct place *p, const char **at, struct buffer *out)
{
	static const char of_stack[] = "(%sp)";
	const char *word = *at + 1, *paren = strchr(word, '(');
	char field[32];
	size_t size = (size_t)(paren - word);
	int64_t offset;

	*at = paren + 1;
	if (isdigit((unsigned char)*word)) {
		offset = strtol(word, NULL, 10);
		if (!strncmp(paren, of_stack, sizeof(of_stack) - 1)) {
			*at = paren + sizeof(of_stack) - 1;
			return put_stack(p, offset, out);
		}
	} else {
		if (size >= sizeof(field))
			BUG("a field with a name of %zu bytes", size);
		memcpy(field, word, size);
		field[size] = '\0';
		offset = layout_offset(p->layout, field);
		if (offset < 0)
			return false;
	}
	buffer_format(out, "%+lld(", (long long)offset);
	return true;
}

/* One argument, from `at` to `end`. False: it cannot be said. */
static bool put_argument(const struct place *p, const char *at, const char *end, struct buffer *out)
{
	bool fits = true;

	while (at < end && fits) {
		if (*at == '%')
			fits = put_register(p, &at, out);
		else if (*at == '+')
			fits = put_offset(p, &at, out);
		else
			buffer_add(out, at++, 1);
	}
	return fits;
}

unsigned catalogue_args(const char *args, const struct calling *c, const struct layout *l,
			int32_t shift, struct buffer *out)
{
	const struct place p = { c, l, shift };
	const char *end;
	unsigned missing = 0;

	for (; *args; args = *end ? end + 1 : end) {
		size_t before = out->size;

		end = strchrnul(args, ' ');
		if (before)
			buffer_text(out, " ");
		if (!put_argument(&p, args, end, out)) {
			out->size = before;
			missing++;
		}
	}
	if (out->data)
		out->data[out->size] = '\0';
	return missing;
}
