/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ingest/symbols.h tells the model about one ELF file, as text to hold against other readers:
 *
 *     symbols_dump [-l main|all|none] [-k KALLSYMS] FILE [ADDR...]
 *
 *     binary ID PATH go=VERSION dwarf=0|1 symtab=0|1 pclntab=0|1 read=0|1 [problem=TEXT]
 *     flag KEY=VALUE
 *     file PATH
 *     function ADDR|- SIZE NAME
 *     frame ADDR NUMBER inlined|real FUNCTION|? FILE:LINE
 *     line ADDR FILE:LINE FUNCTION INTO|- stmt|- line|- entry|-
 *
 * ADDR: hex ELF virtual addresses; with a final "r" it is a return address. "time" on stderr is
 * the CPU time that symbols_write() took.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/memory.h"
#include "ingest/symbols.h"

struct db;

struct model {
	char **functions;
	size_t function_count, function_capacity;
	char **files;
	size_t file_count, file_capacity;
	uint64_t pc;
	unsigned number;
};

static const char *function_name(struct model *m, uint32_t id)
{
	return id ? m->functions[id - 1] : "?";
}

int model_binary(struct model *m, const struct binary *b, struct error *err)
{
	const char *p;

	(void)m;
	(void)err;
	printf("binary %" PRIu32 " %s go=%s dwarf=%d symtab=%d pclntab=%d read=%d", b->id, b->path,
	       b->go_version ? b->go_version : "", b->has_dwarf, b->has_symtab, b->has_pclntab,
	       b->read);
	printf(b->problem ? " problem=%s\n" : "\n", b->problem);
	for (p = b->flags; p && *p; p += strcspn(p, "\n") + 1)
		printf("flag %.*s\n", (int)strcspn(p, "\n"), p);
	return 0;
}

int model_function(struct model *m, const struct function *f, struct error *err)
{
	(void)err;
	if (f->id != m->function_count + 1)
		abort();
	ARRAY_GROW(m->functions, m->function_count, m->function_capacity);
	m->functions[m->function_count++] = xstrdup(f->name);
	if (f->has_addr)
		printf("function %" PRIx64 " %" PRIx64 " %s\n", f->addr, f->size, f->name);
	else
		printf("function - 0 %s\n", f->name);
	return 0;
}

int model_frame(struct model *m, const struct frame *f, struct error *err)
{
	(void)err;
	m->number = m->pc == f->pc ? m->number + 1 : 0;
	m->pc = f->pc;
	printf("frame %" PRIx64 " %u %s %s %s:%" PRId64 "\n", f->pc, m->number,
	       f->inlined ? "inlined" : "real", function_name(m, f->function),
	       f->file ? f->file : "?", f->line == NO_VALUE ? 0 : f->line);
	return 0;
}

int model_source_file(struct model *m, uint32_t id, const char *path, struct error *err)
{
	(void)err;
	if (id != m->file_count + 1)
		abort();
	ARRAY_GROW(m->files, m->file_count, m->file_capacity);
	m->files[m->file_count++] = xstrdup(path);
	printf("file %s\n", path);
	return 0;
}

int model_source_line(struct model *m, const struct source_line *l, struct error *err)
{
	(void)err;
	printf("line %" PRIx64 " %s:%" PRId64 " %s %s %s %s %s\n", l->pc, m->files[l->file - 1],
	       l->line, function_name(m, l->function),
	       l->inlined_into ? function_name(m, l->inlined_into) : "-", l->is_stmt ? "stmt" : "-",
	       l->is_line ? "line" : "-", l->is_entry ? "entry" : "-");
	return 0;
}

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct symbol_options options = { .lines = LINES_MAIN };
	struct error err = { 0 };
	struct model m = { .pc = UINT64_MAX };
	struct address *addresses;
	struct frames *frames;
	struct symbols *s;
	struct rusage usage;
	const char *file;
	char *path;
	uint32_t binary;
	size_t count, i;
	int arg = 1;
	double start;

	for (; arg + 1 < argc && argv[arg][0] == '-'; arg += 2) {
		if (!strcmp(argv[arg], "-k"))
			options.kallsyms = argv[arg + 1];
		else if (!strcmp(argv[arg], "-l"))
			options.lines = !strcmp(argv[arg + 1], "all")    ? LINES_ALL
					: !strcmp(argv[arg + 1], "none") ? LINES_NONE
									 : LINES_MAIN;
	}
	if (arg >= argc)
		return 2;
	file = argv[arg++];
	options.binaries = &file;
	options.binary_count = options.kallsyms ? 0 : 1;
	start = cpu_seconds();
	s = symbols_new(&options, &err);
	if (!s) {
		fprintf(stderr, "%s\n", err.text);
		return 4;
	}
	path = options.kallsyms ? xstrdup("[kernel.kallsyms]")
				: xasprintf("%s%s", file[0] == '/' ? "" : "/", file);
	binary = symbols_binary(s, path, NULL, 0, NO_VALUE, options.kallsyms != NULL);
	count = (size_t)(argc - arg);
	addresses = xcalloc(count + 1, sizeof(*addresses));
	frames = xcalloc(count + 1, sizeof(*frames));
	for (i = 0; i < count; i++) {
		char *end;

		addresses[i].binary = binary;
		addresses[i].pc = strtoull(argv[arg + (int)i], &end, 16);
		addresses[i].is_return = *end == 'r';
	}
	if (symbols_write(s, addresses, count, frames, &m, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 4;
	}
	for (i = 0; i < count; i++)
		if (!frames[i].count)
			abort();
	symbols_free(s);
	for (i = 0; i < m.function_count; i++)
		free(m.functions[i]);
	for (i = 0; i < m.file_count; i++)
		free(m.files[i]);
	free(m.functions);
	free(m.files);
	free(addresses);
	free(frames);
	free(path);
	getrusage(RUSAGE_SELF, &usage);
	fprintf(stderr, "time %.4f s, %ld kB\n", cpu_seconds() - start, usage.ru_maxrss);
	return 0;
}
