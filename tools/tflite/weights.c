// SPDX-License-Identifier: MIT
/* Weights and biases of layers, floats or codes. */
#include "priv.h"

#include <math.h>
#include <stdlib.h>

#include "tools/graph/mem.h"

static bool is_quantized(const struct tfl_tensor *t)
{
	return tfl_is_code(t) || t->type == TFL_INT4 || t->type == TFL_INT2;
}

static unsigned int width(const struct tfl_tensor *t)
{
	return t->type == TFL_INT4 ? 4 : t->type == TFL_INT2 ? 2 : 8;
}

/*
 * One scale, or one for each output channel; as many zero points, or one, and
 * the same for all.
 */
static bool check_scales(struct op *op, const struct tfl_tensor *t,
			 const struct weight_shape *s)
{
	struct quantizer q = { .is_signed = t->type != TFL_UINT8,
			       .bits = width(t) };

	if (t->odd_quant || !t->scales ||
	    (t->scales != 1 && (t->scales != s->out || t->axis != s->axis))) {
		tfl_op_problem(op, "its weights '%.64s' have %zu scales along dimension %d; supported are one, and %u along dimension %d",
			       t->name, t->scales, t->axis, s->out, s->axis);
		return false;
	}
	for (size_t k = 0; k < t->scales; k++) {
		if (isnormal(t->scale[k]) && t->scale[k] > 0)
			continue;
		tfl_op_problem(op, "its weights '%.64s' have the scale %g; it must be above 0",
			       t->name, t->scale[k]);
		return false;
	}
	if (t->zeros != 1 && t->zeros != t->scales) {
		tfl_op_problem(op, "its weights '%.64s' have %zu zero points for %zu scales",
			       t->name, t->zeros, t->scales);
		return false;
	}
	for (size_t k = 0; k < t->zeros; k++) {
		if (tfl_zero(t, k) == tfl_zero(t, 0) &&
		    tfl_zero(t, k) >= quantizer_min(&q) &&
		    tfl_zero(t, k) <= quantizer_max(&q))
			continue;
		tfl_op_problem(op, "its weights '%.64s' have the zero point %lld; all must be one, within %lld to %lld",
			       t->name, (long long)tfl_zero(t, k),
			       (long long)quantizer_min(&q),
			       (long long)quantizer_max(&q));
		return false;
	}
	return true;
}

static struct graph_grid *new_grid(const struct tfl_tensor *t, uint32_t out,
				   size_t count)
{
	struct graph_grid *g = mem_array(1, sizeof(*g));

	g->q = (struct quantizer){
		.is_signed = t->type != TFL_UINT8, .bits = width(t),
		.zero_after = true, .scale = 1,
		.zero_point = (float)tfl_zero(t, 0),
	};
	g->code = mem_array(count, sizeof(*g->code));
	g->scale = mem_array(out, sizeof(*g->scale));
	for (uint32_t o = 0; o < out; o++)
		g->scale[o] = t->scale[t->scales == 1 ? 0 : o];
	return g;
}

/* From the order of the file to [out][in][kh][kw]. */
static void arrange(const struct weight_shape *s, const struct numbers *n,
		    struct graph_weights *w)
{
	struct graph_grid *g = w->grid;
	size_t k = 0;

	for (uint32_t o = 0; o < s->out; o++)
		for (uint32_t i = 0; i < s->in; i++)
			for (uint32_t y = 0; y < s->kh; y++)
				for (uint32_t x = 0; x < s->kw; x++, k++) {
					size_t from = o * s->out_step +
						      i * s->in_step +
						      y * s->h_step +
						      x * s->w_step;

					if (!g) {
						w->data[k] = n->f[from];
						continue;
					}
					g->code[k] = (int32_t)n->i[from];
					w->data[k] = (float)((g->code[k] -
						g->q.zero_point) * g->scale[o]);
				}
}

static bool float_bias(struct op *op, const struct tfl_tensor *t,
		       const struct numbers *n, struct graph_weights *w)
{
	if (!n->f) {
		tfl_op_problem(op, "its bias '%.64s' is of type %s, its input of floats",
			       t->name, tfl_type_name(t->type));
		return false;
	}
	w->bias = mem_copy(n->f, n->count, sizeof(*n->f));
	return true;
}

static bool code_bias(struct op *op, const struct tfl_tensor *t, float scale,
		      const struct numbers *n, struct graph_weights *w)
{
	if (t->type != TFL_INT32 && t->type != TFL_INT64) {
		tfl_op_problem(op, "its bias '%.64s' is of type %s; it must be int32",
			       t->name, tfl_type_name(t->type));
		return false;
	}
	w->bias = mem_array(n->count, sizeof(*w->bias));
	w->grid->bias = mem_array(n->count, sizeof(*w->grid->bias));
	for (size_t c = 0; c < n->count; c++) {
		if (n->i[c] < INT32_MIN || n->i[c] > INT32_MAX) {
			tfl_op_problem(op, "its bias of output channel %zu is %lld; that is more than 32 bits",
				       c, (long long)n->i[c]);
			return false;
		}
		w->grid->bias[c] = (int32_t)n->i[c];
		w->bias[c] = (float)((double)n->i[c] * scale *
				     w->grid->scale[c]);
	}
	return true;
}

static bool read_bias(struct op *op, size_t k, size_t input,
		      struct graph_weights *w)
{
	const struct tfl_tensor *in = tfl_op_input(op, input);
	struct numbers n;
	bool ok = false;

	if (!tfl_op_given(op, k))
		return true;
	if (!tfl_op_numbers(op, k, "biases", &n))
		return false;
	if (n.count != w->out)
		tfl_op_problem(op, "it has %zu biases for %u output channels",
			       n.count, w->out);
	else if (in->type == TFL_FLOAT32)
		ok = float_bias(op, tfl_op_const(op, k, "biases"), &n, w);
	else
		ok = code_bias(op, tfl_op_const(op, k, "biases"), in->scale[0], &n,
			       w);
	numbers_free(&n);
	return ok;
}

/*
 * Of codes: the weights are codes, as the file has them, and signed as the
 * input is; unsigned ones have one scale. TFLite runs no others.
 */
static bool check_codes(struct op *op, size_t weights, const struct tfl_tensor *t,
			const struct tfl_tensor *in)
{
	const struct tfl_tensor *as_read = tfl_op_input(op, weights);
	bool is_unsigned = in->type == TFL_UINT8;

	if (as_read->type != t->type || !is_quantized(t) ||
	    is_unsigned != (t->type == TFL_UINT8)) {
		tfl_op_problem(op, "its weights are of type %s, its input of type %s",
			       tfl_type_name(as_read->type),
			       tfl_type_name(in->type));
		return false;
	}
	if (!is_unsigned || t->scales <= 1)
		return true;
	tfl_op_problem(op, "its weights '%.64s' have %zu scales; of unsigned ones, one is supported",
		       t->name, t->scales);
	return false;
}

static bool check_shape(struct op *op, size_t weights, const struct tfl_tensor *t,
			const struct tfl_tensor *in,
			const struct weight_shape *s)
{
	uint64_t count = (uint64_t)s->out * s->in * s->kh * s->kw;

	if (!count || s->out > GRAPH_MAX_DIM || s->kh > GRAPH_MAX_WINDOW ||
	    s->kw > GRAPH_MAX_WINDOW) {
		tfl_op_problem(op, "its weights have %u output channels and kernels of %u x %u; 1 to %u channels and kernels up to %u x %u are supported",
			       s->out, s->kh, s->kw, GRAPH_MAX_DIM,
			       GRAPH_MAX_WINDOW, GRAPH_MAX_WINDOW);
		return false;
	}
	if (tfl_is_code(in) && !check_codes(op, weights, t, in))
		return false;
	return !is_quantized(t) || check_scales(op, t, s);
}

bool tfl_op_weights(struct op *op, size_t weights, size_t bias, size_t input,
		    const struct weight_shape *s, struct graph_weights *w)
{
	const struct tfl_tensor *t = tfl_op_const(op, weights, "weights");
	struct numbers n;

	*w = (struct graph_weights){ 0 };
	if (!t || !check_shape(op, weights, t, tfl_op_input(op, input), s) ||
	    !tfl_op_numbers(op, weights, "weights", &n))
		return false;
	if (n.i && !is_quantized(t)) {
		tfl_op_problem(op, "its weights are of type %s",
			       tfl_type_name(t->type));
		numbers_free(&n);
		return false;
	}
	*w = (struct graph_weights){ .out = s->out, .in = s->in, .kh = s->kh,
				     .kw = s->kw };
	w->data = mem_array(n.count, sizeof(*w->data));
	if (n.i)
		w->grid = new_grid(t, s->out, n.count);
	arrange(s, &n, w);
	numbers_free(&n);
	return read_bias(op, bias, input, w);
}

struct graph_requant *tfl_op_layer_requant(struct op *op, size_t input,
					   size_t weights, uint32_t channels)
{
	const struct tfl_tensor *in = tfl_op_input(op, input);
	const struct tfl_tensor *w = tfl_op_const(op, weights, "weights");
	const struct tfl_tensor *out = tfl_op_output(op, 0);
	struct graph_requant *rq;

	/* Of unsigned layers, TFLite has the product in binary32. */
	if (in->type == TFL_UINT8) {
		volatile float product = in->scale[0] * w->scale[0];

		return tfl_op_requant(op, (double)product / out->scale[0]);
	}
	if (!tfl_op_spend(op, 2ull * channels))
		return NULL;
	rq = requant_new(channels);
	for (uint32_t c = 0; c < channels; c++) {
		double real = (double)in->scale[0] *
			      w->scale[w->scales == 1 ? 0 : c] / out->scale[0];

		if (arith_multiplier(real, &rq->multiplier[c], &rq->shift[c]))
			continue;
		tfl_op_problem(op, "the sums of output channel %u would be scaled by %g; that is more than 2^30",
			       c, real);
		requant_free(rq);
		return NULL;
	}
	return rq;
}
