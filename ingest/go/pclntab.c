/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/go/pclntab.h"

struct pclntab *pclntab_open(struct elf_file *f, struct error *err)
{
	(void)f;
	error_set(err, STATUS_UNREADABLE, "not written yet");
	return NULL;
}

void pclntab_close(struct pclntab *p)
{
	(void)p;
}

const struct pclntab_info *pclntab_info(const struct pclntab *p)
{
	(void)p;
	return NULL;
}

size_t pclntab_count(const struct pclntab *p)
{
	(void)p;
	return 0;
}

size_t pclntab_find(const struct pclntab *p, uint64_t pc)
{
	(void)p;
	(void)pc;
	return NO_FUNCTION;
}

bool pclntab_function(const struct pclntab *p, size_t number, struct pclntab_function *f)
{
	(void)p;
	(void)number;
	(void)f;
	return false;
}

size_t pclntab_frames(struct pclntab *p, size_t number, uint64_t pc,
		      const struct pclntab_frame **frames)
{
	(void)p;
	(void)number;
	(void)pc;
	(void)frames;
	return 0;
}

size_t pclntab_rows(struct pclntab *p, size_t number, const struct pclntab_row **rows)
{
	(void)p;
	(void)number;
	(void)rows;
	return 0;
}

bool pclntab_copy(struct pclntab *p, size_t number, int32_t copy, struct pclntab_copy *out)
{
	(void)p;
	(void)number;
	(void)copy;
	(void)out;
	return false;
}

const unsigned char *pclntab_funcdata(const struct pclntab *p, size_t number, unsigned index,
				      size_t *size)
{
	(void)p;
	(void)number;
	(void)index;
	(void)size;
	return NULL;
}

int32_t pclntab_pcdata(const struct pclntab *p, size_t number, unsigned index, uint64_t pc)
{
	(void)p;
	(void)number;
	(void)index;
	(void)pc;
	return -1;
}

int32_t pclntab_sp_delta(const struct pclntab *p, size_t number, uint64_t pc)
{
	(void)p;
	(void)number;
	(void)pc;
	return -1;
}

bool pclntab_has_file(struct pclntab *p, size_t number, bool (*is)(void *arg, const char *file),
		      void *arg)
{
	(void)p;
	(void)number;
	(void)is;
	(void)arg;
	return false;
}
