// SPDX-License-Identifier: MIT
#include "gram.h"

#include <cblas.h>
#include <stdlib.h>

#include "tools/graph/mem.h"

/* One image at a time, in single precision; sums of images in double. */
struct work {
	size_t positions;
	float *columns;		/* [row][positions] */
	float *input;		/* [row][row] */
	float *cross;		/* [out][row] */
	double *in_mean;
	double *out_mean;
};

static void unroll(const struct graph_node *n, const struct graph_value *vi,
		   const struct graph_value *vo, const float *in, float *out)
{
	const struct graph_weights *k = &n->weights;
	const struct graph_window *w = &n->window;

	for (uint32_t tap = 0; tap < k->in * k->kh * k->kw; tap++) {
		const float *plane = in + (size_t)(tap / k->kw / k->kh) *
				     vi->h * vi->w;
		int64_t first_y = (int64_t)(tap / k->kw % k->kh) *
				  w->dilation_h - w->pad_top;
		int64_t first_x = (int64_t)(tap % k->kw) * w->dilation_w -
				  w->pad_left;

		for (uint32_t oy = 0; oy < vo->h; oy++)
			for (uint32_t ox = 0; ox < vo->w; ox++) {
				int64_t y = first_y + (int64_t)oy * w->stride_h;
				int64_t x = first_x + (int64_t)ox * w->stride_w;
				bool inside = y >= 0 && y < vi->h && x >= 0 &&
					      x < vi->w;

				*out++ = inside ? plane[y * vi->w + x] : 0;
			}
	}
}

static void add_means(double *mean, const float *x, size_t rows, size_t count)
{
	for (size_t i = 0; i < rows; i++)
		for (size_t p = 0; p < count; p++)
			mean[i] += x[i * count + p];
}

static void add_image(struct gram *gr, struct work *w, const float *wanted)
{
	int row = (int)gr->row, out = (int)gr->out, count = (int)w->positions;

	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, row, row, count, 1,
		    w->columns, count, w->columns, count, 0, w->input, row);
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, out, row, count, 1,
		    wanted, count, w->columns, count, 0, w->cross, row);
	for (size_t i = 0; i < gr->row * gr->row; i++)
		gr->input[i] += w->input[i];
	for (size_t i = 0; i < gr->out * gr->row; i++)
		gr->cross[i] += w->cross[i];
	add_means(w->in_mean, w->columns, gr->row, w->positions);
	add_means(w->out_mean, wanted, gr->out, w->positions);
}

/* From sums of products to means of products less the means. */
static void center(struct gram *gr, struct work *w, double count)
{
	for (size_t i = 0; i < gr->row; i++)
		w->in_mean[i] /= count;
	for (size_t i = 0; i < gr->row; i++)
		for (size_t j = 0; j < gr->row; j++)
			gr->input[i * gr->row + j] =
				gr->input[i * gr->row + j] / count -
				w->in_mean[i] * w->in_mean[j];
	for (size_t o = 0; o < gr->out; o++)
		for (size_t j = 0; j < gr->row; j++)
			gr->cross[o * gr->row + j] =
				gr->cross[o * gr->row + j] / count -
				w->out_mean[o] / count * w->in_mean[j];
}

void gram_make(struct gram *gr, const struct graph *g,
	       const struct graph_node *n, uint32_t group, uint32_t images,
	       const float *in, const float *wanted)
{
	const struct graph_value *vi = &g->value[n->in[0]];
	const struct graph_value *vo = &g->value[n->out];
	const struct graph_weights *k = &n->weights;
	struct work w = { .positions = (size_t)vo->h * vo->w };
	size_t first_in = (size_t)group * k->in * vi->h * vi->w, first_out;

	gr->row = (size_t)k->in * k->kh * k->kw;
	gr->out = k->out / n->groups;
	first_out = (size_t)group * gr->out * w.positions;
	gr->input = mem_array(gr->row * gr->row, sizeof(double));
	gr->cross = mem_array(gr->out * gr->row, sizeof(double));
	w.columns = mem_array(gr->row * w.positions, sizeof(float));
	w.input = mem_array(gr->row * gr->row, sizeof(float));
	w.cross = mem_array(gr->out * gr->row, sizeof(float));
	w.in_mean = mem_array(gr->row, sizeof(double));
	w.out_mean = mem_array(gr->out, sizeof(double));
	for (uint32_t i = 0; i < images; i++) {
		unroll(n, vi, vo, in + i * graph_elements(vi) + first_in,
		       w.columns);
		add_image(gr, &w, wanted + i * graph_elements(vo) + first_out);
	}
	center(gr, &w, (double)images * (double)w.positions);
	free(w.columns);
	free(w.input);
	free(w.cross);
	free(w.in_mean);
	free(w.out_mean);
}

void gram_free(struct gram *gr)
{
	free(gr->input);
	free(gr->cross);
}
