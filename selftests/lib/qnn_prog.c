// SPDX-License-Identifier: MIT
#include "qnn_prog.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct qnn_prog {
	struct qnn_region_desc regions[QNN_MAX_REGIONS];
	u32 region_count;
	struct qnn_cmd *cmds;
	u32 cmd_count;
	size_t cmd_room;
	u8 *consts;
	size_t const_size;
	size_t const_room;
	bool failed;
	struct qnn_cmd spare;	/* handed out when memory is short */
};

static size_t round_up(size_t value, size_t align)
{
	return (value + align - 1) / align * align;
}

struct qnn_prog *qnn_prog_new(void)
{
	return calloc(1, sizeof(struct qnn_prog));
}

void qnn_prog_free(struct qnn_prog *prog)
{
	if (!prog)
		return;
	free(prog->cmds);
	free(prog->consts);
	free(prog);
}

u8 qnn_prog_region(struct qnn_prog *prog, u64 size)
{
	if (prog->region_count == QNN_MAX_REGIONS) {
		prog->failed = true;
		return 0;
	}
	prog->regions[prog->region_count].size = size;
	return prog->region_count++;
}

/* Room for @needed items of @size bytes, by doubling; false: none. */
static bool reserve(void **items, size_t *room, size_t needed, size_t size)
{
	size_t more = *room * 2 > needed ? *room * 2 : needed;
	void *grown;

	if (needed <= *room)
		return true;
	grown = realloc(*items, more * size);
	if (!grown)
		return false;
	*items = grown;
	*room = more;
	return true;
}

u32 qnn_prog_const(struct qnn_prog *prog, const void *data, size_t size,
		   u32 align)
{
	size_t at = round_up(prog->const_size, align);
	void *consts = prog->consts;

	if (!reserve(&consts, &prog->const_room, at + size, 1)) {
		prog->failed = true;
		return 0;
	}
	prog->consts = consts;
	if (at + size > prog->const_size)
		memset(prog->consts + prog->const_size, 0, at + size - prog->const_size);
	if (data)
		memcpy(prog->consts + at, data, size);
	prog->const_size = at + size;
	return at;
}

static void conv_defaults(struct qnn_conv_desc *conv)
{
	conv->kernel_h = 1;
	conv->kernel_w = 1;
	conv->stride_h = 1;
	conv->stride_w = 1;
	conv->dilation_h = 1;
	conv->dilation_w = 1;
	conv->groups = 1;
	conv->weight_type = QNN_ELEM_S8;
	conv->bias_off = QNN_NO_CONST;
	conv->codebook_off = QNN_NO_CONST;
}

static void copy_defaults(struct qnn_copy_desc *copy)
{
	u32 i;

	for (i = 0; i < QNN_COPY_AXES; i++) {
		copy->axis[i].step = 1;
		copy->axis[i].divisor = 1;
		copy->axis[i].from = i;
	}
}

struct qnn_cmd *qnn_prog_cmd(struct qnn_prog *prog, u32 opcode)
{
	struct qnn_cmd *cmd = &prog->spare;
	void *cmds = prog->cmds;

	if (reserve(&cmds, &prog->cmd_room, prog->cmd_count + 1, sizeof(*cmd))) {
		prog->cmds = cmds;
		cmd = &prog->cmds[prog->cmd_count++];
	} else {
		prog->failed = true;
	}
	memset(cmd, 0, sizeof(*cmd));
	cmd->opcode = opcode;
	cmd->stage.kind = opcode == QNN_OP_MAX_POOL || opcode == QNN_OP_COPY ||
			  opcode == QNN_OP_SOFTMAX ? QNN_STAGE_NONE : QNN_STAGE_RAW;
	switch (opcode) {
	case QNN_OP_CONV:
	case QNN_OP_FC:
	case QNN_OP_CONV_TRANSPOSE:
		conv_defaults(&cmd->conv);
		break;
	case QNN_OP_COPY:
		copy_defaults(&cmd->copy);
		break;
	case QNN_OP_MAX_POOL:
	case QNN_OP_AVG_POOL:
		cmd->pool.kernel_h = 1;
		cmd->pool.kernel_w = 1;
		cmd->pool.stride_h = 1;
		cmd->pool.stride_w = 1;
		break;
	case QNN_OP_ADD:
		cmd->add.multiplier[0] = 1 << 30;
		cmd->add.multiplier[1] = 1 << 30;
		cmd->add.shift[0] = 1;
		cmd->add.shift[1] = 1;
		cmd->add.rule = QNN_ROUND_B;
		break;
	}
	return cmd;
}

u32 qnn_prog_type_bits(u32 type)
{
	switch (type) {
	case QNN_ELEM_S8:
	case QNN_ELEM_U8:
		return 8;
	case QNN_ELEM_S4:
	case QNN_ELEM_U4:
	case QNN_WEIGHT_CB4:
		return 4;
	case QNN_ELEM_S2:
	case QNN_ELEM_U2:
	case QNN_WEIGHT_CB2:
		return 2;
	case QNN_ELEM_B1:
	case QNN_WEIGHT_CB1:
		return 1;
	case QNN_WEIGHT_CB3:
		return 3;
	case QNN_WEIGHT_CB5:
		return 5;
	default:
		return 32;
	}
}

static bool type_signed(u32 type)
{
	return type == QNN_ELEM_S8 || type == QNN_ELEM_S4 ||
	       type == QNN_ELEM_S2 || type == QNN_ELEM_S32;
}

s32 qnn_prog_type_min(u32 type)
{
	return type_signed(type) ? (s32)-(1ll << (qnn_prog_type_bits(type) - 1)) : 0;
}

s32 qnn_prog_type_max(u32 type)
{
	return (s32)((1ll << (qnn_prog_type_bits(type) - type_signed(type))) - 1);
}

struct qnn_tensor_desc qnn_prog_tensor(u8 region, u32 type, u32 height,
				       u32 width, u32 channels)
{
	struct qnn_tensor_desc t;

	memset(&t, 0, sizeof(t));
	t.region = region;
	t.type = type;
	t.height = height;
	t.width = width;
	t.channels = channels;
	t.pixel_stride = (channels * qnn_prog_type_bits(type) + 7) / 8;
	t.row_stride = width * t.pixel_stride;
	return t;
}

u64 qnn_prog_tensor_end(const struct qnn_tensor_desc *t)
{
	u64 end = t->offset;

	if (t->height)
		end += (u64)(t->height - 1) * t->row_stride;
	if (t->width)
		end += (u64)(t->width - 1) * t->pixel_stride;
	return end + ((u64)t->channels * qnn_prog_type_bits(t->type) + 7) / 8;
}

static u32 out_dim(u32 in, u32 pads, u32 kernel, u32 dilation, u32 stride)
{
	u32 span = dilation * (kernel - 1) + 1;

	return in + pads < span ? 0 : (in + pads - span) / stride + 1;
}

/* Transposed, without output padding. */
static u32 spread_dim(u32 in, u32 pads, u32 kernel, u32 dilation, u32 stride)
{
	u32 whole = (in - 1) * stride + dilation * (kernel - 1) + 1;

	return in && whole > pads ? whole - pads : 0;
}

void qnn_prog_out(struct qnn_cmd *cmd, u8 region, u32 type, u32 channels)
{
	const struct qnn_tensor_desc *in = &cmd->in[0];
	const struct qnn_conv_desc *cv = &cmd->conv;
	const struct qnn_pool_desc *pl = &cmd->pool;
	u32 h = in->height, w = in->width;

	switch (cmd->opcode) {
	case QNN_OP_CONV:
	case QNN_OP_FC:
		h = out_dim(h, cv->pad_top + cv->pad_bottom, cv->kernel_h,
			    cv->dilation_h, cv->stride_h);
		w = out_dim(w, cv->pad_left + cv->pad_right, cv->kernel_w,
			    cv->dilation_w, cv->stride_w);
		break;
	case QNN_OP_CONV_TRANSPOSE:
		h = spread_dim(h, cv->pad_top + cv->pad_bottom, cv->kernel_h,
			       cv->dilation_h, cv->stride_h);
		w = spread_dim(w, cv->pad_left + cv->pad_right, cv->kernel_w,
			       cv->dilation_w, cv->stride_w);
		break;
	case QNN_OP_MAX_POOL:
	case QNN_OP_AVG_POOL:
		h = out_dim(h, pl->pad_top + pl->pad_bottom, pl->kernel_h,
			    pl->gap_h + 1, pl->stride_h);
		w = out_dim(w, pl->pad_left + pl->pad_right, pl->kernel_w,
			    pl->gap_w + 1, pl->stride_w);
		break;
	case QNN_OP_ARGMAX:
		channels = 1;
		break;
	}
	cmd->out = qnn_prog_tensor(region, type ? type : in->type, h, w,
				   channels ? channels : in->channels);
	if (!type)
		cmd->out.zero_point = in->zero_point;
}

u32 qnn_prog_weight_row(const struct qnn_cmd *cmd)
{
	const struct qnn_conv_desc *cv = &cmd->conv;
	u32 depth = cv->kernel_h * cv->kernel_w * (cmd->in[0].channels / cv->groups);

	return (depth * qnn_prog_type_bits(cv->weight_type) + 7) / 8;
}

u32 qnn_prog_weight_bytes(const struct qnn_cmd *cmd)
{
	return qnn_prog_weight_row(cmd) * cmd->out.channels;
}

void qnn_prog_requant(struct qnn_prog *prog, struct qnn_cmd *cmd, u32 rule,
		      u32 scale, int shift)
{
	s8 shift8 = shift;

	cmd->stage.kind = QNN_STAGE_REQUANT;
	cmd->stage.rule = rule;
	cmd->stage.scale_off = qnn_prog_const(prog, &scale, 4, 4);
	cmd->stage.shift_off = rule == QNN_ROUND_C ? 0 :
			       qnn_prog_const(prog, &shift8, 1, 1);
	cmd->stage.clamp_min = qnn_prog_type_min(cmd->out.type);
	cmd->stage.clamp_max = qnn_prog_type_max(cmd->out.type);
}

static void use_region(struct qnn_region_desc *regions, u32 count,
		       const struct qnn_tensor_desc *t, u32 access)
{
	u64 end = qnn_prog_tensor_end(t);

	if (t->region >= count)
		return;
	regions[t->region].access |= access;
	if (regions[t->region].reserved && regions[t->region].size < end)
		regions[t->region].size = end;
}

/* Access modes, and the sizes that were left open (marked in reserved). */
static void fill_regions(const struct qnn_prog *prog, struct qnn_region_desc *regions)
{
	u32 i;

	memcpy(regions, prog->regions, prog->region_count * sizeof(*regions));
	for (i = 0; i < prog->region_count; i++)
		regions[i].reserved = !regions[i].size;
	for (i = 0; i < prog->cmd_count; i++) {
		const struct qnn_cmd *cmd = &prog->cmds[i];

		use_region(regions, prog->region_count, &cmd->in[0], QNN_ACCESS_READ);
		if (cmd->opcode == QNN_OP_ADD || cmd->opcode == QNN_OP_MUL)
			use_region(regions, prog->region_count, &cmd->in[1], QNN_ACCESS_READ);
		use_region(regions, prog->region_count, &cmd->out, QNN_ACCESS_WRITE);
	}
	for (i = 0; i < prog->region_count; i++)
		regions[i].reserved = 0;
}

void *qnn_prog_finish(struct qnn_prog *prog, size_t *size)
{
	size_t cmds_at = round_up(sizeof(struct qnn_program_header) +
				  prog->region_count * sizeof(struct qnn_region_desc), 64);
	size_t consts_at = cmds_at + prog->cmd_count * sizeof(struct qnn_cmd);
	size_t const_size = round_up(prog->const_size, 64);
	struct qnn_program_header *header;
	u8 *image;

	*size = consts_at + const_size;
	image = prog->failed ? NULL : calloc(1, *size);
	if (!image)
		return NULL;
	header = (struct qnn_program_header *)image;
	header->magic = QNN_PROGRAM_MAGIC;
	header->version = QNN_PROGRAM_VERSION;
	header->size = *size;
	header->region_count = prog->region_count;
	header->cmd_count = prog->cmd_count;
	header->const_size = const_size;
	fill_regions(prog, (struct qnn_region_desc *)(header + 1));
	if (prog->cmd_count)
		memcpy(image + cmds_at, prog->cmds, prog->cmd_count * sizeof(*prog->cmds));
	if (prog->const_size)
		memcpy(image + consts_at, prog->consts, prog->const_size);
	return image;
}
