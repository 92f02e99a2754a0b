/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's tracepoints that machines read, by name (Linux: include/trace/events/).
 */
#include "model/machine.h"

#include <string.h>

#include "base/memory.h"

enum tracepoint tracepoint_by_name(const struct source *s)
{
	static const struct {
		const char *name;
		enum tracepoint tracepoint;
	} names[] = {
		{ "sched:sched_switch", TRACE_SWITCH },
		{ "sched:sched_waking", TRACE_WAKING },
		{ "sched:sched_wakeup", TRACE_WAKEUP },
		{ "sched:sched_wakeup_new", TRACE_WAKEUP },
		{ "signal:signal_generate", TRACE_SIGNAL },
		{ "signal:signal_deliver", TRACE_DELIVERED },
		{ "preemptirq:preempt_disable", TRACE_PREEMPT_OFF },
		{ "preemptirq:preempt_enable", TRACE_PREEMPT_ON },
		{ "preemptirq:irq_disable", TRACE_IRQ_OFF },
		{ "preemptirq:irq_enable", TRACE_IRQ_ON },
	};
	size_t i;

	if (s->number == SOURCE_SOFTWARE || s->number == SOURCE_HARDWARE)
		return s->dummy ? TRACE_NONE : TRACE_CLOCK;
	if (s->number != SOURCE_TRACEPOINT || s->is_uprobe)
		return TRACE_NONE;
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(s->name, names[i].name))
			return names[i].tracepoint;
	return TRACE_NONE;
}
