/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * .gnu_debuglink, written by "objcopy --add-gnu-debuglink":
 *
 *      0   text  name of the debug file, without a folder, and a NUL
 *      …         zeros up to the next multiple of 4
 *      …   u32   CRC-32 of the whole debug file, as zlib and IEEE 802.3 have it
 */
#include "ingest/debug_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <elfutils/libdwelf.h>

#include "base/memory.h"

#define DEBUG_FOLDER "/usr/lib/debug"
#define CRC32_POLYNOMIAL 0xedb88320

static uint32_t crc32_of(const unsigned char *bytes, size_t size)
{
	uint32_t table[256], crc, i;
	int bit;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		crc = i;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? CRC32_POLYNOMIAL : 0);
		table[i] = crc;
	}
	for (crc = UINT32_MAX; size; size--)
		crc = crc >> 8 ^ table[(crc ^ *bytes++) & 0xff];
	return ~crc;
}

static bool has_crc(struct elf_file *f, uint32_t crc)
{
	size_t size;
	const char *bytes = elf_rawfile(f->elf, &size);

	return bytes && crc32_of((const unsigned char *)bytes, size) == crc;
}

static bool is_same_file(const struct elf_file *a, const struct elf_file *b)
{
	struct stat x, y;

	return !fstat(a->fd, &x) && !fstat(b->fd, &y) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* Whether `path` is the debug file of `f`; `crc` is what the debug link says, NULL: there is none. */
static bool belongs(struct elf_file *f, const char *path, const GElf_Word *crc)
{
	struct elf_file other;
	struct error err;
	bool does;

	if (elf_file_open(&other, path, &err))
		return false;
	does = other.machine == f->machine && other.build_id_size == f->build_id_size &&
	       !memcmp(other.build_id, f->build_id, f->build_id_size) && !is_same_file(f, &other) &&
	       (!crc || has_crc(&other, *crc));
	elf_file_close(&other);
	return does;
}

/* Gives `path` back if it is the debug file, and frees it if not. */
static char *keep(struct elf_file *f, char *path, const GElf_Word *crc)
{
	if (belongs(f, path, crc))
		return path;
	free(path);
	return NULL;
}

static char *by_build_id(struct elf_file *f, const char *root)
{
	char hex[2 * BUILD_ID_MAX + 1];
	size_t i;

	if (f->build_id_size < 2)
		return NULL;
	for (i = 0; i < f->build_id_size; i++)
		snprintf(hex + 2 * i, 3, "%02x", f->build_id[i]);
	return keep(f, xasprintf("%s" DEBUG_FOLDER "/.build-id/%.2s/%s.debug", root, hex, hex + 2),
		    NULL);
}

static char *by_link_beside(struct elf_file *f, const char *folder, const char *name, GElf_Word crc)
{
	char *found = keep(f, xasprintf("%s/%s", folder, name), &crc);

	return found ? found : keep(f, xasprintf("%s/.debug/%s", folder, name), &crc);
}

/* How a program that runs inside `root` calls a folder. */
static const char *inside(const char *root, const char *folder)
{
	char *top = *root ? realpath(root, NULL) : NULL;
	size_t size = top ? strlen(top) : 0;
	bool is_in = size && !strncmp(folder, top, size) && (!folder[size] || folder[size] == '/');

	free(top);
	return is_in ? folder + size : folder;
}

static char *by_link_in(struct elf_file *f, const char *root, const char *folder, const char *name,
			GElf_Word crc)
{
	return keep(f, xasprintf("%s" DEBUG_FOLDER "%s/%s", root, folder, name), &crc);
}

static char *by_link(struct elf_file *f, const char *path, const char *root)
{
	GElf_Word crc;
	const char *name = dwelf_elf_gnu_debuglink(f->elf, &crc), *folder;
	char *full, *found;

	/* A name with a folder in it is none that objcopy wrote. */
	if (!name || !*name || strchr(name, '/'))
		return NULL;
	full = realpath(path, NULL);
	if (!full)
		return NULL;
	*strrchr(full, '/') = '\0';
	folder = inside(root, full);
	found = by_link_beside(f, full, name, crc);
	if (!found && *root)
		found = by_link_in(f, root, folder, name, crc);
	if (!found)
		found = by_link_in(f, "", folder, name, crc);
	free(full);
	return found;
}

char *debug_file_find(struct elf_file *f, const char *path, const char *root)
{
	char *found = NULL;

	if (!root)
		root = "";
	if (*root)
		found = by_build_id(f, root);
	if (!found)
		found = by_build_id(f, "");
	return found ? found : by_link(f, path, root);
}
