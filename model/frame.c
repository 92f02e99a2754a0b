/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Activations: which call of a function an event belongs to, and how two of them lie on the stack.
 *
 * Two calls out of one activation have the same number. Where the probe fetches sp and hi (the upper
 * end of the goroutine's stack), it is the depth in bytes, which survives moves of the stack. Else it
 * is the recorded stack without the entered function: at a function's entry the frame pointer is not
 * yet pushed, so its direct caller is missing, but the callers of that one are all there.
 */
#include "model/machine.h"

/* perf keeps 127 frames; of a longer stack the outermost are missing, and depths look the same. */
#define STACK_LIMIT 120

int64_t frame_of_callee(const struct model *m, uint32_t stack)
{
	uint32_t up;
	int depth;

	if (!stack || !m->resolver.caller)
		return NO_VALUE;
	stack = m->resolver.caller(m->resolver.arg, stack);
	if (!stack)
		return NO_VALUE;
	for (up = stack, depth = 0; up && depth < STACK_LIMIT; depth++)
		up = m->resolver.caller(m->resolver.arg, up);
	return up ? NO_VALUE : (int64_t)stack | FRAME_STACK;
}

int64_t event_frame(const struct model *m, const struct event *e)
{
	int64_t sp = event_field(e, FIELD_SP), hi = event_field(e, FIELD_HI);

	if (sp != NO_VALUE && hi != NO_VALUE && hi > sp && hi - sp < FRAME_STACK)
		return hi - sp;
	return frame_of_callee(m, e->sample.stack);
}

int64_t frame_caller(const struct model *m, int64_t frame)
{
	uint32_t up;

	if (frame == NO_VALUE || !(frame & FRAME_STACK))
		return NO_VALUE;
	up = m->resolver.caller(m->resolver.arg, (uint32_t)(frame & ~FRAME_STACK));
	return up ? (int64_t)up | FRAME_STACK : NO_VALUE;
}

/* The stack and all outwards of it; returns how many. */
static int path(const struct model *m, int64_t frame, uint32_t nodes[STACK_LIMIT])
{
	uint32_t up = (uint32_t)(frame & ~FRAME_STACK);
	int depth;

	for (depth = 0; up && depth < STACK_LIMIT; depth++) {
		nodes[depth] = up;
		up = m->resolver.caller(m->resolver.arg, up);
	}
	return depth;
}

static enum relation stack_relation(const struct model *m, int64_t a, int64_t b)
{
	uint32_t as[STACK_LIMIT], bs[STACK_LIMIT];
	int a_count = path(m, a, as), b_count = path(m, b, bs);

	/* From the root on both have the same nodes as long as they have the same frames. */
	if (!a_count || !b_count || as[a_count - 1] != bs[b_count - 1])
		return FRAME_UNKNOWN; /* one of them was not walked to its end */
	if (a_count > b_count && as[a_count - b_count] == bs[0])
		return FRAME_DEEPER;
	if (b_count > a_count && bs[b_count - a_count] == as[0])
		return FRAME_SHALLOWER;
	return FRAME_ELSEWHERE;
}

enum relation frame_relation(const struct model *m, int64_t a, int64_t b)
{
	if (a == NO_VALUE || b == NO_VALUE || (a & FRAME_STACK) != (b & FRAME_STACK))
		return FRAME_UNKNOWN;
	if (a == b)
		return FRAME_SAME;
	if (!(a & FRAME_STACK))
		return a > b ? FRAME_DEEPER : FRAME_SHALLOWER;
	return stack_relation(m, a, b);
}

/*
 * The activation of the deferreturn that follows a recovery. It is the one that panicked, or one
 * further out. Up to Go 1.20 or so the runtime leaves the frame pointer where gopanic had it, so that
 * the recorded stack is that of the panic, partly overwritten: then there is no saying which it is.
 */
int64_t frame_after_recovery(const struct model *m, const struct event *e, int64_t panic)
{
	int64_t frame = event_frame(m, e);
	enum relation r = frame_relation(m, frame, panic);

	return r == FRAME_SAME || r == FRAME_SHALLOWER ? frame : NO_VALUE;
}
