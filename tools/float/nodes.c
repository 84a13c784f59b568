// SPDX-License-Identifier: MIT
/* Nodes that need no library. */
#include "priv.h"

#include <math.h>
#include <string.h>

#include "tools/graph/function.h"

static size_t plane_of(const struct graph_value *v)
{
	return (size_t)v->h * v->w;
}

void float_function(const struct graph_activation *a,
		    const struct graph_value *v, const float *in, float *out)
{
	size_t plane = plane_of(v);

	for (uint32_t c = 0; c < v->c; c++)
		for (size_t p = 0; p < plane; p++, in++, out++)
			*out = (float)function_value(a, c, *in);
}

void float_threshold(const struct graph_thresholds *th,
		     const struct graph_value *v, const float *in, float *out)
{
	size_t plane = plane_of(v);

	for (uint32_t c = 0; c < v->c; c++) {
		const double *t = th->t;

		if (th->rows > 1)
			t += (size_t)c * th->levels;
		for (size_t p = 0; p < plane; p++, in++, out++) {
			uint32_t n = 0;

			while (n < th->levels && *in >= t[n])
				n++;
			*out = (float)(th->base + th->step * n);
		}
	}
}

/* Sides of 1 are repeated. */
static size_t repeated(const struct graph_value *v, uint32_t c, uint32_t y,
		       uint32_t x)
{
	c = v->c == 1 ? 0 : c;
	y = v->h == 1 ? 0 : y;
	x = v->w == 1 ? 0 : x;
	return ((size_t)c * v->h + y) * v->w + x;
}

void float_pair(enum graph_op op, const struct graph_value *va,
		const struct graph_value *vb, const struct graph_value *vo,
		const float *a, const float *b, float *out)
{
	for (uint32_t c = 0; c < vo->c; c++)
		for (uint32_t y = 0; y < vo->h; y++)
			for (uint32_t x = 0; x < vo->w; x++) {
				float l = a[repeated(va, c, y, x)];
				float r = b[repeated(vb, c, y, x)];

				*out++ = op == GRAPH_ADD ? l + r :
					 op == GRAPH_SUB ? l - r : l * r;
			}
}

/* One input of a concatenation, from @first on along the axis. */
void float_concat(uint32_t axis, uint32_t first, const struct graph_value *vi,
		  const struct graph_value *vo, const float *in, float *out)
{
	uint32_t fy = axis == 0 ? first : 0, fx = axis == 1 ? first : 0;
	uint32_t fc = axis == 2 ? first : 0;

	for (uint32_t c = 0; c < vi->c; c++)
		for (uint32_t y = 0; y < vi->h; y++, in += vi->w)
			memcpy(out + ((size_t)(c + fc) * vo->h + y + fy) *
			       vo->w + fx, in, vi->w * sizeof(*out));
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a >= 0 ? a / b : -((-a + b - 1) / b);
}

/* Where an element of a copy is among blocks: row, column, channel. */
static void block_place(const struct graph_copy *cp, int64_t *v)
{
	int64_t b = cp->block, bb = b * b, r, y = v[0], x = v[1], k = v[2];

	if (cp->blocks == GRAPH_SPACE_TO_DEPTH) {
		r = cp->crd ? k % bb : k / (cp->c / bb);
		v[0] = y * b + r / b;
		v[1] = x * b + r % b;
		v[2] = cp->crd ? k / bb : k % (cp->c / bb);
	} else if (cp->blocks == GRAPH_DEPTH_TO_SPACE) {
		r = y % b * b + x % b;
		v[0] = y / b;
		v[1] = x / b;
		v[2] = cp->crd ? k * bb + r : r * cp->c + k;
	}
}

static float copied(const struct graph_copy *cp, const struct graph_value *vi,
		    const float *in, int64_t *v)
{
	const int64_t side[3] = { vi->h, vi->w, vi->c };
	int64_t at[3];

	block_place(cp, v);
	for (unsigned int j = 0; j < 3; j++) {
		const struct graph_axis *a = &cp->axis[j];

		at[j] = floor_div(a->start + a->step * v[a->from], a->divisor);
		if (at[j] >= 0 && at[j] < side[j])
			continue;
		if (!cp->clamp)
			return (float)cp->fill;
		at[j] = at[j] < 0 ? 0 : side[j] - 1;
	}
	return in[(at[2] * side[0] + at[0]) * side[1] + at[1]];
}

void float_copy(const struct graph_copy *cp, const struct graph_value *vi,
		const float *in, float *out)
{
	for (uint32_t c = 0; c < cp->c; c++)
		for (uint32_t y = 0; y < cp->h; y++)
			for (uint32_t x = 0; x < cp->w; x++)
				*out++ = copied(cp, vi, in,
						(int64_t []){ y, x, c });
}

/* Index of an element, counted with channels last, as it lies in memory. */
static size_t from_last(const struct graph_value *v, size_t k)
{
	return k % v->c * plane_of(v) + k / v->c;
}

void float_reshape(const struct graph_reshape *to, const struct graph_value *vi,
		   const struct graph_value *vo, const float *in, float *out)
{
	size_t count = graph_elements(vo);

	if (!to->channels_last) {
		memcpy(out, in, count * sizeof(*out));
		return;
	}
	for (size_t k = 0; k < count; k++)
		out[from_last(vo, k)] = in[from_last(vi, k)];
}

void float_softmax(double beta, const struct graph_value *v, const float *in,
		   float *out)
{
	size_t plane = plane_of(v);

	for (size_t p = 0; p < plane; p++) {
		double max = -INFINITY, sum = 0;

		for (uint32_t c = 0; c < v->c; c++)
			max = fmax(max, in[c * plane + p]);
		for (uint32_t c = 0; c < v->c; c++)
			sum += exp(beta * (in[c * plane + p] - max));
		for (uint32_t c = 0; c < v->c; c++)
			out[c * plane + p] = (float)
				(exp(beta * (in[c * plane + p] - max)) / sum);
	}
}

void float_argmax(const struct graph_value *v, const float *in, float *out)
{
	size_t plane = plane_of(v);

	for (size_t p = 0; p < plane; p++) {
		uint32_t best = 0;

		for (uint32_t c = 1; c < v->c; c++)
			if (in[c * plane + p] > in[best * plane + p])
				best = c;
		out[p] = (float)best;
	}
}

/* What one input pixel adds to the planes of a channel. */
static void spread(const struct graph_window *w, const struct graph_weights *k,
		   const struct graph_value *vo, const float *weight, float x,
		   uint32_t iy, uint32_t ix, float *out)
{
	for (uint32_t ky = 0; ky < k->kh; ky++)
		for (uint32_t kx = 0; kx < k->kw; kx++) {
			int64_t y = (int64_t)iy * w->stride_h +
				    (int64_t)ky * w->dilation_h - w->pad_top;
			int64_t z = (int64_t)ix * w->stride_w +
				    (int64_t)kx * w->dilation_w - w->pad_left;

			if (y >= 0 && y < vo->h && z >= 0 && z < vo->w)
				out[y * vo->w + z] += x * weight[ky * k->kw + kx];
		}
}

void float_conv_transpose(const struct graph_node *n,
			  const struct graph_value *vi,
			  const struct graph_value *vo, const float *in,
			  float *out)
{
	const struct graph_weights *k = &n->weights;
	uint32_t group_out = k->out / n->groups;
	size_t plane = plane_of(vo), taps = (size_t)k->kh * k->kw;

	for (uint32_t o = 0; o < k->out; o++, out += plane) {
		const float *x = in + (size_t)(o / group_out) * k->in *
				 plane_of(vi);

		for (size_t p = 0; p < plane; p++)
			out[p] = k->bias ? k->bias[o] : 0;
		for (uint32_t i = 0; i < k->in; i++)
			for (uint32_t y = 0; y < vi->h; y++)
				for (uint32_t z = 0; z < vi->w; z++)
					spread(&n->window, k, vo, k->data +
					       ((size_t)o * k->in + i) * taps,
					       *x++, y, z, out);
	}
}
