// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Cycle model: what the modelled hardware would do for a command. See
 * Documentation/device.rst, "Cycle model".
 */
#include "element.h"
#include "ops.h"

#define TOO_MUCH	(~0ull)
#define HALF_SRAM	(QNN_SRAM_BYTES / 2)

static u64 mul(u64 a, u64 b)
{
	u64 product;

	return __builtin_mul_overflow(a, b, &product) ? TOO_MUCH : product;
}

static u64 divide_up(u64 a, u32 b)
{
	return a == TOO_MUCH ? TOO_MUCH : a / b + (a % b != 0);
}

/* The width that the hardware processes: 2, 4, 8 or 32 bits. */
static u32 width(u32 type)
{
	u32 bits = qnn_type_in(type, QNN_TYPES_CODEBOOK) ? 8 : qnn_elem_bits(type);

	return bits < 2 ? 2 : bits;
}

/* Bytes of constants that the output stage reads. */
static u64 stage_bytes(const struct qnn_cmd *cmd)
{
	const struct qnn_stage_desc *s = &cmd->stage;
	u64 channels = s->flags & QNN_STAGE_PER_CHANNEL ? cmd->out.channels : 1;

	switch (s->kind) {
	case QNN_STAGE_REQUANT:
		return channels * (s->rule == QNN_ROUND_C ? 4 : 5);
	case QNN_STAGE_TABLE:
		return channels * (s->rule == QNN_ROUND_C ? 4 : 5) +
		       QNN_TABLE_SIZE * (s->flags & QNN_STAGE_TABLES ? cmd->out.channels : 1ull);
	case QNN_STAGE_THRESHOLD:
		return channels * (4ull * s->levels + !!(s->flags & QNN_STAGE_NEGATE));
	default:
		return 0;
	}
}

static void finish(struct qnn_counters *out, u64 compute)
{
	u64 memory = divide_up(out->bytes_read + out->bytes_written, QNN_DRAM_BYTES);
	u64 cycles = compute > memory ? compute : memory;

	out->cycles = cycles > TOO_MUCH - QNN_CMD_OVERHEAD ? TOO_MUCH :
		      cycles + QNN_CMD_OVERHEAD;
}

void qnn_cost_conv(const struct qnn_cmd *cmd, struct qnn_counters *out)
{
	const struct qnn_conv_desc *c = &cmd->conv;
	u32 lanes = QNN_ARRAY_LANES * (8 / width(cmd->in[0].type));
	u32 columns = QNN_ARRAY_COLUMNS * (8 / width(c->weight_type));
	u64 pixels = (u64)cmd->out.height * cmd->out.width;
	u64 depth = qnn_conv_taps(cmd);
	u64 weights = (u64)qnn_conv_row_bytes(cmd) * cmd->out.channels;
	u64 input = qnn_tensor_bytes(&cmd->in[0]);
	u64 passes = weights > HALF_SRAM ? divide_up(weights, HALF_SRAM) : 1;
	u64 books = 0, bias = c->bias_off == QNN_NO_CONST ? 0 : 4ull * cmd->out.channels;
	u64 compute;

	if (qnn_type_in(c->weight_type, QNN_TYPES_CODEBOOK))
		books = c->codebook_channels ?
			divide_up(cmd->out.channels, c->codebook_channels) : 1;
	compute = mul(pixels * c->groups,
		      divide_up(depth, lanes) * divide_up(cmd->out.channels / c->groups, columns));
	out->macs = mul(pixels * cmd->out.channels, depth);
	out->bytes_read = weights + input * (input <= HALF_SRAM ? 1 : passes) + bias +
			  (books << qnn_elem_bits(c->weight_type)) + stage_bytes(cmd);
	out->bytes_written = qnn_tensor_bytes(&cmd->out);
	finish(out, compute);
}

/* Elements that a vector unit takes in a cycle. */
static u32 vector_lanes(u32 type)
{
	return QNN_VECTOR_LANES * 8 / width(type);
}

static u64 elements(const struct qnn_tensor_desc *t)
{
	return (u64)t->height * t->width * t->channels;
}

void qnn_cost_pool(const struct qnn_cmd *cmd, struct qnn_counters *out)
{
	u64 taps = (u64)cmd->pool.kernel_h * cmd->pool.kernel_w;

	out->macs = 0;
	out->bytes_read = qnn_tensor_bytes(&cmd->in[0]) + stage_bytes(cmd);
	out->bytes_written = qnn_tensor_bytes(&cmd->out);
	finish(out, divide_up(mul(elements(&cmd->out), taps), vector_lanes(cmd->in[0].type)));
}

void qnn_cost_elementwise(const struct qnn_cmd *cmd, struct qnn_counters *out)
{
	u64 n = elements(&cmd->out);

	out->macs = 0;
	out->bytes_read = qnn_tensor_bytes(&cmd->in[0]) + qnn_tensor_bytes(&cmd->in[1]) +
			  stage_bytes(cmd);
	out->bytes_written = qnn_tensor_bytes(&cmd->out);
	finish(out, divide_up(n, vector_lanes(cmd->in[0].type)) +
		    divide_up(n, vector_lanes(cmd->in[1].type)));
}

void qnn_cost_copy(const struct qnn_cmd *cmd, struct qnn_counters *out)
{
	const struct qnn_tensor_desc *o = &cmd->out;
	u32 first = cmd->copy.out_first;
	u64 pixels = (u64)o->height * o->width, n = pixels * (o->channels - first);
	u64 all = qnn_tensor_bytes(&cmd->in[0]);
	u64 taken = (n * qnn_elem_bits(cmd->in[0].type) + 7) / 8;

	out->macs = 0;
	out->bytes_read = (taken < all ? taken : all) + stage_bytes(cmd);
	out->bytes_written = pixels * (qnn_pixel_bytes(o) - first * qnn_elem_bits(o->type) / 8);
	finish(out, divide_up(n, vector_lanes(cmd->in[0].type)));
}

void qnn_cost_argmax(const struct qnn_cmd *cmd, struct qnn_counters *out)
{
	const struct qnn_tensor_desc *in = &cmd->in[0];

	out->macs = 0;
	out->bytes_read = qnn_tensor_bytes(in) + stage_bytes(cmd);
	out->bytes_written = qnn_tensor_bytes(&cmd->out);
	finish(out, divide_up(elements(in), vector_lanes(in->type)));
}

/* Each element is looked at three times: the largest, the sum, the quotient. */
void qnn_cost_softmax(const struct qnn_cmd *cmd, struct qnn_counters *out)
{
	const struct qnn_tensor_desc *in = &cmd->in[0];

	out->macs = 0;
	out->bytes_read = qnn_tensor_bytes(in) + 4 * QNN_TABLE_SIZE;
	out->bytes_written = qnn_tensor_bytes(&cmd->out);
	finish(out, 3 * divide_up(elements(in), vector_lanes(in->type)));
}

void qnn_cmd_cost(const struct qnn_program *prog, u32 index, struct qnn_counters *out)
{
	const struct qnn_cmd *cmd = &prog->cmds[index];

	qnn_op(cmd->opcode)->cost(cmd, out);
}
