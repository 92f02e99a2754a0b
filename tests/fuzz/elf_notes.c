/* SPDX-License-Identifier: GPL-2.0-only */
/* ELF itself: build id, segments, sections, symbols, relocated pointers. See "make fuzz". */
#include "tests/fuzz/elf.h"

FUZZ_ELF(ask_elf)
