/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The functions of the Go runtime that tell something when they are entered.
 *
 * From the runtime's sources of Go 1.17 to 1.27: src/runtime/proc.go, panic.go, stack.go, preempt.go.
 * `restarts`: the function is neither nosplit nor run on the system stack, so its prologue can find
 * the stack too small, or a request to give way there, and begin again.
 */
#include "model/machine.h"

#include <string.h>

#include "base/memory.h"

static const struct runtime_function functions[] = {
	/* scheduling */
	{ "execute", ROLE_EXECUTE, true, false },
	{ "gopark", ROLE_PARK, false, true },
	{ "park_m", ROLE_PARKED, true, false },
	{ "ready", ROLE_READY, true, false },
	{ "goready", ROLE_READY, false, true },
	{ "goschedImpl", ROLE_YIELD, true, false },
	{ "gosched_m", ROLE_YIELD, true, false },
	{ "goyield_m", ROLE_YIELD, true, false },
	{ "gopreempt_m", ROLE_YIELD, true, false },
	{ "preemptPark", ROLE_PREEMPTED, true, false },
	{ "casgstatus", ROLE_STATUS, true, false },
	{ "entersyscall", ROLE_SYSCALL, false, false },
	{ "reentersyscall", ROLE_SYSCALL, false, false },
	{ "entersyscallblock", ROLE_SYSCALL, false, false },
	{ "exitsyscall", ROLE_SYSCALL_END, false, false },
	{ "exitsyscall0", ROLE_SYSCALL_SLOW, true, false },
	{ "exitsyscallNoP", ROLE_SYSCALL_SLOW, true, false },
	{ "newproc1", ROLE_BIRTH, true, false },
	{ "runqput", ROLE_QUEUED, true, false },
	{ "mcall", ROLE_LEAVE, false, false },
	{ "gogo", ROLE_GOGO, true, false },
	{ "coroswitch_m", ROLE_COROSWITCH, true, false },
	{ "setProfLabel", ROLE_LABELS, false, true }, /* of runtime/pprof: proflabel.go */
	{ "goexit1", ROLE_RETURNED, false, true },
	{ "goexit0", ROLE_ENDED, true, false },
	{ "gdestroy", ROLE_ENDED, true, false },
	/* processors */
	{ "wirep", ROLE_ACQUIRED, true, false },
	{ "releasep", ROLE_RELEASED, true, false },
	{ "handoffp", ROLE_HANDED_OFF, true, false },
	{ "stopm", ROLE_IDLE, true, false },
	/* defer, panic, exit */
	{ "deferproc", ROLE_DEFER_HEAP, false, true },
	{ "deferprocStack", ROLE_DEFER_STACK, false, false },
	{ "deferprocat", ROLE_DEFER_RANGE, false, true },
	{ "deferreturn", ROLE_DEFER_RETURN, false, true },
	{ "deferCallSave", ROLE_DEFER_CALL, false, true },
	{ "gopanic", ROLE_PANIC, false, true },
	{ "recovery", ROLE_RECOVERY, true, false },
	{ "Goexit", ROLE_GOEXIT, false, true },
	{ "fatalpanic", ROLE_FATAL_PANIC, false, false },
	{ "preprintpanics", ROLE_FATAL_PANIC, false, true },
	{ "dopanic_m", ROLE_DIES, true, false },
	{ "throw", ROLE_FATAL, true, false },
	{ "fatal", ROLE_FATAL, true, false },
	{ "fatalthrow", ROLE_FATAL, true, false },
	{ "exit", ROLE_EXIT, true, false },
	/* preemption */
	{ "asyncPreempt2", ROLE_GRANTED, false, false },
	{ "preemptone", ROLE_ASK, true, false },
	{ "suspendG", ROLE_SCAN, true, false },
	{ "doSigPreempt", ROLE_SIGNALLED, true, false },
	{ "isAsyncSafePoint", ROLE_WANTED, true, false },
	{ "stopTheWorldWithSema", ROLE_STOP, true, false },
	{ "startTheWorldWithSema", ROLE_START, true, false },
	/* known, and of no use to a machine yet */
	{ "newproc", ROLE_OTHER, false, true },
	{ "deferrangefunc", ROLE_OTHER, false, true },
	{ "deferconvert", ROLE_OTHER, false, true },
	{ "gorecover", ROLE_OTHER, false, false },
	{ "sigpanic", ROLE_OTHER, false, true },
	{ "goPanicIndex", ROLE_OTHER, false, true },
	{ "panicBounds64", ROLE_OTHER, false, true },
	{ "asyncPreempt", ROLE_OTHER, false, false },
	{ "startpanic_m", ROLE_OTHER, true, false },
	{ "printpanics", ROLE_OTHER, true, false },
	{ "signalM", ROLE_OTHER, true, false },
	{ "resumeG", ROLE_OTHER, true, false },
	{ "sighandler", ROLE_OTHER, true, false },
	{ "morestack", ROLE_OTHER, false, false },
	{ "newstack", ROLE_OTHER, true, false },
	{ "copystack", ROLE_OTHER, true, false },
	{ "schedule", ROLE_OTHER, true, false },
	{ "findRunnable", ROLE_OTHER, true, false },
	{ "findrunnable", ROLE_OTHER, true, false },
	{ "(*_panic).start", ROLE_OTHER, false, true },
	{ "(*_panic).nextDefer", ROLE_OTHER, false, true },
	{ "(*_panic).nextFrame", ROLE_OTHER, false, true },
};

static const struct runtime_function *find(const char *name, size_t size)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(functions); i++)
		if (!strncmp(functions[i].name, name, size) && !functions[i].name[size])
			return &functions[i];
	return NULL;
}

const struct runtime_function *runtime_function(const char *name)
{
	static const char package[] = "runtime.", assembly[] = ".abi0";
	static const char set_labels[] = "runtime/pprof.runtime_setProfLabel";
	size_t size;

	/* The runtime's by its source, another package's by its name (go:linkname). */
	if (!strcmp(name, set_labels))
		return find("setProfLabel", strlen("setProfLabel"));
	if (strncmp(name, package, sizeof(package) - 1))
		return NULL;
	name += sizeof(package) - 1;
	size = strlen(name);
	/* An assembly function has a suffix in the symbol table; a wrapper with it is none of ours. */
	if (size > sizeof(assembly) - 1 &&
	    !strcmp(name + size - (sizeof(assembly) - 1), assembly)) {
		size -= sizeof(assembly) - 1;
		if (strncmp(name, "exit", size) && strncmp(name, "morestack", size) &&
		    strncmp(name, "asyncPreempt", size) && strncmp(name, "gogo", size))
			return NULL;
	}
	return find(name, size);
}

const struct runtime_function *runtime_function_by_event(const char *event)
{
	const char *name = strchr(event, ':');
	size_t size, digits;

	name = name ? name + 1 : event;
	size = strlen(name);
	if (strstr(name, "__return"))
		return NULL;
	/* perf numbers the probes of one name: gopanic, gopanic_1 … */
	for (digits = 0; digits < size && strchr("0123456789", name[size - digits - 1]); digits++)
		;
	if (digits && digits < size && name[size - digits - 1] == '_' && !find(name, size))
		size -= digits + 1;
	return find(name, size);
}
