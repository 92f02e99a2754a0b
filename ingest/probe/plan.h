/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which uprobes to set in a Go program, and the perf record line that goes with them.
 *
 * No probe stands where Delve plants a breakpoint: the kernel takes such a trap for its own, and the
 * debugger never stops there.
 */
#ifndef GOTRACE_INGEST_PROBE_PLAN_H
#define GOTRACE_INGEST_PROBE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

enum probe_level {
	LEVEL_MINIMAL, /* panics, recoveries, deaths, exits: next to no cost */
	LEVEL_DEFAULT, /* and goroutines from birth to death, defers, waits */
	LEVEL_FULL,    /* and every change of state, preemption, stack growth */
};

struct plan_request {
	const char *binary; /* path; NULL with pid */
	int32_t pid;        /* of a running program, whose own file is taken; 0: none */
	const char *const *specs;
	size_t spec_count;
	enum probe_level level;
	const char *group; /* of the events, "probe_app"; NULL: made from the binary's name */
};

struct probe_point {
	char *event;    /* "gopanic", "b1_main_go_42" */
	char *function; /* around it, as Go writes it */
	uint64_t pc;    /* ELF virtual address */
	uint64_t file_offset;
	char *args; /* fetch arguments, as uprobe_events takes them: "goid=+152(%r14):u64"; may be "" */
	char *definition;  /* the whole line for uprobe_events */
	char *perf;        /* the same as arguments of perf probe; NULL: perf cannot say it */
	const char *tells; /* what a hit means, a few words */
	char *spec;        /* the breakpoint it stands for; NULL: the runtime's */
	uint64_t place;    /* where a debugger would stop for `spec`; executed whenever `pc` is */
	bool emulated;     /* the kernel carries out the instruction at `pc` itself */
	bool exact;        /* and only then: hits are its executions; false: at most some of them */
};

/* What could not be done, or what the user should know. One sentence each. */
struct plan {
	char *binary; /* the file to probe, as the kernel must be told */
	char *group;
	char *go_version; /* NULL: not known */
	char *layout;     /* "dwarf", "version", "unknown": where the struct offsets come from */
	struct probe_point *points;
	size_t point_count, point_capacity;
	char **notes;
	size_t note_count, note_capacity;
};

/*
 * Reads the program and plans. What cannot be done is a note; an error is a program that cannot be
 * read, or a request that makes no sense. The caller frees in either case.
 */
int plan_make(struct plan *p, const struct plan_request *r, struct error *err);
void plan_free(struct plan *p);

/*
 * The words of the perf record command for a plan, from "perf" on and without the program to run:
 * events, clock, ring size, call graphs. For people (quoted where a shell needs it) and for execvp().
 */
struct words {
	char **items; /* ends with NULL */
	size_t count, capacity;
};
struct record_request {
	const char *output; /* perf.data */
	int32_t pid;        /* 0: none */
	bool no_switches;   /* without the kernel's scheduler and signal tracepoints */
};
void plan_record_words(const struct plan *p, const struct record_request *r, struct words *w);
void words_free(struct words *w);
/* Adds the words to a text as a shell has to be given them. */
void words_put(struct buffer *b, const struct words *w);

#endif
