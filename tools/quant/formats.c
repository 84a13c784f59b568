// SPDX-License-Identifier: MIT
#include "formats.h"

#include <math.h>

#include "gauss.h"
#include "qnn_program.h"

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
};

const char *format_source_name(enum format_source source)
{
	static const char *const names[] = {
		[FORMAT_NONE] = "none",		[FORMAT_QUANT] = "quant",
		[FORMAT_BN] = "bn",		[FORMAT_MINMAX] = "minmax",
		[FORMAT_MSE] = "mse",		[FORMAT_INPUT] = "input",
		[FORMAT_SAME] = "same",		[FORMAT_SUM] = "sum",
		[FORMAT_RAW] = "raw",
	};

	return names[source];
}

/* Read by a unit: then it cannot be raw. */
static bool read_again(const struct units *u, uint32_t value)
{
	for (size_t i = 0; i < u->count; i++)
		for (unsigned int k = 0; k < unit_inputs(&u->unit[i]); k++)
			if (u->unit[i].in[k] == value)
				return true;
	return false;
}

static bool passes_on(const struct unit *x)
{
	return x->kind == UNIT_MAX_POOL || x->kind == UNIT_MEAN_POOL;
}

static bool clamped(const struct unit *x)
{
	return isfinite(x->lo) || isfinite(x->hi);
}

static bool is_raw(const struct units *u, const struct unit *x)
{
	return !passes_on(x) && !x->has_quant && !clamped(x) &&
	       !read_again(u, x->out);
}

void formats_wanted(const struct graph *g, const struct units *u,
		    bool *wanted)
{
	for (size_t i = 0; i < u->count; i++) {
		const struct unit *x = &u->unit[i];

		if (!x->has_quant && !x->mean && !passes_on(x) && !is_raw(u, x))
			wanted[x->out] = true;
	}
	if (!u->input_quant)
		wanted[g->input] = true;
}

/* The smallest element type that holds codes from @min to @max, or 0. */
static uint32_t elem_for(int64_t min, int64_t max)
{
	static const struct {
		uint32_t elem;
		int64_t min, max;
	} types[] = {
		{ QNN_ELEM_U2, 0, 3 },		{ QNN_ELEM_S2, -2, 1 },
		{ QNN_ELEM_U4, 0, 15 },		{ QNN_ELEM_S4, -8, 7 },
		{ QNN_ELEM_U8, 0, 255 },	{ QNN_ELEM_S8, -128, 127 },
	};

	for (unsigned int i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (min >= types[i].min && max <= types[i].max)
			return types[i].elem;
	return QNN_ELEM_NONE;
}

static void set_steps(struct value_format *f, enum format_source source,
		      unsigned int bits, bool is_signed, double step)
{
	f->source = source;
	f->q = (struct quantizer){
		.is_signed = is_signed, .bits = bits,
		/* Constantly zero: any step will do. */
		.scale = step > 0 ? (float)step : 1,
	};
	f->min = quantizer_min(&f->q);
	f->max = quantizer_max(&f->q);
	f->elem = elem_for(f->min, f->max);
}

static int from_quant(struct chooser *ch, const struct unit *x,
		      struct value_format *f)
{
	double zero = x->quant.zero_point;

	f->source = FORMAT_QUANT;
	f->q = x->quant;
	f->min = quantizer_min(&f->q);
	f->max = quantizer_max(&f->q);
	if (isfinite(x->limit_lo))
		f->min = quantizer_code(&f->q, x->limit_lo);
	if (isfinite(x->limit_hi))
		f->max = quantizer_code(&f->q, x->limit_hi);
	f->elem = elem_for(fmin(f->min, zero), fmax(f->max, zero));
	if (f->elem)
		return 0;
	report_problem(ch->r, "node '%s' (%s): its quantizer has %u bits, codes %lld to %lld and zero point %g; at most 8 bits are supported for activations",
		       x->name, x->op, f->q.bits, (long long)f->min,
		       (long long)f->max, zero);
	return -1;
}

static void from_bn(struct chooser *ch, const struct unit *x,
		    struct value_format *f)
{
	struct gauss g = {
		.channels = x->channels, .mean = x->mean, .dev = x->dev,
		.lo = x->lo, .hi = x->hi,
	};

	set_steps(f, FORMAT_BN, ch->opt->activation_bits, x->lo < 0, 1);
	set_steps(f, FORMAT_BN, f->q.bits, x->lo < 0,
		  gauss_step(&g, f->min, f->max));
}

static int from_data(struct chooser *ch, const char *name, uint32_t value,
		     unsigned int bits, bool is_signed, struct value_format *f)
{
	const struct calib_value *v;
	enum format_source source = bits > 4 ? FORMAT_MINMAX : FORMAT_MSE;

	if (!ch->calib) {
		report_problem(ch->r, "node '%s': the range of its result is known neither from a quantizer nor from batch normalization; a calibration set is needed (--calib)",
			       name);
		return -1;
	}
	v = ch->calib->value[value];
	set_steps(f, source, bits, is_signed, 1);
	set_steps(f, source, bits, is_signed, calib_step(v, f->min, f->max));
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
	set_steps(f, FORMAT_SUM, 8, min < 0, in->q.scale * x->mul[0]);
	f->min = min;
	f->max = max;
	return true;
}

static int choose(struct chooser *ch, const struct unit *x)
{
	struct value_format *f = &ch->fmt[x->out];

	if (passes_on(x)) {
		*f = ch->fmt[x->in[0]];
		f->source = FORMAT_SAME;
		return 0;
	}
	if (x->has_quant)
		return from_quant(ch, x, f);
	if (is_raw(ch->u, x)) {
		f->source = FORMAT_RAW;
		f->elem = QNN_ELEM_S32;
		return 0;
	}
	if (x->mean) {
		from_bn(ch, x, f);
		return 0;
	}
	if (sum_fits(ch, x, f))
		return 0;
	return from_data(ch, x->name, x->out, ch->opt->activation_bits,
			 x->lo < 0 && (!ch->calib ||
				       ch->calib->value[x->out]->min < 0), f);
}

/* Whether all of the set are 0 to 255 times the scale. */
static bool whole_numbers(const struct dataset *ds, double scale)
{
	size_t count = (size_t)ds->count * ds->height * ds->width *
		       ds->channels;

	for (size_t i = 0; i < count; i++) {
		double n = ds->images[i] / scale;

		/* Up to the precision of the float that n was stored in. */
		if (!(rint(n) >= 0 && rint(n) <= 255 &&
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
		f->q = *ch->u->input_quant;
		f->min = quantizer_min(&f->q);
		f->max = quantizer_max(&f->q);
		f->elem = elem_for(f->min, f->max);
		return 0;
	}
	if (ds ? whole_numbers(ds, scale) : ch->opt->input_scale_given) {
		set_steps(f, FORMAT_INPUT, 8, false, scale);
		return 0;
	}
	if (!ch->calib) {
		report_problem(ch->r, "input '%.64s': its range is not known; a calibration set is needed (--calib), or for whole numbers from 0 to 255 their scale (--input-scale)",
			       ch->g->value[value].name);
		return -1;
	}
	return from_data(ch, ch->g->value[value].name, value, 8,
			 ch->calib->value[value]->min < 0, f);
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
	struct chooser ch = { g, u, opt, calib, fmt, r };
	int ret = choose_input(&ch, ds);

	if (!ret)
		ret = check_step(&ch, g->value[u->input].name, u->input);
	for (size_t i = 0; i < u->count; i++) {
		const struct unit *x = &u->unit[i];

		if (choose(&ch, x) || check_step(&ch, x->name, x->out))
			ret = -1;
	}
	return ret;
}
