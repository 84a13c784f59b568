// SPDX-License-Identifier: MIT
/* What lies where in a program image. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "writer_pack.h"

/* Shorter ones are not worth a stream of their own. */
#define LEAST_FIELDS	64
#define LEAST_WORDS	512
/* Of a command: weights, biases, and of the stage scales or thresholds. */
#define MOST_OF_COMMAND	4

struct collector {
	struct qnn_range *range;
	size_t count;
	uint64_t consts;	/* where they begin in the image */
};

static void add(struct collector *c, uint32_t offset, uint64_t size, uint8_t bits, uint32_t row)
{
	if (offset == QNN_NO_CONST || size < (bits > 8 ? LEAST_WORDS : LEAST_FIELDS))
		return;
	c->range[c->count++] = (struct qnn_range){ c->consts + offset, size, bits, row };
}

static bool has_weights(const struct qnn_cmd *cmd)
{
	return cmd->opcode == QNN_OP_CONV || cmd->opcode == QNN_OP_FC ||
	       cmd->opcode == QNN_OP_CONV_TRANSPOSE;
}

static void add_weights(struct collector *c, const struct qnn_cmd *cmd)
{
	const struct qnn_conv_desc *conv = &cmd->conv;
	uint32_t row = (uint32_t)conv->kernel_h * conv->kernel_w *
		       (cmd->in[0].channels / conv->groups);
	uint32_t bits = qnn_elem_bits(conv->weight_type);

	add(c, conv->weight_off, ((uint64_t)row * bits + 7) / 8 * cmd->out.channels, bits, row);
	add(c, conv->bias_off, 4ull * cmd->out.channels, 32, 0);
}

static void add_stage(struct collector *c, const struct qnn_cmd *cmd)
{
	const struct qnn_stage_desc *s = &cmd->stage;
	uint64_t entries = s->flags & QNN_STAGE_PER_CHANNEL ? cmd->out.channels : 1;

	if (s->kind == QNN_STAGE_REQUANT || s->kind == QNN_STAGE_TABLE)
		add(c, s->scale_off, 4 * entries, 32, 0);
	if (s->kind == QNN_STAGE_THRESHOLD)
		add(c, s->threshold_off, 4 * entries * s->levels, 32, 0);
}

static int by_offset(const void *a, const void *b)
{
	const struct qnn_range *x = a, *y = b;

	return (x->offset > y->offset) - (x->offset < y->offset);
}

/* What commands share is there once; what overlaps is left to the one in front. */
static void fill_gaps(struct qnn_range *out, size_t *count, const struct collector *c,
		      uint64_t image_size)
{
	uint64_t at = 0;
	size_t i;

	*count = 0;
	for (i = 0; i < c->count; i++) {
		const struct qnn_range *r = &c->range[i];

		if (r->offset < at)
			continue;
		if (r->offset > at)
			out[(*count)++] = (struct qnn_range){ at, r->offset - at, 0, 0 };
		out[(*count)++] = *r;
		at = r->offset + r->size;
	}
	if (at < image_size)
		out[(*count)++] = (struct qnn_range){ at, image_size - at, 0, 0 };
}

struct qnn_range *qnn_program_ranges(const struct qnn_program *prog, size_t image_size,
				     size_t *count)
{
	size_t most = (size_t)prog->header->cmd_count * MOST_OF_COMMAND;
	struct collector c = { .range = calloc(most, sizeof(*c.range)) };
	struct qnn_range *out = calloc(2 * most + 1, sizeof(*out));
	uint32_t i;

	c.consts = (const uint8_t *)prog->consts - (const uint8_t *)prog->header;
	for (i = 0; i < prog->header->cmd_count && c.range && out; i++) {
		if (has_weights(&prog->cmds[i]))
			add_weights(&c, &prog->cmds[i]);
		add_stage(&c, &prog->cmds[i]);
	}
	if (!c.range || !out) {
		free(c.range);
		free(out);
		return NULL;
	}
	qsort(c.range, c.count, sizeof(*c.range), by_offset);
	fill_gaps(out, count, &c, image_size);
	free(c.range);
	return out;
}
