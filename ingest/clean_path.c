/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/clean_path.h"

#include <stdbool.h>
#include <string.h>

void clean_path(const char *path, struct buffer *clean)
{
	bool rooted = path[0] == '/';
	size_t kept = 0; /* bytes that ".." cannot take back */

	buffer_clear(clean);
	buffer_text(clean, rooted ? "/" : "");
	kept = clean->size;
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && path[0] == '.' && path[1] == '.') {
			if (clean->size > kept) {
				while (clean->size > kept && clean->data[clean->size - 1] != '/')
					clean->size--;
				if (clean->size > kept)
					clean->size--;
				clean->data[clean->size] = '\0';
			} else if (!rooted) {
				buffer_text(clean, clean->size ? "/.." : "..");
				kept = clean->size;
			}
		} else if (n && !(n == 1 && path[0] == '.')) {
			if (clean->size && clean->data[clean->size - 1] != '/')
				buffer_text(clean, "/");
			buffer_add(clean, path, n);
		}
		path += n + (path[n] == '/');
	}
	if (!clean->size)
		buffer_text(clean, ".");
}
