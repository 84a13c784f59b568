// SPDX-License-Identifier: (GPL-2.0 OR MIT)
#include "oracle.h"

#include <math.h>
#include <string.h>

typedef __int128 s128;

static s128 limit(s128 value, s128 min, s128 max)
{
	if (value < min)
		return min;
	return value > max ? max : value;
}

/* floor(a / 2^n + 1/2) */
static s128 half_up(s128 a, int n)
{
	s128 d = (s128)1 << n, twice = 2 * a + d, q = twice / (2 * d);

	return q - (twice % (2 * d) < 0);
}

s32 oracle_rule_a(s32 acc, s32 multiplier, int shift)
{
	s128 x = acc;
	s32 high;
	double exact;

	if (shift > 0)
		x = limit(x * ((s128)1 << shift), -0x7ffffffe, 0x7ffffffe);
	high = (s32)half_up(x * multiplier, 31);
	/* round() takes halves away from zero; a double holds all of this. */
	exact = shift < 0 ? ldexp(high, shift) : high;
	return (s32)round(exact);
}

s32 oracle_rule_b(s32 acc, s32 multiplier, int shift)
{
	return (s32)limit(half_up((s128)acc * multiplier, 31 - shift),
			  -2147483648ll, 2147483647);
}

s32 oracle_rule_c(s32 acc, u32 scale_bits, s32 zero_point, s32 min, s32 max)
{
	volatile float product;
	float scale;

	memcpy(&scale, &scale_bits, sizeof(scale));
	product = (float)acc;
	product *= scale;
	product = fminf(fmaxf(product, (float)(min - zero_point)), (float)(max - zero_point));
	return (s32)lrintf(product) + zero_point;
}

static int bits_of(u32 type)
{
	static const u8 bits[] = {
		[QNN_ELEM_S8] = 8, [QNN_ELEM_U8] = 8, [QNN_ELEM_S4] = 4, [QNN_ELEM_U4] = 4,
		[QNN_ELEM_S2] = 2, [QNN_ELEM_U2] = 2, [QNN_ELEM_B1] = 1, [QNN_ELEM_S32] = 32,
		[QNN_WEIGHT_CB1] = 1, [QNN_WEIGHT_CB2] = 2, [QNN_WEIGHT_CB3] = 3,
		[QNN_WEIGHT_CB4] = 4, [QNN_WEIGHT_CB5] = 5,
	};

	return bits[type];
}

/* Code number @index of a bit string, as an unsigned number. */
static u32 get_bits(const u8 *base, u64 index, int bits)
{
	u32 code = 0;
	int k;

	for (k = 0; k < bits; k++) {
		u64 position = index * bits + k;

		if (base[position / 8] >> (position % 8) & 1)
			code |= 1u << k;
	}
	return code;
}

static s32 to_value(u32 code, u32 type)
{
	switch (type) {
	case QNN_ELEM_S8:
		return code >= 128 ? (s32)code - 256 : (s32)code;
	case QNN_ELEM_S4:
		return code >= 8 ? (s32)code - 16 : (s32)code;
	case QNN_ELEM_S2:
		return code >= 2 ? (s32)code - 4 : (s32)code;
	case QNN_ELEM_B1:
		return code ? 1 : -1;
	default:
		return (s32)code;
	}
}

static u64 pixel_offset(const struct qnn_tensor_desc *t, u32 y, u32 x)
{
	return t->offset + (u64)y * t->row_stride + (u64)x * t->pixel_stride;
}

static s32 get(u8 *const *regions, const struct qnn_tensor_desc *t, u32 y, u32 x, u32 c)
{
	return to_value(get_bits(regions[t->region] + pixel_offset(t, y, x), c,
				 bits_of(t->type)), t->type);
}

/* Store a code; the last channel also clears what is left of its byte. */
static void put(u8 *const *regions, const struct qnn_tensor_desc *t, u32 y, u32 x, u32 c, s32 code)
{
	u8 *base = regions[t->region] + pixel_offset(t, y, x);
	int bits = bits_of(t->type), k;
	u64 position = (u64)c * bits;

	for (k = 0; k < bits; k++, position++) {
		base[position / 8] &= ~(1u << (position % 8));
		base[position / 8] |= ((u32)code >> k & 1) << (position % 8);
	}
	for (; c + 1u == t->channels && position % 8; position++)
		base[position / 8] &= ~(1u << (position % 8));
}

static s32 word(const u8 *consts, u32 offset, u64 index)
{
	s32 value;

	memcpy(&value, consts + offset + 4 * index, 4);
	return value;
}

/* Scaled, rounded, shifted by a zero point and clamped. */
static s32 requantized(const struct qnn_stage_desc *s, const u8 *consts, u32 i, s32 acc, s32 zp)
{
	s32 multiplier = word(consts, s->scale_off, i), code;
	s8 shift;

	if (s->rule == QNN_ROUND_C)
		return oracle_rule_c(acc, (u32)multiplier, zp, s->clamp_min, s->clamp_max);
	shift = (s8)consts[s->shift_off + i];
	code = s->rule == QNN_ROUND_A ? oracle_rule_a(acc, multiplier, shift) :
					oracle_rule_b(acc, multiplier, shift);
	return (s32)limit((s128)code + zp, s->clamp_min, s->clamp_max);
}

/* Accumulator to code. */
static s32 stage(const struct qnn_cmd *cmd, const u8 *consts, u32 oc, s32 acc)
{
	const struct qnn_stage_desc *s = &cmd->stage;
	u32 i = s->flags & QNN_STAGE_PER_CHANNEL ? oc : 0, k;
	s32 code;

	switch (s->kind) {
	case QNN_STAGE_REQUANT:
		return requantized(s, consts, i, acc, cmd->out.zero_point);
	case QNN_STAGE_TABLE:
		code = requantized(s, consts, i, acc, s->table_zero_point);
		code += code < 0 ? 256 : 0;
		return consts[s->table_off + (s->flags & QNN_STAGE_TABLES ? 256 * oc : 0) +
			      (u32)code];
	case QNN_STAGE_THRESHOLD:
		if (s->flags & QNN_STAGE_NEGATE && consts[s->negate_off + i])
			acc = -acc;
		code = s->base;
		for (k = 0; k < s->levels; k++)
			code += acc >= word(consts, s->threshold_off, (u64)i * s->levels + k);
		return code;
	default:
		return acc;
	}
}

static s32 weight(const struct qnn_cmd *cmd, const u8 *consts, u32 oc, u32 k, u32 depth)
{
	const struct qnn_conv_desc *d = &cmd->conv;
	int bits = bits_of(d->weight_type);
	u64 row_bytes = ((u64)depth * bits + 7) / 8;
	u32 code = get_bits(consts + d->weight_off + oc * row_bytes, k, bits);
	u32 book;

	if (d->weight_type < QNN_WEIGHT_CB1)
		return to_value(code, d->weight_type) - d->weight_zero_point;
	book = d->codebook_channels ? oc / d->codebook_channels : 0;
	return (s8)consts[d->codebook_off + (book << bits) + code];
}

static s32 conv_element(const struct qnn_cmd *cmd, const u8 *consts, u8 *const *regions,
			u32 oy, u32 ox, u32 oc)
{
	const struct qnn_conv_desc *d = &cmd->conv;
	const struct qnn_tensor_desc *in = &cmd->in[0];
	u32 icg = in->channels / d->groups, ocg = cmd->out.channels / d->groups;
	u32 depth = d->kernel_h * d->kernel_w * icg, k;
	s64 acc = d->bias_off == QNN_NO_CONST ? 0 : word(consts, d->bias_off, oc);

	for (k = 0; k < depth; k++) {
		s64 ky = k / icg / d->kernel_w, kx = k / icg % d->kernel_w;
		s64 y = (s64)oy * d->stride_h - d->pad_top + ky * d->dilation_h;
		s64 x = (s64)ox * d->stride_w - d->pad_left + kx * d->dilation_w;

		if (y < 0 || y >= in->height || x < 0 || x >= in->width)
			continue;
		acc += (s64)(get(regions, in, y, x, oc / ocg * icg + k % icg) - in->zero_point) *
		       weight(cmd, consts, oc, k, depth);
	}
	return stage(cmd, consts, oc, (s32)acc);
}

/* The input row or column that a tap of a transposed kernel meets, or -1. */
static s64 spread_from(s64 out, u32 pad, u32 tap, u32 dilation, u32 stride, u32 size)
{
	s64 at;

	for (at = 0; at < size; at++)
		if (at * stride + (s64)tap * dilation - pad == out)
			return at;
	return -1;
}

static s32 spread_element(const struct qnn_cmd *cmd, const u8 *consts, u8 *const *regions,
			  u32 oy, u32 ox, u32 oc)
{
	const struct qnn_conv_desc *d = &cmd->conv;
	const struct qnn_tensor_desc *in = &cmd->in[0];
	u32 icg = in->channels / d->groups, ocg = cmd->out.channels / d->groups;
	u32 depth = d->kernel_h * d->kernel_w * icg, k;
	s64 acc = d->bias_off == QNN_NO_CONST ? 0 : word(consts, d->bias_off, oc);

	for (k = 0; k < depth; k++) {
		u32 ky = k / icg / d->kernel_w, kx = k / icg % d->kernel_w;
		s64 y = spread_from(oy, d->pad_top, ky, d->dilation_h, d->stride_h, in->height);
		s64 x = spread_from(ox, d->pad_left, kx, d->dilation_w, d->stride_w, in->width);

		if (y < 0 || x < 0)
			continue;
		acc += (s64)(get(regions, in, (u32)y, (u32)x, oc / ocg * icg + k % icg) -
			     in->zero_point) * weight(cmd, consts, oc, k, depth);
	}
	return stage(cmd, consts, oc, (s32)acc);
}

static s32 pool_element(const struct qnn_cmd *cmd, const u8 *consts, u8 *const *regions,
			u32 oy, u32 ox, u32 c)
{
	const struct qnn_pool_desc *d = &cmd->pool;
	const struct qnn_tensor_desc *in = &cmd->in[0];
	s64 sum = 0, largest = -1000, count = 0, ky, kx;

	for (ky = 0; ky < d->kernel_h; ky++) {
		for (kx = 0; kx < d->kernel_w; kx++) {
			s64 y = (s64)oy * d->stride_h - d->pad_top + ky + ky * d->gap_h;
			s64 x = (s64)ox * d->stride_w - d->pad_left + kx + kx * d->gap_w;
			s32 value;

			if (y < 0 || y >= in->height || x < 0 || x >= in->width)
				continue;
			value = get(regions, in, y, x, c);
			sum += value - in->zero_point;
			largest = value > largest ? value : largest;
			count++;
		}
	}
	if (cmd->opcode == QNN_OP_MAX_POOL)
		return in->type == QNN_ELEM_B1 ? largest == 1 : (s32)largest;
	if (cmd->stage.kind != QNN_STAGE_MEAN)
		return stage(cmd, consts, c, (s32)sum);
	if (d->flags & QNN_POOL_COUNT_PAD)
		count = (s64)d->kernel_h * d->kernel_w;
	sum = llround((double)sum / (double)count);
	return (s32)limit(sum + cmd->out.zero_point, cmd->stage.clamp_min, cmd->stage.clamp_max);
}

/* An operand's value less its zero point; a single one stands for all. */
static s128 operand(u8 *const *regions, const struct qnn_tensor_desc *t, u32 y, u32 x, u32 c)
{
	return (s128)get(regions, t, y % t->height, x % t->width, c % t->channels) -
	       t->zero_point;
}

static s32 add_element(const struct qnn_cmd *cmd, const u8 *consts, u8 *const *regions,
		       u32 y, u32 x, u32 c)
{
	const struct qnn_add_desc *d = &cmd->add;
	s128 sum = 0;
	int i;

	for (i = 0; i < 2; i++) {
		s128 t = operand(regions, &cmd->in[i], y, x, c);

		t = limit(t * (1 << d->left_shift), -0x7ffffffe, 0x7ffffffe);
		sum += d->rule == QNN_ROUND_A ?
		       oracle_rule_a((s32)t, d->multiplier[i], d->shift[i]) :
		       oracle_rule_b((s32)t, d->multiplier[i], d->shift[i]);
	}
	return stage(cmd, consts, c, (s32)limit(sum, -0x7ffffffe, 0x7ffffffe));
}

static s32 mul_element(const struct qnn_cmd *cmd, const u8 *consts, u8 *const *regions,
		       u32 y, u32 x, u32 c)
{
	s128 product = operand(regions, &cmd->in[0], y, x, c) *
		       operand(regions, &cmd->in[1], y, x, c);

	return stage(cmd, consts, c, (s32)limit(product, -0x7ffffffe, 0x7ffffffe));
}

/* The output element's coordinates before the axes are mapped. */
static void unblock(const struct qnn_cmd *cmd, u32 oy, u32 ox, u32 oc, s128 v[3])
{
	const struct qnn_copy_desc *d = &cmd->copy;
	u32 n = cmd->out.channels - d->out_first, k = oc - d->out_first, b = d->block;
	u32 by, bx;

	v[0] = oy;
	v[1] = ox;
	v[2] = k;
	if (d->mode == QNN_COPY_SPACE_TO_DEPTH && d->flags & QNN_COPY_CRD) {
		by = k / b % b;
		bx = k % b;
		v[2] = k / b / b;
	} else if (d->mode == QNN_COPY_SPACE_TO_DEPTH) {
		u32 q = n / b / b;

		by = k / q / b;
		bx = k / q % b;
		v[2] = k % q;
	}
	if (d->mode == QNN_COPY_SPACE_TO_DEPTH) {
		v[0] = (s128)oy * b + by;
		v[1] = (s128)ox * b + bx;
	}
	if (d->mode == QNN_COPY_DEPTH_TO_SPACE) {
		by = oy % b;
		bx = ox % b;
		v[0] = oy / b;
		v[1] = ox / b;
		v[2] = d->flags & QNN_COPY_CRD ? ((s128)k * b + by) * b + bx :
						 ((s128)by * b + bx) * n + k;
	}
}

static s32 copy_element(const struct qnn_cmd *cmd, const u8 *consts, u8 *const *regions,
			u32 oy, u32 ox, u32 oc)
{
	const struct qnn_copy_desc *d = &cmd->copy;
	const struct qnn_tensor_desc *in = &cmd->in[0];
	const s128 size[3] = { in->height, in->width, in->channels };
	s128 v[3], at[3], acc;
	int outside = 0, j;
	s32 value;

	unblock(cmd, oy, ox, oc, v);
	for (j = 0; j < 3; j++) {
		s128 a = d->axis[j].start + d->axis[j].step * v[d->axis[j].from];

		/* floor(a / divisor), by the remainder that is not negative */
		at[j] = (a - (a % d->axis[j].divisor + d->axis[j].divisor) % d->axis[j].divisor) /
			d->axis[j].divisor;
		outside |= at[j] < 0 || at[j] >= size[j];
		at[j] = limit(at[j], 0, size[j] - 1);
	}
	if (outside && !(d->flags & QNN_COPY_CLAMP))
		value = in->type == QNN_ELEM_B1 ? to_value((u32)d->fill, in->type) : d->fill;
	else
		value = get(regions, in, (u32)at[0], (u32)at[1], (u32)at[2]);
	if (cmd->stage.kind == QNN_STAGE_NONE)
		return in->type == QNN_ELEM_B1 ? value > 0 : value;
	acc = limit((s128)value - in->zero_point, -0x7ffffffe, 0x7ffffffe);
	return stage(cmd, consts, oc, (s32)acc);
}

static s32 argmax_element(const struct qnn_cmd *cmd, const u8 *consts, u8 *const *regions,
			  u32 y, u32 x, u32 c)
{
	const struct qnn_tensor_desc *in = &cmd->in[0];
	s32 best = in->channels - 1, i;

	/* From the end: what is not less than all after it stays. */
	for (i = best; i >= 0; i--)
		if (get(regions, in, y, x, (u32)i) >= get(regions, in, y, x, (u32)best))
			best = i;
	return stage(cmd, consts, c, best);
}

/* a * b / 2^31, halves towards plus infinity */
static s128 q31(s128 a, s128 b)
{
	return half_up(a * b, 31);
}

/* 2^31 times 2^k / sum, k being the number of the highest bit of the sum. */
static s128 softmax_scale(s128 sum, int k)
{
	s128 h = (sum << 30) >> k, r = 1515870810 + q31(h, -1010580540);
	int i;

	for (i = 0; i < 3; i++)
		r += 4 * q31(r, ((s128)1 << 29) - q31(h, r));
	return limit(2 * r, 0, 0x7fffffff);
}

/* A whole pixel: the sum is the same for all of its elements. */
static void softmax_pixel(const struct qnn_cmd *cmd, const u8 *consts, u8 *const *regions,
			  u32 y, u32 x)
{
	const struct qnn_tensor_desc *in = &cmd->in[0];
	s32 lowest = cmd->out.type == QNN_ELEM_S8 ? -128 : 0, largest = -128;
	s128 sum = 0, scale;
	int k = 0;
	u32 c;

	for (c = 0; c < in->channels; c++)
		if (get(regions, in, y, x, c) > largest)
			largest = get(regions, in, y, x, c);
	for (c = 0; c < in->channels; c++)
		sum += half_up(word(consts, cmd->softmax.table_off,
				    (u64)(largest - get(regions, in, y, x, c))), 12);
	while (sum >> (k + 1))
		k++;
	scale = softmax_scale(sum, k);
	for (c = 0; c < in->channels; c++) {
		s128 e = word(consts, cmd->softmax.table_off,
			      (u64)(largest - get(regions, in, y, x, c)));

		put(regions, &cmd->out, y, x, c,
		    (s32)limit(half_up(q31(scale, e), k + 4), 0, 255) + lowest);
	}
}

typedef s32 (*element_fn)(const struct qnn_cmd *cmd, const u8 *consts, u8 *const *regions,
			  u32 y, u32 x, u32 c);

static void run_cmd(const struct qnn_cmd *cmd, const u8 *consts, u8 *const *regions)
{
	static const element_fn elements[] = {
		[QNN_OP_CONV] = conv_element, [QNN_OP_FC] = conv_element,
		[QNN_OP_MAX_POOL] = pool_element, [QNN_OP_AVG_POOL] = pool_element,
		[QNN_OP_ADD] = add_element, [QNN_OP_MUL] = mul_element,
		[QNN_OP_CONV_TRANSPOSE] = spread_element,
		[QNN_OP_COPY] = copy_element, [QNN_OP_ARGMAX] = argmax_element,
	};
	u32 first = cmd->opcode == QNN_OP_COPY ? cmd->copy.out_first : 0, y, x, c;

	for (y = 0; y < cmd->out.height; y++) {
		for (x = 0; x < cmd->out.width; x++) {
			if (cmd->opcode == QNN_OP_SOFTMAX) {
				softmax_pixel(cmd, consts, regions, y, x);
				continue;
			}
			for (c = first; c < cmd->out.channels; c++)
				put(regions, &cmd->out, y, x, c,
				    elements[cmd->opcode](cmd, consts, regions, y, x, c));
		}
	}
}

void oracle_run(const void *image, u8 *const *regions)
{
	const struct qnn_program_header *header = image;
	const u8 *cmds = (const u8 *)image + (64 + 16 * header->region_count + 63) / 64 * 64;
	const u8 *consts = cmds + 256 * (u64)header->cmd_count;
	u32 i;

	for (i = 0; i < header->cmd_count; i++)
		run_cmd((const struct qnn_cmd *)(cmds + 256 * i), consts, regions);
}
