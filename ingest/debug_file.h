/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file into which a distribution moved the symbols and DWARF of a stripped one.
 */
#ifndef GOTRACE_INGEST_DEBUG_FILE_H
#define GOTRACE_INGEST_DEBUG_FILE_H

#include "ingest/elf_file.h"

/*
 * The path of the debug file of `f`, in memory that the caller frees; NULL: there is none. `path` is
 * where `f` was opened; `root` is the folder of another machine's files (--symfs), NULL: none. Looked for
 *
 *     ROOT/usr/lib/debug/.build-id/NN/NNNN….debug    by the GNU build id
 *     FOLDER/NAME                                    by .gnu_debuglink, beside the file
 *     FOLDER/.debug/NAME
 *     ROOT/usr/lib/debug/FOLDER/NAME
 *
 * where ROOT is `root` first and then nothing, and the last FOLDER is the one below `root`.
 *
 * The first that belongs to `f` is taken: its build id is the same (or neither has one), and where a
 * debug link names it, its checksum is what the link says. Nothing is asked over the network.
 * Source: GDB's manual, "Debugging Information in Separate Files".
 */
char *debug_file_find(struct elf_file *f, const char *path, const char *root);

#endif
