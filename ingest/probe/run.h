/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * perf record and the program it records, side by side as children of this process.
 *
 * perf is started first, without a command, and is asked over its control pipe (perf record
 * --control, perf 5.13 and later) whether it records; only then the program is started. So the
 * probes are armed before the program's first instruction, its exit status is known for certain
 * however perf ends, and what it does on a Ctrl-C is recorded too: perf as a parent would stop
 * recording at the signal and end the program.
 *
 *     run_begin()      signals are held from here on: nothing is left behind by a Ctrl-C
 *     run_perf()       returns when perf records
 *     run_command()    returns when the program has ended     } one
 *     run_watch()      returns when the watched process has    } of them
 *     run_stop()       returns when perf has written its file and ended
 *     run_end()        signals are as they were
 *
 * A signal to this process is handed to the program, unless it comes from the terminal, which has
 * sent it to the program as well. The second wish to end (SIGINT, SIGTERM, SIGHUP, SIGQUIT) ends the
 * recording even when the program goes on; three more while perf writes its file end perf.
 */
#ifndef GOTRACE_INGEST_PROBE_RUN_H
#define GOTRACE_INGEST_PROBE_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

struct run {
	sigset_t old_mask;
	struct sigaction old_child, old_pipe;
	int signals; /* signalfd */

	pid_t perf, program;             /* 0: none, or ended */
	int perf_status, program_status; /* as waitpid() tells them */
	int control, ack;                /* pipes to and from perf */
	int wishes;                      /* how often somebody wanted an end */
	int wish;                        /* the last signal of them */
};

/* The file that execvp() would run, in memory that the caller frees; NULL: there is none. */
char *run_find(const char *name);

int run_begin(struct run *r, struct error *err);
int run_perf(struct run *r, char *const *words, struct error *err);
/* Without a shell, even where the file is none that the kernel can run. */
int run_command(struct run *r, const char *file, char *const *words, struct error *err);
void run_watch(struct run *r);
int run_stop(struct run *r, struct error *err);
void run_end(struct run *r);

/* A status of waitpid() as a shell tells it: 128 + N after signal N. */
int run_exit_status(int wait_status);

#endif
