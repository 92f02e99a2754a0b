/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoint formats: read by libtraceevent once, compiled to a list of offsets, and from then on
 * decoded without any call to it.
 */
#ifndef GOTRACE_INGEST_FORMAT_H
#define GOTRACE_INGEST_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "model/model.h"

struct formats; /* what the TRACING_DATA section holds */
struct format;  /* how to decode one event */

/*
 * Reads the section; what is cut or damaged is left out. `bytes` is borrowed only for the call. The
 * caller frees with formats_free(). `damage` (may stay NULL) becomes a text about what is wrong.
 */
struct formats *formats_read(const char *bytes, size_t size, const char **damage);
void formats_free(struct formats *f);

/* "system:name" of the tracepoint with this id, in memory that the caller frees; NULL: not known. */
char *formats_name(const struct formats *f, uint64_t id);
/* The kernel's symbols as /proc/kallsyms had them; NULL when perf did not store them. */
const char *formats_kallsyms(const struct formats *f, size_t *size);

/* The plan for a tracepoint, independent of `f`; NULL: its format is not there. */
struct format *format_compile(const struct formats *f, uint64_t id);
void format_free(struct format *f); /* NULL is allowed */

/* The event's own fields, without those that all tracepoints have; owned by `f`. */
const struct field *format_fields(const struct format *f, size_t *count);
/* Whether the event is a probe ("__probe_ip") or a return probe ("__probe_ret_ip"). */
bool format_is_probe(const struct format *f, bool *is_return);

/*
 * Decodes the raw data of a sample to one value for each field. Text that has to be made (arrays,
 * masks) goes into `text`, which is cleared first; the values borrow from it and from `raw`. A field
 * that the data is too short for is null.
 */
void format_decode(const struct format *f, const char *raw, size_t size, struct value *values,
		   struct buffer *text);

#endif
