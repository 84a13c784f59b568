// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Tensors: type, shape, strides, place in their region, overlaps. */
#include "check.h"

struct tensor_fields {
	const char *offset;
	const char *row_stride;
	const char *pixel_stride;
	const char *height;
	const char *width;
	const char *channels;
	const char *type;
	const char *region;
	const char *zero_point;
	const char *reserved;
};

#define TENSOR_FIELDS(t) { \
	t ".offset", t ".row_stride", t ".pixel_stride", t ".height", \
	t ".width", t ".channels", t ".type", t ".region", t ".zero_point", \
	t ".reserved" }

static const struct tensor_fields names[] = {
	[QNN_TENSOR_IN0] = TENSOR_FIELDS("in[0]"),
	[QNN_TENSOR_IN1] = TENSOR_FIELDS("in[1]"),
	[QNN_TENSOR_OUT] = TENSOR_FIELDS("out"),
};

static const struct qnn_tensor_desc *tensor_of(const struct qnn_cmd *cmd,
					       enum qnn_tensor_role role)
{
	return role == QNN_TENSOR_OUT ? &cmd->out : &cmd->in[role];
}

/* Bytes from the first to one past the last that the tensor's elements use. */
static u64 hull_bytes(const struct qnn_tensor_desc *t)
{
	return (u64)(t->height - 1) * t->row_stride +
	       (u64)(t->width - 1) * t->pixel_stride + qnn_pixel_bytes(t);
}

static int check_type(struct qnn_check *check, const struct qnn_tensor_desc *t,
		      const struct tensor_fields *f, u32 types)
{
	const struct qnn_element *e = qnn_element(t->type);
	s32 min, max;

	if (!qnn_type_in(t->type, types))
		return qnn_refuse(check, QNN_RULE_TYPE, f->type, t->type, 0);
	if (qnn_check_zero(check, f->reserved, t->reserved))
		return -1;
	min = e->min;
	max = e->max;
	if (t->type == QNN_ELEM_B1 || t->type == QNN_ELEM_S32)
		min = max = 0;
	return qnn_check_range(check, QNN_RULE_ZERO_POINT, f->zero_point,
			       t->zero_point, min, max);
}

static int check_strides(struct qnn_check *check, const struct qnn_tensor_desc *t,
			 const struct tensor_fields *f)
{
	u64 row = (u64)t->width * t->pixel_stride;
	u32 pixel = qnn_pixel_bytes(t);

	if (t->pixel_stride < pixel)
		return qnn_refuse(check, QNN_RULE_STRIDE, f->pixel_stride,
				  t->pixel_stride, pixel);
	if (t->row_stride < row)
		return qnn_refuse(check, QNN_RULE_STRIDE, f->row_stride,
				  t->row_stride, (s64)row);
	if (t->type != QNN_ELEM_S32)
		return 0;
	if (t->pixel_stride & 3)
		return qnn_refuse(check, QNN_RULE_STRIDE, f->pixel_stride,
				  t->pixel_stride, t->pixel_stride & ~3u);
	if (t->row_stride & 3)
		return qnn_refuse(check, QNN_RULE_STRIDE, f->row_stride,
				  t->row_stride, t->row_stride & ~3u);
	if (t->offset & 3)
		return qnn_refuse(check, QNN_RULE_ALIGN, f->offset,
				  (s64)t->offset, (s64)(t->offset & ~3ull));
	return 0;
}

static int check_place(struct qnn_check *check, const struct qnn_tensor_desc *t,
		       const struct tensor_fields *f)
{
	u64 hull = hull_bytes(t);
	u64 size;

	if (t->region >= check->header->region_count)
		return qnn_refuse(check, QNN_RULE_REGION, f->region, t->region,
				  (s64)check->header->region_count - 1);
	size = check->regions[t->region].size;
	if (hull > size || t->offset > size - hull)
		return qnn_refuse(check, QNN_RULE_BOUNDS, f->offset,
				  (s64)t->offset, (s64)size - (s64)hull);
	return 0;
}

int qnn_check_tensor(struct qnn_check *check, const struct qnn_cmd *cmd,
		     enum qnn_tensor_role role, u32 types)
{
	const struct qnn_tensor_desc *t = tensor_of(cmd, role);
	const struct tensor_fields *f = &names[role];

	if (check_type(check, t, f, types) ||
	    qnn_check_range(check, QNN_RULE_SHAPE, f->height, t->height, 1, QNN_MAX_DIM) ||
	    qnn_check_range(check, QNN_RULE_SHAPE, f->width, t->width, 1, QNN_MAX_DIM) ||
	    qnn_check_range(check, QNN_RULE_SHAPE, f->channels, t->channels, 1, QNN_MAX_DIM) ||
	    check_strides(check, t, f) || check_place(check, t, f))
		return -1;
	check->used[t->region] |= role == QNN_TENSOR_OUT ? QNN_ACCESS_WRITE : QNN_ACCESS_READ;
	return 0;
}

int qnn_check_one_input(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	return qnn_check_zero_bytes(check, "in[1]", &cmd->in[1], sizeof(cmd->in[1]));
}

int qnn_check_out_size(struct qnn_check *check, const struct qnn_cmd *cmd,
		       u32 height, u32 width)
{
	const struct tensor_fields *f = &names[QNN_TENSOR_OUT];

	if (qnn_check_range(check, QNN_RULE_SHAPE, f->height, cmd->out.height, height, height))
		return -1;
	return qnn_check_range(check, QNN_RULE_SHAPE, f->width, cmd->out.width, width, width);
}

int qnn_check_out_channels(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	return qnn_check_range(check, QNN_RULE_SHAPE, names[QNN_TENSOR_OUT].channels,
			       cmd->out.channels, cmd->in[0].channels,
			       cmd->in[0].channels);
}

static int same_memory(const struct qnn_tensor_desc *a, const struct qnn_tensor_desc *b)
{
	return a->offset == b->offset && a->row_stride == b->row_stride &&
	       a->pixel_stride == b->pixel_stride && a->height == b->height &&
	       a->width == b->width && a->channels == b->channels &&
	       qnn_elem_bits(a->type) == qnn_elem_bits(b->type);
}

int qnn_check_overlap(struct qnn_check *check, const struct qnn_cmd *cmd,
		      u32 inputs, int in_place)
{
	const struct qnn_tensor_desc *out = &cmd->out;
	u32 i;

	for (i = 0; i < inputs; i++) {
		const struct qnn_tensor_desc *in = &cmd->in[i];

		if (in->region != out->region ||
		    in->offset + hull_bytes(in) <= out->offset ||
		    out->offset + hull_bytes(out) <= in->offset)
			continue;
		if (in_place && same_memory(in, out))
			continue;
		return qnn_refuse(check, QNN_RULE_OVERLAP, names[QNN_TENSOR_OUT].offset,
				  (s64)out->offset, (s64)(in->offset + hull_bytes(in)));
	}
	return 0;
}

u64 qnn_element_reach(u32 type, s32 zero_point)
{
	const struct qnn_element *e = qnn_element(type);
	u64 below, above;

	if (type == QNN_ELEM_B1)
		return 1;
	below = (u64)((s64)zero_point - e->min);
	above = (u64)((s64)e->max - zero_point);
	return below > above ? below : above;
}
