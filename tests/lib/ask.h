/* SPDX-License-Identifier: GPL-2.0-only */
/* All that can be asked of a file, whole or damaged: for sanitizers to watch. Nothing is expected. */
#ifndef GOTRACE_TESTS_LIB_ASK_H
#define GOTRACE_TESTS_LIB_ASK_H

#include "ingest/elf_file.h"

void ask_elf(struct elf_file *f);
void ask_build_info(struct elf_file *f);
/* What must hold of any table that was opened is asserted. */
void ask_pclntab(struct elf_file *f);

#endif
