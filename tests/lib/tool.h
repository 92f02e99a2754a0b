/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs of tests/tools/ have in common. */
#ifndef GOTRACE_TESTS_LIB_TOOL_H
#define GOTRACE_TESTS_LIB_TOOL_H

#include "base/error.h"
#include "ingest/elf_file.h"

/* CPU time of this process so far. */
double cpu_seconds(void);

/* main() of a tool whose one argument is an ELF file: opens it for `print`, and says what went wrong. */
int tool_main(int argc, char **argv, int (*print)(struct elf_file *f, struct error *err));

#endif
