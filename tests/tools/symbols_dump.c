/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ingest/symbols.h tells the model about one ELF file, as text to hold against other readers:
 *
 *     symbols_dump [-l main|all|none] [-b SPEC]... [-p PROBE]... [-d SYMFS] [-k KALLSYMS] FILE [ADDR...]
 *
 *     binary ID PATH go=VERSION dwarf=0|1 symtab=0|1 pclntab=0|1 read=0|1 [problem=TEXT]
 *     facts ARCH pie=0|1 text=ADDR-ADDR layout=ORIGIN|- id=GO_BUILD_ID|-
 *     flag KEY=VALUE
 *     file PATH
 *     function ADDR|- SIZE NAME copies=N|? FILE:LINE
 *     frame ADDR NUMBER inlined|real FUNCTION|? FILE:LINE
 *     line ADDR FILE:LINE FUNCTION INTO|- stmt|-|? line|- entry|-
 *     stretch ADDR-ADDR FILE:LINE FUNCTION INTO|- stmt|-|?
 *     probed ADDR exact|-
 *     defer ADDR KIND FILE:LINE FUNCTION
 *     layout TYPE NAME OFFSET
 *     number KIND NUMBER NAME
 *     quality NAME SEVERITY VALUE SENTENCE
 *
 * ADDR: hex ELF virtual addresses; with a final "r" it is a return address. PROBE: the same, of a
 * uprobe. SPEC: lines only of what it may mean. "time" on stderr is CPU time and the largest memory.
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
	printf("facts %s pie=%d text=%" PRIx64 "-%" PRIx64 " layout=%s id=%s\n",
	       b->arch ? b->arch : "-", b->position_independent, b->go_text, b->go_text_end,
	       b->layout_origin ? b->layout_origin : "-", b->go_build_id ? b->go_build_id : "-");
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
		printf("function %" PRIx64 " %" PRIx64 " %s", f->addr, f->size, f->name);
	else
		printf("function - 0 %s", f->name);
	if (f->copies_known)
		printf(" copies=%" PRId64, f->inlined_copies);
	else
		printf(" copies=?");
	printf(" %s:%" PRId64 "\n", f->file ? m->files[f->file - 1] : "?", f->line);
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

static const char *stmt(int is_stmt)
{
	return is_stmt < 0 ? "?" : is_stmt ? "stmt" : "-";
}

int model_source_line(struct model *m, const struct source_line *l, struct error *err)
{
	(void)err;
	printf("line %" PRIx64 " %s:%" PRId64 " %s %s %s %s %s\n", l->pc, m->files[l->file - 1],
	       l->line, function_name(m, l->function),
	       l->inlined_into ? function_name(m, l->inlined_into) : "-", stmt(l->is_stmt),
	       l->is_line ? "line" : "-", l->is_entry ? "entry" : "-");
	return 0;
}

int model_line_pc(struct model *m, const struct line_pc *l, struct error *err)
{
	(void)err;
	printf("stretch %" PRIx64 "-%" PRIx64 " %s:%" PRId64 " %s %s %s\n", l->pc, l->end,
	       m->files[l->file - 1], l->line, function_name(m, l->function),
	       l->inlined_into ? function_name(m, l->inlined_into) : "-", stmt(l->is_stmt));
	return 0;
}

int model_probe_place(struct model *m, const struct source *s, uint32_t binary, uint64_t pc,
		      bool exact, struct error *err)
{
	(void)m;
	(void)s;
	(void)binary;
	(void)err;
	printf("probed %" PRIx64 " %s\n", pc, exact ? "exact" : "-");
	return 0;
}

int model_defer_site(struct model *m, const struct defer_site_row *d, struct error *err)
{
	(void)m;
	(void)err;
	printf("defer %" PRIx64 " %s %s:%" PRId64 " %s\n", d->pc, d->kind, d->file ? d->file : "?",
	       d->line, d->function);
	return 0;
}

int model_layout_field(struct model *m, uint32_t binary, const char *type, const char *name,
		       int64_t offset, struct error *err)
{
	(void)m;
	(void)binary;
	(void)err;
	printf("layout %s %s %" PRId64 "\n", type, name, offset);
	return 0;
}

int model_number_name(struct model *m, uint32_t binary, const char *kind, int64_t number,
		      const char *name, struct error *err)
{
	(void)m;
	(void)binary;
	(void)err;
	printf("number %s %" PRId64 " %s\n", kind, number, name);
	return 0;
}

int model_quality(struct model *m, const char *name, const char *severity, int64_t value,
		  const char *sentence, struct error *err)
{
	(void)m;
	(void)err;
	printf("quality %s %s %" PRId64 " %s\n", name, severity, value, sentence);
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
	const char *specs[16];
	uint64_t probes[16];
	size_t probe_count = 0;
	const struct source source = { 0 };
	struct symbol_options options = { .lines = LINES_MAIN, .specs = specs };
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
		else if (!strcmp(argv[arg], "-d"))
			options.symfs = argv[arg + 1];
		else if (!strcmp(argv[arg], "-b") && options.spec_count < ARRAY_SIZE(specs)) {
			specs[options.spec_count++] = argv[arg + 1];
			options.lines = LINES_SPECS;
		} else if (!strcmp(argv[arg], "-p") && probe_count < ARRAY_SIZE(probes))
			probes[probe_count++] = strtoull(argv[arg + 1], NULL, 16);
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
	for (i = 0; i < probe_count; i++)
		symbols_probe(s, binary, probes[i], &source);
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
