/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How people write the names of functions and files, and how the compiler does: SQL functions that
 * compare the two. NULL is "not this one"; of several matches the least number is the best.
 *
 *     function_level(NAME, TYPED)  1 that very name, 2 without the path before the package, 3 the same
 *                                  but for type arguments, pointer receivers and module versions,
 *                                  4 that without the path, 5 only the last parts
 *     file_level(PATH, TYPED)      1 that very path, 2 the path ends like this, 3 the same but for
 *                                  module versions and what -trimpath cuts off, 4 only the last name
 *                                  or a few more agree
 *     file_common(PATH, TYPED)     how many names at the end of both agree
 *     function_distance(NAME, TYPED), file_distance(PATH, TYPED)
 *                                  small numbers where one may be a slip of the pen for the other
 *
 * The linker's names escape dots in the last part of a package's path ("gopkg.in/yaml%2ev3.Unmarshal");
 * see cmd/internal/objabi, PathToPrefix. In the module cache "!b" stands for "B"; see
 * golang.org/x/mod/module, EscapePath.
 */
#ifndef GOTRACE_SQL_NAMES_H
#define GOTRACE_SQL_NAMES_H

struct sqlite3;

/* Registers the functions with a connection; returns an SQLite code. No view or trigger can use them. */
int names_register(struct sqlite3 *sqlite);

#endif
