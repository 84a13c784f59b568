// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Hostile programs. */
#include "fw_test.h"

#define MAX_REGIONS_SIZE	(1u << 20)
#define MAX_CYCLES		20000

/* A place that means something: mostly in a command, at times anywhere. */
static size_t pick_offset(struct rng *rng, size_t size)
{
	const size_t head = 128;

	switch (rng_next(rng) % 8) {
	case 0:
		return rng_next(rng) % size;
	case 1:
		return rng_next(rng) % (size < head ? size : head);
	default:
		if (size < head + sizeof(struct qnn_cmd))
			return rng_next(rng) % size;
		/* Of the union, only what some command uses. */
		return head + rng_next(rng) % 212;
	}
}

static u64 pick_value(struct rng *rng, u64 old)
{
	static const u64 special[] = {
		0, 1, 2, 3, 4, 7, 8, 15, 16, 127, 128, 255, 256, 0x7fff, 0x8000, 0xffff,
		0x7ffffffe, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff,
		0x8000000000000000, 0xffffffffffffffff, 0x100000000,
	};

	switch (rng_next(rng) % 5) {
	case 0:
		return old ^ (1ull << (rng_next(rng) % 64));
	case 1:
		return old + (u64)rng_range(rng, -4, 4);
	case 2:
		return old * 2;
	case 3:
		return rng_next(rng) >> (rng_next(rng) % 64);
	default:
		return special[rng_next(rng) % ARRAY_SIZE(special)];
	}
}

void fw_mutate(struct rng *rng, void *image, size_t size)
{
	u32 changes = (u32)rng_range(rng, 1, 3);

	while (changes--) {
		u32 width = 1u << rng_next(rng) % 4;
		size_t at = pick_offset(rng, size) / width * width;
		u64 value = 0;

		if (at + width > size)
			continue;
		memcpy(&value, (u8 *)image + at, width);
		value = pick_value(rng, value);
		memcpy((u8 *)image + at, &value, width);
	}
}

int fw_try(const void *image, size_t size, struct rng *rng, const char *what)
{
	struct qnn_program prog;
	struct qnn_diag diag;
	u64 bytes = 0;
	u32 i;
	void *copy;

	memset(&diag, 0xff, sizeof(diag));
	if (fw_validate(image, size, &prog, &diag)) {
		if (!diag.rule || diag.rule >= QNN_RULE_NR || !diag.field[0])
			fail_msg("%s: refused without a reason", what);
		return 0;
	}
	/* The validator saw a copy that is gone: only its totals are of use. */
	copy = malloc(size);
	memcpy(copy, image, size);
	for (i = 0; i < ((struct qnn_program_header *)copy)->region_count; i++)
		bytes += fw_region(copy, i)->size;
	if (bytes <= MAX_REGIONS_SIZE && prog.total.cycles <= MAX_CYCLES)
		fw_compare(copy, size, rng, what);
	free(copy);
	return bytes <= MAX_REGIONS_SIZE && prog.total.cycles <= MAX_CYCLES;
}
