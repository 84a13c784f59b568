// SPDX-License-Identifier: (GPL-2.0 OR MIT)
#include <fenv.h>

#include "fw_test.h"
#include "oracle.h"

int fw_validate(const void *image, size_t size, struct qnn_program *prog, struct qnn_diag *diag)
{
	void *copy = malloc(size ? size : 1);
	int ret;

	memcpy(copy, image, size);
	ret = qnn_program_validate(copy, size, prog, diag, NULL, NULL);
	free(copy);
	return ret;
}

struct qnn_region_desc *fw_region(void *image, u32 index)
{
	return (struct qnn_region_desc *)((u8 *)image + sizeof(struct qnn_program_header)) + index;
}

struct qnn_cmd *fw_cmd(void *image, u32 index)
{
	const struct qnn_program_header *header = image;
	size_t offset = (sizeof(*header) + header->region_count * 16 + 63) / 64 * 64;

	return (struct qnn_cmd *)((u8 *)image + offset) + index;
}

u8 *fw_consts(void *image)
{
	const struct qnn_program_header *header = image;

	return (u8 *)fw_cmd(image, header->cmd_count);
}

void *fw_alloc(size_t size)
{
	void *p;

	if (posix_memalign(&p, 64, size))
		abort();
	return p;
}

void fw_job_init(struct fw_job *job, const void *image, size_t size, struct rng *rng)
{
	struct qnn_diag diag;
	u32 i;

	memset(job, 0, sizeof(*job));
	if (qnn_program_validate(image, size, &job->prog, &diag, NULL, NULL))
		fail_msg("refused: %s (command %d, %s = %lld, limit %lld)",
			 qnn_rule_text(diag.rule), (int)diag.cmd, diag.field,
			 diag.value, diag.limit);
	job->region_count = job->prog.header->region_count;
	for (i = 0; i < job->region_count; i++) {
		job->regions[i] = fw_alloc(job->prog.regions[i].size);
		rng_fill(rng, job->regions[i], job->prog.regions[i].size);
		job->exec.region[i] = job->regions[i];
	}
	job->exec.prog = &job->prog;
	job->exec.tile = fw_alloc(qnn_tile_size());
	/* Rubbish: nothing may depend on it. */
	memset(job->exec.tile, (int)rng_next(rng), qnn_tile_size());
}

void fw_job_free(struct fw_job *job)
{
	u32 i;

	for (i = 0; i < job->region_count; i++)
		free(job->regions[i]);
	free(job->exec.tile);
}

/* Every byte that a run left in the regions. */
static void same_regions(const struct fw_job *job, u8 *const *expected, const char *what,
			 const char *how)
{
	u32 i;

	for (i = 0; i < job->region_count; i++) {
		size_t n = job->prog.regions[i].size, at = 0;

		while (at < n && expected[i][at] == job->regions[i][at])
			at++;
		if (at < n)
			fail_msg("%s, %s: region %u byte %zu is %#x, expected %#x", what, how, i,
				 at, job->regions[i][at], expected[i][at]);
	}
}

#define LANES	3u

static u32 shared;	/* commands that came in parts */

/* Backwards, and lanes in turn: the parts are nobody's and in no order. */
static void share(void *priv, void (*run)(void *arg, u32 part, u32 lane), void *arg, u32 parts)
{
	u32 i;

	(void)priv;
	shared++;
	for (i = parts; i; i--)
		run(arg, i - 1, i % LANES);
}

/* The same run in parts, if there is so much to do that it is cut. */
static void compare_lanes(struct fw_job *job, u8 *const *input, u8 *const *expected,
			  const char *what)
{
	const struct qnn_counters *total = &job->prog.total;
	u32 i;

	if (total->macs + 16 * total->bytes_written < 1 << 20)
		return;
	for (i = 0; i < job->region_count; i++)
		memcpy(job->regions[i], input[i], job->prog.regions[i].size);
	for (i = 1; i < LANES; i++) {
		job->exec.lane_tile[i] = fw_alloc(qnn_tile_size());
		memset(job->exec.lane_tile[i], 0x33, qnn_tile_size());
	}
	job->exec.lanes = LANES;
	job->exec.share = share;
	assert_int_equal(qnn_exec_run(&job->exec), 0);
	job->exec.share = NULL;
	same_regions(job, expected, what, "in parts");
	for (i = 1; i < LANES; i++)
		free(job->exec.lane_tile[i]);
}

u32 fw_shared(void)
{
	return shared;
}

/*
 * The same run with the vector units of this machine. How the thread rounds is
 * nothing that a result may depend on.
 */
static void compare_isa(struct fw_job *job, u32 isa, u8 *const *input, u8 *const *expected,
			const char *what)
{
	u64 size = qnn_prepared_size(&job->prog, isa, NULL, NULL);
	void *memory;
	u32 i;

	if (!size)
		return;
	memory = fw_alloc(size);
	memset(memory, 0x5a, size);
	for (i = 0; i < job->region_count; i++)
		memcpy(job->regions[i], input[i], job->prog.regions[i].size);
	job->exec.prepared = qnn_prepare(&job->prog, isa, memory, NULL, NULL);
	fesetround(FE_UPWARD);
	assert_int_equal(qnn_exec_run(&job->exec), 0);
	assert_int_equal(fegetround(), FE_UPWARD);
	fesetround(FE_TONEAREST);
	same_regions(job, expected, what, qnn_isa_name(isa));
	compare_lanes(job, input, expected, what);
	free(memory);
}

static void spoil(void *priv, const void *consts, u64 size)
{
	(void)priv;
	memset((void *)(uintptr_t)consts, 0x5a, size);
}

static u32 replaced;	/* commands' weights, by others in their place */

/* The same run of a program that keeps no weights twice. */
static void compare_sparing(struct fw_job *job, u32 isa, const void *image, size_t size,
			    u8 *const *input, u8 *const *expected, const char *what)
{
	struct qnn_sparing sparing = { .spare = spoil, .room_bytes = 1 << 20 };
	u64 bytes = qnn_prepared_size(&job->prog, isa, NULL, NULL);
	void *copy = fw_alloc(size), *memory;
	struct qnn_program prog;
	struct qnn_diag diag;
	u32 i;

	if (bytes) {
		memcpy(copy, image, size);
		assert_int_equal(qnn_program_validate(copy, size, &prog, &diag, NULL, NULL), 0);
		memory = fw_alloc(bytes);
		sparing.room = malloc(sparing.room_bytes);
		job->exec.prog = &prog;
		job->exec.prepared = qnn_prepare_sparing(&prog, isa, memory, NULL, NULL,
							 &sparing);
		free(sparing.room);
		for (i = 0; i < job->region_count; i++)
			memcpy(job->regions[i], input[i], prog.regions[i].size);
		assert_int_equal(qnn_exec_run(&job->exec), 0);
		same_regions(job, expected, what, "sparing");
		job->exec.prog = &job->prog;
		job->exec.prepared = NULL;
		free(memory);
	}
	replaced += sparing.replaced;
	free(copy);
}

u32 fw_replaced(void)
{
	return replaced;
}

void fw_compare(const void *image, size_t size, struct rng *rng, const char *what)
{
	u8 *expected[QNN_MAX_REGIONS], *input[QNN_MAX_REGIONS];
	struct fw_job job;
	u32 i, isa;

	fw_job_init(&job, image, size, rng);
	for (i = 0; i < job.region_count; i++) {
		input[i] = fw_alloc(job.prog.regions[i].size);
		expected[i] = fw_alloc(job.prog.regions[i].size);
		memcpy(input[i], job.regions[i], job.prog.regions[i].size);
		memcpy(expected[i], job.regions[i], job.prog.regions[i].size);
	}
	oracle_run(image, expected);
	assert_int_equal(qnn_exec_run(&job.exec), 0);
	same_regions(&job, expected, what, "scalar");
	for (isa = QNN_ISA_NONE + 1; isa < QNN_ISA_NR; isa++) {
		if (qnn_isa_usable(isa))
			compare_isa(&job, isa, input, expected, what);
	}
	if (qnn_isa_best() != QNN_ISA_NONE)
		compare_sparing(&job, qnn_isa_best(), image, size, input, expected, what);
	for (i = 0; i < job.region_count; i++) {
		free(input[i]);
		free(expected[i]);
	}
	fw_job_free(&job);
}

void fw_compare_built(struct qnn_prog *prog, struct rng *rng, const char *what)
{
	size_t size;
	void *image = qnn_prog_finish(prog, &size);

	assert_non_null(image);
	fw_compare(image, size, rng, what);
	free(image);
	qnn_prog_free(prog);
}
