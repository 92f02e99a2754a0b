/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GOTRACE_INGEST_CLEAN_PATH_H
#define GOTRACE_INGEST_CLEAN_PATH_H

#include "base/buffer.h"

/*
 * A path without its detours, as Go's path.Clean: what the compiler recorded relative to "." (Go
 * with -trimpath) and what C compilers put together from two folders is what a user would write.
 */
void clean_path(const char *path, struct buffer *clean);

#endif
