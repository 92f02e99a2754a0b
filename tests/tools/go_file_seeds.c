/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the programs of tests/lib/go_file.h into a folder, for fuzzers to begin with. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tests/lib/go_file.h"

static int write_one(const char *folder, const struct go_file *g)
{
	char *path = xasprintf("%s/go-1.%d-%u-%d-%d", folder, g->release, g->quantum, g->relocated,
			       g->sections);
	struct buffer bytes = { 0 };
	FILE *out = fopen(path, "wb");
	bool failed;

	go_file_write(g, &bytes);
	failed = !out || fwrite(bytes.data, 1, bytes.size, out) != bytes.size;
	failed = (out && fclose(out)) || failed;
	if (failed)
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
	buffer_free(&bytes);
	free(path);
	return failed ? -1 : 0;
}

int main(int argc, char **argv)
{
	static const int releases[] = { 17, 18, 20, 26, 27 };
	unsigned i, bits;

	if (argc != 2)
		return 2;
	for (i = 0; i < ARRAY_SIZE(releases); i++)
		for (bits = 0; bits < 8; bits++) {
			struct go_file g = { .release = releases[i],
					     .quantum = bits & 1 ? 4 : 1,
					     .relocated = bits & 2,
					     .sections = bits & 4 };

			if (write_one(argv[1], &g))
				return 1;
		}
	return 0;
}
