/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Feeds a model by hand and reads the rows back, for the unit tests of model/.
 *
 *     struct feed f;
 *     feed_begin(&f, FEED_LEDGER);
 *     gopanic = feed_probe(&f, "runtime.gopanic", "goid ret");
 *     feed(&f, gopanic, 100, 0, 7, (int64_t[]){ 18, 0x1010 });      at 100 ns on CPU 0, thread 7
 *     feed_end(&f);
 *     feed_expect(&f, "SELECT count(*) FROM panic", "1\n");
 *     feed_free(&f);
 *
 * All threads are of process FEED_PID unless feed_pid() says otherwise. Addresses 0x1000 … 0x1fff are
 * the function main.f1, 0x2000 … main.f2, and so on to main.f4; then comes runtime.asyncPreempt. At
 * FEED_RUNTIME + n begins feed_runtime[n]. Stacks are numbered by the test: feed_stack() names the
 * caller of one. The kernel has a few functions: see feed_kernel().
 */
#ifndef GOTRACE_TESTS_UNIT_MODEL_FEED_H
#define GOTRACE_TESTS_UNIT_MODEL_FEED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "model/model.h"
#include "sql/db.h"

#define FEED_PID 5
#define FEED_RUNTIME 0x8000

enum {
	FEED_LEDGER = 1, /* perf would tell what each source lost */
	FEED_TRUNCATED = 2,
	FEED_OVERWRITE = 4,
};

struct feed {
	struct db *db;
	struct model *m;
	sqlite3 *sql;
	struct error err;
	char path[64];
	int64_t id;
	int32_t pid;
	uint32_t stack; /* of the next samples */
	int64_t period;
	int flags;
	uint32_t callers[64];
	const char *kernel_frames[64]; /* innermost kernel function, by stack; NULL: none */
	const char *functions[64];     /* of the innermost frame of a stack; NULL: not known */
	struct source *sources[32];
	struct field *fields[32];
	char *texts[32];
	uint32_t source_count;
};

static inline void feed_ok(struct feed *f, int result)
{
	if (result)
		fail_msg("%s", f->err.text);
}

static const char *const feed_runtime[] = {
	"runtime.park_m",       "runtime.gosched_m", "runtime.goexit0",      "runtime.exitsyscall0",
	"runtime.coroswitch_m", "runtime.recovery",  "runtime.unheard_of_m",
};

#define GRANTS "runtime.asyncPreempt"

static inline bool feed_place(void *arg, int32_t pid, uint64_t address, bool is_return,
			      struct place *place)
{
	static const char *const names[] = { NULL,      "main.f1", "main.f2",
					     "main.f3", "main.f4", GRANTS };

	(void)arg;
	(void)pid;
	(void)is_return;
	if (address >= FEED_RUNTIME && address < FEED_RUNTIME + ARRAY_SIZE(feed_runtime)) {
		place->function = feed_runtime[address - FEED_RUNTIME];
		place->offset = 0;
		place->pc = address;
		return true;
	}
	if (address < 0x1000 || address >= 0x6000)
		return false;
	place->function = names[address / 0x1000];
	place->offset = address % 0x1000;
	place->pc = address;
	return true;
}

/* Plain code, an unsafe point, assembly, what a user's function inlined of reflect, then as named, then foreign. */
static inline enum code_kind feed_code(void *arg, int32_t pid, uint64_t address, uint64_t *pc,
				       const char **function)
{
	static const enum code_kind kinds[] = { CODE_UNKNOWN,  CODE_PLAIN,  CODE_UNSAFE,
						CODE_ASSEMBLY, CODE_UNSAFE, CODE_ASSEMBLY,
						CODE_FOREIGN };

	(void)arg;
	(void)pid;
	*pc = address;
	*function = address / 0x1000 == 4 ? "reflect.f" : address / 0x1000 == 5 ? GRANTS : NULL;
	return address / 0x1000 < ARRAY_SIZE(kinds) ? kinds[address / 0x1000] : CODE_UNKNOWN;
}

static inline uint32_t feed_caller(void *arg, uint32_t stack)
{
	const struct feed *f = arg;

	return stack < ARRAY_SIZE(f->callers) ? f->callers[stack] : 0;
}

static inline const char *feed_kernel_frame(void *arg, uint32_t stack)
{
	const struct feed *f = arg;

	return stack < ARRAY_SIZE(f->kernel_frames) ? f->kernel_frames[stack] : NULL;
}

/* Types have addresses from 0x9000 on, and 0x100 bytes each; see feed_types. */
static const struct value_type feed_types[] = {
	{ "string", VALUE_STRING, 0 },   { "int8", VALUE_SIGNED, 1 },
	{ "uint64", VALUE_UNSIGNED, 8 }, { "bool", VALUE_BOOL, 1 },
	{ "main.T", VALUE_OTHER, 0 },
};

static inline bool feed_type(void *arg, int32_t pid, uint64_t code, uint64_t address,
			     struct value_type *type)
{
	(void)arg;
	(void)pid;
	if (!code || address < 0x9000 || address >= 0x9000 + 0x100 * ARRAY_SIZE(feed_types))
		return false;
	*type = feed_types[(address - 0x9000) / 0x100];
	return true;
}

/* A call of recover() drops what it gets where its address is even. */
static inline int feed_drops(void *arg, int32_t pid, uint64_t address)
{
	(void)arg;
	(void)pid;
	return !(address % 2);
}

/* The function that the test gives a stack; see feed.functions. */
static inline bool feed_frame(void *arg, uint32_t stack, struct place *place)
{
	const struct feed *f = arg;

	*place = (struct place){ .line = NO_VALUE };
	if (stack < ARRAY_SIZE(f->functions))
		place->function = f->functions[stack];
	return place->function != NULL;
}

static inline const char *feed_kernel(void *arg, int64_t offset)
{
	static const char *const names[] = { NULL, "_raw_spin_lock", "up_read", "irq_enter_rcu",
					     "perf_iterate_sb" };

	(void)arg;
	return offset > 0 && offset < (int64_t)ARRAY_SIZE(names) ? names[offset] : NULL;
}

static inline void feed_begin(struct feed *f, int flags)
{
	struct recording r = {
		.path = "test.data",
		.container = "file",
		.size = 1000,
		.nr_cpus = 2,
		.clock_id = 1,
		.wall_clock_offset = NO_VALUE,
		.has_ledger = flags & FEED_LEDGER,
		.truncated = flags & FEED_TRUNCATED,
		.overwrite = flags & FEED_OVERWRITE,
		.damage_offset = NO_VALUE,
	};
	struct resolver resolver = {
		.arg = f,
		.place = feed_place,
		.code = feed_code,
		.type = feed_type,
		.drops = feed_drops,
		.caller = feed_caller,
		.frame = feed_frame,
		.kernel_frame = feed_kernel_frame,
		.kernel = feed_kernel,
	};

	*f = (struct feed){ .pid = FEED_PID, .period = 1, .flags = flags };
	snprintf(f->path, sizeof(f->path), "/tmp/gotrace-unit-%ld.db", (long)getpid());
	f->db = db_create(f->path, &f->err);
	if (!f->db)
		fail_msg("%s", f->err.text);
	f->m = model_new(f->db, &f->err);
	if (!f->m)
		fail_msg("%s", f->err.text);
	model_set_resolver(f->m, &resolver);
	feed_ok(f, model_recording(f->m, &r, &f->err));
}

/*
 * A source with the fields named, separated by blanks, all of them integers, but for one that is named
 * text: its value is FEED_TEXT() of 64 bytes.
 */
static inline struct source *feed_source(struct feed *f, const char *name, enum source_type type,
					 const char *fields)
{
	uint32_t n = f->source_count++;
	struct source *s = f->sources[n] = xcalloc(1, sizeof(*s));
	char *save = NULL, *word;

	f->texts[n] = xstrdup(fields);
	f->fields[n] = xcalloc(16, sizeof(*f->fields[n]));
	*s = (struct source){
		.id = n + 1,
		.name = name,
		.type = type == SOURCE_TRACEPOINT ? "tracepoint" : "software",
		.number = type,
		.period = 1,
		.freq = NO_VALUE,
		.fields = f->fields[n],
		.system_wide = true,
		.overwrite = f->flags & FEED_OVERWRITE,
	};
	for (word = strtok_r(f->texts[n], " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		struct field *field = &f->fields[n][s->field_count++];

		field->name = word;
		field->type = strcmp(word, "text") ? FIELD_INTEGER : FIELD_BLOB;
	}
	return s;
}

static inline struct source *feed_tell(struct feed *f, struct source *s)
{
	feed_ok(f, model_source(f->m, s, &f->err));
	return s;
}

/* An entry probe on that function. */
static inline struct source *feed_probe(struct feed *f, const char *function, const char *fields)
{
	struct source *s = feed_source(f, function, SOURCE_TRACEPOINT, fields);

	s->is_uprobe = true;
	s->type = "uprobe";
	feed_tell(f, s);
	feed_ok(f, model_probed_function(f->m, s, function, 0, true, &f->err));
	return s;
}

static inline void feed(struct feed *f, const struct source *s, int64_t ts, int cpu, int32_t tid,
			const int64_t *values)
{
	struct value v[16] = { 0 };
	struct event e = {
		.kind = EVENT_SAMPLE,
		.id = ++f->id,
		.ts = ts,
		.cpu = cpu,
		.pid = tid < 0 ? -1 : f->pid,
		.tid = tid,
		.source = s,
		.sample = { .period = f->period, .stack = f->stack, .values = v },
	};
	size_t i;

	for (i = 0; i < s->field_count; i++) {
		v[i].number = values[i];
		if (s->fields[i].type == FIELD_BLOB) {
			v[i].bytes = (const char *)(intptr_t)values[i];
			v[i].size = 64;
		}
	}
	feed_ok(f, model_event(f->m, &e, &f->err));
}

static inline void feed_record(struct feed *f, struct event e)
{
	feed_ok(f, model_event(f->m, &e, &f->err));
}

static inline void feed_fork(struct feed *f, int64_t ts, int32_t pid, int32_t tid, int32_t parent)
{
	feed_record(f, (struct event){ .kind = EVENT_FORK,
				       .ts = ts,
				       .cpu = 0,
				       .pid = pid,
				       .tid = tid,
				       .fork = { parent, parent } });
}

static inline void feed_exit(struct feed *f, int64_t ts, int32_t pid, int32_t tid)
{
	feed_record(f, (struct event){
			       .kind = EVENT_EXIT, .ts = ts, .cpu = 0, .pid = pid, .tid = tid });
}

static inline void feed_comm(struct feed *f, int64_t ts, int32_t tid, const char *name, bool exec)
{
	feed_record(f, (struct event){ .kind = EVENT_COMM,
				       .ts = ts,
				       .cpu = 0,
				       .pid = tid,
				       .tid = tid,
				       .comm = { name, exec } });
}

static inline void feed_lost(struct feed *f, int64_t ts, int cpu, int64_t count)
{
	feed_record(f, (struct event){ .kind = EVENT_LOST,
				       .ts = ts,
				       .cpu = cpu,
				       .pid = -1,
				       .tid = -1,
				       .lost = { count } });
}

static inline void feed_ledger(struct feed *f, const struct source *s, int64_t count)
{
	feed_record(f, (struct event){ .kind = EVENT_LOST_SAMPLES,
				       .ts = NO_TIME,
				       .cpu = -1,
				       .pid = -1,
				       .tid = -1,
				       .source = s,
				       .lost = { count } });
}

static inline void feed_end(struct feed *f)
{
	feed_ok(f, model_finish(f->m, &f->err));
	model_free(f->m);
	feed_ok(f, db_finish(f->db, &f->err));
	if (sqlite3_open(f->path, &f->sql) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(f->sql));
}

/* The rows of a query: columns separated by |, each row ended by a newline, NULL as -. */
static inline void feed_expect(struct feed *f, const char *query, const char *rows)
{
	struct buffer b = { 0 };
	sqlite3_stmt *stmt;
	int i;

	if (sqlite3_prepare_v2(f->sql, query, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", query, sqlite3_errmsg(f->sql));
	buffer_text(&b, "");
	while (sqlite3_step(stmt) == SQLITE_ROW)
		for (i = 0; i < sqlite3_column_count(stmt); i++) {
			const char *text = (const char *)sqlite3_column_text(stmt, i);

			buffer_format(&b, "%s%s", text ? text : "-",
				      i + 1 < sqlite3_column_count(stmt) ? "|" : "\n");
		}
	sqlite3_finalize(stmt);
	assert_string_equal(b.data ? b.data : "", rows);
	buffer_free(&b);
}

static inline void feed_free(struct feed *f)
{
	uint32_t i;

	sqlite3_close(f->sql);
	unlink(f->path);
	for (i = 0; i < f->source_count; i++) {
		free(f->sources[i]);
		free(f->fields[i]);
		free(f->texts[i]);
	}
}

#define FEED_TEXT(text) ((int64_t)(intptr_t)(const char[64]){ text })
#define VALUES(...) ((int64_t[]){ __VA_ARGS__ })

#endif
