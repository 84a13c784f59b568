// SPDX-License-Identifier: MIT
#include "float.h"
#include "priv.h"

#include <cblas.h>
#include <string.h>

/* Numbers of an unrolled input that are multiplied at once. */
#define COLUMN_NUMBERS	((size_t)1 << 22)

static size_t row_length(const struct graph_weights *k)
{
	return (size_t)k->in * k->kh * k->kw;
}

size_t float_conv_block(const struct graph_node *n,
			const struct graph_value *vo)
{
	size_t all = (size_t)vo->h * vo->w;
	size_t fit = COLUMN_NUMBERS / row_length(&n->weights);

	return fit < 1 ? 1 : fit < all ? fit : all;
}

size_t float_conv_scratch(const struct graph_node *n,
			  const struct graph_value *vo)
{
	return row_length(&n->weights) * float_conv_block(n, vo);
}

/* One tap for @count positions from @first on. */
static void unroll_tap(const struct graph_window *w,
		       const struct graph_value *vi, uint32_t out_w,
		       const float *plane, uint32_t ky, uint32_t kx,
		       size_t first, size_t count, float *out)
{
	for (size_t i = 0; i < count; i++) {
		int64_t oy = (int64_t)((first + i) / out_w);
		int64_t ox = (int64_t)((first + i) % out_w);
		int64_t y = oy * w->stride_h + (int64_t)ky * w->dilation_h -
			    w->pad_top;
		int64_t x = ox * w->stride_w + (int64_t)kx * w->dilation_w -
			    w->pad_left;
		bool inside = y >= 0 && y < vi->h && x >= 0 && x < vi->w;

		out[i] = inside ? plane[y * vi->w + x] : 0;
	}
}

void float_unroll(const struct graph_node *n, const struct graph_value *vi,
		  uint32_t out_w, const float *in, size_t first, size_t count,
		  float *columns)
{
	const struct graph_weights *k = &n->weights;
	size_t plane = (size_t)vi->h * vi->w;

	for (uint32_t c = 0; c < k->in; c++)
		for (uint32_t ky = 0; ky < k->kh; ky++)
			for (uint32_t kx = 0; kx < k->kw; kx++) {
				unroll_tap(&n->window, vi, out_w,
					   in + c * plane, ky, kx, first,
					   count, columns);
				columns += count;
			}
}

void float_conv(const struct graph_node *n, const struct graph_value *vi,
		const struct graph_value *vo, const float *in, float *out,
		float *columns)
{
	const struct graph_weights *k = &n->weights;
	size_t positions = (size_t)vo->h * vo->w, row = row_length(k);
	size_t block = float_conv_block(n, vo), plane = (size_t)vi->h * vi->w;
	uint32_t rows = k->out / n->groups;

	for (uint32_t o = 0; o < k->out; o++)
		for (size_t p = 0; p < positions; p++)
			out[o * positions + p] = k->bias ? k->bias[o] : 0;
	for (uint32_t g = 0; g < n->groups; g++) {
		for (size_t p = 0; p < positions; p += block) {
			size_t count = positions - p;

			count = count < block ? count : block;
			float_unroll(n, vi, vo->w,
				     in + (size_t)g * k->in * plane, p, count,
				     columns);
			cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans,
				    (int)rows, (int)count, (int)row, 1,
				    k->data + (size_t)g * rows * row, (int)row,
				    columns, (int)count, 1,
				    out + (size_t)g * rows * positions + p,
				    (int)positions);
		}
	}
}
