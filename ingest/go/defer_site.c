/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/go/defer_site.h"

void defer_targets(const struct pclntab *p, struct defer_targets *t)
{
	(void)p;
	*t = (struct defer_targets){ 0 };
}

int defer_sites(struct elf_file *f, struct pclntab *p, struct code *c,
		const struct defer_targets *targets, size_t number,
		int (*site)(void *arg, const struct defer_site *s), void *arg)
{
	(void)f;
	(void)p;
	(void)c;
	(void)targets;
	(void)number;
	(void)site;
	(void)arg;
	return 0;
}
