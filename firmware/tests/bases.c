// SPDX-License-Identifier: (GPL-2.0 OR MIT)
#include "bases.h"

static void add_conv(struct qnn_prog *p, int floats)
{
	const s32 bias[4] = { 0 }, scale[4] = { 1, 0, 0x7fffffff, 1 << 30 };
	const u32 half = 0x3f000000;
	const s8 shift[4] = { -31, 30, 0, -1 };
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 6, 6, 8);
	c->in[0].zero_point = 3;
	c->conv.kernel_h = 3;
	c->conv.kernel_w = 3;
	c->conv.pad_top = 1;
	c->conv.pad_left = 1;
	c->conv.pad_bottom = 1;
	c->conv.pad_right = 1;
	c->conv.groups = 2;
	c->conv.weight_type = QNN_ELEM_S4;
	qnn_prog_out(c, 1, QNN_ELEM_S8, 4);
	c->conv.weight_off = qnn_prog_const(p, NULL, 4 * CONV_ROW, 1);
	c->conv.bias_off = qnn_prog_const(p, bias, 16, 4);
	c->stage.kind = QNN_STAGE_REQUANT;
	c->stage.clamp_min = -128;
	c->stage.clamp_max = 127;
	c->stage.rule = floats ? QNN_ROUND_C : QNN_ROUND_B;
	c->stage.scale_off = qnn_prog_const(p, floats ? (void *)&half : (void *)scale,
					    floats ? 4 : 16, 4);
	if (floats)
		return;
	c->stage.flags = QNN_STAGE_PER_CHANNEL;
	c->stage.shift_off = qnn_prog_const(p, shift, 4, 1);
	assert_int_equal(c->stage.shift_off, CONV_SHIFT);
}

static void add_book(struct qnn_prog *p)
{
	const s32 levels[12] = { -1, 0, 1, 5, 5, 5, INT32_MIN, 0, INT32_MAX, 9, 10, 10 };
	const u8 negate[4] = { 0, 1, 1, 0 };
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_B1, 3, 3, 15);
	c->conv.weight_type = QNN_WEIGHT_CB3;
	c->conv.codebook_channels = 3;
	qnn_prog_out(c, 1, QNN_ELEM_U2, 4);
	c->conv.weight_off = qnn_prog_const(p, NULL, 4 * 6, 1);
	c->conv.codebook_off = qnn_prog_const(p, NULL, 16, 1);
	c->stage.kind = QNN_STAGE_THRESHOLD;
	c->stage.flags = QNN_STAGE_PER_CHANNEL | QNN_STAGE_NEGATE;
	c->stage.levels = 3;
	c->stage.threshold_off = qnn_prog_const(p, levels, 48, 4);
	c->stage.negate_off = qnn_prog_const(p, negate, 4, 1);
	assert_int_equal(c->stage.negate_off, BOOK_NEGATE);
}

static void add_fc(struct qnn_prog *p)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_FC);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_U8, 1, 1, 16);
	qnn_prog_out(c, 1, QNN_ELEM_S32, 10);
	c->conv.weight_off = qnn_prog_const(p, NULL, 160, 1);
}

static void add_pool(struct qnn_prog *p, u32 opcode, u8 in)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, opcode);

	c->in[0] = qnn_prog_tensor(in, QNN_ELEM_S8, 6, 6, in ? 4 : 8);
	c->pool.kernel_h = 2;
	c->pool.kernel_w = 2;
	c->pool.stride_h = 2;
	c->pool.stride_w = 2;
	qnn_prog_out(c, in + 1, QNN_ELEM_NONE, 0);
	if (opcode == QNN_OP_MAX_POOL)
		return;
	c->stage.kind = QNN_STAGE_MEAN;
	c->stage.clamp_min = -128;
	c->stage.clamp_max = 127;
}

static void add_add(struct qnn_prog *p)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_ADD);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 2, 3, 5);
	c->in[1] = qnn_prog_tensor(1, QNN_ELEM_S8, 2, 3, 5);
	qnn_prog_out(c, 2, QNN_ELEM_S8, 0);
	qnn_prog_requant(p, c, QNN_ROUND_A, 1 << 30, 0);
}

static void add_table(struct qnn_prog *p)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_FC);
	const s32 scale = 1 << 30;
	const s8 shift = -3;

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_U8, 1, 1, 16);
	qnn_prog_out(c, 1, QNN_ELEM_S4, 4);
	c->conv.weight_off = qnn_prog_const(p, NULL, 64, 1);
	c->stage.kind = QNN_STAGE_TABLE;
	c->stage.rule = QNN_ROUND_B;
	c->stage.flags = QNN_STAGE_TABLES;
	c->stage.scale_off = qnn_prog_const(p, &scale, 4, 4);
	c->stage.shift_off = qnn_prog_const(p, &shift, 1, 1);
	c->stage.table_type = QNN_ELEM_U8;
	c->stage.table_zero_point = 128;
	c->stage.clamp_max = 255;
	c->stage.table_off = qnn_prog_const(p, NULL, 4 * QNN_TABLE_SIZE, 1);
	assert_int_equal(c->stage.table_off, TABLE_ENTRIES);
}

static void add_mul(struct qnn_prog *p)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_MUL);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 2, 3, 5);
	c->in[1] = qnn_prog_tensor(1, QNN_ELEM_U4, 1, 1, 5);
	qnn_prog_out(c, 2, QNN_ELEM_S32, 0);
}

static void add_spread(struct qnn_prog *p)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV_TRANSPOSE);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 3, 3, 4);
	c->in[0].zero_point = 3;
	c->conv.kernel_h = 3;
	c->conv.kernel_w = 3;
	c->conv.stride_h = 2;
	c->conv.stride_w = 2;
	c->conv.pad_top = 1;
	c->conv.pad_left = 1;
	c->conv.pad_bottom = 1;
	c->conv.pad_right = 1;
	c->conv.groups = 2;
	c->conv.weight_type = QNN_ELEM_S4;
	qnn_prog_out(c, 1, QNN_ELEM_S32, 4);
	c->out.height = 6;
	c->conv.weight_off = qnn_prog_const(p, NULL, 4 * SPREAD_ROW, 1);
	c->conv.bias_off = qnn_prog_const(p, NULL, 16, 4);
	assert_int_equal(c->conv.bias_off, SPREAD_BIAS);
}

static void add_copy(struct qnn_prog *p)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_COPY);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_U4, 4, 4, 8);
	c->in[0].zero_point = 2;
	c->out = qnn_prog_tensor(1, QNN_ELEM_U4, 2, 2, 35);
	c->out.zero_point = 2;
	c->copy.mode = QNN_COPY_SPACE_TO_DEPTH;
	c->copy.block = 2;
	c->copy.out_first = 3;
	c->copy.fill = 5;
	c->copy.flags = QNN_COPY_CRD;
}

static void add_argmax(struct qnn_prog *p)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_ARGMAX);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 2, 3, 10);
	qnn_prog_out(c, 1, QNN_ELEM_S32, 0);
}

static void add_softmax(struct qnn_prog *p)
{
	s32 exps[QNN_TABLE_SIZE] = { 0x7fffffff };
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_SOFTMAX);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 2, 3, 10);
	qnn_prog_out(c, 1, QNN_ELEM_U8, 0);
	c->softmax.table_off = qnn_prog_const(p, exps, sizeof(exps), 4);
}

void *bases_build(enum base base, size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	u32 regions = base == ADD || base == MUL || base == CHAIN ? 3 : 2;
	void *image;

	while (regions--)
		qnn_prog_region(p, 0);
	switch (base) {
	case CONV:
	case FLOATS:
	case CHAIN:
		add_conv(p, base == FLOATS);
		if (base == CHAIN)
			add_pool(p, QNN_OP_MAX_POOL, 1);
		break;
	case BOOK:
		add_book(p);
		break;
	case FC:
		add_fc(p);
		break;
	case ADD:
		add_add(p);
		break;
	case TABLE:
		add_table(p);
		break;
	case MUL:
		add_mul(p);
		break;
	case SPREAD:
		add_spread(p);
		break;
	case COPY:
		add_copy(p);
		break;
	case ARGMAX:
		add_argmax(p);
		break;
	case SOFTMAX:
		add_softmax(p);
		break;
	default:
		add_pool(p, base == MAX ? QNN_OP_MAX_POOL : QNN_OP_AVG_POOL, 0);
		break;
	}
	image = qnn_prog_finish(p, size);
	assert_non_null(image);
	qnn_prog_free(p);
	return image;
}
