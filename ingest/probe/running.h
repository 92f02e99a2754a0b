/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files as the kernel has to be told of them.
 */
#ifndef GOTRACE_INGEST_PROBE_RUNNING_H
#define GOTRACE_INGEST_PROBE_RUNNING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/*
 * A path by which this process, and the kernel on its behalf, finds the program that `pid` executes:
 * the very file, whatever has taken its place on disk. *lasting is false when the path lives only as
 * long as the process. The caller frees; NULL on error.
 */
char *running_file(int32_t pid, bool *lasting, struct error *err);

/*
 * The absolute path of a file without the characters that end a word in uprobe_events. The caller
 * frees; NULL on error.
 */
char *probed_path(const char *path, struct error *err);

#endif
