/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Layout: COMPRESSED is the header and the compressed bytes up to its size; COMPRESSED2 has a u64
 * with their number before them, since its size is padded. The bytes of all such records of a file
 * make one zstd stream, and records may begin in one and end in the next.
 */
#include "ingest/inflate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/memory.h"
#include "ingest/bytes.h"
#include "ingest/record.h"

static int spool(struct perf_data *d, const char *bytes, size_t size, struct error *err)
{
	while (size) {
		ssize_t n = pwrite(d->spool, bytes, size, (off_t)d->spool_end);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return error_set(
				err, STATUS_UNREADABLE,
				"cannot write the decompressed recording to a temporary file in "
				"%s: %s; choose another folder with -o",
				d->spool_dir, strerror(n ? errno : ENOSPC));
		bytes += n;
		size -= (size_t)n;
		d->spool_end += (uint64_t)n;
	}
	return 0;
}

int inflate_record(struct perf_data *d, struct segment *s, uint64_t offset,
		   const struct perf_event_header *record, bool *ended, struct error *err)
{
	struct bytes body = { .at = (const char *)(record + 1),
			      .left = record->size - sizeof(*record) };
	ZSTD_inBuffer in = { 0 };
	char *chunk;
	int rc = 0;

	*ended = false;
	if (d->spool < 0) {
		d->spool = perf_data_temporary(d, err);
		if (d->spool < 0)
			return -1;
	}
	if (!s->inflater) {
		s->inflater = ZSTD_createDStream();
		if (!s->inflater)
			return error_set(err, STATUS_UNREADABLE, "out of memory for zstd");
		ZSTD_initDStream(s->inflater);
	}
	in.size = body.left;
	if (record->type == RECORD_COMPRESSED2) {
		uint64_t size = take_u64(&body);

		in.size = size < body.left ? (size_t)size : body.left;
	}
	in.src = body.at;
	d->compressed = true;
	chunk = xmalloc(ZSTD_DStreamOutSize());
	for (;;) {
		ZSTD_outBuffer out = { .dst = chunk, .size = ZSTD_DStreamOutSize() };
		size_t n = ZSTD_decompressStream(s->inflater, &out, &in);

		if (ZSTD_isError(n)) {
			perf_data_damage(d, s, offset, "a compressed record is damaged: %s",
					 ZSTD_getErrorName(n));
			*ended = true;
			break;
		}
		rc = spool(d, chunk, out.pos, err);
		if (rc || (in.pos == in.size && out.pos < out.size))
			break;
	}
	free(chunk);
	return rc;
}

void inflate_end(struct segment *s)
{
	ZSTD_freeDStream(s->inflater);
	s->inflater = NULL;
}
