/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ingest/symbols.c against this very program, whose functions and lines the test knows from its
 * own source, against files that are not what was recorded, kallsyms text, damaged copies of this
 * program, and, where GOTRACE_EXTRA_RECORDINGS names the folder, a Go program about which Delve and
 * llvm-symbolizer have told what is expected. The model is a fake that keeps what it is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "ingest/symbols.h"

/* ---- the fake model ------------------------------------------------------------------------- */

struct fake_function {
	char *name;
	uint64_t addr;
	bool has_addr;
};

struct model {
	struct binary binary; /* the last one told; its texts are owned */
	size_t binary_count;
	struct fake_function *functions;
	size_t function_count, function_capacity;
	struct frame *frames; /* `file` is owned */
	size_t frame_count, frame_capacity;
	char **files;
	size_t file_count, file_capacity;
	struct source_line *lines;
	size_t line_count, line_capacity;
	struct line_pc *stretches;
	size_t stretch_count, stretch_capacity;
	struct fake_place {
		uint64_t pc;
		bool exact;
	} probe_places[8];
	size_t probe_place_count;
	size_t defer_count, layout_count, number_count, quality_count;
};

static char *copy_text(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static void free_binary(struct binary *b)
{
	free((char *)b->path);
	free((char *)b->build_id);
	free((char *)b->go_version);
	free((char *)b->flags);
	free((char *)b->problem);
}

int model_binary(struct model *m, const struct binary *b, struct error *err)
{
	(void)err;
	free_binary(&m->binary);
	m->binary = *b;
	m->binary.path = copy_text(b->path);
	m->binary.build_id = copy_text(b->build_id);
	m->binary.go_version = copy_text(b->go_version);
	m->binary.flags = copy_text(b->flags);
	m->binary.problem = copy_text(b->problem);
	m->binary_count++;
	return 0;
}

int model_function(struct model *m, const struct function *f, struct error *err)
{
	(void)err;
	assert_int_equal(f->id, m->function_count + 1);
	ARRAY_GROW(m->functions, m->function_count, m->function_capacity);
	m->functions[m->function_count++] =
		(struct fake_function){ copy_text(f->name), f->addr, f->has_addr };
	return 0;
}

int model_frame(struct model *m, const struct frame *f, struct error *err)
{
	(void)err;
	assert_int_equal(f->id, m->frame_count + 1);
	assert_true(f->function <= m->function_count);
	ARRAY_GROW(m->frames, m->frame_count, m->frame_capacity);
	m->frames[m->frame_count] = *f;
	m->frames[m->frame_count++].file = copy_text(f->file);
	return 0;
}

int model_source_file(struct model *m, uint32_t id, const char *path, struct error *err)
{
	(void)err;
	assert_int_equal(id, m->file_count + 1);
	ARRAY_GROW(m->files, m->file_count, m->file_capacity);
	m->files[m->file_count++] = copy_text(path);
	return 0;
}

int model_source_line(struct model *m, const struct source_line *l, struct error *err)
{
	(void)err;
	assert_in_range(l->file, 1, m->file_count);
	assert_in_range(l->function, 1, m->function_count);
	assert_true(l->inlined_into <= m->function_count);
	assert_true(l->is_line || l->is_entry);
	ARRAY_GROW(m->lines, m->line_count, m->line_capacity);
	m->lines[m->line_count++] = *l;
	return 0;
}

int model_line_pc(struct model *m, const struct line_pc *l, struct error *err)
{
	(void)err;
	assert_in_range(l->file, 1, m->file_count);
	assert_in_range(l->function, 1, m->function_count);
	assert_true(l->inlined_into <= m->function_count);
	assert_true(l->pc < l->end);
	ARRAY_GROW(m->stretches, m->stretch_count, m->stretch_capacity);
	m->stretches[m->stretch_count++] = *l;
	return 0;
}

int model_probe_place(struct model *m, const struct source *s, uint32_t binary, uint64_t pc,
		      bool exact, struct error *err)
{
	(void)s;
	(void)binary;
	(void)err;
	if (m->probe_place_count < ARRAY_SIZE(m->probe_places))
		m->probe_places[m->probe_place_count++] = (struct fake_place){ pc, exact };
	return 0;
}

int model_defer_site(struct model *m, const struct defer_site_row *d, struct error *err)
{
	(void)err;
	assert_true(d->function_id <= m->function_count);
	m->defer_count++;
	return 0;
}

int model_layout_field(struct model *m, uint32_t binary, const char *type, const char *name,
		       int64_t offset, struct error *err)
{
	(void)binary;
	(void)offset;
	(void)err;
	assert_true(*type && *name);
	m->layout_count++;
	return 0;
}

int model_number_name(struct model *m, uint32_t binary, const char *kind, int64_t number,
		      const char *name, struct error *err)
{
	(void)binary;
	(void)number;
	(void)err;
	assert_true(*kind && *name);
	m->number_count++;
	return 0;
}

int model_quality(struct model *m, const char *name, const char *severity, int64_t value,
		  const char *sentence, struct error *err)
{
	(void)value;
	(void)err;
	assert_true(*name && *severity && *sentence);
	m->quality_count++;
	return 0;
}

static void clear(struct model *m)
{
	size_t i;

	free_binary(&m->binary);
	for (i = 0; i < m->function_count; i++)
		free(m->functions[i].name);
	for (i = 0; i < m->frame_count; i++)
		free((char *)m->frames[i].file);
	for (i = 0; i < m->file_count; i++)
		free(m->files[i]);
	free(m->functions);
	free(m->frames);
	free(m->files);
	free(m->lines);
	free(m->stretches);
	*m = (struct model){ 0 };
}

static const char *frame_function(const struct model *m, const struct frame *f)
{
	return f->function ? m->functions[f->function - 1].name : "";
}

/* ---- this program --------------------------------------------------------------------------- */

static char self[PATH_MAX];
static struct symbol_options no_options = { .lines = LINES_MAIN };

extern const char inlined_place[];  /* a label inside the inlined copy */
static int inlined_line, call_line; /* written by outer_function(): where these two lines are */

__attribute__((noinline)) int outer_function(int n);

extern const char probed_first[], probed_second[], probed_loop[]; /* labels inside this one */
__attribute__((noinline)) int probed_function(int n);

/* clang-format off */
static inline __attribute__((always_inline)) int inlined_part(int n)
{
	inlined_line = __LINE__; __asm__ volatile(".globl inlined_place\ninlined_place: nop" : "+r"(n));
	return n + 1;
}

int probed_function(int n)
{
	__asm__ volatile(".globl probed_first\nprobed_first: nop" : "+r"(n));
	__asm__ volatile(".globl probed_second\nprobed_second: nop" : "+r"(n));
	while (n & 7) {
		__asm__ volatile(".globl probed_loop\nprobed_loop: nop" : "+r"(n));
		n++;
	}
	return n;
}

int outer_function(int n)
{
	call_line = __LINE__; n = inlined_part(n * 3);
	return n * 5;
}
/* clang-format on */

/* The file offset of an address in this process, from its mappings. */
static uint64_t file_offset(const void *at)
{
	uint64_t addr = (uint64_t)(uintptr_t)at, low, high, offset;
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[PATH_MAX + 200];

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64, &low, &high, &offset) ==
			    3 &&
		    addr >= low && addr < high) {
			fclose(maps);
			return addr - low + offset;
		}
	}
	fail_msg("%p is not mapped", at);
	return 0;
}

static struct symbols *new_symbols(const struct symbol_options *options)
{
	struct error err = { 0 };
	struct symbols *s = symbols_new(options, &err);

	if (!s)
		fail_msg("%s", err.text);
	return s;
}

static void write_symbols(struct symbols *s, const struct address *a, size_t count,
			  struct frames *frames, struct model *m)
{
	struct error err = { 0 };

	if (symbols_write(s, a, count, frames, m, &err))
		fail_msg("%s", err.text);
}

static void test_own_function(void **state)
{
	struct symbols *s = new_symbols(&no_options);
	uint32_t binary = symbols_binary(s, self, NULL, 0, NO_VALUE, false);
	uint64_t entry, inside, offset;

	(void)state;
	assert_true(symbols_vaddr(s, binary, file_offset((void *)outer_function), &entry));
	assert_string_equal(symbols_function(s, binary, entry, &offset), "outer_function");
	assert_int_equal(offset, 0);
	/* A label without a size is not a function. */
	assert_true(symbols_vaddr(s, binary, file_offset(inlined_place), &inside));
	assert_string_equal(symbols_function(s, binary, inside, &offset), "outer_function");
	assert_int_equal(offset, inside - entry);
	assert_false(symbols_vaddr(s, binary, UINT64_MAX, &inside));
	assert_null(symbols_function(s, binary, UINT64_MAX, &offset));
	symbols_free(s);
}

static void test_own_frames(void **state)
{
	struct symbols *s = new_symbols(&no_options);
	uint32_t binary = symbols_binary(s, self, NULL, 0, NO_VALUE, false), id;
	struct address a[6] = { 0 };
	struct frames frames[6];
	struct model m = { 0 };
	const struct frame *f;
	size_t i, entries = 0;
	uint64_t entry;

	(void)state;
	a[0].binary = a[1].binary = a[2].binary = a[4].binary = binary;
	assert_true(symbols_vaddr(s, binary, file_offset((void *)outer_function), &entry));
	a[0].pc = entry;
	assert_true(symbols_vaddr(s, binary, file_offset(inlined_place), &a[1].pc));
	/* The nop is one byte on x86, four elsewhere: the byte before its end is inside it. */
	a[2].pc = a[1].pc + 1;
	a[2].is_return = true;
	a[3].pc = 0x1234; /* of no binary */
	a[4].pc = 0;      /* of no function */
	a[5].pc = 0x99;
	a[5].is_return = true;
	symbols_keep(s, binary, entry);
	write_symbols(s, a, 6, frames, &m);
	assert_int_equal(m.binary_count, 1);
	assert_true(m.binary.read);
	assert_null(m.binary.problem);
	assert_null(m.binary.go_version);
	assert_false(m.binary.has_pclntab);
	for (i = 0; i < 6; i++) {
		assert_true(frames[i].first >= 1 && frames[i].count >= 1);
		assert_true(frames[i].first + frames[i].count - 1 <= m.frame_count);
		assert_int_equal(m.frames[frames[i].first - 1].pc, a[i].pc);
		assert_int_equal(m.frames[frames[i].first - 1].binary, a[i].binary);
	}
	assert_int_equal(m.frames[frames[3].first - 1].function, 0);
	assert_int_equal(m.frames[frames[4].first - 1].function, 0);
	f = &m.frames[frames[0].first + frames[0].count - 2];
	assert_string_equal(frame_function(&m, f), "outer_function");
	id = f->function;
	assert_int_equal(m.functions[id - 1].addr, entry);
	if (!m.binary.has_dwarf) {
		print_message("# skip: built without -g, so lines are not known\n");
		clear(&m);
		symbols_free(s);
		skip();
	}
	for (i = 1; i <= 2; i++) {
		assert_int_equal(frames[i].count, 2);
		f = &m.frames[frames[i].first - 1];
		assert_string_equal(frame_function(&m, f), "inlined_part");
		assert_false(m.functions[f->function - 1].has_addr);
		assert_true(f->inlined);
		assert_int_equal(f->line, inlined_line);
		assert_non_null(strstr(f->file, "tests/unit/symbols.c"));
		f++;
		assert_int_equal(f->function, id);
		assert_false(f->inlined);
		assert_int_equal(f->line, call_line);
	}
	/* The kept function's lines are there, and no other's. */
	for (i = 0; i < m.line_count; i++) {
		const struct source_line *l = &m.lines[i];

		assert_true(l->function == id || l->inlined_into == id);
		if (l->function == id)
			entries += l->is_entry;
		else
			assert_string_equal(m.functions[l->function - 1].name, "inlined_part");
	}
	assert_int_equal(entries, 1);
	clear(&m);
	symbols_free(s);
}

/* ---- what a hit of a probe says ------------------------------------------------------------- */

static uint64_t vaddr_of(struct symbols *s, uint32_t binary, const void *at)
{
	uint64_t vaddr;

	assert_true(symbols_vaddr(s, binary, file_offset(at), &vaddr));
	return vaddr;
}

static void test_once(void **state)
{
	struct symbols *s = new_symbols(&no_options);
	uint32_t binary = symbols_binary(s, self, NULL, 0, NO_VALUE, false);

	(void)state;
	assert_true(symbols_once(s, binary, vaddr_of(s, binary, (void *)probed_function)));
	assert_true(symbols_once(s, binary, UINT64_MAX)); /* not known */
#if defined(__x86_64__) || defined(__aarch64__)
	assert_false(symbols_once(s, binary, vaddr_of(s, binary, probed_loop)));
#endif
	symbols_free(s);
}

/* Two instructions in a row are executed together; what is in the loop behind them may not be. */
static void test_probe_places(void **state)
{
	struct symbols *s = new_symbols(&no_options);
	uint32_t binary = symbols_binary(s, self, NULL, 0, NO_VALUE, false);
	uint64_t entry = vaddr_of(s, binary, (void *)probed_function);
	uint64_t probe = vaddr_of(s, binary, probed_second);
	uint64_t loop = vaddr_of(s, binary, probed_loop);
	const struct source source = { 0 };
	struct model m = { 0 };
	size_t i, before = 0;

	(void)state;
	symbols_probe(s, binary, probe, &source);
	write_symbols(s, NULL, 0, NULL, &m);
	for (i = 0; i < m.probe_place_count; i++) {
		uint64_t pc = m.probe_places[i].pc;

		assert_true(pc >= entry && pc < loop && pc != probe);
		before += pc < probe && m.probe_places[i].exact;
	}
#if defined(__x86_64__) || defined(__aarch64__)
	if (m.binary.has_dwarf)
		assert_true(before);
#endif
	clear(&m);
	symbols_free(s);
}

/* ---- lines of what SPECs may mean ----------------------------------------------------------- */

static bool has_function_line(const struct model *m, const char *name)
{
	size_t i;

	for (i = 0; i < m->line_count; i++)
		if (!strcmp(m->functions[m->lines[i].function - 1].name, name))
			return true;
	return false;
}

static void test_specs(void **state)
{
	static const char *const chosen[] = { " outer_function ",
					      "pkg/path.Type.probed_function",
					      "0x0",
					      "0xzz",
					      "",
					      ":",
					      "file.go:12",
					      "a:b" };
	struct symbol_options options = {
		.lines = LINES_SPECS,
		.specs = chosen,
		.spec_count = ARRAY_SIZE(chosen),
	};
	struct symbols *s = new_symbols(&options);
	struct model m = { 0 };

	(void)state;
	symbols_binary(s, self, NULL, 0, NO_VALUE, false);
	write_symbols(s, NULL, 0, NULL, &m);
	if (m.binary.has_dwarf) {
		assert_true(has_function_line(&m, "outer_function"));
		assert_true(has_function_line(&m, "probed_function"));
		assert_false(has_function_line(&m, "main"));
	}
	clear(&m);
	symbols_free(s);
}

/* ---- files that are not what was recorded --------------------------------------------------- */

static int64_t inode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return (int64_t)st.st_ino;
}

/* What became of a binary recorded as told; the caller clears `m`. */
static void record(const struct symbol_options *options, const char *path, const char *build_id,
		   int64_t inode, struct model *m)
{
	struct symbols *s = new_symbols(options);

	symbols_binary(s, path, (const unsigned char *)build_id, build_id ? strlen(build_id) : 0,
		       inode, false);
	write_symbols(s, NULL, 0, NULL, m);
	assert_int_equal(m->binary_count, 1);
	symbols_free(s);
}

static void test_identity(void **state)
{
	const char *given[] = { self };
	struct symbol_options with = { .binaries = given, .binary_count = 1 };
	char *renamed = xasprintf("/elsewhere%s", strrchr(self, '/'));
	struct model m = { 0 };

	(void)state;
	record(&no_options, self, NULL, inode_of(self), &m);
	assert_true(m.binary.read);
	clear(&m);
	/* The file at the recorded path was replaced since. */
	record(&no_options, self, NULL, inode_of(self) + 1, &m);
	assert_false(m.binary.read);
	assert_non_null(strstr(m.binary.problem, "--binary"));
	clear(&m);
	record(&with, self, NULL, inode_of(self) + 1, &m);
	assert_true(m.binary.read);
	assert_null(m.binary.problem);
	clear(&m);
	record(&no_options, self, "\xab\xcd\xef\x01", NO_VALUE, &m);
	assert_false(m.binary.read);
	assert_string_equal(m.binary.build_id, "abcdef01");
	assert_non_null(strstr(m.binary.problem, "build id differs: recorded abcdef01"));
	clear(&m);
	/* By base name. */
	record(&with, renamed, NULL, 12345, &m);
	assert_true(m.binary.read);
	clear(&m);
	record(&no_options, renamed, NULL, 12345, &m);
	assert_false(m.binary.read);
	assert_non_null(strstr(m.binary.problem, "is not here"));
	clear(&m);
	free(renamed);
}

static void test_no_files(void **state)
{
	static const char *const paths[] = { "[vdso]",
					     "//anon",
					     "[heap]",
					     "/dev/zero",
					     "/SYSV00000000",
					     "anon_inode:[bpf]",
					     "/memfd:x (deleted)" };
	struct model m = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		record(&no_options, paths[i], NULL, NO_VALUE, &m);
		assert_false(m.binary.read);
		assert_null(m.binary.problem);
		clear(&m);
	}
	record(&no_options, "/bin (deleted)", NULL, NO_VALUE, &m);
	assert_null(m.binary.problem);
	clear(&m);
	record(&no_options, "/usr", NULL, NO_VALUE, &m);
	assert_non_null(strstr(m.binary.problem, "not a regular file"));
	clear(&m);
}

static void test_symfs(void **state)
{
	char root[] = "/tmp/gotrace-symfs-XXXXXX";
	struct symbol_options with = { .symfs = root };
	struct model m = { 0 };
	char *link;

	(void)state;
	assert_non_null(mkdtemp(root));
	link = xasprintf("%s/app", root);
	assert_int_equal(symlink(self, link), 0);
	record(&with, "/app", NULL, 77, &m);
	assert_true(m.binary.read);
	clear(&m);
	unlink(link);
	rmdir(root);
	free(link);
}

static void test_bad_options(void **state)
{
	const char *given[] = { "/nonexistent/app" };
	struct symbol_options options = { .binaries = given, .binary_count = 1 };
	struct error err = { 0 };

	(void)state;
	assert_null(symbols_new(&options, &err));
	assert_int_equal(err.status, STATUS_UNREADABLE);
	assert_non_null(strstr(err.text, given[0]));
	options = (struct symbol_options){ .kallsyms = "/dev/null" };
	assert_null(symbols_new(&options, &err));
	assert_non_null(strstr(err.text, "/proc/kallsyms"));
}

static void test_numbers(void **state)
{
	struct symbols *s = new_symbols(&no_options);
	const unsigned char id[20] = { 1, 2, 3 };
	uint32_t a = symbols_binary(s, "/x/app", NULL, 0, 5, false);

	(void)state;
	assert_int_equal(symbols_binary(s, "/x/app", NULL, 0, 5, false), a);
	assert_int_not_equal(symbols_binary(s, "/x/app", NULL, 0, 6, false), a);
	assert_int_not_equal(symbols_binary(s, "/x/app", id, 20, 5, false), a);
	/* Padded with zeros or not: the same id. */
	assert_int_equal(symbols_binary(s, "/x/app", id, 20, 5, false),
			 symbols_binary(s, "/x/app", id, 3, 5, false));
	assert_int_equal(symbols_find(s, "/x/app"), symbols_binary(s, "/x/app", id, 20, 5, false));
	a = symbols_binary(s, "/x/other", NULL, 0, NO_VALUE, false);
	assert_int_equal(symbols_find(s, "/proc/7/root/x/other"), a);
	assert_int_equal(symbols_find(s, "/y/app"), 0); /* there are several */
	assert_int_equal(symbols_find(s, "/nothing"), 0);
	symbols_free(s);
}

/* ---- kernel --------------------------------------------------------------------------------- */

static const char kallsyms[] = "0000000000001000 A cpu_debug_store\n"
			       "ffffffff81000000 T _text\n"
			       "ffffffff81000000 T startup_64\n"
			       "ffffffff81000100 t local_one\n"
			       "ffffffff81000100 T __better\n"
			       "ffffffff81000180 D some_data\n"
			       "ffffffff81000200 W weak_one\n"
			       "junk\n"
			       "ffffffffc0001000 t in_module\t[mod]\n"
			       "ffffffffc0001040 t last_in_module\t[mod]";

static void expect_function(struct symbols *s, uint32_t binary, uint64_t addr, const char *name,
			    uint64_t at)
{
	uint64_t offset = UINT64_MAX;
	const char *have = symbols_function(s, binary, addr, &offset);

	if (!name) {
		assert_null(have);
		return;
	}
	assert_non_null(have);
	assert_string_equal(have, name);
	assert_int_equal(offset, at);
}

static void test_kallsyms(void **state)
{
	struct symbols *s = new_symbols(&no_options);
	uint32_t k = symbols_binary(s, "[kernel.kallsyms]", NULL, 0, NO_VALUE, true);
	struct address a = { .pc = 0xffffffff81000150, .binary = k };
	struct model m = { 0 };
	struct frames frames;
	uint64_t vaddr;

	(void)state;
	expect_function(s, k, 0xffffffff81000010, NULL, 0);
	symbols_kallsyms(s, kallsyms, sizeof(kallsyms) - 1);
	expect_function(s, k, 0xffffffff80ffffff, NULL, 0);
	expect_function(s, k, 0xffffffff81000010, "startup_64", 0x10);
	expect_function(s, k, 0xffffffff81000150, "__better", 0x50); /* global before local */
	expect_function(s, k, 0xffffffff81000200, "weak_one", 0);
	/* The kernel's last function does not reach into modules. */
	expect_function(s, k, 0xffffffff81100000, NULL, 0);
	expect_function(s, k, 0xffffffffc0001041, "last_in_module", 1);
	expect_function(s, k, 0xffffffffc1000000, NULL, 0);
	expect_function(s, k, 0x1000, NULL, 0);
	assert_false(symbols_vaddr(s, k, 0, &vaddr));
	write_symbols(s, &a, 1, &frames, &m);
	assert_true(m.binary.read);
	assert_int_equal(frames.count, 1);
	assert_string_equal(frame_function(&m, &m.frames[0]), "__better");
	assert_int_equal(m.functions[0].addr, 0xffffffff81000100);
	clear(&m);
	symbols_free(s);
}

static void test_hidden_kallsyms(void **state)
{
	static const char text[] = "0000000000000000 T _text\n0000000000000000 t secret\n";
	struct symbols *s = new_symbols(&no_options);
	uint32_t k = symbols_binary(s, "[kernel.kallsyms]", NULL, 0, NO_VALUE, true);
	struct model m = { 0 };

	(void)state;
	symbols_kallsyms(s, text, sizeof(text) - 1);
	expect_function(s, k, 0, NULL, 0);
	write_symbols(s, NULL, 0, NULL, &m);
	assert_false(m.binary.read);
	clear(&m);
	symbols_free(s);
}

/* ---- damage --------------------------------------------------------------------------------- */

static unsigned char *read_file(const char *path, size_t *size)
{
	FILE *in = fopen(path, "rb");
	unsigned char *data;
	struct stat st;

	assert_non_null(in);
	assert_int_equal(fstat(fileno(in), &st), 0);
	*size = (size_t)st.st_size;
	data = xmalloc(*size);
	assert_int_equal(fread(data, 1, *size, in), *size);
	fclose(in);
	return data;
}

/* Everything is asked of a damaged file; what it answers does not matter. */
static void ask_all(const char *path, const unsigned char *data, size_t size)
{
	const char *given[] = { path };
	struct symbol_options options = { .binaries = given,
					  .binary_count = 1,
					  .lines = LINES_ALL };
	FILE *out = fopen(path, "wb");
	struct address a[64];
	struct frames frames[64];
	struct error err = { 0 };
	struct model m = { 0 };
	struct symbols *s;
	uint64_t offset;
	uint32_t binary;
	size_t i;

	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, size, out), size);
	fclose(out);
	s = symbols_new(&options, &err);
	if (!s)
		return;
	binary = symbols_binary(s, path, NULL, 0, NO_VALUE, false);
	for (i = 0; i < ARRAY_SIZE(a); i++) {
		a[i] = (struct address){ i * size / ARRAY_SIZE(a), binary, i % 2 };
		symbols_vaddr(s, binary, a[i].pc, &a[i].pc);
	}
	symbols_function(s, binary, a[5].pc, &offset);
	write_symbols(s, a, ARRAY_SIZE(a), frames, &m);
	clear(&m);
	symbols_free(s);
}

static void test_damage(void **state)
{
	char path[] = "/tmp/gotrace-damaged-XXXXXX";
	size_t size, i, headers;
	unsigned char *data = read_file(self, &size), *copy = xmalloc(size);
	unsigned seed = 1;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	for (i = 0; i < 60; i++)
		ask_all(path, data, size * i / 60);
	headers = size > 0x400 ? 0x400 : size;
	for (i = 0; i < 240; i++) {
		size_t flips;

		memcpy(copy, data, size);
		/* Headers, then everything, then the end, where the section headers are. */
		for (flips = 0; flips < 1 + i % 8; flips++) {
			size_t at = (size_t)rand_r(&seed);

			if (i % 3 == 0)
				at %= headers;
			else if (i % 3 == 1)
				at %= size;
			else
				at = size - 1 - at % (size / 20 + 1);
			copy[at] ^= (unsigned char)(1 << rand_r(&seed) % 8);
		}
		ask_all(path, copy, size);
	}
	unlink(path);
	free(copy);
	free(data);
}

/* ---- a Go program --------------------------------------------------------------------------- */

/*
 * Of the demo of the preemptirq recordings (Go 1.19.8), as Delve 1.27.2 says it:
 *
 *     dlv exec demo --check-go-version=false, then "break SPEC" for each
 */
static const struct {
	const char *spec; /* a function, or a line of main.go */
	int line;
	uint64_t pcs[20];
} delve[] = {
	{ "main.risky", 0, { 0x490d4f } },
	{ "main.deferMany", 0, { 0x4910aa } },
	{ "main.inner", 0, { 0x491266 } },
	{ "main.nested", 0, { 0x49136a } },
	{ "main.(*journal).close", 0, { 0x490a2f } },
	{ "main.main", 0, { 0x4918f2 } },
	{ "main.newJournal", 0, { 0x4907cf } },
	{ "main.goid", 0, { 0x49070a } },
	{ "main.spin", 0, { 0x491769 } },
	{ "runtime.gopanic", 0, { 0x43264f } },
	{ "main.main.func3", 0, { 0x492fef } },
	{ "main.safeDeep", 0, { 0x49164a } },
	{ "main.(*journal).add",
	  0,
	  { 0x490a69, 0x493b97, 0x493fde, 0x4907e6, 0x4920d6, 0x49349b, 0x49355b, 0x493e79,
	    0x4927fa, 0x492aad, 0x49396f, 0x493a50, 0x493d47, 0x494135, 0x49429e, 0x492018,
	    0x4930d5 } },
	{ "main.mono",
	  0,
	  { 0x4927fa, 0x492aad, 0x49396f, 0x493afa, 0x494098, 0x49089f, 0x490a73, 0x492018,
	    0x49215f, 0x4930d5, 0x493c8b, 0x493ddc, 0x494358, 0x49349b, 0x4935f6, 0x493f4b,
	    0x49420b } },
	{ "main.go",
	  78,
	  { 0x4907e6, 0x4920d6, 0x492ace, 0x49355b, 0x493e79, 0x493990, 0x493a50, 0x493d47,
	    0x494135, 0x49429e, 0x492039, 0x4934bc, 0x490a69, 0x49281b, 0x4930f6, 0x493b97,
	    0x493fde } },
	{ "main.go", 40, { 0 } },
	{ "main.go", 41, { 0 } },
	{ "main.go", 58, { 0 } },
	{ "main.go", 60, { 0x490718 } },
	{ "main.go", 63, { 0x490775 } },
	{ "main.go", 79, { 0 } },
	{ "main.go", 82, { 0x490a56 } },
	{ "main.go", 83, { 0x490b9b } },
	{ "main.go", 94, { 0x490d4f } },
	{ "main.go", 95, { 0x491046, 0x490d91 } },
	{ "main.go", 96, { 0x491066 } },
	{ "main.go", 100, { 0x490e0d } },
	{ "main.go", 101, { 0x490e24, 0x491027 } },
	{ "main.go", 103, { 0x490ed6 } },
	{ "main.go", 104, { 0x490f33 } },
	{ "main.go", 106, { 0x490f08 } },
	{ "main.go", 110, { 0 } },
	{ "main.go", 113, { 0x4910dc } },
	{ "main.go", 114, { 0x4910fe, 0x491247 } },
	{ "main.go", 143, { 0x4913b7, 0x491446 } },
	{ "main.go", 146, { 0 } },
	{ "main.go", 150, { 0 } },
	{ "main.go", 170, { 0x4916ab } },
	{ "main.go", 200, { 0 } },
	{ "main.go", 215, { 0x491b3f } },
	{ "main.go", 220, { 0x491bbe } },
	{ "main.go", 240, { 0x49392a } },
	{ "main.go", 260, { 0 } },
	{ "main.go", 277, { 0x49327f } },
	{ "main.go", 300, { 0x492dae } },
};

/* "llvm-symbolizer --inlines --functions=linkage -e demo ADDR": innermost first, base names. */
static const struct {
	uint64_t pc;
	const char *frames;
} symbolizer[] = {
	{ 0x473ef6, "reflect.add type.go:1094, "
		    "reflect.name.data type.go:485, "
		    "reflect.name.readVarint type.go:505, "
		    "reflect.name.name type.go:532" },
	{ 0x494358, "main.mono main.go:56, "
		    "main.(*journal).add main.go:78, "
		    "main.main.func1 main.go:238" },
	{ 0x46b657, "strconv.quoteWith quote.go:24, "
		    "strconv.Quote quote.go:129, "
		    "strconv.(*NumError).Error atoi.go:31" },
	{ 0x40c9f8, "runtime.float64bits float.go:47, "
		    "runtime.fastlog2 fastlog2.go:18, "
		    "runtime.fastexprand malloc.go:1288" },
	{ 0x490b75, "main.(*journal).add main.go:78, "
		    "main.(*journal).close main.go:82" },
	{ 0x4943c7, "main.(*journal).add main.go:78, main.main.func1 main.go:238" },
	{ 0x493bb8, "main.(*journal).add main.go:78, main.main.func1 main.go:227" },
	{ 0x490aed, "main.(*journal).add main.go:78, "
		    "main.(*journal).close main.go:82" },
	{ 0x4940c0, "main.(*journal).add main.go:78, main.main.func1 main.go:234" },
	{ 0x49092d, "main.(*journal).add main.go:78, main.newJournal main.go:73" },
	{ 0x493e5d, "main.(*journal).add main.go:78, main.main.func1 main.go:230" },
	{ 0x490ab2, "main.(*journal).add main.go:78, "
		    "main.(*journal).close main.go:82" },
	{ 0x493713, "main.(*journal).add main.go:78, main.main.func2 main.go:255" },
	{ 0x492af4, "main.(*journal).add main.go:78, main.main.func6 main.go:308" },
	{ 0x444872, "runtime.semrelease1 sema.go:185" },
	{ 0x432dbd, "runtime.gorecover panic.go:1018" },
	{ 0x485e86, "fmt.(*pp).fmt0x64 print.go:396" },
	{ 0x4937ed, "main.main.func2.1 main.go:250" },
	{ 0x436285, "runtime.badmorestackg0 proc.go:483" },
	{ 0x45b37c, "syscall.Exit runtime.go:66" },
	{ 0x41b4df, "runtime.markrootBlock mgcmark.go:264" },
	{ 0x41fbe4, "runtime.(*gcControllerState).addIdleMarkWorker mgcpacer.go:1491" },
	{ 0x45f3e9, "runtime.debugCallPanicked.abi0 asm_amd64.s:1957" },
	{ 0x43eb79, "runtime.badunlockosthread proc.go:4473" },
};

/* Absolute, as recordings name programs; NULL: it is not there. */
static char *demo_path(void)
{
	static const char *const places[] = { "preemptirq/demo", "demo" };
	const char *folder = getenv("GOTRACE_EXTRA_RECORDINGS");
	char *path = NULL;
	size_t i;

	for (i = 0; folder && !path && i < ARRAY_SIZE(places); i++) {
		char *relative = xasprintf("%s/%s", folder, places[i]);

		path = realpath(relative, NULL);
		free(relative);
	}
	return path;
}

static char *need_demo(void)
{
	char *path = demo_path();

	if (!path) {
		print_message("# skip: GOTRACE_EXTRA_RECORDINGS has no preemptirq/demo\n");
		skip();
	}
	return path;
}

static void test_go_breakpoints(void **state)
{
	char *path = need_demo();
	struct symbols *s = new_symbols(&no_options);
	struct model m = { 0 };
	size_t i, j, k;

	(void)state;
	symbols_binary(s, path, NULL, 0, NO_VALUE, false);
	write_symbols(s, NULL, 0, NULL, &m);
	assert_string_equal(m.binary.go_version, "go1.19.8");
	assert_true(m.binary.has_dwarf && m.binary.has_symtab && m.binary.has_pclntab);
	assert_non_null(strstr(m.binary.flags, "GOARCH=amd64\n"));
	assert_non_null(strstr(m.binary.flags, "producer=Go cmd/compile go1.19.8"));
	for (i = 0; i < ARRAY_SIZE(delve); i++) {
		size_t want = 0, have = 0;

		while (want < ARRAY_SIZE(delve[i].pcs) && delve[i].pcs[want])
			want++;
		for (j = 0; j < m.line_count; j++) {
			const struct source_line *l = &m.lines[j];
			const char *file = m.files[l->file - 1];

			if (delve[i].line
				    ? !l->is_line || l->line != delve[i].line ||
					      strcmp(strrchr(file, '/') + 1, delve[i].spec)
				    : !l->is_entry || strcmp(m.functions[l->function - 1].name,
							     delve[i].spec))
				continue;
			have++;
			for (k = 0; k < want && delve[i].pcs[k] != l->pc; k++)
				;
			if (k == want)
				fail_msg("%s:%d at %" PRIx64, delve[i].spec, delve[i].line, l->pc);
		}
		if (have != want)
			fail_msg("%s:%d: %zu places, not %zu", delve[i].spec, delve[i].line, have,
				 want);
	}
	clear(&m);
	symbols_free(s);
	free(path);
}

static void test_go_frames(void **state)
{
	char *path = need_demo();
	struct symbols *s = new_symbols(&no_options);
	uint32_t binary = symbols_binary(s, path, NULL, 0, NO_VALUE, false);
	struct address a[ARRAY_SIZE(symbolizer)];
	struct frames frames[ARRAY_SIZE(symbolizer)];
	struct model m = { 0 };
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(a); i++)
		a[i] = (struct address){ symbolizer[i].pc, binary, false };
	write_symbols(s, a, ARRAY_SIZE(a), frames, &m);
	for (i = 0; i < ARRAY_SIZE(a); i++) {
		char text[2000] = "";

		for (j = 0; j < frames[i].count; j++) {
			const struct frame *f = &m.frames[frames[i].first - 1 + j];
			const char *file = strrchr(f->file, '/');
			size_t n = strlen(text);

			snprintf(text + n, sizeof(text) - n, "%s%s %s:%" PRId64, j ? ", " : "",
				 frame_function(&m, f), file ? file + 1 : f->file, f->line);
		}
		assert_string_equal(text, symbolizer[i].frames);
	}
	clear(&m);
	symbols_free(s);
	free(path);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_function), cmocka_unit_test(test_own_frames),
		cmocka_unit_test(test_once),         cmocka_unit_test(test_probe_places),
		cmocka_unit_test(test_specs),        cmocka_unit_test(test_identity),
		cmocka_unit_test(test_no_files),     cmocka_unit_test(test_symfs),
		cmocka_unit_test(test_bad_options),  cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_kallsyms),     cmocka_unit_test(test_hidden_kallsyms),
		cmocka_unit_test(test_damage),       cmocka_unit_test(test_go_breakpoints),
		cmocka_unit_test(test_go_frames),
	};
	int (*volatile call)(int) = outer_function;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0)
		return 1;
	self[n] = '\0';
	/* Perf's cache of binaries is no part of what is tested. */
	unsetenv("HOME");
	/* Through a pointer, so that there is no copy of it made for the argument 1. */
	call(1);
	call = probed_function;
	call(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
