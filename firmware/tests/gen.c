// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Random valid commands. */
#include "fw_test.h"

static const u8 narrow[] = {
	QNN_ELEM_S8, QNN_ELEM_U8, QNN_ELEM_S4, QNN_ELEM_U4, QNN_ELEM_S2, QNN_ELEM_U2, QNN_ELEM_B1,
};

static const u8 weights[] = {
	QNN_ELEM_S8, QNN_ELEM_U8, QNN_ELEM_S4, QNN_ELEM_U4, QNN_ELEM_S2, QNN_ELEM_U2, QNN_ELEM_B1,
	QNN_WEIGHT_CB1, QNN_WEIGHT_CB2, QNN_WEIGHT_CB3, QNN_WEIGHT_CB4, QNN_WEIGHT_CB5,
};

static s32 random_zero_point(struct rng *rng, u32 type)
{
	if (type == QNN_ELEM_B1 || type == QNN_ELEM_S32)
		return 0;
	return (s32)rng_range(rng, qnn_prog_type_min(type), qnn_prog_type_max(type));
}

static int one_in(struct rng *rng, u32 n)
{
	return rng_next(rng) % n == 0;
}

/* Mostly usual powers of two, at times any. */
static s8 random_shift(struct rng *rng)
{
	return (s8)(one_in(rng, 6) ? rng_range(rng, -31, 30) : rng_range(rng, -12, 2));
}

static s32 random_multiplier(struct rng *rng, s32 special)
{
	return one_in(rng, 3) ? special : (s32)rng_range(rng, 0, 0x7fffffff);
}

static u32 random_channels(struct rng *rng, u32 many)
{
	return (u32)rng_range(rng, 1, one_in(rng, 4) ? many : 20);
}

static u32 random_narrow(struct rng *rng)
{
	return narrow[rng_next(rng) % ARRAY_SIZE(narrow)];
}

/* Gaps between pixels and rows, and a place that is not the start. */
static void spread(struct rng *rng, struct qnn_tensor_desc *t)
{
	u32 unit = t->type == QNN_ELEM_S32 ? 4 : 1;

	if (one_in(rng, 2))
		t->pixel_stride += unit * (u32)rng_range(rng, 0, 3);
	t->row_stride = t->width * t->pixel_stride;
	if (one_in(rng, 2))
		t->row_stride += unit * (u32)rng_range(rng, 0, 5);
	if (one_in(rng, 2))
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
			t[k] = one_in(rng, 20) ? (one_in(rng, 2) ? INT32_MIN : INT32_MAX) :
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
	if (one_in(rng, 3))
		bits &= 0xff800000u;
	return bits < 0x43800000u ? bits : 0x437fffffu;
}

static void add_requant(struct rng *rng, struct qnn_prog *p, struct qnn_cmd *cmd, s64 reach)
{
	struct qnn_stage_desc *s = &cmd->stage;
	s32 min = qnn_prog_type_min(cmd->out.type), max = qnn_prog_type_max(cmd->out.type);
	u32 n, i, at;

	s->kind = QNN_STAGE_REQUANT;
	s->rule = (u8)rng_range(rng, QNN_ROUND_A, QNN_ROUND_C);
	s->flags = (u32)rng_next(rng) & QNN_STAGE_PER_CHANNEL;
	s->clamp_min = one_in(rng, 2) ? min : (s32)rng_range(rng, min, max);
	s->clamp_max = one_in(rng, 2) ? max : (s32)rng_range(rng, s->clamp_min, max);
	n = s->flags ? cmd->out.channels : 1;
	for (i = 0; i < n; i++) {
		u32 scale = s->rule == QNN_ROUND_C ? random_float(rng, reach, max - min) :
			    (u32)random_multiplier(rng, 1 << 30);

		at = qnn_prog_const(p, &scale, 4, 4);
		if (!i)
			s->scale_off = at;
	}
	for (i = 0; i < n && s->rule != QNN_ROUND_C; i++) {
		s8 shift = random_shift(rng);

		at = qnn_prog_const(p, &shift, 1, 1);
		if (!i)
			s->shift_off = at;
	}
}

/* Output tensor and stage, for accumulators within about +-@reach. */
static void add_output(struct rng *rng, struct qnn_prog *p, struct qnn_cmd *cmd, u32 channels,
		       s64 reach)
{
	u32 kind = (u32)rng_range(rng, 0, 5), type = random_narrow(rng);

	qnn_prog_out(cmd, 2, kind ? type : QNN_ELEM_S32, channels);
	cmd->out.zero_point = random_zero_point(rng, cmd->out.type);
	spread(rng, &cmd->out);
	if (!kind)
		cmd->stage.kind = QNN_STAGE_RAW;
	else if (kind < 4)
		add_requant(rng, p, cmd, reach);
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

static void conv_weights(struct rng *rng, struct qnn_prog *p, struct qnn_cmd *cmd, u32 channels)
{
	struct qnn_conv_desc *d = &cmd->conv;
	u32 i, books = 1;
	u8 *bytes;
	size_t size;

	d->weight_type = weights[rng_next(rng) % ARRAY_SIZE(weights)];
	if (d->weight_type < QNN_WEIGHT_CB1) {
		d->weight_zero_point = one_in(rng, 2) ? 0 : random_zero_point(rng, d->weight_type);
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
	if (one_in(rng, 2)) {
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

	in = random_channels(rng, 150);
	out = (u32)rng_range(rng, 1, one_in(rng, 4) ? 40 : 9);
	if (opcode == QNN_OP_CONV) {
		height = (u32)rng_range(rng, 1, 8);
		width = (u32)rng_range(rng, 1, 8);
		conv_window(rng, cmd, &height, &width);
		cmd->conv.groups = one_in(rng, 2) ? 1 : (u16)rng_range(rng, 1, 5);
		if (one_in(rng, 6)) {		/* depthwise */
			cmd->conv.groups = (u16)in;
			in = 1;
			out = (u32)rng_range(rng, 1, 2);
		}
		in *= cmd->conv.groups;
		out *= cmd->conv.groups;
	}
	type = random_narrow(rng);
	cmd->in[0] = qnn_prog_tensor(0, type, height, width, in);
	cmd->in[0].zero_point = random_zero_point(rng, type);
	spread(rng, &cmd->in[0]);
	conv_weights(rng, p, cmd, out);
	add_output(rng, p, cmd, out, 1ll << rng_range(rng, 3, 18));
	return cmd;
}

static struct qnn_cmd *random_pool(struct rng *rng, struct qnn_prog *p, u32 opcode)
{
	struct qnn_cmd *cmd = qnn_prog_cmd(p, opcode);
	struct qnn_pool_desc *d = &cmd->pool;
	u32 h = (u32)rng_range(rng, 1, 8), w = (u32)rng_range(rng, 1, 8);
	u32 type = random_narrow(rng);

	d->kernel_h = (u16)rng_range(rng, 1, 5);
	d->kernel_w = (u16)rng_range(rng, 1, 5);
	d->stride_h = (u16)rng_range(rng, 1, 4);
	d->stride_w = (u16)rng_range(rng, 1, 4);
	d->pad_top = (u16)rng_range(rng, 0, d->kernel_h - 1);
	d->pad_bottom = (u16)rng_range(rng, 0, d->kernel_h - 1);
	d->pad_left = (u16)rng_range(rng, 0, d->kernel_w - 1);
	d->pad_right = (u16)rng_range(rng, 0, d->kernel_w - 1);
	h = h < d->kernel_h ? d->kernel_h : h;
	w = w < d->kernel_w ? d->kernel_w : w;
	cmd->in[0] = qnn_prog_tensor(0, type, h, w, random_channels(rng, 300));
	cmd->in[0].zero_point = random_zero_point(rng, type);
	spread(rng, &cmd->in[0]);
	if (opcode == QNN_OP_MAX_POOL) {
		qnn_prog_out(cmd, 2, QNN_ELEM_NONE, 0);
		spread(rng, &cmd->out);
	} else if (one_in(rng, 2)) {
		qnn_prog_out(cmd, 2, random_narrow(rng), 0);
		cmd->out.zero_point = random_zero_point(rng, cmd->out.type);
		spread(rng, &cmd->out);
		cmd->stage.kind = QNN_STAGE_MEAN;
		cmd->stage.clamp_min = qnn_prog_type_min(cmd->out.type);
		cmd->stage.clamp_max = qnn_prog_type_max(cmd->out.type);
		d->flags = (u32)rng_next(rng) & QNN_POOL_COUNT_PAD;
	} else {
		add_output(rng, p, cmd, 0, 1 << rng_range(rng, 3, 12));
	}
	return cmd;
}

static struct qnn_cmd *random_add(struct rng *rng, struct qnn_prog *p)
{
	struct qnn_cmd *cmd = qnn_prog_cmd(p, QNN_OP_ADD);
	u32 h = (u32)rng_range(rng, 1, 5), w = (u32)rng_range(rng, 1, 5);
	u32 c = random_channels(rng, 300), i;

	for (i = 0; i < 2; i++) {
		u32 type = one_in(rng, 3) ? QNN_ELEM_S32 : random_narrow(rng);

		cmd->in[i] = qnn_prog_tensor((u8)i, type, h, w, c);
		cmd->in[i].zero_point = random_zero_point(rng, type);
		spread(rng, &cmd->in[i]);
		cmd->add.multiplier[i] = random_multiplier(rng, 0x7fffffff);
		cmd->add.shift[i] = random_shift(rng);
	}
	cmd->add.left_shift = (u8)rng_range(rng, 0, 20);
	cmd->add.rule = (u8)rng_range(rng, QNN_ROUND_A, QNN_ROUND_B);
	add_output(rng, p, cmd, c, 1ll << rng_range(rng, 3, 30));
	/* In place, where the widths allow it; the regions keep their order. */
	for (i = 0; i < 2; i++) {
		if (qnn_prog_type_bits(cmd->in[i].type) != qnn_prog_type_bits(cmd->out.type) ||
		    one_in(rng, 2))
			continue;
		cmd->out.offset = cmd->in[i].offset;
		cmd->out.row_stride = cmd->in[i].row_stride;
		cmd->out.pixel_stride = cmd->in[i].pixel_stride;
		cmd->out.region = (u8)i;
		break;
	}
	return cmd;
}

void *fw_random_program(struct rng *rng, u32 opcode, size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	struct qnn_cmd *cmd;
	void *image;
	u32 regions;

	if (opcode == QNN_OP_ADD)
		cmd = random_add(rng, p);
	else if (opcode <= QNN_OP_FC)
		cmd = random_conv(rng, p, opcode);
	else
		cmd = random_pool(rng, p, opcode);
	/* No number of a region is left unused. */
	if (opcode != QNN_OP_ADD)
		cmd->out.region = 1;
	for (regions = cmd->out.region == 2 ? 3 : 2; regions; regions--)
		qnn_prog_region(p, 0);
	image = qnn_prog_finish(p, size);
	qnn_prog_free(p);
	if (!image)
		abort();
	return image;
}
