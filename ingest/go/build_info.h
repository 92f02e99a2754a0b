/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Go's linker wrote into a program about its build: release, packages, settings, build id. It is
 * there in every program of modules, stripped or not.
 */
#ifndef GOTRACE_INGEST_GO_BUILD_INFO_H
#define GOTRACE_INGEST_GO_BUILD_INFO_H

#include <stdbool.h>

#include "base/buffer.h"
#include "ingest/elf_file.h"

/* Texts are empty where the linker wrote none. */
struct go_build {
	struct buffer version; /* "go1.22.3" */
	struct buffer path;   /* of package main: "example.com/cmd/app", "command-line-arguments" */
	struct buffer module; /* of the main module: "example.com" */
	struct buffer settings; /* "key=value\n"… as `go version -m` prints them */
	struct buffer id;       /* as `go tool buildid` prints it */
};

/* False when the file was not made by Go. The caller frees in either case. */
bool go_build_read(struct elf_file *f, struct go_build *g);
void go_build_free(struct go_build *g);

#endif
