/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/go/layout.h"

void layout_read(struct layout *l, struct elf_file *f, const char *version)
{
	(void)f;
	(void)version;
	*l = (struct layout){ 0 };
}

void layout_free(struct layout *l)
{
	(void)l;
}

int layout_minor(const char *version)
{
	(void)version;
	return 0;
}

int64_t layout_offset(const struct layout *l, const char *field)
{
	(void)l;
	(void)field;
	return -1;
}

void layout_wait_reasons(struct number_names *n, struct elf_file *f, const char *version)
{
	(void)f;
	(void)version;
	*n = (struct number_names){ 0 };
}

void layout_statuses(struct number_names *n, struct elf_file *f, const char *version)
{
	(void)f;
	(void)version;
	*n = (struct number_names){ 0 };
}

void number_names_free(struct number_names *n)
{
	(void)n;
}
