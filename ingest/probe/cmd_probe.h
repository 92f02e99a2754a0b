/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GOTRACE_INGEST_PROBE_CMD_PROBE_H
#define GOTRACE_INGEST_PROBE_CMD_PROBE_H

/* gotrace probe: which probes to set in a program. Returns an exit status of base/error.h. */
int cmd_probe(int argc, char **argv);

#endif
