// SPDX-License-Identifier: MIT
#include "gram.h"

#include <cblas.h>
#include <stdlib.h>

#include "tools/float/float.h"
#include "tools/graph/mem.h"

/*
 * One image at a time, in single precision; sums of images in double. Not all
 * positions of a large image at once: each has a column of numbers.
 */
struct work {
	const struct graph_node *n;
	const struct graph_value *vi, *vo;
	size_t positions, block;
	float *columns;		/* [row][block] */
	float *input;		/* [row][row] */
	float *cross;		/* [out][row] */
	double *in_mean;
	double *out_mean;
};

static void add_means(double *mean, const float *x, size_t rows, size_t count,
		      size_t stride)
{
	for (size_t i = 0; i < rows; i++)
		for (size_t p = 0; p < count; p++)
			mean[i] += x[i * stride + p];
}

static void add_block(struct gram *gr, struct work *w, const float *in,
		      const float *wanted, size_t first)
{
	int row = (int)gr->row, out = (int)gr->out, all = (int)w->positions;
	size_t rest = w->positions - first;
	int count = (int)(rest < w->block ? rest : w->block);
	float so_far = first > 0;

	float_unroll(w->n, w->vi, w->vo->w, in, first, (size_t)count,
		     w->columns);
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, row, row, count, 1,
		    w->columns, count, w->columns, count, so_far, w->input, row);
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, out, row, count, 1,
		    wanted + first, all, w->columns, count, so_far, w->cross,
		    row);
	add_means(w->in_mean, w->columns, gr->row, (size_t)count,
		  (size_t)count);
}

static void add_image(struct gram *gr, struct work *w, const float *in,
		      const float *wanted)
{
	for (size_t p = 0; p < w->positions; p += w->block)
		add_block(gr, w, in, wanted, p);
	for (size_t i = 0; i < gr->row * gr->row; i++)
		gr->input[i] += w->input[i];
	for (size_t i = 0; i < gr->out * gr->row; i++)
		gr->cross[i] += w->cross[i];
	add_means(w->out_mean, wanted, gr->out, w->positions, w->positions);
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
	struct work w = {
		.n = n, .vi = vi, .vo = vo, .positions = (size_t)vo->h * vo->w,
		.block = float_conv_block(n, vo),
	};
	size_t first_in = (size_t)group * k->in * vi->h * vi->w, first_out;

	gr->row = (size_t)k->in * k->kh * k->kw;
	gr->out = k->out / n->groups;
	first_out = (size_t)group * gr->out * w.positions;
	gr->input = mem_array(gr->row * gr->row, sizeof(double));
	gr->cross = mem_array(gr->out * gr->row, sizeof(double));
	w.columns = mem_array(gr->row * w.block, sizeof(float));
	w.input = mem_array(gr->row * gr->row, sizeof(float));
	w.cross = mem_array(gr->out * gr->row, sizeof(float));
	w.in_mean = mem_array(gr->row, sizeof(double));
	w.out_mean = mem_array(gr->out, sizeof(double));
	for (uint32_t i = 0; i < images; i++)
		add_image(gr, &w, in + i * graph_elements(vi) + first_in,
			  wanted + i * graph_elements(vo) + first_out);
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
