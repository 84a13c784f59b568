/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* What pooling is made of, with vector units or without. */
#ifndef QNN_POOL_H
#define QNN_POOL_H

#include "qnn_device.h"

/* Taps along an axis. */
struct qnn_span {
	u32 from;
	u32 step;
	u32 taps;
};

/* The part of a window within an input of @size: at least one tap. */
static inline struct qnn_span qnn_pool_span(u32 position, u32 stride, u32 pad, u32 kernel, u32 gap,
					    u32 size)
{
	u32 step = gap + 1;
	s64 start = (s64)position * stride - pad;
	s64 end = start + (s64)(kernel - 1) * step + 1;
	struct qnn_span s = { .from = (u32)start, .step = step };

	/* Taps before the input are skipped a step at a time. */
	if (start < 0)
		s.from = (step - 1) - (u32)(-start - 1) % step;
	end = end > size ? size : end;
	s.taps = (u32)(end - s.from + gap);
	if (step > 1)
		s.taps /= step;
	return s;
}

/* From sums over @taps inputs to codes. */
void qnn_pool_average(const struct qnn_cmd *cmd, const u8 *consts, u32 taps, u32 channel,
		      u32 count, s32 *acc);

#endif /* QNN_POOL_H */
