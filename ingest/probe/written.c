/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/probe/written.h"

#include <capstone/capstone.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct written {
	csh handle;
	cs_insn *insn;
	/* Whether capstone's name is of the register that the kernel calls `name`, or of a part. */
	bool (*same)(const char *capstone, const char *name);
};

/* rax, eax, ax, al, ah are parts of "ax"; rdi, edi, di, dil of "di"; r8, r8d, r8w, r8b of "r8". */
static bool same_amd64(const char *capstone, const char *name)
{
	size_t size = strlen(name);

	if ((*capstone == 'r' || *capstone == 'e') && !strcmp(capstone + 1, name))
		return true;
	if (!strncmp(capstone, name, size) && strlen(capstone) <= size + 1)
		return !capstone[size] || strchr("dwbl", capstone[size]);
	return name[1] == 'x' && capstone[0] == name[0] &&
	       (!strcmp(capstone + 1, "l") || !strcmp(capstone + 1, "h"));
}

/* x0 and w0 are "x0"; capstone writes fp and lr for x29 and x30. */
static bool same_arm64(const char *capstone, const char *name)
{
	if (!strcmp(name, "x29") || !strcmp(name, "x30"))
		if (!strcmp(capstone, name[1] == '2' ? "fp" : "lr"))
			return true;
	return !strcmp(capstone, name) ||
	       (capstone[0] == 'w' && name[0] == 'x' && !strcmp(capstone + 1, name + 1));
}

struct written *written_open(uint16_t machine)
{
	bool amd64 = machine == EM_X86_64;
	struct written *w;

	if (!amd64 && machine != EM_AARCH64)
		return NULL;
	w = xcalloc(1, sizeof(*w));
	w->same = amd64 ? same_amd64 : same_arm64;
	if (cs_open(amd64 ? CS_ARCH_X86 : CS_ARCH_ARM64, amd64 ? CS_MODE_64 : CS_MODE_ARM,
		    &w->handle) != CS_ERR_OK) {
		free(w);
		return NULL;
	}
	if (cs_option(w->handle, CS_OPT_DETAIL, CS_OPT_ON) == CS_ERR_OK)
		w->insn = cs_malloc(w->handle);
	if (!w->insn) {
		written_close(w);
		return NULL;
	}
	return w;
}

void written_close(struct written *w)
{
	if (!w)
		return;
	if (w->insn)
		cs_free(w->insn, 1);
	cs_close(&w->handle);
	free(w);
}

bool written_by(struct written *w, const unsigned char *bytes, size_t size, const char *name)
{
	cs_regs read, written;
	uint8_t reads, writes, i;
	uint64_t address = 0;

	if (!cs_disasm_iter(w->handle, &bytes, &size, &address, w->insn) ||
	    cs_regs_access(w->handle, w->insn, read, &reads, written, &writes) != CS_ERR_OK)
		return true;
	for (i = 0; i < writes; i++) {
		const char *capstone = cs_reg_name(w->handle, written[i]);

		if (!capstone || w->same(capstone, name))
			return true;
	}
	return false;
}
