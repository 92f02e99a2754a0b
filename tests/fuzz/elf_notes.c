/* SPDX-License-Identifier: GPL-2.0-only */
/* ELF itself: build id, segments, sections, symbols, relocated pointers. See "make fuzz". */
#include <stddef.h>
#include <stdint.h>

#include "ingest/elf_file.h"
#include "tests/lib/ask.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct error err = { 0 };
	struct elf_file f;

	if (elf_file_open_memory(&f, bytes, size, &err))
		return 0;
	ask_elf(&f);
	elf_file_close(&f);
	return 0;
}
