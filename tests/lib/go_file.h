/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ELF files of a few kilobytes with all that Go's linker writes for the runtime and no more: what
 * parsers are tested with, whole or damaged. Written from Go's sources, not from the parser's.
 *
 * The program has, with addresses relative to its code at GO_FILE_TEXT:
 *
 *     00-40  main.outer, a.go, func in line 10; open-coded defer, deferreturn at 30. It calls main.mid
 *            (func in line 19) in line 12, which calls main.leaf (func in line 29 of b.go) in line 21;
 *            both are inlined:
 *                00 a.go:10   08 a.go:12   09 a.go:20 mid   10 a.go:21 mid   11 b.go:30 leaf
 *                18 a.go:13   30 a.go:10   35 nothing
 *     40-60  main.plain, b.go, func in line 50: 40 b.go:50   50 b.go:52   60
 *     60-70  main.bare, of which there are no lines
 *
 * and on machines with instructions of `quantum` bytes, as many times as much of everything.
 */
#ifndef GOTRACE_TESTS_LIB_GO_FILE_H
#define GOTRACE_TESTS_LIB_GO_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

#define GO_FILE_TEXT 0x401000
#define GO_FILE_VERSION "go1.99.1"
#define GO_FILE_ID "first/second"

struct go_file {
	int release;      /* 17, 18, 20, 26 or 27: that of the table and of the rest */
	unsigned quantum; /* 1: amd64, 4: arm64 */
	bool relocated;   /* pointers are 0 in the file, and in relocations */
	bool sections;    /* there are section headers for the table */
};

/* The file's bytes; the caller frees the buffer. */
void go_file_write(const struct go_file *g, struct buffer *out);

#endif
