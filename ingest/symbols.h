/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Binaries and kernels: from addresses to functions, files and lines.
 *
 * A binary is what the recording mapped, known by path, build id and inode. Its file is looked for
 * (--binary, --symfs, the recorded path, perf's build-id cache) when it is first needed, and used
 * only when its build id does not contradict the recording. Whatever is read is checked: a damaged
 * or hostile ELF file yields "not known", never a crash.
 */
#ifndef GOTRACE_INGEST_SYMBOLS_H
#define GOTRACE_INGEST_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "ingest/go/layout.h"
#include "model/model.h"

enum lines {
	LINES_MAIN, /* the main module's packages, and every function with a probe, trap or frame */
	LINES_ALL,
	LINES_NONE,
	LINES_SPECS, /* what `specs` may mean, and every function with a probe */
};

struct symbol_options {
	const char *const *binaries; /* --binary FILE, matched by build id, path or base name */
	size_t binary_count;
	const char *symfs;    /* --symfs DIR, NULL: none */
	const char *kallsyms; /* --kallsyms FILE, NULL: none */
	enum lines lines;
	const char *const *specs; /* LINES_SPECS: breakpoints, as users write them */
	size_t spec_count;
};

struct symbols;

/* `options` is borrowed until symbols_free(). Reads --kallsyms, so it can fail. */
struct symbols *symbols_new(const struct symbol_options *options, struct error *err);
void symbols_free(struct symbols *s);

/* /proc/kallsyms as the recording's tracing data holds it; `text` is copied. Ignored after --kallsyms. */
void symbols_kallsyms(struct symbols *s, const char *text, size_t size);

/* The function around an address of the kernel that is relative to _stext; NULL: not known. */
const char *symbols_kernel_function(const struct symbols *s, int64_t offset);

/* A build id that the recording's BUILD_ID section or record gives for a path. */
void symbols_build_id(struct symbols *s, const char *path, const unsigned char *id, size_t size);

/*
 * The number of a binary, a new one if path, build id or inode differ from all before. Build id of
 * size 0 and inode NO_VALUE: not recorded. `kernel`: kernel image or module (addresses stay as
 * recorded). Does not open the file.
 */
uint32_t symbols_binary(struct symbols *s, const char *path, const unsigned char *build_id,
			size_t build_id_size, int64_t inode, bool kernel);

/* Whether a binary is the kernel or one of its modules. */
bool symbols_is_kernel(const struct symbols *s, uint32_t binary);

/*
 * The ELF virtual address of a place in the file, by its program headers. False when the file is
 * not at hand, is not the one recorded, or has no executable segment there.
 */
bool symbols_vaddr(struct symbols *s, uint32_t binary, uint64_t file_offset, uint64_t *vaddr);

/*
 * The function that contains an address, and the offset in it, by the ELF symbol table; where there is
 * none by Go's pclntab or DWARF. The name is owned by `s` and lives as long. NULL: not known.
 */
const char *symbols_function(struct symbols *s, uint32_t binary, uint64_t vaddr, uint64_t *offset);

/*
 * Whether each call of the function around an address executes it once, whatever the call does: it is
 * at the entry or in the straight code behind it, or behind the stack check. True where the code cannot
 * be read, too.
 */
bool symbols_once(struct symbols *s, uint32_t binary, uint64_t vaddr);

/*
 * How far the stack pointer at an address of a Go function lies below where it was before the function
 * was called, in bytes. False: not known.
 */
bool symbols_depth(struct symbols *s, uint32_t binary, uint64_t vaddr, uint32_t *depth);

/*
 * The source line of an address, from pclntab, or DWARF where there is none. Keeps the binary open for
 * the next question, until another one is asked about or symbols_write() is called. The text lives as
 * long as `s`.
 */
bool symbols_line(struct symbols *s, uint32_t binary, uint64_t vaddr, const char **file,
		  int64_t *line);

/*
 * What the code at an address is, by Go's pclntab, and the innermost function inlined there, by name:
 * valid until the next call, NULL where it is not known. A file without a pclntab is not Go's.
 */
enum code_kind symbols_code(struct symbols *s, uint32_t binary, uint64_t vaddr,
			    const char **function);
/*
 * The open-coded defers of the Go function around an address. The binary stays open as by
 * symbols_line(), the texts live as long as `s`. False: there are none, or the file is not at hand.
 */
bool symbols_open_sites(struct symbols *s, uint32_t binary, uint64_t vaddr,
			struct open_sites *sites);

/* "go1.22.3", in memory that the caller frees; NULL: not made by Go, or not at hand. */
char *symbols_go_version(struct symbols *s, uint32_t binary);

/* What the program's runtime calls the numbers of a kind; the caller frees. Empty where it is not known. */
void symbols_number_names(struct symbols *s, uint32_t binary, enum name_kind kind,
			  struct number_names *n);

/* Whether Go's linker kept a function of that name, as pclntab has it. False: not known, too. */
bool symbols_has_function(struct symbols *s, uint32_t binary, const char *name);

/*
 * The Go type whose descriptor is at an ELF address. False: not known. The name lives as long as `s`.
 * Asked once for each; it is kept.
 */
bool symbols_type(struct symbols *s, uint32_t binary, uint64_t vaddr, struct value_type *type);

/* Whether the result of a call of recover() is dropped, by its return address: 1, 0; -1: not known. */
int symbols_drops(struct symbols *s, uint32_t binary, uint64_t vaddr);

/* A binary by path, for the probes file: the exact path first; 0 when there is none. */
uint32_t symbols_find(struct symbols *s, const char *path);

/* An address on a stack. A return address belongs to the call before it: it is looked up one byte
 * earlier, but kept as recorded. */
struct address {
	uint64_t pc;
	uint32_t binary; /* 0: none: pc is as recorded */
	bool is_return;
};

/* Frames of one address: ids first … first + count - 1, the innermost inlined function first. */
struct frames {
	uint32_t first, count;
};

/*
 * Resolves all addresses and writes binaries, functions, frames, source files and lines to the
 * model. `frames` has room for one answer per address; every address gets at least one frame.
 * Addresses that probes or traps stand on are marked by symbols_keep() before.
 */
int symbols_write(struct symbols *s, const struct address *addresses, size_t count,
		  struct frames *frames, struct model *m, struct error *err);

/* The function around this address must be among the stored source lines. */
void symbols_keep(struct symbols *s, uint32_t binary, uint64_t vaddr);

/*
 * The same, a uprobe of `source` being there: which places its hits stand for is told to the model,
 * too. `source` is the caller's until symbols_write() is done.
 */
void symbols_probe(struct symbols *s, uint32_t binary, uint64_t vaddr, const struct source *source);

#endif
