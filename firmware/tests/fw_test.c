// SPDX-License-Identifier: (GPL-2.0 OR MIT)
#include "fw_test.h"
#include "oracle.h"

u64 rng_next(struct rng *rng)
{
	u64 z = rng->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

s64 rng_range(struct rng *rng, s64 min, s64 max)
{
	return min + (s64)(rng_next(rng) % (u64)(max - min + 1));
}

void rng_fill(struct rng *rng, void *dst, size_t size)
{
	u8 *byte = dst;

	while (size--)
		*byte++ = (u8)rng_next(rng);
}

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
	rng_fill(rng, job->exec.tile, qnn_tile_size());
}

void fw_job_free(struct fw_job *job)
{
	u32 i;

	for (i = 0; i < job->region_count; i++)
		free(job->regions[i]);
	free(job->exec.tile);
}

void fw_compare(const void *image, size_t size, struct rng *rng, const char *what)
{
	u8 *expected[QNN_MAX_REGIONS];
	struct fw_job job;
	u32 i;

	fw_job_init(&job, image, size, rng);
	for (i = 0; i < job.region_count; i++) {
		expected[i] = fw_alloc(job.prog.regions[i].size);
		memcpy(expected[i], job.regions[i], job.prog.regions[i].size);
	}
	oracle_run(image, expected);
	assert_int_equal(qnn_exec_run(&job.exec), 0);
	for (i = 0; i < job.region_count; i++) {
		size_t n = job.prog.regions[i].size, at = 0;

		while (at < n && expected[i][at] == job.regions[i][at])
			at++;
		if (at < n)
			fail_msg("%s: region %u byte %zu is %#x, expected %#x", what, i, at,
				 job.regions[i][at], expected[i][at]);
		free(expected[i]);
	}
	fw_job_free(&job);
}
