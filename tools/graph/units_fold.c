// SPDX-License-Identifier: MIT
/* What follows a layer element by element and becomes its output stage. */
#include "units_priv.h"

#include <math.h>
#include <string.h>

#include "function.h"
#include "mem.h"

bool unit_element_wise(const struct graph_node *n)
{
	return n->op == GRAPH_AFFINE || n->op == GRAPH_CLAMP ||
	       n->op == GRAPH_QUANT || n->op == GRAPH_FUNCTION ||
	       n->op == GRAPH_THRESHOLD;
}

static void append_op(struct unit *x, const char *source)
{
	static const struct {
		const char *source;
		const char *text;
	} shorter[] = {
		{ "BatchNormalization", "BN" },
		{ "BipolarQuant", "Quant" },
		{ "GlobalAveragePool", "GlobalAvgPool" },
	};
	size_t len = strlen(x->op);

	for (size_t i = 0; i < sizeof(shorter) / sizeof(shorter[0]); i++)
		if (!strcmp(source, shorter[i].source))
			source = shorter[i].text;
	snprintf(x->op + len, sizeof(x->op) - len, "%s%s", len ? "+" : "",
		 source);
}

static void take_affine(struct unit *x, const struct graph_node *n)
{
	const struct graph_affine *a = &n->affine;
	bool known = a->mean || x->mean;

	if (known && !x->mean) {
		x->mean = mem_array(x->channels, sizeof(double));
		x->dev = mem_array(x->channels, sizeof(double));
	}
	x->scaled = true;
	x->affine = mem_grow(x->affine, &x->affine_cap, x->affines + 1,
			     sizeof(*x->affine));
	x->affine[x->affines++] = n;
	for (uint32_t c = 0; c < x->channels; c++) {
		x->mul[c] *= a->mul[c];
		x->add[c] = x->add[c] * a->mul[c] + a->add[c];
		if (a->mean) {
			x->mean[c] = a->mean[c];
			x->dev[c] = a->dev[c];
		} else if (known) {
			x->mean[c] = x->mean[c] * a->mul[c] + a->add[c];
			x->dev[c] *= fabs(a->mul[c]);
		}
	}
}

/*
 * A clamp behind a quantizer only leaves out codes, if its bounds are among
 * the quantizer's values and two codes or more remain.
 */
static bool leaves_codes(const struct unit *x, const struct graph_node *n)
{
	const struct quantizer *q = &x->quant;
	double lo = fmax(x->limit_lo, n->lo) / q->scale + q->zero_point;
	double hi = fmin(x->limit_hi, n->hi) / q->scale + q->zero_point;

	if (x->thresholds)
		return false;
	if ((isfinite(lo) && lo != rint(lo)) || (isfinite(hi) && hi != rint(hi)))
		return false;
	/* Between -1 and +1 there is no code. */
	if (q->bipolar)
		return lo <= -1 && hi >= 1;
	return fmax(lo, quantizer_min(q)) < fmin(hi, quantizer_max(q));
}

static bool front_only(const struct unit *x)
{
	return !x->has_quant && !x->post_count && isinf(x->lo) && isinf(x->hi);
}

/* Codes of a quantizer are the index, if it is right behind the layer. */
static bool indexes(const struct unit *x)
{
	return !x->has_quant ||
	       (x->requant && !x->post_count && isinf(x->limit_lo) &&
		isinf(x->limit_hi));
}

static bool same_quantizer(const struct quantizer *a, const struct quantizer *b)
{
	return a->bipolar == b->bipolar && a->is_signed == b->is_signed &&
	       a->narrow == b->narrow && a->bits == b->bits &&
	       a->scale == b->scale && a->zero_point == b->zero_point;
}

/* The quantizer whose codes @value has, or NULL. */
static const struct quantizer *quantizer_of(const struct builder *b,
					    uint32_t value)
{
	while (b->maker[value] != GRAPH_NONE) {
		const struct graph_node *n = &b->g->node[b->maker[value]];

		if (n->op == GRAPH_QUANT)
			return &n->quant;
		if (n->op != GRAPH_MAX_POOL && n->op != GRAPH_COPY &&
		    n->op != GRAPH_RESHAPE && n->op != GRAPH_FLATTEN &&
		    n->op != GRAPH_CONCAT && n->op != GRAPH_CLAMP &&
		    !(n->op == GRAPH_AVG_POOL && n->same_codes))
			return NULL;
		value = n->in[0];
	}
	return NULL;
}

static bool whole(double code)
{
	return isinf(code) || fabs(code - rint(code)) < 1e-4;
}

/*
 * Is @n, a clamp, one that belongs to multipliers behind it? Then its bounds
 * are codes there, and not of @q.
 */
static bool before_requant(const struct builder *b, const struct graph_node *n,
			   const struct quantizer *q)
{
	uint32_t next = graph_only_reader(&b->rd, n->out);

	return next != GRAPH_NONE && b->g->node[next].op == GRAPH_QUANT &&
	       b->g->node[next].requant &&
	       !(q && whole(n->lo / q->scale) && whole(n->hi / q->scale));
}

/* Results have the input's codes, or a fixed format: no other quantizer. */
static bool takes_fixed(const struct builder *b, const struct unit *x,
			const struct graph_node *n)
{
	const struct quantizer *q;

	if (x->kind == UNIT_MAX_POOL || x->kind == UNIT_COPY)
		return false;
	if (x->kind == UNIT_SOFTMAX)
		return n->op == GRAPH_QUANT && !x->has_quant && !n->requant &&
		       n->quant.bits == 8 && !n->quant.narrow &&
		       n->quant.scale == 1.0f / 256 &&
		       n->quant.zero_point == quantizer_min(&n->quant);
	if (!x->node->same_codes)
		return false;
	q = quantizer_of(b, x->in[0]);
	if (n->op == GRAPH_CLAMP)
		return !x->has_quant && isinf(x->limit_lo) &&
		       isinf(x->limit_hi) && !before_requant(b, n, q);
	return n->op == GRAPH_QUANT && !x->has_quant && !n->requant && q &&
	       same_quantizer(q, &n->quant);
}

static bool fixed(const struct unit *x)
{
	return x->kind == UNIT_MAX_POOL || x->kind == UNIT_COPY ||
	       x->kind == UNIT_SOFTMAX || x->kind == UNIT_MEAN_POOL;
}

/*
 * A file's own multipliers say how one certain sum becomes a code. They mean
 * nothing for any other number, and nothing else may take their place.
 */
static bool requant_fits(struct builder *b, const struct unit *x,
			 const struct graph_node *n)
{
	const char *why = NULL;

	if (x->scaled || x->post_count)
		why = "something else scales its input first";
	else if (x->kind == UNIT_CONV && !x->node->weights.grid)
		why = "the layer in front of it has no integer weights";
	else if (x->kind == UNIT_CONV && x->node->weights.bias &&
		 !x->node->weights.grid->bias)
		why = "the layer in front of it has no integer biases";
	else if (fixed(x) || x->kind == UNIT_ARGMAX)
		why = "there is no sum in front of it";
	else if (x->kind == UNIT_IDENTITY && !quantizer_of(b, x->in[0]))
		why = "its input has no quantizer";
	else if (n->requant->entries != 1 &&
		 n->requant->entries != x->channels)
		why = "there must be one, or one per channel";
	if (!why)
		return true;
	report_problem(b->r, "%s: its integer multipliers cannot be used: %s",
		       graph_node_label(n), why);
	b->failed = true;
	return false;
}

bool unit_takes(struct builder *b, const struct unit *x,
		const struct graph_node *n)
{
	if (fixed(x))
		return takes_fixed(b, x, n);
	switch (n->op) {
	case GRAPH_AFFINE:
		if (x->has_quant)
			return false;
		/* Raw sums have a bias only in convolutions. */
		return !front_only(x) || x->kind == UNIT_CONV ||
		       x->kind == UNIT_IDENTITY || !b->output[n->out];
	case GRAPH_CLAMP:
		return !x->has_quant || leaves_codes(x, n);
	case GRAPH_FUNCTION:
		return indexes(x);
	case GRAPH_QUANT:
	case GRAPH_THRESHOLD:
		return !x->has_quant;
	default:
		return false;
	}
}

static void add_post(struct unit *x, const struct graph_node *n)
{
	if (!x->post_count) {
		x->index = n->in[0];
		if (x->has_quant) {
			x->has_quant = false;
			x->index_quant = x->last_quant;
		}
	}
	x->post = mem_grow(x->post, &x->post_cap, x->post_count + 1,
			   sizeof(*x->post));
	x->post[x->post_count++] = n;
}

static void take_clamp(struct unit *x, const struct graph_node *n)
{
	bool behind = x->has_quant || x->kind == UNIT_MEAN_POOL;
	double *lo = behind ? &x->limit_lo : &x->lo;
	double *hi = behind ? &x->limit_hi : &x->hi;

	if (!behind && x->post_count) {
		add_post(x, n);
		return;
	}
	/* min(max(x, lo), hi) of something already within bounds. */
	*lo = fmin(fmax(*lo, n->lo), n->hi);
	*hi = fmin(fmax(*hi, n->lo), n->hi);
}

static void take_quant(struct builder *b, struct unit *x,
		       const struct graph_node *n)
{
	if (n->requant && requant_fits(b, x, n))
		x->requant = n->requant;
	x->has_quant = true;
	x->quant = n->quant;
	x->last_quant = n;
}

void unit_take(struct builder *b, struct unit *x, const struct graph_node *n)
{
	/* Importers make several nodes of one: it is named once. */
	if (!*x->op || strcmp(n->name, x->name))
		append_op(x, n->source);
	x->out = n->out;
	switch (n->op) {
	case GRAPH_AFFINE:
		if (front_only(x))
			take_affine(x, n);
		else
			add_post(x, n);
		break;
	case GRAPH_CLAMP:
		take_clamp(x, n);
		break;
	case GRAPH_FUNCTION:
		add_post(x, n);
		break;
	case GRAPH_THRESHOLD:
		x->has_quant = true;
		x->thresholds = &n->thresholds;
		break;
	default:
		take_quant(b, x, n);
		break;
	}
}

static double apply_node(const struct graph_node *n, uint32_t c, double real)
{
	switch (n->op) {
	case GRAPH_AFFINE:
		return n->affine.mul[c] * real + n->affine.add[c];
	case GRAPH_CLAMP:
		return fmin(fmax(real, n->lo), n->hi);
	default:
		return function_value(&n->activation, c, real);
	}
}

double unit_apply(const struct unit *x, uint32_t c, double real)
{
	for (size_t i = 0; i < x->post_count; i++)
		real = apply_node(x->post[i], c, real);
	return real;
}

static bool affine_rises(const struct graph_affine *a, uint32_t channels)
{
	for (uint32_t c = 0; c < channels; c++)
		if (!(a->mul[c] >= 0))
			return false;
	return true;
}

bool unit_rises(const struct unit *x)
{
	for (size_t i = 0; i < x->post_count; i++) {
		const struct graph_node *n = x->post[i];

		if (n->op == GRAPH_AFFINE &&
		    !affine_rises(&n->affine, x->channels))
			return false;
		if (n->op == GRAPH_FUNCTION &&
		    (n->activation.codes ||
		     !function_rises(&n->activation, x->channels)))
			return false;
	}
	return true;
}
