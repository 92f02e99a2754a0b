/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which functions of a program have their lines stored: by name, and by the file in which code of
 * theirs is written. What SPECs of breakpoints may mean is chosen generously; SQL decides.
 */
#ifndef GOTRACE_INGEST_CHOICE_H
#define GOTRACE_INGEST_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/map.h"
#include "ingest/go/build_info.h"
#include "ingest/symbols.h"

struct choice {
	enum lines lines;
	struct buffer main, escaped; /* the main module's path, as told and as in symbols */
	struct intern names;         /* LINES_SPECS: last parts of functions' names … */
	struct intern files;         /* … base names of files … */
	uint64_t *addresses;         /* … and addresses */
	size_t address_count, address_capacity;
};

/* `go`: of the program; NULL: it is no Go program. */
void choice_init(struct choice *c, const struct symbol_options *options, const struct go_build *go);
void choice_free(struct choice *c);

/* Whether lines of a function of this name are stored, wherever its code stands. */
bool choice_name(const struct choice *c, const char *function);
/* Whether lines of this file are stored, whatever function they belong to. */
bool choice_file(const struct choice *c, const char *path);

#endif
