/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How gotrace fails.
 *
 * A function that can fail takes a `struct error *` last and returns 0, or -1 after it has written
 * what, where and what to do about it there. Only a command prints it, and only main() exits.
 * What cannot happen is a bug: BUG() says where and aborts.
 */
#ifndef GOTRACE_BASE_ERROR_H
#define GOTRACE_BASE_ERROR_H

#include <stdarg.h>

/* The exit statuses of every command; published, never reused for anything else. */
enum status {
	STATUS_OK = 0,         /* answered, all is well */
	STATUS_MISSING = 1,    /* answered, and something is missing */
	STATUS_USAGE = 2,      /* the command line makes no sense */
	STATUS_DAMAGED = 3,    /* the input is damaged and was loaded as far as it goes */
	STATUS_UNREADABLE = 4, /* the input cannot be read, or the output cannot be written */
	STATUS_UNTRUSTED = 5,  /* the recording cannot carry an answer */
	STATUS_BUG = 70,       /* a bug in gotrace */
};

struct error {
	enum status status;
	char text[1024]; /* one sentence or two, without a final newline; empty: no error */
};

/* Writes the error and returns -1, so that a failing function can end in `return error_set(...)`. */
int error_set(struct error *err, enum status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "context: " in front of an error that is set already. Returns -1. */
int error_prefix(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Says on stderr where a thing that cannot happen has happened, and aborts. */
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
_Noreturn void bug_at(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
