/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands that ask a finished database. Each reads its own command line, prints its errors,
 * and returns an exit status of base/error.h.
 */
#ifndef GOTRACE_QUERY_COMMANDS_H
#define GOTRACE_QUERY_COMMANDS_H

#define DEFAULT_DB "perf.db"

int cmd_info(int argc, char **argv);    /* what was recorded, and how far it can be trusted */
int cmd_explain(int argc, char **argv); /* why a breakpoint was or was not seen */
int cmd_defers(int argc, char **argv);  /* deferred calls and panics of goroutines */
int cmd_query(int argc, char **argv);   /* SQL, or a named query */
int cmd_schema(int argc, char **argv);  /* tables and views, with comments */

#endif
