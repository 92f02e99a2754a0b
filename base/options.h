/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line. One table per command gives parsing, the help text and the usage errors:
 *
 *     const char *db = "perf.db";
 *     bool json = false;
 *     const struct option_def options[] = {
 *         { 'i', "input", "DB", "the database (default: perf.db)", OPTION_TEXT, &db },
 *         { 0, "json", NULL, "one JSON object instead of text", OPTION_FLAG, &json },
 *         { 0 },
 *     };
 *     const struct command_line line = {
 *         .name = "gotrace explain",
 *         .example = "gotrace explain -i app.db main.go:42",
 *         .synopsis = "[-i DB] [--json] SPEC...",
 *         .text = "Says why a breakpoint was seen or not.",
 *         .options = options, .min = 1, .max = -1,
 *     };
 *     if (!options_parse(&line, argc, argv, &operands, &status))
 *         return status;
 *
 * Options may stand before, between and after the operands: "-o FILE", "-oFILE", "--output FILE",
 * "--output=FILE"; letters without a value can be joined ("-ab"). "--" ends them; "-" alone is an
 * operand. Every command has -h and --help without naming them.
 */
#ifndef GOTRACE_BASE_OPTIONS_H
#define GOTRACE_BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum option_type {
	OPTION_FLAG,   /* bool *: set to true */
	OPTION_TEXT,   /* const char **: points into argv; given twice, the last one counts */
	OPTION_LIST,   /* struct texts *: every value given, in order */
	OPTION_NUMBER, /* int64_t *: decimal, or hexadecimal after 0x */
	OPTION_CHOICE, /* const char **: one of the words in `argument`, which reads "csv|json" */
};

struct option_def {
	char letter;          /* 0: none */
	const char *name;     /* without the dashes */
	const char *argument; /* what the help calls the value; NULL for flags */
	const char *help;     /* one line, without a full stop; longer text is wrapped */
	enum option_type type;
	void *value;
};

/* Texts that belong to argv; the array is freed with texts_free(). Zeroed is empty. */
struct texts {
	const char **items;
	size_t count;
	size_t capacity;
};

struct command_line {
	const char *name;     /* "gotrace explain" */
	const char *example;  /* one command a line; the help begins with it */
	const char *synopsis; /* what follows the name */
	const char *text;     /* what the command does, paragraphs; lines are kept as they are */
	const struct option_def *options; /* ends with an entry whose name is NULL */
	int min, max;                     /* operands; max -1: any number */
	bool command; /* the operands are a command with options of its own: the first one ends ours */
};

/*
 * Reads argv[1] and what follows. True: go on, with the operands in *operands. False: the command
 * ends here with *status: help was asked for and is on stdout (0), or the command line makes no
 * sense and stderr says why (2).
 */
bool options_parse(const struct command_line *line, int argc, char **argv, struct texts *operands,
		   int *status);

/* The help text, as --help prints it, in memory that the caller frees. */
char *options_help(const struct command_line *line);

/* Says on stderr what is wrong with the use of a command, and returns STATUS_USAGE. */
int options_wrong(const char *command, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Says an error on stderr as every command does, and returns its exit status. */
int error_say(const struct error *err);

void texts_add(struct texts *t, const char *text);
void texts_free(struct texts *t);

#endif
