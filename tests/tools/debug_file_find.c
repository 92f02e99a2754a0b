/* SPDX-License-Identifier: GPL-2.0-only */
/* Prints what ingest/debug_file.h finds: debug_file_find FILE [ROOT]; nothing, where there is nothing. */
#include <stdio.h>
#include <stdlib.h>

#include "ingest/debug_file.h"

int main(int argc, char **argv)
{
	struct error err = { 0 };
	struct elf_file f;
	char *found;

	if (argc < 2)
		return 2;
	if (elf_file_open(&f, argv[1], &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 4;
	}
	found = debug_file_find(&f, argv[1], argc > 2 ? argv[2] : NULL);
	if (found)
		puts(found);
	free(found);
	elf_file_close(&f);
	return 0;
}
