/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GOTRACE_INGEST_PROBE_CMD_RECORD_H
#define GOTRACE_INGEST_PROBE_CMD_RECORD_H

/* gotrace record: sets probes, runs perf record and a program, removes the probes. The exit status. */
int cmd_record(int argc, char **argv);

#endif
