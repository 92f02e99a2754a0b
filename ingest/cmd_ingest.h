/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GOTRACE_INGEST_CMD_INGEST_H
#define GOTRACE_INGEST_CMD_INGEST_H

/* gotrace ingest: from a recording to a database. Returns the exit status. */
int cmd_ingest(int argc, char **argv);

#endif
