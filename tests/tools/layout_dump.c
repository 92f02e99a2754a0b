/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ingest/go/layout.h tells about one ELF file, as text to hold against other readers:
 *
 *     layout_dump FILE [VERSION]        VERSION: instead of what the file says of itself
 *
 *     origin dwarf|version|unknown
 *     field TYPE NAME OFFSET
 *     reason NUMBER TEXT
 *     stop NUMBER TEXT
 *     status NUMBER TEXT
 *     names symbol|content|unknown symbol|content|unknown symbol|content|unknown
 *
 * "time" on stderr is the CPU time that each of the four took.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

#include "ingest/go/build_info.h"
#include "ingest/go/layout.h"
#include "tests/lib/tool.h"

static const char *const origins[] = {
	[LAYOUT_UNKNOWN] = "unknown",
	[LAYOUT_DWARF] = "dwarf",
	[LAYOUT_VERSION] = "version",
};

static void print_names(const char *what, const struct number_names *n)
{
	size_t i;

	for (i = 0; i < n->count; i++)
		if (n->names[i])
			printf("%s %zu %s\n", what, i, n->names[i]);
}

static const char *found_by(const struct number_names *n)
{
	return !n->count ? "unknown" : n->by_symbol ? "symbol" : "content";
}

static void print_layout(const struct layout *l)
{
	size_t i;

	printf("origin %s\n", origins[l->origin]);
	for (i = 0; i < l->count; i++)
		printf("field %s %s %" PRId64 "\n", l->fields[i].type, l->fields[i].name,
		       l->fields[i].offset);
}

static void dump(struct elf_file *f, const char *version)
{
	struct number_names reasons, stops, states;
	struct rusage usage;
	struct layout l;
	double times[5];

	times[0] = cpu_seconds();
	layout_read(&l, f, version);
	times[1] = cpu_seconds();
	layout_wait_reasons(&reasons, f, version);
	times[2] = cpu_seconds();
	layout_stop_reasons(&stops, f, version);
	times[3] = cpu_seconds();
	layout_statuses(&states, f, version);
	times[4] = cpu_seconds();
	print_layout(&l);
	print_names("reason", &reasons);
	print_names("stop", &stops);
	print_names("status", &states);
	printf("names %s %s %s\n", found_by(&reasons), found_by(&stops), found_by(&states));
	getrusage(RUSAGE_SELF, &usage);
	fprintf(stderr, "time %.4f s, %.4f s, %.4f s, %.4f s, %ld kB\n", times[1] - times[0],
		times[2] - times[1], times[3] - times[2], times[4] - times[3], usage.ru_maxrss);
	number_names_free(&reasons);
	number_names_free(&stops);
	number_names_free(&states);
	layout_free(&l);
}

int main(int argc, char **argv)
{
	struct error err = { 0 };
	struct go_build build;
	struct elf_file f;

	if (argc < 2)
		return 2;
	if (elf_file_open(&f, argv[1], &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 4;
	}
	go_build_read(&f, &build);
	dump(&f, argc > 2 ? argv[2] : build.version.data);
	go_build_free(&build);
	elf_file_close(&f);
	return 0;
}
