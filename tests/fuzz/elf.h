/* SPDX-License-Identifier: GPL-2.0-only */
/* A fuzz target about ELF files: FUZZ_ELF(ask) asks each input that opens. See tests/lib/ask.h. */
#ifndef GOTRACE_TESTS_FUZZ_ELF_H
#define GOTRACE_TESTS_FUZZ_ELF_H

#include <stddef.h>
#include <stdint.h>

#include "ingest/elf_file.h"
#include "tests/lib/ask.h"

#define FUZZ_ELF(ask)                                                                              \
	int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);                             \
	int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)                              \
	{                                                                                          \
		struct error err = { 0 };                                                          \
		struct elf_file f;                                                                 \
                                                                                                   \
		if (elf_file_open_memory(&f, bytes, size, &err))                                   \
			return 0;                                                                  \
		ask(&f);                                                                           \
		elf_file_close(&f);                                                                \
		return 0;                                                                          \
	}

#endif
