// SPDX-License-Identifier: MIT
/*
 * Runs programs on the device code for oracle.py: cases on stdin, what became
 * of each on stdout. Both are streams of little-endian structures, see below;
 * a case without regions is only validated.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/qnn_fast.h"

static u32 isa;	/* enum qnn_isa */

#define CASE_MAGIC 0x45534143u /* "CASE" */

/* Followed by a u64 of each region's size, the image, the regions' bytes. */
struct case_header {
	u32 magic;
	u32 image_size;
	u32 region_count;
	u32 reserved;
};

/* Refused: value, limit and size of the name of the field, and the name. */
struct refusal {
	s64 value;
	s64 limit;
	u64 field_size;
};

/*
 * Accepted: followed by the total of validation, the sum of the run, each
 * command's cost, each command's record, the regions' bytes. Of a case that
 * was not run, cost only.
 */
struct verdict {
	u32 rule;
	u32 cmd;
	u32 cmd_count;
	u32 region_count;
};

struct one_case {
	struct case_header header;
	u64 sizes[QNN_MAX_REGIONS];
	void *regions[QNN_MAX_REGIONS];
	void *image;
	void *copy;
};

static void die(const char *text)
{
	fprintf(stderr, "run_programs: %s\n", text);
	exit(2);
}

/* Of exactly this size, so that a sanitizer sees an access behind the end. */
static void *allocate(size_t alignment, u64 size)
{
	void *memory;

	if (posix_memalign(&memory, alignment, size))
		die("no memory");
	return memory;
}

static void get(void *to, u64 size)
{
	if (fread(to, 1, size, stdin) != size)
		die("the input ends inside of a case");
}

static void put(const void *from, u64 size)
{
	if (fwrite(from, 1, size, stdout) != size)
		die(strerror(errno));
}

static int read_case(struct one_case *c)
{
	size_t got = fread(&c->header, 1, sizeof(c->header), stdin);

	if (got == 0)
		return 0;
	if (got != sizeof(c->header) || c->header.magic != CASE_MAGIC ||
	    c->header.region_count > QNN_MAX_REGIONS)
		die("no case at this place of the input");
	get(c->sizes, sizeof(c->sizes[0]) * c->header.region_count);
	c->image = allocate(8, c->header.image_size);
	c->copy = allocate(8, c->header.image_size);
	get(c->image, c->header.image_size);
	memcpy(c->copy, c->image, c->header.image_size);
	for (u32 i = 0; i < c->header.region_count; i++) {
		c->regions[i] = allocate(64, c->sizes[i]);
		get(c->regions[i], c->sizes[i]);
	}
	return 1;
}

static void free_case(struct one_case *c)
{
	for (u32 i = 0; i < c->header.region_count; i++)
		free(c->regions[i]);
	free(c->image);
	free(c->copy);
}

/* With vector units, if asked for. */
static void prepare(struct qnn_exec *exec)
{
	u64 size = qnn_prepared_size(exec->prog, isa, NULL, NULL);
	void *memory;

	if (!size)
		return;
	memory = allocate(64, size);
	exec->prepared = qnn_prepare(exec->prog, isa, memory, NULL, NULL);
}

static void run(struct one_case *c, const struct qnn_program *prog)
{
	u32 count = prog->header->cmd_count;
	struct qnn_exec exec = { .prog = prog };

	if (prog->header->region_count != c->header.region_count)
		die("the case has another number of regions than its image");
	for (u32 i = 0; i < c->header.region_count; i++) {
		if (prog->regions[i].size != c->sizes[i])
			die("a region of the case has another size than in its image");
		exec.region[i] = c->regions[i];
	}
	exec.tile = allocate(64, qnn_tile_size());
	prepare(&exec);
	exec.layers = allocate(8, sizeof(*exec.layers) * count);
	if (qnn_exec_run(&exec))
		die("the run stopped, though nobody asked for it");
	put(&exec.done, sizeof(exec.done));
	for (u32 i = 0; i < count; i++)
		put(&exec.layers[i].c, sizeof(exec.layers[i].c));
	for (u32 i = 0; i < c->header.region_count; i++)
		put(c->regions[i], c->sizes[i]);
	free(exec.layers);
	free(exec.tile);
	free((void *)exec.prepared);
}

static void accepted(struct one_case *c, const struct qnn_program *prog)
{
	struct verdict verdict = {
		.cmd_count = prog->header->cmd_count,
		.region_count = c->header.region_count,
	};

	put(&verdict, sizeof(verdict));
	put(&prog->total, sizeof(prog->total));
	for (u32 i = 0; i < verdict.cmd_count; i++) {
		struct qnn_counters cost;

		qnn_cmd_cost(prog, i, &cost);
		put(&cost, sizeof(cost));
	}
	if (verdict.region_count)
		run(c, prog);
}

static void refused(const struct qnn_diag *diag)
{
	struct verdict verdict = { .rule = diag->rule, .cmd = diag->cmd };
	struct refusal refusal = {
		.value = diag->value,
		.limit = diag->limit,
		.field_size = strlen(diag->field),
	};

	put(&verdict, sizeof(verdict));
	put(&refusal, sizeof(refusal));
	put(diag->field, refusal.field_size);
}

static u32 isa_of(const char *name)
{
	u32 found = qnn_isa_find(name);

	if (found == QNN_ISA_NR)
		die("no such set of instructions in this build");
	if (!qnn_isa_usable(found))
		die("this machine does not have these instructions");
	return found;
}

int main(int argc, char **argv)
{
	struct one_case c;

	if (argc > 1)
		isa = isa_of(argv[1]);
	while (read_case(&c)) {
		struct qnn_program prog;
		struct qnn_diag diag;

		if (qnn_program_validate(c.image, c.header.image_size, &prog, &diag,
					 NULL, NULL))
			refused(&diag);
		else
			accepted(&c, &prog);
		if (memcmp(c.image, c.copy, c.header.image_size))
			die("the device changed the image");
		/* What was finished is known even if the next case crashes. */
		if (fflush(stdout))
			die(strerror(errno));
		free_case(&c);
	}
	return 0;
}
