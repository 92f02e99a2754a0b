/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of functions, lines and inlined calls. See "make fuzz". */
#include "tests/fuzz/elf.h"

FUZZ_ELF(ask_pclntab)
