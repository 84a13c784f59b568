// SPDX-License-Identifier: (GPL-2.0 OR MIT)
#include "shapes.h"

const u32 shape_activations[SHAPE_ACTIVATIONS] = {
	QNN_ELEM_S8, QNN_ELEM_U8, QNN_ELEM_S4, QNN_ELEM_U4, QNN_ELEM_S2, QNN_ELEM_U2, QNN_ELEM_B1,
};

const u32 shape_weights[SHAPE_WEIGHTS] = {
	QNN_ELEM_S8, QNN_ELEM_U8, QNN_ELEM_S4, QNN_ELEM_U4, QNN_ELEM_S2, QNN_ELEM_U2,
	QNN_ELEM_B1, QNN_WEIGHT_CB1, QNN_WEIGHT_CB2, QNN_WEIGHT_CB3, QNN_WEIGHT_CB4,
	QNN_WEIGHT_CB5,
};

/* A scale of the usual size, or for sums as large as they can be. */
static void add_scale(struct rng *rng, struct qnn_prog *p, struct qnn_cmd *c, u32 rule)
{
	static const u32 floats[] = { 0x3c23d70a, 0x30000000, 0x3f7fffff, 0x41000000 };
	static const s32 multipliers[] = { 0x50000000, 0x7fffffff, 0x40000000, 1 };
	u32 which = (u32)rng_range(rng, 0, 3);

	if (rule == QNN_ROUND_C)
		qnn_prog_requant(p, c, rule, (s32)floats[which], 0);
	else
		qnn_prog_requant(p, c, rule, multipliers[which],
				 -(int)rng_range(rng, 0, rng_range(rng, 0, 1) ? 9 : 31));
}

void shape_add_stage(struct rng *rng, struct qnn_prog *p, struct qnn_cmd *c, u8 region)
{
	u32 rule = (u32)rng_range(rng, QNN_ROUND_A, QNN_ROUND_C);
	s32 thresholds[255], levels, step = (s32)rng_range(rng, 1, 40);
	u32 kind = (u32)rng_range(rng, 0, 5), channels = c->out.channels, i;

	if (!kind) {
		qnn_prog_out(c, region, QNN_ELEM_S32, channels);
		return;
	}
	qnn_prog_out(c, region, shape_activations[rng_range(rng, 0, 6)], channels);
	c->out.zero_point = c->out.type == QNN_ELEM_B1 ? 0 :
			    (s32)rng_range(rng, qnn_prog_type_min(c->out.type),
					   qnn_prog_type_max(c->out.type));
	if (kind > 1) {
		add_scale(rng, p, c, rule);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(thresholds); i++)
		thresholds[i] = (i ? thresholds[i - 1] : -8 * step) + (s32)rng_range(rng, 0, step);
	c->stage.kind = QNN_STAGE_THRESHOLD;
	levels = qnn_prog_type_max(c->out.type) - qnn_prog_type_min(c->out.type);
	/* Counted up to 32, searched beyond. */
	if (levels == 255)
		levels = rng_range(rng, 0, 1) ? 255 : (s32)rng_range(rng, 15, 254);
	c->stage.levels = (u16)levels;
	c->stage.base = qnn_prog_type_min(c->out.type);
	c->stage.threshold_off = qnn_prog_const(p, thresholds, sizeof(thresholds), 4);
	c->out.zero_point = 0;
}

u32 shape_book_channels;

/* Weights and biases at random, or as large or as small as they can be. */
static void add_constants(struct rng *rng, struct qnn_prog *p, struct qnn_cmd *c)
{
	u32 bytes = qnn_prog_weight_bytes(c), i;
	u8 *data = malloc(bytes);
	s32 bias[1024], most;
	s8 book[512 * 16];

	rng_fill(rng, data, bytes);
	if (rng_range(rng, 0, 3) == 0)
		memset(data, rng_range(rng, 0, 1) ? 0x7f : 0x80, bytes);
	c->conv.weight_off = qnn_prog_const(p, data, bytes, 1);
	free(data);
	/* Sums may reach 2^31 - 2, of which 2,000 products take a sixteenth. */
	most = rng_range(rng, 0, 1) && bytes / c->out.channels < 2000 ? 0x7fffffff / 16 * 15 : 5000;
	for (i = 0; i < c->out.channels; i++)
		bias[i] = (s32)rng_range(rng, -most, most);
	c->conv.bias_off = qnn_prog_const(p, bias, 4u * c->out.channels, 4);
	if (c->conv.weight_type < QNN_WEIGHT_CB1)
		return;
	c->conv.codebook_channels = (u16)(shape_book_channels < c->out.channels ? shape_book_channels : 0);
	rng_fill(rng, book, sizeof(book));
	c->conv.codebook_off = qnn_prog_const(p, book, sizeof(book), 1);
}

s32 shape_zero_point(struct rng *rng, u32 type)
{
	if (type == QNN_ELEM_B1 || type >= QNN_WEIGHT_CB1)
		return 0;
	return (s32)rng_range(rng, qnn_prog_type_min(type), qnn_prog_type_max(type));
}

void shape_window(struct qnn_cmd *c, const struct shape *s)
{
	c->conv.kernel_h = c->conv.kernel_w = (u16)s->kernel;
	c->conv.stride_h = c->conv.stride_w = (u16)s->stride;
	c->conv.dilation_h = c->conv.dilation_w = (u16)s->dilation;
	c->conv.pad_top = c->conv.pad_left = (u16)s->pad;
	c->conv.pad_bottom = c->conv.pad_right = (u16)s->pad;
	c->conv.groups = (u16)s->groups;
}

void *shape_build_typed(struct rng *rng, const struct shape *s, u32 in_type, u32 weight_type,
			 size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	struct qnn_cmd *c = qnn_prog_cmd(p, s->opcode);
	void *image;

	c->in[0] = qnn_prog_tensor(in, in_type ? in_type : shape_activations[rng_range(rng, 0, 6)],
				   s->height, s->width, s->in);
	c->in[0].zero_point = shape_zero_point(rng, c->in[0].type);
	shape_window(c, s);
	c->conv.weight_type = (u8)(weight_type ? weight_type :
				   shape_weights[rng_range(rng, 0, ARRAY_SIZE(shape_weights) - 1)]);
	c->conv.weight_zero_point = shape_zero_point(rng, c->conv.weight_type);
	qnn_prog_out(c, out, QNN_ELEM_S32, s->out);
	add_constants(rng, p, c);
	shape_add_stage(rng, p, c, out);
	image = qnn_prog_finish(p, size);
	assert_non_null(image);
	qnn_prog_free(p);
	return image;
}

void *shape_build(struct rng *rng, const struct shape *s, size_t *size)
{
	return shape_build_typed(rng, s, 0, 0, size);
}

void shape_run_typed(struct rng *rng, const struct shape *s, u32 in_type, u32 weight_type,
		      const char *what)
{
	size_t size;
	void *image = shape_build_typed(rng, s, in_type, weight_type, &size);

	fw_compare(image, size, rng, what);
	free(image);
}

void shape_run(struct rng *rng, const struct shape *s, const char *what)
{
	shape_run_typed(rng, s, 0, 0, what);
}
