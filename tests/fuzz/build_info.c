/* SPDX-License-Identifier: GPL-2.0-only */
/* What Go's linker says of the build. See "make fuzz". */
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
	ask_build_info(&f);
	elf_file_close(&f);
	return 0;
}
