/* SPDX-License-Identifier: GPL-2.0-only */
/* What Go's linker says of the build. See "make fuzz". */
#include "tests/fuzz/elf.h"

FUZZ_ELF(ask_build_info)
