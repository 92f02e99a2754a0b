/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the fields of the Go runtime's structs lie (runtime.g, m, p, _defer, _panic, gobuf), and what
 * it calls its wait reasons, stop reasons and goroutine states: from DWARF and from the binary's own tables, or by
 * the Go version.
 */
#ifndef GOTRACE_INGEST_GO_LAYOUT_H
#define GOTRACE_INGEST_GO_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "ingest/elf_file.h"

enum layout_origin {
	LAYOUT_UNKNOWN, /* neither DWARF nor a version that is known */
	LAYOUT_DWARF,   /* read from this very binary */
	LAYOUT_VERSION, /* by the Go version: a guess that the recording must confirm */
};

/* "unknown", "dwarf", "version": as stored and printed. */
const char *layout_origin_name(enum layout_origin origin);

struct layout_field {
	const char *type, *name; /* "g", "goid"; of a struct in a struct: "stack.hi" */
	int64_t offset;          /* bytes */
};

struct layout {
	enum layout_origin origin;
	int minor;                   /* 22 of Go 1.22; 0: not known */
	struct layout_field *fields; /* owned, as are their texts */
	size_t count, capacity;
	struct intern names; /* of fields that DWARF told */
};

/*
 * `version` is "go1.22.3", NULL or empty where it is not known ("devel …" too). With DWARF, only what
 * leads to the structs is read, and all their fields are told. Without, those that every Go program
 * needs explained, and only for the versions that were looked into: a newer one is LAYOUT_UNKNOWN, as
 * three of the last five releases moved g.goid or m.procid, and a wrong offset reads plausible numbers.
 * Never fails: what cannot be told is missing.
 */
void layout_read(struct layout *l, struct elf_file *f, const char *version);
void layout_free(struct layout *l);

/*
 * 22 of "go1.22.3", "go1.22rc1", "go1.22.3 X:foo"; 0: not such a text, or between two releases
 * ("go1.26-devel_…"), where anything may have moved already.
 */
int layout_minor(const char *version);

/* The offset of "g.goid", "m.curg", "_defer.fn" …; -1: not known. */
int64_t layout_offset(const struct layout *l, const char *field);

/*
 * Names that the runtime gives to numbers, by number; NULL in gaps (reason 0 is one). They are read from
 * the binary or not known; between releases they move. The table is found by its symbol or, where there
 * are no symbols, by its content; then `version` tells how long it is, and where it is not known names
 * of other things may follow, with numbers that no goroutine has.
 */
struct number_names {
	char **names; /* owned */
	size_t count; /* 0: not known */
	bool by_symbol;
};
/* runtime.waitReasonStrings: what runtime.g.waitreason means. */
void layout_wait_reasons(struct number_names *n, struct elf_file *f, const char *version);
/* runtime.stwReasonStrings: what the first argument of stopTheWorldWithSema means, from Go 1.21 on. */
void layout_stop_reasons(struct number_names *n, struct elf_file *f, const char *version);
/* runtime.gStatusStrings: what runtime.g.atomicstatus means, without its scan bit 0x1000. */
void layout_statuses(struct number_names *n, struct elf_file *f, const char *version);
void number_names_free(struct number_names *n);

#endif
