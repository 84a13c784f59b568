// SPDX-License-Identifier: MIT
#include "formats.h"

#include <math.h>
#include <stdlib.h>

#include "qnn_device.h"
#include "moments.h"
#include "range.h"
#include "tools/graph/function.h"
#include "tools/graph/mem.h"

/* Steps beyond this are not numbers that a network means. */
#define LEAST_STEP	1e-30f
#define LARGEST_STEP	1e30f

struct chooser {
	const struct graph *g;
	const struct units *u;
	const struct format_options *opt;
	const struct calib *calib;
	struct value_format *fmt;
	struct report *r;
	const struct unit_alias **alias;	/* per value; or NULL */
	struct moments moments;		/* used without a calibration set */
};

bool format_passes_on(const struct unit *x)
{
	return x->kind == UNIT_MAX_POOL || x->kind == UNIT_MEAN_POOL ||
	       x->kind == UNIT_COPY;
}

static bool clamped(const struct unit *x)
{
	return isfinite(x->lo) || isfinite(x->hi);
}

static bool is_raw(const struct units *u, const struct unit *x)
{
	return !format_passes_on(x) && x->kind != UNIT_SOFTMAX && !x->has_quant &&
	       !x->post_count && !clamped(x) && !u->narrow[x->out];
}

/* What batch normalization tells is used even if there are images to look at. */
static bool by_bn(const struct format_options *opt)
{
	return opt->method == FORMAT_BY_WIDTH || opt->method == FORMAT_BY_BN ||
	       opt->method == FORMAT_BY_HWGQ ||
	       opt->method == FORMAT_BY_CHANNELS;
}

void formats_wanted(const struct graph *g, const struct units *u,
		    const struct format_options *opt, bool *wanted)
{
	for (size_t i = 0; i < u->count; i++) {
		const struct unit *x = &u->unit[i];
		bool plain = !x->mean || x->post_count || !by_bn(opt);

		if (x->post_count && !x->index_quant &&
		    (!x->mean || !by_bn(opt)))
			wanted[x->index] = true;
		if (!x->has_quant && plain && !format_passes_on(x) && !is_raw(u, x))
			wanted[x->out] = true;
	}
	if (!u->input_quant)
		wanted[g->input] = true;
}

/* The format of @value; an alias has that of what it lies in. */
static const struct value_format *format_of(struct chooser *ch, uint32_t value)
{
	struct value_format *f = &ch->fmt[value];
	const struct unit_alias *a = ch->alias[value];

	if (f->source == FORMAT_NONE && a)
		*f = *format_of(ch, a->of);
	return f;
}

static int64_t within(const struct value_format *f, int64_t code)
{
	return code < f->min ? f->min : code > f->max ? f->max : code;
}

int64_t format_code(const struct value_format *f, double real)
{
	unsigned int i = 0;

	if (!f->levels)
		return within(f, quantizer_code(&f->q, real));
	while (i + 1 < f->levels && real >= f->edge[i])
		i++;
	return f->level[i];
}

int64_t format_fill(const struct value_format *f, double real)
{
	/* Between the two values of a bipolar quantizer lies zero, too. */
	return real == 0 ? (int64_t)f->q.zero_point :
			   quantizer_code(&f->q, real);
}

static int quant_format(struct chooser *ch, const struct unit *x,
			const struct quantizer *q, struct value_format *f)
{
	double zero = q->zero_point;

	f->source = FORMAT_QUANT;
	f->own = true;
	f->q = *q;
	f->min = quantizer_min(q);
	f->max = quantizer_max(q);
	if (zero != rint(zero) || fabs(zero) > 65536) {
		report_problem(ch->r, "node '%s' (%s): its quantizer has zero point %g; it must be a small whole number",
			       x->name, x->op, zero);
		return -1;
	}
	f->elem = range_elem_for(fmin(f->min, zero), fmax(f->max, zero));
	if (f->elem)
		return 0;
	report_problem(ch->r, "node '%s' (%s): its quantizer has %u bits, codes %lld to %lld and zero point %g; at most 8 bits are supported for activations",
		       x->name, x->op, q->bits, (long long)f->min,
		       (long long)f->max, zero);
	return -1;
}

/* Are they 8-bit codes that the file's own integer arithmetic gives? */
static bool own_codes(const struct unit *x, const struct value_format *f)
{
	if (f->q.bits != 8)
		return false;
	if (x->kind == UNIT_MEAN_POOL)
		return x->node->same_codes;
	return x->requant || (x->post_count && x->post[0]->op == GRAPH_FUNCTION &&
			      x->post[0]->activation.codes);
}

/*
 * A clamp behind the quantizer leaves out codes. Those that remain may fit into
 * a smaller type, if nobody minds that.
 */
static void limit(struct chooser *ch, const struct unit *x,
		  struct value_format *f)
{
	double zero = f->q.zero_point;

	if (isinf(x->limit_lo) && isinf(x->limit_hi))
		return;
	if (isfinite(x->limit_lo))
		f->min = quantizer_code(&f->q, x->limit_lo);
	if (isfinite(x->limit_hi))
		f->max = quantizer_code(&f->q, x->limit_hi);
	if (own_codes(x, f) || (f->q.bits == 8 && ch->u->typed[x->out]))
		return;
	f->elem = range_elem_for(fmin(f->min, zero), fmax(f->max, zero));
}

/* Codes are multiples of the step, so that code 0 is real 0. */
static int from_thresholds(struct chooser *ch, const struct unit *x,
			   struct value_format *f)
{
	const struct graph_thresholds *t = x->thresholds;
	double first = t->base / t->step;

	f->source = FORMAT_QUANT;
	f->own = true;
	f->q = (struct quantizer){ .is_signed = first < 0, .bits = 8,
				   .scale = (float)t->step };
	if (t->levels == 1 && first == -0.5) {
		f->q.bipolar = true;
		f->q.scale = (float)(t->step / 2);
		f->min = -1;
		f->max = 1;
		f->elem = QNN_ELEM_S2;
		return 0;
	}
	if (first == rint(first) && first >= -128 && first <= 255) {
		f->min = (int64_t)first;
		f->max = (int64_t)first + t->levels;
		f->elem = range_elem_for(f->min < 0 ? f->min : 0,
				   f->max > 0 ? f->max : 0);
	}
	if (f->elem)
		return 0;
	report_problem(ch->r, "node '%s' (%s): results from %g in %u steps of %g are supported only as multiples of the step that fit into 8 bits",
		       x->name, x->op, t->base, t->levels, t->step);
	return -1;
}

static int from_data(struct chooser *ch, const char *name, uint32_t value,
		     unsigned int bits, struct value_format *f)
{
	if (!ch->calib) {
		report_problem(ch->r, "node '%s': the range of its result is known neither from a quantizer nor from batch normalization; a calibration set is needed (--calib)",
			       name);
		return -1;
	}
	range_from_data(ch->opt, ch->calib->value[value], bits, f);
	return 0;
}

/* The sum of an average pool, when it fits into 8 bits. */
static bool sum_fits(struct chooser *ch, const struct unit *x,
		     struct value_format *f)
{
	const struct value_format *in = &ch->fmt[x->in[0]];
	const struct graph_window *w;
	int64_t taps, min, max;

	if (x->kind != UNIT_AVG_POOL || clamped(x) || x->mean)
		return false;
	for (uint32_t c = 0; c < x->channels; c++)
		if (x->add[c] != 0 || x->mul[c] != x->mul[0])
			return false;
	w = &x->node->window;
	taps = (int64_t)w->kh * w->kw;
	min = (in->min - (int64_t)in->q.zero_point) * taps;
	max = (in->max - (int64_t)in->q.zero_point) * taps;
	min = min < 0 ? min : 0;
	if (min < -128 || max > (min < 0 ? 127 : 255) || !(x->mul[0] > 0))
		return false;
	range_set(f, FORMAT_SUM, 8, min < 0, in->q.scale * x->mul[0]);
	f->min = min;
	f->max = max;
	return true;
}

static bool same_codes(const struct value_format *a,
		       const struct value_format *b)
{
	return a->elem == b->elem && a->q.scale == b->q.scale &&
	       a->q.zero_point == b->q.zero_point;
}

/* Lowest and highest number that a format has, and 0. */
static void reach(const struct value_format *f, double *lo, double *hi)
{
	double zero = f->q.zero_point;

	*lo = fmin(*lo, (f->min - zero) * f->q.scale);
	*hi = fmax(*hi, (f->max - zero) * f->q.scale);
}

/*
 * The format of a joined value: that of the parts if they have the same one,
 * else 8 bits that reach as far as any of them, in steps of the finest if that
 * does: then nothing is rounded where these fit into the others.
 */
static void join(struct value_format *f, const struct value_format *part)
{
	double lo = 0, hi = 0, step;

	if (f->source == FORMAT_NONE) {
		*f = *part;
		f->levels = 0;
		f->source = FORMAT_SAME;
		return;
	}
	if (same_codes(f, part)) {
		f->min = part->min < f->min ? part->min : f->min;
		f->max = part->max > f->max ? part->max : f->max;
		f->own = f->own && part->own;
		return;
	}
	reach(f, &lo, &hi);
	reach(part, &lo, &hi);
	step = fmax(fmin(f->q.scale, part->q.scale), (hi - lo) / 255);
	range_set(f, FORMAT_JOIN, 8, lo < 0, step);
	f->own = false;
	if (lo < 0)
		f->q.zero_point = (float)rint(-128 - lo / step);
	f->min = quantizer_code(&f->q, lo);
	f->max = quantizer_code(&f->q, hi);
}

static int join_all(struct chooser *ch, const struct unit *x)
{
	const struct unit *end = ch->u->unit + ch->u->count;
	struct value_format *f = &ch->fmt[x->joined];
	uint32_t joined = x->joined;

	/* The units of its parts follow each other. */
	for (; x < end && x->joined == joined; x++) {
		const struct value_format *part = format_of(ch, x->in[0]);

		if (part->source == FORMAT_RAW) {
			report_problem(ch->r, "node '%s' (%s): its input has 32 bits",
				       x->name, x->op);
			return -1;
		}
		join(f, part);
	}
	return 0;
}

/* What lies outside of the input is a code, too. */
static void add_fill(const struct graph_copy *c, struct value_format *f)
{
	int64_t code = format_fill(f, c->fill);

	if (c->clamp)
		return;
	f->min = code < f->min ? code : f->min;
	f->max = code > f->max ? code : f->max;
}

static int choose_moved(struct chooser *ch, const struct unit *x)
{
	struct value_format *f = &ch->fmt[x->out];
	const struct graph_value *v = &ch->g->value[x->out];

	if (x->joined != GRAPH_NONE) {
		if (ch->fmt[x->joined].source == FORMAT_NONE &&
		    join_all(ch, x))
			return -1;
		*f = ch->fmt[x->joined];
		return 0;
	}
	*f = *format_of(ch, x->in[0]);
	f->levels = 0;
	f->source = FORMAT_SAME;
	if (x->kind == UNIT_COPY)
		add_fill(&x->copy, f);
	limit(ch, x, f);
	if (x->dense && (v->c * qnn_elem_bits(f->elem) % 8 ||
			 x->dense * qnn_elem_bits(f->elem) % 8))
		f->elem = range_elem_for(f->min < 0 ? -128 : 0, 127);
	return 0;
}

static bool bn_tells(const struct chooser *ch, const struct unit *x)
{
	return x->mean && (by_bn(ch->opt) || !ch->calib);
}

static unsigned int bits_of(const struct chooser *ch, uint32_t value)
{
	if (ch->u->whole[value])
		return 8;
	return ch->opt->bits[value];
}

/* The numbers that a table of a function is for. */
static int choose_index(struct chooser *ch, const struct unit *x)
{
	struct value_format *f = &ch->fmt[x->index];

	if (x->index == x->in[0])
		return 0;
	if (x->index_quant)
		return quant_format(ch, x, &x->index_quant->quant, f);
	if (bn_tells(ch, x)) {
		range_from_bn(ch->opt, x, 8, f);
		return 0;
	}
	return from_data(ch, x->name, x->index, 8, f);
}

static int choose_softmax(struct chooser *ch, const struct unit *x,
			  struct value_format *f)
{
	if (x->has_quant)
		return quant_format(ch, x, &x->quant, f);
	range_set(f, FORMAT_FIXED, 8, false, 1.0 / 256);
	return 0;
}

/* A clamp whose bounds are codes leaves out the codes beyond them. */
static bool clamp_codes(const struct unit *x, struct value_format *f)
{
	double zero = f->q.zero_point;
	double lo = fmax(f->min, x->lo / f->q.scale + zero);
	double hi = fmin(f->max, x->hi / f->q.scale + zero);

	if (f->q.bipolar ? lo != -1 || hi != 1 :
			   lo != rint(lo) || hi != rint(hi) || lo > hi)
		return false;
	f->min = (int64_t)lo;
	f->max = (int64_t)hi;
	return true;
}

/* Is the result of @x meant to have fewer bits than what it reads? */
static bool narrows(const struct chooser *ch, const struct unit *x)
{
	return x->in[0] != ch->u->input && !ch->fmt[x->in[0]].own &&
	       bits_of(ch, x->out) < ch->opt->bits[x->in[0]];
}

/*
 * Codes times one number, plus another: the same codes with another scale and
 * zero point, where that is a code.
 */
static bool same_in_other_steps(struct chooser *ch, const struct unit *x,
				struct value_format *f)
{
	const struct value_format *in = &ch->fmt[x->in[0]];
	struct value_format out = *in;
	double zero;

	if (x->kind != UNIT_IDENTITY || x->post_count ||
	    in->source == FORMAT_RAW || !(x->mul[0] > 0) || narrows(ch, x))
		return false;
	for (uint32_t c = 1; c < x->channels; c++)
		if (x->mul[c] != x->mul[0] || x->add[c] != x->add[0])
			return false;
	zero = in->q.zero_point - x->add[0] / (x->mul[0] * in->q.scale);
	if (fabs(zero - rint(zero)) > 1e-6 || fabs(zero) > 255)
		return false;
	zero = rint(zero);
	out.source = FORMAT_SAME;
	out.own = false;
	out.levels = 0;
	out.q.rounding = QUANT_ROUND;
	out.q.scale = (float)(in->q.scale * x->mul[0]);
	out.q.zero_point = (float)zero;
	/* The type stays, where it has the zero point, too. */
	if (!range_elem(in->elem, fmin(out.min, zero), fmax(out.max, zero)))
		out.elem = range_elem_for(fmin(out.min, zero), fmax(out.max, zero));
	if (!out.elem || !clamp_codes(x, &out))
		return false;
	*f = out;
	return true;
}

/* Without data: of sums and averages of what is known. */
static bool from_moments(struct chooser *ch, const struct unit *x,
			 unsigned int bits, struct value_format *f)
{
	double *mean, *dev;
	bool known;

	if (ch->calib)
		return false;
	mean = mem_array(x->channels, sizeof(*mean));
	dev = mem_array(x->channels, sizeof(*dev));
	known = moments_of(&ch->moments, ch->g, x, mean, dev);
	if (known && f)
		range_from_moments(ch->opt, x, mean, dev, bits, f);
	free(mean);
	free(dev);
	return known;
}

static int choose_result(struct chooser *ch, const struct unit *x,
			 struct value_format *f)
{
	unsigned int bits = bits_of(ch, x->out);
	const struct graph_node *last;
	double lo, hi;

	if (x->thresholds)
		return from_thresholds(ch, x, f);
	if (x->has_quant) {
		if (quant_format(ch, x, &x->quant, f))
			return -1;
		limit(ch, x, f);
		return 0;
	}
	if (is_raw(ch->u, x)) {
		f->source = FORMAT_RAW;
		f->elem = QNN_ELEM_S32;
		return 0;
	}
	if (same_in_other_steps(ch, x, f))
		return 0;
	if (bn_tells(ch, x) && !x->post_count) {
		range_from_bn(ch->opt, x, bits, f);
		return 0;
	}
	if (sum_fits(ch, x, f))
		return 0;
	if (x->mean && x->post_count &&
	    (ch->opt->method == FORMAT_BY_BN ||
	     ch->opt->method == FORMAT_BY_CHANNELS)) {
		range_behind_function(ch->opt, x, bits, f);
		return 0;
	}
	last = x->post_count ? x->post[x->post_count - 1] : NULL;
	if (!ch->calib && last && last->op == GRAPH_FUNCTION) {
		function_range(&last->activation, &lo, &hi);
		if (isfinite(lo) && isfinite(hi)) {
			range_of_function(bits, lo, hi, f);
			return 0;
		}
		if (x->mean) {
			range_behind_function(ch->opt, x, bits, f);
			return 0;
		}
	}
	if (!x->post_count && from_moments(ch, x, bits, f))
		return 0;
	return from_data(ch, x->name, x->out, bits, f);
}

static int choose(struct chooser *ch, const struct unit *x)
{
	struct value_format *f = &ch->fmt[x->out];

	for (unsigned int k = 0; k < unit_inputs(x); k++)
		format_of(ch, x->in[k]);
	if (format_passes_on(x))
		return choose_moved(ch, x);
	if (x->kind == UNIT_SOFTMAX)
		return choose_softmax(ch, x, f);
	if (x->post_count && choose_index(ch, x))
		return -1;
	return choose_result(ch, x, f);
}

/* Whether all of the set are @min to @min + 255 times the scale. */
static bool whole_numbers(const struct dataset *ds, double scale, double min)
{
	size_t count = (size_t)ds->count * ds->height * ds->width *
		       ds->channels;

	for (size_t i = 0; i < count; i++) {
		double n = ds->images[i] / scale;

		/* Up to the precision of the float that n was stored in. */
		if (!(rint(n) >= min && rint(n) <= min + 255 &&
		      fabs(n - rint(n)) < 1e-4))
			return false;
	}
	return true;
}

static int choose_input(struct chooser *ch, const struct dataset *ds)
{
	uint32_t value = ch->u->input;
	struct value_format *f = &ch->fmt[value];
	double scale = ch->opt->input_scale;

	if (ch->u->input_quant) {
		f->source = FORMAT_QUANT;
		f->own = true;
		f->q = *ch->u->input_quant;
		f->min = quantizer_min(&f->q);
		f->max = quantizer_max(&f->q);
		f->elem = range_elem_for(f->min, f->max);
		return 0;
	}
	if (ds ? whole_numbers(ds, scale, 0) : ch->opt->input_scale_given) {
		range_set(f, FORMAT_INPUT, 8, false, scale);
		return 0;
	}
	if (ds && whole_numbers(ds, scale, -128)) {
		range_set(f, FORMAT_INPUT, 8, true, scale);
		return 0;
	}
	if (!ch->calib) {
		report_problem(ch->r, "input '%.64s': its range is not known; a calibration set is needed (--calib), or for whole numbers from 0 to 255 their scale (--input-scale)",
			       ch->g->value[value].name);
		return -1;
	}
	return from_data(ch, ch->g->value[value].name, value, 8, f);
}

static int check_step(struct chooser *ch, const char *name, uint32_t value)
{
	float step = ch->fmt[value].q.scale;

	if (ch->fmt[value].source == FORMAT_RAW ||
	    (step >= LEAST_STEP && step <= LARGEST_STEP))
		return 0;
	report_problem(ch->r, "'%.64s': the step of its result would be %g; it must be %g to %g",
		       name, step, LEAST_STEP, LARGEST_STEP);
	return -1;
}

int formats_choose(const struct graph *g, const struct units *u,
		   const struct format_options *opt, const struct dataset *ds,
		   const struct calib *calib, struct value_format *fmt,
		   struct report *r)
{
	struct chooser ch = { g, u, opt, calib, fmt, r, NULL, { 0 } };
	int ret;

	ch.alias = mem_array(g->value_count, sizeof(*ch.alias));
	for (size_t i = 0; i < u->alias_count; i++)
		ch.alias[u->alias[i].value] = &u->alias[i];
	ret = choose_input(&ch, ds);
	if (!ret)
		ret = check_step(&ch, g->value[u->input].name, u->input);
	moments_open(&ch.moments, g);
	for (size_t i = 0; i < u->count; i++) {
		const struct unit *x = &u->unit[i];

		from_moments(&ch, x, 0, NULL);
		if (choose(&ch, x) || check_step(&ch, x->name, x->out))
			ret = -1;
	}
	for (size_t i = 0; i < u->alias_count; i++)
		format_of(&ch, u->alias[i].value);
	moments_close(&ch.moments);
	free(ch.alias);
	return ret;
}
