// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Refusing, ranges, and constants. */
#include "check.h"

int qnn_refuse(struct qnn_check *check, u32 rule, const char *field, s64 value,
	       s64 limit)
{
	check->diag->rule = rule;
	check->diag->cmd = check->cmd;
	check->diag->field = field;
	check->diag->value = value;
	check->diag->limit = limit;
	return -1;
}

int qnn_check_work(struct qnn_check *check, u32 units)
{
	if (!qnn_poll(&check->poll, units))
		return 0;
	return qnn_refuse(check, QNN_RULE_INTERRUPTED, "poll", 0, 0);
}

int qnn_check_range(struct qnn_check *check, u32 rule, const char *field,
		    s64 value, s64 min, s64 max)
{
	if (value < min)
		return qnn_refuse(check, rule, field, value, min);
	if (value > max)
		return qnn_refuse(check, rule, field, value, max);
	return 0;
}

int qnn_check_zero(struct qnn_check *check, const char *field, s64 value)
{
	return qnn_check_range(check, QNN_RULE_RESERVED, field, value, 0, 0);
}

int qnn_check_zero_bytes(struct qnn_check *check, const char *field,
			 const void *bytes, u32 size)
{
	const u8 *byte = bytes;
	u32 i;

	for (i = 0; i < size; i++) {
		if (byte[i])
			return qnn_refuse(check, QNN_RULE_RESERVED, field, byte[i], 0);
	}
	return 0;
}

int qnn_check_const(struct qnn_check *check, const char *field, u32 offset,
		    u64 size, u32 align)
{
	u32 total = check->header->const_size;

	if (offset & (align - 1))
		return qnn_refuse(check, QNN_RULE_ALIGN, field, offset,
				  offset & ~(align - 1));
	if (size > total || offset > total - size)
		return qnn_refuse(check, QNN_RULE_CONST, field, offset,
				  (s64)total - (s64)size);
	return 0;
}

int qnn_check_accumulator(struct qnn_check *check, u64 depth, u64 activation,
			  u64 weight, u64 bias)
{
	/* At most 2^32 * 2^8 * 2^8 + 2^31. */
	u64 bound = depth * activation * weight + bias;

	if (bound > QNN_ACC_MAX)
		return qnn_refuse(check, QNN_RULE_ACCUMULATOR, "accumulator",
				  (s64)bound, QNN_ACC_MAX);
	return 0;
}

static int check_steps(struct qnn_check *check, const struct qnn_window *w,
		       const struct qnn_window_fields *f, u32 max)
{
	if (qnn_check_range(check, QNN_RULE_KERNEL, f->kernel, w->kernel, 1, max) ||
	    qnn_check_range(check, QNN_RULE_KERNEL, f->stride, w->stride, 1, max))
		return -1;
	return qnn_check_range(check, QNN_RULE_KERNEL, f->dilation, w->dilation, 1, max);
}

static int check_pads(struct qnn_check *check, const struct qnn_window *w,
		      const struct qnn_window_fields *f, s64 max_before, s64 max_after)
{
	if (qnn_check_range(check, QNN_RULE_KERNEL, f->pad_before, w->pad_before, 0, max_before))
		return -1;
	return qnn_check_range(check, QNN_RULE_KERNEL, f->pad_after, w->pad_after, 0, max_after);
}

int qnn_check_window(struct qnn_check *check, const struct qnn_window *w,
		     const struct qnn_window_fields *f, u32 max, u32 *out)
{
	u32 span, padded = w->in + w->pad_before + w->pad_after;

	if (check_steps(check, w, f, max))
		return -1;
	span = w->dilation * (w->kernel - 1) + 1;
	max = span - 1 < max ? span - 1 : max;
	if (check_pads(check, w, f, max, max))
		return -1;
	if (span > padded)
		return qnn_refuse(check, QNN_RULE_KERNEL, f->kernel, w->kernel,
				  (padded - 1) / w->dilation + 1);
	*out = (padded - span) / w->stride + 1;
	return 0;
}

int qnn_check_spread(struct qnn_check *check, const struct qnn_window *w,
		     const struct qnn_window_fields *f, u32 max, s64 *least, s64 *most)
{
	s64 whole, rest;

	if (check_steps(check, w, f, max))
		return -1;
	whole = (s64)(w->in - 1) * w->stride + w->dilation * (w->kernel - 1) + 1;
	rest = whole - 1 - w->pad_before;
	if (check_pads(check, w, f, whole - 1 < max ? whole - 1 : max, rest < max ? rest : max))
		return -1;
	*least = whole - w->pad_before - w->pad_after;
	*most = *least + (w->stride > w->dilation ? w->stride : w->dilation) - 1;
	return 0;
}
