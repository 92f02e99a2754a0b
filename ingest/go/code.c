/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/go/code.h"

struct code *code_open(uint16_t machine)
{
	(void)machine;
	return NULL;
}

void code_close(struct code *c)
{
	(void)c;
}

size_t code_decode(struct code *c, const unsigned char *bytes, size_t size, uint64_t pc,
		   const uint64_t *extra, size_t extra_count, const struct instruction **list,
		   bool *indirect)
{
	(void)c;
	(void)bytes;
	(void)size;
	(void)pc;
	(void)extra;
	(void)extra_count;
	(void)list;
	(void)indirect;
	return 0;
}

uint64_t code_after_prologue(struct code *c, const unsigned char *bytes, size_t size, uint64_t pc)
{
	(void)c;
	(void)bytes;
	(void)size;
	return pc;
}

bool code_implies(const struct instruction *list, size_t count, uint64_t first, uint64_t then,
		  bool only)
{
	(void)list;
	(void)count;
	(void)first;
	(void)then;
	(void)only;
	return false;
}
