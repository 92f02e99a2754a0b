/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which instructions the kernel carries out itself: arch/x86/kernel/uprobes.c (branch_setup_xol_ops(),
 * push_setup_xol_ops()), arch/arm64/kernel/probes/decode-insn.c. How it walks a user's stack:
 * perf_callchain_user() of the same architectures.
 */
#include "ingest/probe/hit_cost.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "ingest/probe/tracefs.h"

#define FRAMES 8
#define ROUNDS 9
#define CALLS 100        /* in a round; what they write must fit into the ring */
#define RING_PAGES 32    /* a power of 2 */
#define MANY_FETCHES 64  /* the most that an array can have */
#define PATIENCE_MS 5000 /* for the kernel to let go of a probe */

/* ---- places to probe -------------------------------------------------------------------------- */

/*
 * Functions whose frame pointer is their argument, so that the kernel walks a chain of frames made for
 * it; and in each an instruction of the one kind or the other.
 */
#if defined(__x86_64__)
#define BEGIN "push %rbp\n\tmov %rdi, %rbp\n"
#define EMULATED "push %rbx\n\tpop %rbx\n"
#define STEPPED "mov %rdi, %rax\n"
#define END "pop %rbp\n\tret\n"
#elif defined(__aarch64__)
#define BEGIN "stp x29, x30, [sp, #-16]!\n\tmov x29, x0\n"
#define EMULATED "b 1f\n1:\n"
#define STEPPED "mov x1, x0\n"
#define END "ldp x29, x30, [sp], #16\n\tret\n"
#endif

typedef void place_function(const void *frames);

#ifdef BEGIN
#define PLACE(name, instruction)                                                                   \
	__asm__(".text\n\t.balign 16\n\t.hidden " name "\n\t.globl " name "\n\t.hidden " name      \
		"_at\n\t.globl " name "_at\n\t.type " name ", %function\n" name ":\n\t" BEGIN name \
		"_at:\n\t" instruction "\t" END "\t.size " name ", . - " name "\n")

PLACE("hit_cost_emulated", EMULATED);
PLACE("hit_cost_stepped", STEPPED);
PLACE("hit_cost_fetching", EMULATED);

extern place_function hit_cost_emulated, hit_cost_stepped, hit_cost_fetching;
extern const char hit_cost_emulated_at[], hit_cost_stepped_at[], hit_cost_fetching_at[];

static const struct place {
	const char *event;
	place_function *function;
	const char *at;
	const char *args;
} places[] = {
	{ "emulated", hit_cost_emulated, hit_cost_emulated_at, "a=+0(%sp):u64" },
	{ "stepped", hit_cost_stepped, hit_cost_stepped_at, "a=+0(%sp):u64" },
	{ "fetching", hit_cost_fetching, hit_cost_fetching_at, "a=+0(%sp):x64[64]" },
};
#else
static const struct place {
	const char *event;
	place_function *function;
	const char *at;
	const char *args;
} places[] = { { NULL, NULL, NULL, NULL } };
#endif

struct wanted {
	uintptr_t address;
	uint64_t offset;
};

/* Where in its file an address of this program lies: the segment that holds it says. */
static int find_offset(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct wanted *w = arg;
	size_t i;

	(void)size;
	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t begin = info->dlpi_addr + p->p_vaddr;

		if (p->p_type != PT_LOAD || w->address < begin || w->address - begin >= p->p_filesz)
			continue;
		w->offset = w->address - begin + p->p_offset;
		return 1;
	}
	return -1; /* the first is the program; it is not in a library */
}

/* ---- perf ------------------------------------------------------------------------------------- */

struct counter {
	int fd;
	struct perf_event_mmap_page *ring;
	size_t size;
};

static uint64_t event_id(const char *folder, const char *group, const char *event)
{
	char *path = xasprintf("%s/events/%s/%s/id", folder, group, event);
	unsigned long long id = 0;
	FILE *in = fopen(path, "re");

	if (!in || fscanf(in, "%llu", &id) != 1)
		id = 0;
	if (in)
		fclose(in);
	free(path);
	return id;
}

static int open_counter(struct counter *c, uint64_t id, struct error *err)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = id,
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID |
			       PERF_SAMPLE_TIME | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_CPU |
			       PERF_SAMPLE_PERIOD | PERF_SAMPLE_RAW,
		.sample_id_all = 1,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
	};
	void *ring;

	c->size = (size_t)(RING_PAGES + 1) * (size_t)sysconf(_SC_PAGESIZE);
	c->fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (c->fd < 0)
		return error_set(err, STATUS_UNREADABLE, "perf_event_open: %m");
	ring = mmap(NULL, c->size, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, 0);
	if (ring != MAP_FAILED) {
		c->ring = ring;
		return 0;
	}
	close(c->fd);
	return error_set(err, STATUS_UNREADABLE, "no room for a ring: %m");
}

static void close_counter(struct counter *c)
{
	munmap(c->ring, c->size);
	close(c->fd);
}

/* ---- measuring -------------------------------------------------------------------------------- */

/* Time of this thread on a CPU: what others do meanwhile costs it nothing. */
static int64_t thread_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The median of the rounds, ns for a hit. The first round, which fills caches, is none of them. */
static int64_t median(struct counter *c, place_function *function)
{
	struct {
		const void *next;
		uintptr_t from;
	} frames[FRAMES + 1] = { 0 };
	int64_t rounds[ROUNDS + 1], begin;
	size_t i, round;

	for (i = 0; i < FRAMES; i++) {
		frames[i].next = &frames[i + 1];
		frames[i].from = (uintptr_t)function;
	}
	for (round = 0; round <= ROUNDS; round++) {
		begin = thread_ns();
		for (i = 0; i < CALLS; i++)
			function(frames);
		rounds[round] = (thread_ns() - begin) / CALLS;
		/* All of it is read. */
		__atomic_store_n(&c->ring->data_tail,
				 __atomic_load_n(&c->ring->data_head, __ATOMIC_ACQUIRE),
				 __ATOMIC_RELEASE);
	}
	qsort(rounds + 1, ROUNDS, sizeof(*rounds), ascending);
	return rounds[1 + ROUNDS / 2];
}

static int measure(const char *folder, const char *group, const char *binary, const struct place *p,
		   int64_t *cost, struct error *err)
{
	struct wanted at = { .address = (uintptr_t)p->at };
	struct counter c = { 0 };
	char *definition;
	int rc;

	if (dl_iterate_phdr(find_offset, &at) != 1)
		return error_set(err, STATUS_UNREADABLE, "gotrace does not find its own code");
	definition = xasprintf("p:%s/%s %s:0x%llx %s", group, p->event, binary,
			       (unsigned long long)at.offset, p->args);
	rc = tracefs_add(folder, definition, err);
	free(definition);
	if (rc || open_counter(&c, event_id(folder, group, p->event), err))
		return -1;
	*cost = median(&c, p->function);
	close_counter(&c);
	return 0;
}

int hit_cost_measure(const char *folder, const char *group, struct hit_cost *cost,
		     struct error *err)
{
	int64_t ns[ARRAY_SIZE(places)] = { 0 };
	char binary[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", binary, sizeof(binary) - 1);
	struct error after;
	size_t i;
	int rc = 0;

	*cost = (struct hit_cost){ 0 };
	if (!places[0].event)
		return error_set(err, STATUS_UNREADABLE, "not known on this processor");
	if (size <= 0)
		return error_set(err, STATUS_UNREADABLE, "cannot read /proc/self/exe: %m");
	binary[size] = '\0';
	for (i = 0; !rc && i < ARRAY_SIZE(places); i++)
		rc = measure(folder, group, binary, &places[i], &ns[i], err);
	if (tracefs_remove(folder, group, PATIENCE_MS, rc ? &after : err))
		rc = -1;
	if (rc)
		return -1;
	cost->emulated = ns[0];
	cost->stepped = ns[1];
	cost->fetch = ns[2] > ns[0] ? (ns[2] - ns[0]) / (MANY_FETCHES - 1) : 0;
	return 0;
}

/* Words that are read from memory: one for each parenthesis; at the last one, as many as the array has. */
static int64_t fetches(const char *args)
{
	int64_t count = 0, array;
	const char *p;

	for (p = args; *p; p++) {
		if (*p == '(')
			count++;
		array = *p == '[' ? strtol(p + 1, NULL, 10) : 0;
		if (array > 1 && array <= MANY_FETCHES)
			count += array - 1;
	}
	return count;
}

int64_t hit_cost_of(const struct hit_cost *cost, bool emulated, const char *args)
{
	int64_t count = fetches(args), base = emulated ? cost->emulated : cost->stepped;

	return base + (count > 1 ? count - 1 : 0) * cost->fetch;
}
