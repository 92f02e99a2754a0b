/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The .sql files of this folder, as the build put them into the binary.
 *
 * A name is the path below sql/ without its ending: "schema", "causes/uprobe_shadows_breakpoint".
 * The table is sorted by name (bytes) and ends with an entry whose name is NULL.
 */
#ifndef GOTRACE_SQL_FILES_H
#define GOTRACE_SQL_FILES_H

struct sql_file {
	const char *name;
	const char *text;
};

extern const struct sql_file sql_files[];

#endif
