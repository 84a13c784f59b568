// SPDX-License-Identifier: MIT
#include "priv.h"

#include <math.h>

/* The part of a window that lies inside the input. */
struct span {
	uint32_t from;
	uint32_t to;
	uint32_t step;
};

static struct span clip_window(uint32_t pos, uint32_t stride, uint32_t kernel,
			       uint32_t dilation, uint32_t pad, uint32_t size)
{
	int64_t from = (int64_t)pos * stride - pad;
	int64_t to = from + (int64_t)(kernel - 1) * dilation + 1;

	if (from < 0)
		from += (-from + dilation - 1) / dilation * dilation;
	return (struct span){
		.from = (uint32_t)(from > size ? size : from),
		.to = (uint32_t)(to < 0 ? 0 : to > size ? size : to),
		.step = dilation,
	};
}

static uint32_t taps(const struct span *s)
{
	return s->to > s->from ? (s->to - s->from + s->step - 1) / s->step : 0;
}

void float_max_pool(const struct graph_window *w, const struct graph_value *vi,
		    const struct graph_value *vo, const float *in, float *out)
{
	for (uint32_t c = 0; c < vo->c; c++, in += (size_t)vi->h * vi->w)
		for (uint32_t oy = 0; oy < vo->h; oy++)
			for (uint32_t ox = 0; ox < vo->w; ox++) {
				struct span v = clip_window(oy, w->stride_h,
							    w->kh, w->dilation_h,
							    w->pad_top,
							    vi->h);
				struct span u = clip_window(ox, w->stride_w,
							    w->kw, w->dilation_w,
							    w->pad_left,
							    vi->w);
				float max = -INFINITY;

				for (uint32_t y = v.from; y < v.to; y += v.step)
					for (uint32_t x = u.from; x < u.to; x += u.step)
						max = fmaxf(max, in[(size_t)y * vi->w + x]);
				*out++ = max;
			}
}

void float_avg_pool(const struct graph_window *w, bool count_pad,
		    const struct graph_value *vi, const struct graph_value *vo,
		    const float *in, float *out)
{
	for (uint32_t c = 0; c < vo->c; c++, in += (size_t)vi->h * vi->w)
		for (uint32_t oy = 0; oy < vo->h; oy++)
			for (uint32_t ox = 0; ox < vo->w; ox++) {
				struct span v = clip_window(oy, w->stride_h,
							    w->kh, w->dilation_h,
							    w->pad_top,
							    vi->h);
				struct span u = clip_window(ox, w->stride_w,
							    w->kw, w->dilation_w,
							    w->pad_left,
							    vi->w);
				uint32_t count = count_pad ? w->kh * w->kw :
					taps(&v) * taps(&u);
				double sum = 0;

				for (uint32_t y = v.from; y < v.to; y += v.step)
					for (uint32_t x = u.from; x < u.to; x += u.step)
						sum += in[(size_t)y * vi->w + x];
				*out++ = count ? (float)(sum / count) : 0;
			}
}
