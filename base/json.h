/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes JSON, indented by two blanks a level. Commas and line ends come by themselves:
 *
 *     struct json j = { .out = stdout };
 *     json_open(&j, NULL, '{');
 *     json_int(&j, "schema_version", 1);
 *     json_close(&j, '}');
 *
 * A key is NULL inside of an array and at the top. Characters that could steer a terminal are
 * escaped, so that the output may be looked at.
 */
#ifndef GOTRACE_BASE_JSON_H
#define GOTRACE_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_VERSION 1 /* schema_version of everything that gotrace prints */

struct json {
	FILE *out;
	int depth;
	bool used;  /* something stands before in the same object or array */
	bool dense; /* on one line */
};

void json_open(struct json *j, const char *key, char bracket);
void json_close(struct json *j, char bracket);
void json_text(struct json *j, const char *key, const char *text); /* NULL: null */
void json_bytes(struct json *j, const char *key, const char *text, size_t size);
void json_int(struct json *j, const char *key, int64_t value);
void json_real(struct json *j, const char *key, double value); /* null where it is no number */
void json_hex(struct json *j, const char *key, const unsigned char *bytes, size_t size);

#endif
