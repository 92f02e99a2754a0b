/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a caller looks at what it was returned: a recover() that swallows a panic does not. */
#ifndef GOTRACE_INGEST_GO_DROPPED_H
#define GOTRACE_INGEST_GO_DROPPED_H

#include "ingest/go/code.h"

/*
 * Of the function whose code `list` is (code_decode(); its bytes begin with its first instruction):
 * what becomes of the first word that the call before `at` returned in a register. 1: on every way it
 * is overwritten, or the function returns, before anything looks at it; 0: something looks at it; -1:
 * it cannot be told, as where another call follows that may take it for its argument. The first word
 * of an interface is its type, without which nothing can be done with it.
 */
int code_drops_result(uint16_t machine, const unsigned char *bytes, const struct instruction *list,
		      size_t count, uint64_t at);

#endif
