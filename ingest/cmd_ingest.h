/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GOTRACE_INGEST_CMD_INGEST_H
#define GOTRACE_INGEST_CMD_INGEST_H

/* gotrace ingest: from a recording to a database. Returns the exit status. */
int cmd_ingest(int argc, char **argv);

/*
 * The database that is written unless another is named, in memory that the caller frees:
 * x.data becomes x.db, anything else x becomes x.db; stdin ("-") is perf.data.
 */
char *ingest_output_name(const char *recording);

#endif
