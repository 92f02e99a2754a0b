/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ingest/go/pclntab.h and ingest/go/build_info.h tell about one file, as text to hold against other
 * readers:
 *
 *     pclntab_dump [-a] [-f] [-r] FILE
 *
 *     build version|path|module|id TEXT
 *     build setting KEY=VALUE
 *     table ADDR SIZE text START END go OLDEST NEWEST moduledata ADDR gofunc ADDR section|search
 *     function START END LINE DEFERRETURN open|- FILE|? NAME             (-f)
 *     row START END COPY FILE|?:LINE                                     (-r)
 *     copy NUMBER PARENT LINE CALL_ADDR CALL_FILE|?:CALL_LINE NAME       (-r; those that rows name)
 *     frame ADDR inlined|real FILE|?:LINE NAME                           (-a; addresses on stdin)
 *
 * Addresses are hexadecimal, and a colon separates the line from a path. "time" on stderr is CPU time:
 * to open, to go over all functions, to go over all rows.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "ingest/go/build_info.h"
#include "ingest/go/pclntab.h"
#include "tests/lib/tool.h"

static const char *known(const char *text)
{
	return text ? text : "?";
}

static void dump_build(struct elf_file *f)
{
	struct go_build g;
	const char *line, *next;

	if (go_build_read(f, &g)) {
		printf("build version %s\n", g.version.size ? g.version.data : "");
		printf("build path %s\n", g.path.size ? g.path.data : "");
		printf("build module %s\n", g.module.size ? g.module.data : "");
		printf("build id %s\n", g.id.size ? g.id.data : "");
		for (line = g.settings.data; line && *line; line = next) {
			next = line + strcspn(line, "\n") + 1;
			printf("build setting %.*s", (int)(next - line), line);
		}
	}
	go_build_free(&g);
}

static bool longest(void *arg, const char *file)
{
	size_t *most = arg;

	if (strlen(file) > *most)
		*most = strlen(file);
	return false;
}

static void dump_functions(struct pclntab *p, bool print)
{
	struct pclntab_function f;
	size_t i, most = 0;

	for (i = 0; i < pclntab_count(p); i++) {
		if (!pclntab_function(p, i, &f)) {
			if (print)
				printf("damaged %zu\n", i);
			continue;
		}
		pclntab_has_file(p, i, longest, &most);
		if (print)
			printf("function %" PRIx64 " %" PRIx64 " %" PRId64 " %" PRIx32
			       " %s %s %s\n",
			       f.entry, f.end, f.start_line, f.deferreturn,
			       f.open_coded ? "open" : "-", known(f.file), f.name);
	}
}

static void dump_rows(struct pclntab *p, bool print)
{
	const struct pclntab_row *rows;
	struct pclntab_copy copy;
	size_t i, row, count;

	for (i = 0; i < pclntab_count(p); i++) {
		int32_t seen = -1;

		count = pclntab_rows(p, i, &rows);
		for (row = 0; print && row < count; row++) {
			const struct pclntab_row *r = &rows[row];

			printf("row %" PRIx64 " %" PRIx64 " %" PRId32 " %s:%" PRId64 "\n", r->pc,
			       r->end, r->copy, known(r->file), r->line);
			if (r->copy <= seen || !pclntab_copy(p, i, r->copy, &copy))
				continue;
			seen = r->copy;
			printf("copy %" PRId32 " %" PRId32 " %" PRId64 " %" PRIx64 " %s:%" PRId64
			       " %s\n",
			       r->copy, copy.parent, copy.start_line, copy.call_pc,
			       known(copy.call_file), copy.call_line, copy.function);
		}
	}
}

static void dump_frames(struct pclntab *p)
{
	const struct pclntab_frame *frames;
	size_t i, number, count;
	char line[64];

	while (fgets(line, sizeof(line), stdin)) {
		uint64_t pc = strtoull(line, NULL, 16);

		number = pclntab_find(p, pc);
		count = number == NO_FUNCTION ? 0 : pclntab_frames(p, number, pc, &frames);
		for (i = 0; i < count; i++)
			printf("frame %" PRIx64 " %s %s:%" PRId64 " %s\n", pc,
			       frames[i].inlined ? "inlined" : "real", known(frames[i].file),
			       frames[i].line, frames[i].function);
		if (!count)
			printf("frame %" PRIx64 " none ?:0 ?\n", pc);
	}
}

int main(int argc, char **argv)
{
	bool addresses = false, functions = false, rows = false;
	const struct pclntab_info *info;
	double start, opened, walked;
	struct error err = { 0 };
	struct elf_file f;
	struct pclntab *p;
	int arg;

	for (arg = 1; arg < argc && argv[arg][0] == '-'; arg++) {
		addresses = addresses || !strcmp(argv[arg], "-a");
		functions = functions || !strcmp(argv[arg], "-f");
		rows = rows || !strcmp(argv[arg], "-r");
	}
	if (arg + 1 != argc)
		return 2;
	if (elf_file_open(&f, argv[arg], &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 4;
	}
	dump_build(&f);
	start = cpu_seconds();
	p = pclntab_open(&f, &err);
	if (!p) {
		fprintf(stderr, "%s\n", err.text);
		elf_file_close(&f);
		return 4;
	}
	info = pclntab_info(p);
	printf("table %" PRIx64 " %" PRIx64 " text %" PRIx64 " %" PRIx64
	       " go %d %d moduledata %" PRIx64 " gofunc %" PRIx64 " %s\n",
	       info->addr, info->size, info->text, info->etext, info->oldest, info->newest,
	       info->moduledata, info->gofunc, info->by_section ? "section" : "search");
	opened = cpu_seconds();
	dump_functions(p, functions);
	walked = cpu_seconds();
	dump_rows(p, rows);
	fprintf(stderr, "time %.4f s open, %.4f s functions, %.4f s rows\n", opened - start,
		walked - opened, cpu_seconds() - walked);
	if (addresses)
		dump_frames(p);
	pclntab_close(p);
	elf_file_close(&f);
	return 0;
}
