/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the fields of the Go runtime's structs lie (runtime.g, m, p, _defer, _panic, gobuf), and what
 * it calls its wait reasons and goroutine states: from DWARF and from the binary's own tables, or by
 * the Go version.
 */
#ifndef GOTRACE_INGEST_GO_LAYOUT_H
#define GOTRACE_INGEST_GO_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "ingest/elf_file.h"
#include "ingest/go/pclntab.h"

enum layout_origin {
	LAYOUT_UNKNOWN, /* neither DWARF nor a version that is known */
	LAYOUT_DWARF,   /* read from this very binary */
	LAYOUT_VERSION, /* by the Go version: a guess that the recording must confirm */
};

struct layout_field {
	const char *type, *name; /* "g", "goid"; of a struct in a struct: "stack.hi" */
	int64_t offset;          /* bytes */
};

struct layout {
	enum layout_origin origin;
	int minor;                   /* 22 of Go 1.22; 0: not known */
	struct layout_field *fields; /* owned; their texts live as long as the program */
	size_t count;
};

/*
 * `version` is "go1.22.3", NULL or empty where it is not known ("devel …" too). With DWARF, only what
 * leads to the structs is read. Never fails: what cannot be told is missing.
 */
void layout_read(struct layout *l, struct elf_file *f, const char *version);
void layout_free(struct layout *l);

/* 22 of "go1.22.3", "go1.22rc1", "go1.22.3 X:foo"; 0: not such a text. */
int layout_minor(const char *version);

/* The offset of "g.goid", "m.curg", "_defer.fn" …; -1: not known. */
int64_t layout_offset(const struct layout *l, const char *field);

/* Names that the runtime gives to numbers, by number; NULL in gaps. */
struct number_names {
	char **names; /* owned */
	size_t count;
	bool from_binary; /* false: by the Go version */
};
/* runtime.waitReasonStrings: by symbol, or found by its content where there are no symbols. */
void layout_wait_reasons(struct number_names *n, struct elf_file *f, const char *version);
/* runtime.gStatusStrings. */
void layout_statuses(struct number_names *n, struct elf_file *f, const char *version);
void number_names_free(struct number_names *n);

#endif
