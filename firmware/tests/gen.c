// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Random valid commands: what they share, and convolutions. */
#include "gen.h"

static const u8 narrow[] = {
	QNN_ELEM_S8, QNN_ELEM_U8, QNN_ELEM_S4, QNN_ELEM_U4, QNN_ELEM_S2, QNN_ELEM_U2, QNN_ELEM_B1,
};

static const u8 weights[] = {
	QNN_ELEM_S8, QNN_ELEM_U8, QNN_ELEM_S4, QNN_ELEM_U4, QNN_ELEM_S2, QNN_ELEM_U2, QNN_ELEM_B1,
	QNN_WEIGHT_CB1, QNN_WEIGHT_CB2, QNN_WEIGHT_CB3, QNN_WEIGHT_CB4, QNN_WEIGHT_CB5,
};

s32 gen_zero_point(struct rng *rng, u32 type)
{
	if (type == QNN_ELEM_B1 || type == QNN_ELEM_S32)
		return 0;
	return (s32)rng_range(rng, qnn_prog_type_min(type), qnn_prog_type_max(type));
}

int gen_one_in(struct rng *rng, u32 n)
{
	return rng_next(rng) % n == 0;
}

/* Mostly usual powers of two, at times any. */
s8 gen_shift(struct rng *rng)
{
	return (s8)(gen_one_in(rng, 6) ? rng_range(rng, -31, 30) : rng_range(rng, -12, 2));
}

s32 gen_multiplier(struct rng *rng, s32 special)
{
	return gen_one_in(rng, 3) ? special : (s32)rng_range(rng, 0, 0x7fffffff);
}

u32 gen_channels(struct rng *rng, u32 many)
{
	return (u32)rng_range(rng, 1, gen_one_in(rng, 4) ? many : 20);
}

u32 gen_narrow(struct rng *rng)
{
	return narrow[rng_next(rng) % ARRAY_SIZE(narrow)];
}

u32 gen_type(struct rng *rng)
{
	return gen_one_in(rng, 3) ? QNN_ELEM_S32 : gen_narrow(rng);
}

void gen_spread(struct rng *rng, struct qnn_tensor_desc *t)
{
	u32 unit = t->type == QNN_ELEM_S32 ? 4 : 1;

	if (gen_one_in(rng, 2))
		t->pixel_stride += unit * (u32)rng_range(rng, 0, 3);
	t->row_stride = t->width * t->pixel_stride;
	if (gen_one_in(rng, 2))
		t->row_stride += unit * (u32)rng_range(rng, 0, 5);
	if (gen_one_in(rng, 2))
		t->offset += unit * (u32)rng_range(rng, 0, 9);
}

static int compare_s32(const void *a, const void *b)
{
	s32 x = *(const s32 *)a, y = *(const s32 *)b;

	return (x > y) - (x < y);
}

static void add_thresholds(struct rng *rng, struct qnn_prog *p, struct qnn_cmd *cmd, s64 reach)
{
	struct qnn_stage_desc *s = &cmd->stage;
	s32 min = qnn_prog_type_min(cmd->out.type), max = qnn_prog_type_max(cmd->out.type);
	u32 n, i, k;
	s32 t[QNN_MAX_THRESHOLDS];
	u8 negate;

	s->kind = QNN_STAGE_THRESHOLD;
	s->flags = (u32)rng_next(rng) & (QNN_STAGE_PER_CHANNEL | QNN_STAGE_NEGATE);
	s->levels = (u16)rng_range(rng, 1, max - min);
	s->base = (s32)rng_range(rng, min, max - s->levels);
	n = s->flags & QNN_STAGE_PER_CHANNEL ? cmd->out.channels : 1;
	for (i = 0; i < n; i++) {
		u32 at;

		for (k = 0; k < s->levels; k++)
			t[k] = gen_one_in(rng, 20) ? (gen_one_in(rng, 2) ? INT32_MIN : INT32_MAX) :
			       (s32)rng_range(rng, -reach, reach);
		qsort(t, s->levels, sizeof(t[0]), compare_s32);
		at = qnn_prog_const(p, t, 4 * s->levels, 4);
		if (!i)
			s->threshold_off = at;
	}
	for (i = 0; i < n && s->flags & QNN_STAGE_NEGATE; i++) {
		u32 at;

		negate = rng_next(rng) & 1;
		at = qnn_prog_const(p, &negate, 1, 1);
		if (!i)
			s->negate_off = at;
	}
}

static u32 random_float(struct rng *rng, s64 reach, s32 levels)
{
	double scale = (double)levels / (double)(reach + 1);
	float f = (float)(scale * (double)rng_range(rng, 1, 4000) / 1000.0);
	u32 bits;

	/* Powers of two make ties. */
	memcpy(&bits, &f, 4);
	if (gen_one_in(rng, 3))
		bits &= 0xff800000u;
	return bits < 0x43800000u ? bits : 0x437fffffu;
}

/* Scales and clamps for codes of a type: the output's, or a table's index. */
static void add_requant(struct rng *rng, struct qnn_prog *p, struct qnn_cmd *cmd, u32 type,
			s64 reach)
{
	struct qnn_stage_desc *s = &cmd->stage;
	s32 min = qnn_prog_type_min(type), max = qnn_prog_type_max(type);
	u32 n, i, at;

	s->kind = QNN_STAGE_REQUANT;
	s->rule = (u8)rng_range(rng, QNN_ROUND_A, QNN_ROUND_C);
	s->flags = (u32)rng_next(rng) & QNN_STAGE_PER_CHANNEL;
	s->clamp_min = gen_one_in(rng, 2) ? min : (s32)rng_range(rng, min, max);
	s->clamp_max = gen_one_in(rng, 2) ? max : (s32)rng_range(rng, s->clamp_min, max);
	n = s->flags ? cmd->out.channels : 1;
	for (i = 0; i < n; i++) {
		u32 scale = s->rule == QNN_ROUND_C ? random_float(rng, reach, max - min) :
			    (u32)gen_multiplier(rng, 1 << 30);

		at = qnn_prog_const(p, &scale, 4, 4);
		if (!i)
			s->scale_off = at;
	}
	for (i = 0; i < n && s->rule != QNN_ROUND_C; i++) {
		s8 shift = gen_shift(rng);

		at = qnn_prog_const(p, &shift, 1, 1);
		if (!i)
			s->shift_off = at;
	}
}

static void add_table(struct rng *rng, struct qnn_prog *p, struct qnn_cmd *cmd, s64 reach)
{
	s32 min = qnn_prog_type_min(cmd->out.type), max = qnn_prog_type_max(cmd->out.type);
	u32 n = 256, i;
	u8 *table;

	cmd->stage.table_type = gen_one_in(rng, 2) ? QNN_ELEM_S8 : QNN_ELEM_U8;
	cmd->stage.table_zero_point = gen_zero_point(rng, cmd->stage.table_type);
	add_requant(rng, p, cmd, cmd->stage.table_type, reach);
	cmd->stage.kind = QNN_STAGE_TABLE;
	if (gen_one_in(rng, 2)) {
		cmd->stage.flags |= QNN_STAGE_TABLES;
		n *= cmd->out.channels;
	}
	table = malloc(n);
	for (i = 0; i < n; i++)
		table[i] = (u8)rng_range(rng, min, max);
	cmd->stage.table_off = qnn_prog_const(p, table, n, 1);
	free(table);
}

void gen_size(struct rng *rng, struct qnn_cmd *cmd)
{
	const struct qnn_conv_desc *d = &cmd->conv;
	struct qnn_tensor_desc *out = &cmd->out;

	if (cmd->opcode == QNN_OP_CONV_TRANSPOSE) {
		u32 h = d->stride_h > d->dilation_h ? d->stride_h : d->dilation_h;
		u32 w = d->stride_w > d->dilation_w ? d->stride_w : d->dilation_w;

		out->height += (u16)rng_range(rng, 0, h - 1);
		out->width += (u16)rng_range(rng, 0, w - 1);
	} else if (cmd->opcode == QNN_OP_COPY) {
		out->height = (u16)rng_range(rng, 1, 6);
		out->width = (u16)rng_range(rng, 1, 6);
	}
}

void gen_output(struct rng *rng, struct qnn_prog *p, struct qnn_cmd *cmd, u32 channels,
		       s64 reach)
{
	u32 kind = (u32)rng_range(rng, 0, 7), type = gen_narrow(rng);

	qnn_prog_out(cmd, 2, kind ? type : QNN_ELEM_S32, channels);
	cmd->out.zero_point = gen_zero_point(rng, cmd->out.type);
	gen_size(rng, cmd);
	gen_spread(rng, &cmd->out);
	if (!kind)
		cmd->stage.kind = QNN_STAGE_RAW;
	else if (kind < 4)
		add_requant(rng, p, cmd, cmd->out.type, reach);
	else if (kind < 6)
		add_table(rng, p, cmd, reach);
	else
		add_thresholds(rng, p, cmd, reach);
}

static void conv_window(struct rng *rng, struct qnn_cmd *cmd, u32 *height, u32 *width)
{
	struct qnn_conv_desc *d = &cmd->conv;
	u32 span_h, span_w;

	d->kernel_h = (u16)rng_range(rng, 1, 4);
	d->kernel_w = (u16)rng_range(rng, 1, 4);
	d->stride_h = (u16)rng_range(rng, 1, 3);
	d->stride_w = (u16)rng_range(rng, 1, 3);
	d->dilation_h = (u16)rng_range(rng, 1, 3);
	d->dilation_w = (u16)rng_range(rng, 1, 3);
	span_h = d->dilation_h * (d->kernel_h - 1) + 1;
	span_w = d->dilation_w * (d->kernel_w - 1) + 1;
	d->pad_top = (u16)rng_range(rng, 0, span_h - 1);
	d->pad_bottom = (u16)rng_range(rng, 0, span_h - 1);
	d->pad_left = (u16)rng_range(rng, 0, span_w - 1);
	d->pad_right = (u16)rng_range(rng, 0, span_w - 1);
	while (*height + d->pad_top + d->pad_bottom < span_h)
		++*height;
	while (*width + d->pad_left + d->pad_right < span_w)
		++*width;
}

/* Any window, and pads that leave something of the output. */
static void spread_window(struct rng *rng, struct qnn_cmd *cmd, u32 height, u32 width)
{
	struct qnn_conv_desc *d = &cmd->conv;
	u32 h, w;

	d->kernel_h = (u16)rng_range(rng, 1, 5);
	d->kernel_w = (u16)rng_range(rng, 1, 5);
	d->stride_h = (u16)rng_range(rng, 1, 4);
	d->stride_w = (u16)rng_range(rng, 1, 4);
	d->dilation_h = (u16)rng_range(rng, 1, 4);
	d->dilation_w = (u16)rng_range(rng, 1, 4);
	h = (height - 1) * d->stride_h + d->dilation_h * (d->kernel_h - 1);
	w = (width - 1) * d->stride_w + d->dilation_w * (d->kernel_w - 1);
	d->pad_top = (u16)rng_range(rng, 0, h);
	d->pad_left = (u16)rng_range(rng, 0, w);
	d->pad_bottom = (u16)rng_range(rng, 0, h - d->pad_top);
	d->pad_right = (u16)rng_range(rng, 0, w - d->pad_left);
}

static void conv_weights(struct rng *rng, struct qnn_prog *p, struct qnn_cmd *cmd, u32 channels)
{
	struct qnn_conv_desc *d = &cmd->conv;
	u32 i, books = 1;
	u8 *bytes;
	size_t size;

	d->weight_type = weights[rng_next(rng) % ARRAY_SIZE(weights)];
	if (d->weight_type < QNN_WEIGHT_CB1) {
		d->weight_zero_point = gen_one_in(rng, 2) ? 0 : gen_zero_point(rng, d->weight_type);
	} else {
		d->codebook_channels = (u32)rng_range(rng, 0, channels);
		if (d->codebook_channels)
			books = (channels + d->codebook_channels - 1) / d->codebook_channels;
	}
	size = (size_t)qnn_prog_weight_row(cmd) * channels;
	bytes = malloc(size + 32 * books + 4 * channels);
	rng_fill(rng, bytes, size + 32 * books);
	d->weight_off = qnn_prog_const(p, bytes, size, 1);
	books <<= qnn_prog_type_bits(d->weight_type);
	if (d->weight_type >= QNN_WEIGHT_CB1)
		d->codebook_off = qnn_prog_const(p, bytes + size, books, 1);
	if (gen_one_in(rng, 2)) {
		s32 *bias = malloc(4 * channels);

		for (i = 0; i < channels; i++)
			bias[i] = (s32)rng_range(rng, -500, 500);
		d->bias_off = qnn_prog_const(p, bias, 4 * channels, 4);
		free(bias);
	}
	free(bytes);
}

static struct qnn_cmd *random_conv(struct rng *rng, struct qnn_prog *p, u32 opcode)
{
	struct qnn_cmd *cmd = qnn_prog_cmd(p, opcode);
	u32 height = 1, width = 1, in, out, type;

	in = gen_channels(rng, 150);
	out = (u32)rng_range(rng, 1, gen_one_in(rng, 4) ? 40 : 9);
	if (opcode != QNN_OP_FC) {
		height = (u32)rng_range(rng, 1, 8);
		width = (u32)rng_range(rng, 1, 8);
		if (opcode == QNN_OP_CONV)
			conv_window(rng, cmd, &height, &width);
		else
			spread_window(rng, cmd, height, width);
		cmd->conv.groups = gen_one_in(rng, 2) ? 1 : (u16)rng_range(rng, 1, 5);
		if (gen_one_in(rng, 6)) {		/* depthwise */
			cmd->conv.groups = (u16)in;
			in = 1;
			out = (u32)rng_range(rng, 1, 2);
		}
		in *= cmd->conv.groups;
		out *= cmd->conv.groups;
	}
	type = gen_narrow(rng);
	cmd->in[0] = qnn_prog_tensor(0, type, height, width, in);
	cmd->in[0].zero_point = gen_zero_point(rng, type);
	gen_spread(rng, &cmd->in[0]);
	conv_weights(rng, p, cmd, out);
	gen_output(rng, p, cmd, out, 1ll << rng_range(rng, 3, 18));
	return cmd;
}

void *fw_random_program(struct rng *rng, u32 opcode, size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	struct qnn_cmd *cmd;
	void *image;
	u32 regions;

	if (opcode == QNN_OP_ADD || opcode == QNN_OP_MUL)
		cmd = gen_elementwise(rng, p, opcode);
	else if (opcode == QNN_OP_COPY)
		cmd = gen_copy(rng, p);
	else if (opcode == QNN_OP_ARGMAX)
		cmd = gen_argmax(rng, p);
	else if (opcode == QNN_OP_SOFTMAX)
		cmd = gen_softmax(rng, p);
	else if (opcode == QNN_OP_MAX_POOL || opcode == QNN_OP_AVG_POOL)
		cmd = gen_pool(rng, p, opcode);
	else
		cmd = random_conv(rng, p, opcode);
	/* No number of a region is left unused. */
	if (opcode != QNN_OP_ADD && opcode != QNN_OP_MUL && cmd->out.region)
		cmd->out.region = 1;
	regions = cmd->out.region + 1u;
	if (opcode == QNN_OP_ADD || opcode == QNN_OP_MUL)
		regions = regions < 2 ? 2 : regions;
	while (regions--)
		qnn_prog_region(p, 0);
	image = qnn_prog_finish(p, size);
	qnn_prog_free(p);
	if (!image)
		abort();
	return image;
}
