/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/lib/tool.h"

#include <stdio.h>
#include <time.h>

double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int tool_main(int argc, char **argv, int (*print)(struct elf_file *f, struct error *err))
{
	struct error err = { 0 };
	struct elf_file f;
	int rc;

	if (argc != 2)
		return STATUS_USAGE;
	if (elf_file_open(&f, argv[1], &err)) {
		fprintf(stderr, "%s: %s\n", argv[1], err.text);
		return STATUS_UNREADABLE;
	}
	rc = print(&f, &err);
	if (rc)
		fprintf(stderr, "%s: %s\n", argv[1], err.text);
	elf_file_close(&f);
	return rc ? STATUS_UNREADABLE : STATUS_OK;
}
