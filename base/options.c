/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"

#define HELP_INDENT 28 /* where the explanation of an option begins */
#define HELP_WIDTH 100

void texts_add(struct texts *t, const char *text)
{
	ARRAY_GROW(t->items, t->count, t->capacity);
	t->items[t->count++] = text;
}

void texts_free(struct texts *t)
{
	free(t->items);
	*t = (struct texts){ 0 };
}

int error_say(const struct error *err)
{
	fprintf(stderr, "gotrace: %s\n", err->text);
	return (int)err->status;
}

int options_wrong(const char *command, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", command);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\nTry: %s --help\n", command);
	return STATUS_USAGE;
}

/* Text wrapped at HELP_WIDTH, every line but the first indented. */
static void add_wrapped(struct buffer *out, const char *text)
{
	size_t column = HELP_INDENT;

	while (*text) {
		size_t word = strcspn(text, " ");

		if (column > HELP_INDENT && column + 1 + word > HELP_WIDTH) {
			buffer_format(out, "\n%*s", HELP_INDENT, "");
			column = HELP_INDENT;
		} else if (column > HELP_INDENT) {
			buffer_text(out, " ");
			column++;
		}
		buffer_add(out, text, word);
		column += word;
		text += word;
		text += strspn(text, " ");
	}
	buffer_text(out, "\n");
}

static void add_option(struct buffer *out, const struct option_def *o)
{
	size_t start = out->size;

	if (o->letter)
		buffer_format(out, "  -%c, --%s", o->letter, o->name);
	else
		buffer_format(out, "      --%s", o->name);
	if (o->argument)
		buffer_format(out, " %s", o->argument);
	if (out->size - start + 2 > HELP_INDENT)
		buffer_format(out, "\n%*s", HELP_INDENT, "");
	else
		buffer_format(out, "%*s", (int)(HELP_INDENT - (out->size - start)), "");
	add_wrapped(out, o->help);
}

char *options_help(const struct command_line *line)
{
	static const struct option_def help = { 'h',         "help",
						NULL,        "show this text and exit",
						OPTION_FLAG, NULL };
	struct buffer out = { 0 };
	const char *p = line->example;

	buffer_text(&out, strchr(p, '\n') ? "Examples:\n" : "Example:\n");
	while (*p) {
		size_t n = strcspn(p, "\n");

		buffer_format(&out, "  %.*s\n", (int)n, p);
		p += n + (p[n] == '\n');
	}
	buffer_format(&out, "\nUsage: %s %s\n\n%s\n\nOptions:\n", line->name, line->synopsis,
		      line->text);
	for (const struct option_def *o = line->options; o && o->name; o++)
		add_option(&out, o);
	add_option(&out, &help);
	return out.data;
}

static bool is_choice(const char *choices, const char *value)
{
	size_t n = strlen(value);

	while (*choices) {
		size_t word = strcspn(choices, "|");

		if (word == n && !memcmp(choices, value, n))
			return true;
		choices += word + (choices[word] == '|');
	}
	return false;
}

static int set_number(const char *text, int64_t *value)
{
	char *end;

	/* strtoll() would take an octal 010 and leading blanks; neither is meant. */
	if (!isdigit((unsigned char)text[text[0] == '-']))
		return -1;
	errno = 0;
	*value = strtoll(text, &end, text[0] == '0' && (text[1] | 0x20) == 'x' ? 16 : 10);
	return *end || errno ? -1 : 0;
}

/* Stores an option's value; `shown` is the option as the user wrote it. */
static bool set_value(const struct command_line *line, const struct option_def *o,
		      const char *shown, const char *value)
{
	switch (o->type) {
	case OPTION_FLAG: *(bool *)o->value = true; return true;
	case OPTION_TEXT: *(const char **)o->value = value; return true;
	case OPTION_LIST: texts_add(o->value, value); return true;
	case OPTION_NUMBER:
		if (!set_number(value, o->value))
			return true;
		options_wrong(line->name, "%s needs a number, not \"%s\"", shown, value);
		return false;
	case OPTION_CHOICE:
		if (is_choice(o->argument, value)) {
			*(const char **)o->value = value;
			return true;
		}
		options_wrong(line->name, "%s is one of %s, not \"%s\"", shown, o->argument, value);
		return false;
	}
	BUG("option type %d", (int)o->type);
}

static const struct option_def *find_long(const struct command_line *line, const char *name,
					  size_t size)
{
	for (const struct option_def *o = line->options; o && o->name; o++)
		if (strlen(o->name) == size && !memcmp(o->name, name, size))
			return o;
	return NULL;
}

static const struct option_def *find_letter(const struct command_line *line, char letter)
{
	for (const struct option_def *o = line->options; o && o->name; o++)
		if (o->letter == letter)
			return o;
	return NULL;
}

enum step { STEP_ON, STEP_HELP, STEP_WRONG };

static enum step parse_long(const struct command_line *line, char **argv, int argc, int *i)
{
	const char *name = argv[*i] + 2;
	const char *equals = strchr(name, '=');
	size_t size = equals ? (size_t)(equals - name) : strlen(name);
	const struct option_def *o = find_long(line, name, size);
	const char *value = equals ? equals + 1 : NULL;
	char *shown;
	bool good;

	if (!o && size == 4 && !memcmp(name, "help", 4) && !equals)
		return STEP_HELP;
	if (!o) {
		options_wrong(line->name, "there is no option --%.*s", (int)size, name);
		return STEP_WRONG;
	}
	if (!o->argument && equals) {
		options_wrong(line->name, "--%s takes no value", o->name);
		return STEP_WRONG;
	}
	if (o->argument && !equals) {
		if (*i + 1 >= argc) {
			options_wrong(line->name, "--%s needs a value: --%s %s", o->name, o->name,
				      o->argument);
			return STEP_WRONG;
		}
		value = argv[++*i];
	}
	shown = xasprintf("--%s", o->name);
	good = set_value(line, o, shown, value);
	free(shown);
	return good ? STEP_ON : STEP_WRONG;
}

static enum step parse_letters(const struct command_line *line, char **argv, int argc, int *i)
{
	for (const char *p = argv[*i] + 1; *p; p++) {
		const struct option_def *o = find_letter(line, *p);
		char shown[3] = { '-', *p, '\0' };

		if (!o && *p == 'h')
			return STEP_HELP;
		if (!o) {
			options_wrong(line->name, "there is no option -%c", *p);
			return STEP_WRONG;
		}
		if (!o->argument) {
			set_value(line, o, shown, NULL);
			continue;
		}
		if (!p[1] && *i + 1 >= argc) {
			options_wrong(line->name, "-%c needs a value: -%c %s", *p, *p, o->argument);
			return STEP_WRONG;
		}
		return set_value(line, o, shown, p[1] ? p + 1 : argv[++*i]) ? STEP_ON : STEP_WRONG;
	}
	return STEP_ON;
}

static bool count_operands(const struct command_line *line, const struct texts *operands)
{
	if (operands->count < (size_t)line->min) {
		options_wrong(line->name, "something is missing: %s %s", line->name,
			      line->synopsis);
		return false;
	}
	if (line->max >= 0 && operands->count > (size_t)line->max) {
		options_wrong(line->name, "\"%s\" is one argument too many: %s %s",
			      operands->items[line->max], line->name, line->synopsis);
		return false;
	}
	return true;
}

bool options_parse(const struct command_line *line, int argc, char **argv, struct texts *operands,
		   int *status)
{
	bool ended = false;
	enum step step = STEP_ON;

	for (int i = 1; i < argc && step == STEP_ON; i++) {
		if (line->command && operands->count)
			ended = true;
		if (ended || argv[i][0] != '-' || !argv[i][1])
			texts_add(operands, argv[i]);
		else if (!strcmp(argv[i], "--"))
			ended = true;
		else if (argv[i][1] == '-')
			step = parse_long(line, argv, argc, &i);
		else
			step = parse_letters(line, argv, argc, &i);
	}
	if (step == STEP_HELP) {
		char *help = options_help(line);

		fputs(help, stdout);
		free(help);
		*status = STATUS_OK;
		return false;
	}
	*status = STATUS_USAGE;
	return step == STEP_ON && count_operands(line, operands);
}
