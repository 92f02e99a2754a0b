/* SPDX-License-Identifier: GPL-2.0-only */
#include "ingest/sample.h"

#include "ingest/bytes.h"

const struct sample_word_name sample_words[WORD_COUNT] = {
	[WORD_ADDR] = { PERF_SAMPLE_ADDR, "addr" },
	[WORD_WEIGHT] = { PERF_SAMPLE_WEIGHT | PERF_SAMPLE_WEIGHT_STRUCT, "weight" },
	[WORD_DATA_SRC] = { PERF_SAMPLE_DATA_SRC, "data_src" },
	[WORD_TRANSACTION] = { PERF_SAMPLE_TRANSACTION, "transaction" },
	[WORD_PHYS_ADDR] = { PERF_SAMPLE_PHYS_ADDR, "phys_addr" },
	[WORD_CGROUP] = { PERF_SAMPLE_CGROUP, "cgroup" },
	[WORD_DATA_PAGE_SIZE] = { PERF_SAMPLE_DATA_PAGE_SIZE, "data_page_size" },
	[WORD_CODE_PAGE_SIZE] = { PERF_SAMPLE_CODE_PAGE_SIZE, "code_page_size" },
};

#define AFTER_RAW                                                                                  \
	(PERF_SAMPLE_WEIGHT | PERF_SAMPLE_WEIGHT_STRUCT | PERF_SAMPLE_DATA_SRC |                   \
	 PERF_SAMPLE_TRANSACTION | PERF_SAMPLE_PHYS_ADDR | PERF_SAMPLE_CGROUP |                    \
	 PERF_SAMPLE_DATA_PAGE_SIZE | PERF_SAMPLE_CODE_PAGE_SIZE)

static void skip_words(struct bytes *b, uint64_t count)
{
	if (count > b->left / 8)
		b->failed = true;
	else
		take(b, (size_t)count * 8);
}

/* Counter values: of one event, or of a group, which begins with their number. */
static void skip_read(struct bytes *b, uint64_t format)
{
	uint64_t times = (uint64_t) !!(format & PERF_FORMAT_TOTAL_TIME_ENABLED) +
			 (uint64_t) !!(format & PERF_FORMAT_TOTAL_TIME_RUNNING);
	uint64_t each = 1 + (uint64_t) !!(format & PERF_FORMAT_ID) +
			(uint64_t) !!(format & PERF_FORMAT_LOST);
	uint64_t count = 1;

	if (format & PERF_FORMAT_GROUP) {
		count = take_u64(b);
		if (count > b->left)
			b->failed = true;
	}
	skip_words(b, times);
	if (!b->failed)
		skip_words(b, count * each);
}

static void skip_registers(struct bytes *b, int count)
{
	if (take_u64(b)) /* the ABI; 0: no registers */
		skip_words(b, (uint64_t)count);
}

static void skip_branches(const struct sample_layout *l, struct bytes *b)
{
	uint64_t count = take_u64(b);

	if (l->branch_hw_index)
		skip_words(b, 1);
	if (count > b->left)
		b->failed = true;
	else
		skip_words(b, count * (l->branch_counters ? 4 : 3));
}

static void parse_after_raw(const struct sample_layout *l, struct bytes *b, struct sample *s)
{
	uint64_t type = l->sample_type, size;

	if (type & PERF_SAMPLE_BRANCH_STACK)
		skip_branches(l, b);
	if (type & PERF_SAMPLE_REGS_USER)
		skip_registers(b, l->regs_user);
	if (type & PERF_SAMPLE_STACK_USER) {
		size = take_u64(b);
		if (size) {
			skip_words(b, size / 8);
			take_u64(b);
		}
	}
	if (type & sample_words[WORD_WEIGHT].bit)
		s->words[WORD_WEIGHT] = take_u64(b);
	if (type & PERF_SAMPLE_DATA_SRC)
		s->words[WORD_DATA_SRC] = take_u64(b);
	if (type & PERF_SAMPLE_TRANSACTION)
		s->words[WORD_TRANSACTION] = take_u64(b);
	if (type & PERF_SAMPLE_REGS_INTR)
		skip_registers(b, l->regs_intr);
	if (type & PERF_SAMPLE_PHYS_ADDR)
		s->words[WORD_PHYS_ADDR] = take_u64(b);
	if (type & PERF_SAMPLE_CGROUP)
		s->words[WORD_CGROUP] = take_u64(b);
	if (type & PERF_SAMPLE_DATA_PAGE_SIZE)
		s->words[WORD_DATA_PAGE_SIZE] = take_u64(b);
	if (type & PERF_SAMPLE_CODE_PAGE_SIZE)
		s->words[WORD_CODE_PAGE_SIZE] = take_u64(b);
}

bool sample_parse(const struct sample_layout *l, const struct perf_event_header *h,
		  struct sample *s)
{
	struct bytes b = { .at = (const char *)(h + 1), .left = h->size - sizeof(*h) };
	uint64_t type = l->sample_type;

	*s = (struct sample){ .period = NO_VALUE, .pid = -1, .tid = -1, .cpu = -1 };
	if (type & PERF_SAMPLE_IDENTIFIER)
		take_u64(&b);
	if (type & PERF_SAMPLE_IP) {
		s->ip = take_u64(&b);
		s->has_ip = true;
	}
	if (type & PERF_SAMPLE_TID) {
		s->pid = (int32_t)take_u32(&b);
		s->tid = (int32_t)take_u32(&b);
	}
	if (type & PERF_SAMPLE_TIME)
		s->time = take_u64(&b);
	if (type & PERF_SAMPLE_ADDR)
		s->words[WORD_ADDR] = take_u64(&b);
	if (type & PERF_SAMPLE_ID)
		take_u64(&b);
	if (type & PERF_SAMPLE_STREAM_ID)
		take_u64(&b);
	if (type & PERF_SAMPLE_CPU) {
		s->cpu = (int32_t)take_u32(&b);
		take_u32(&b);
	}
	if (type & PERF_SAMPLE_PERIOD)
		s->period = (int64_t)take_u64(&b);
	if (type & PERF_SAMPLE_READ)
		skip_read(&b, l->read_format);
	if (type & PERF_SAMPLE_CALLCHAIN) {
		uint64_t count = take_u64(&b);

		s->chain = b.at;
		s->chain_count = (size_t)count;
		skip_words(&b, count);
	}
	if (type & PERF_SAMPLE_RAW) {
		s->raw_size = take_u32(&b);
		s->raw = take(&b, s->raw_size);
	}
	if (type & AFTER_RAW)
		parse_after_raw(l, &b, s);
	return !b.failed;
}

void trailer_parse(const struct sample_layout *l, const struct perf_event_header *h,
		   struct trailer *t)
{
	int count = (int)((h->size - sizeof(*h)) / 8);
	const char *end = (const char *)(h + 1) + 8 * count;

	*t = (struct trailer){ .pid = -1, .tid = -1, .cpu = -1 };
	if (!l->has_trailer || l->trailer_words > count)
		return;
	if (l->trailer_tid > 0) {
		t->pid = (int32_t)half_at(end - 8 * l->trailer_tid);
		t->tid = (int32_t)half_at(end - 8 * l->trailer_tid + 4);
	}
	if (l->trailer_cpu > 0)
		t->cpu = (int32_t)half_at(end - 8 * l->trailer_cpu);
}
