// SPDX-License-Identifier: MIT
#include "range.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gauss.h"
#include "qnn_device.h"
#include "tools/graph/mem.h"

/* More bits than this have levels enough at equal distances. */
#define HWGQ_MAX_BITS	4

/* Points of a normal distribution that a function is computed for. */
#define POINTS		801
#define FARTHEST	5.0
#define MOST_COUNTS	1e9

uint32_t range_elem(uint32_t elem, int64_t min, int64_t max)
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
		if (min >= types[i].min && max <= types[i].max &&
		    (!elem || elem == types[i].elem))
			return types[i].elem;
	return QNN_ELEM_NONE;
}

uint32_t range_elem_for(int64_t min, int64_t max)
{
	return range_elem(QNN_ELEM_NONE, min, max);
}

void range_set(struct value_format *f, enum format_source source,
	       unsigned int bits, bool is_signed, double step)
{
	f->source = source;
	f->levels = 0;
	f->q = (struct quantizer){
		.is_signed = is_signed, .bits = bits,
		/* Constantly zero: any step will do. */
		.scale = step > 0 ? (float)step : 1,
	};
	f->min = quantizer_min(&f->q);
	f->max = quantizer_max(&f->q);
	f->elem = range_elem_for(f->min, f->max);
}

void range_from_bn(const struct format_options *opt, const struct unit *x,
		   unsigned int bits, struct value_format *f)
{
	range_from_moments(opt, x, x->mean, x->dev, bits, f);
}

void range_from_moments(const struct format_options *opt, const struct unit *x,
			const double *mean, const double *dev,
			unsigned int bits, struct value_format *f)
{
	struct gauss g = {
		.channels = x->channels, .mean = mean, .dev = dev,
		.lo = x->lo, .hi = x->hi,
	};
	struct calib_value *v;

	if (opt->method != FORMAT_BY_HWGQ || bits > HWGQ_MAX_BITS) {
		range_set(f, FORMAT_BN, bits, x->lo < 0, 1);
		range_set(f, FORMAT_BN, bits, x->lo < 0,
			  gauss_step(&g, f->min, f->max));
		return;
	}
	v = mem_array(1, sizeof(*v));
	gauss_bins(&g, v);
	range_hwgq(v, bits, f);
	free(v);
}

/* What the unit makes of a number @z deviations from a channel's mean. */
static double behind(const struct unit *x, uint32_t c, double z)
{
	double y = x->mean[c] + z * x->dev[c];

	return unit_apply(x, c, fmin(fmax(y, x->lo), x->hi));
}

static double point(int i)
{
	return (2.0 * i / (POINTS - 1) - 1) * FARTHEST;
}

/* @v is what its bins would be if the unit ran over a normal distribution. */
static void sample(const struct unit *x, struct calib_value *v)
{
	double most = MOST_COUNTS / x->channels;

	v->min = INFINITY;
	v->max = -INFINITY;
	for (uint32_t c = 0; c < x->channels; c++)
		for (int i = 0; i < POINTS; i++) {
			double y = behind(x, c, point(i));

			if (!isfinite(y))
				continue;
			v->min = fmin(v->min, y);
			v->max = fmax(v->max, y);
		}
	if (!(v->max >= v->min))
		v->min = v->max = 0;
	for (uint32_t c = 0; c < x->channels && v->max > v->min; c++)
		for (int i = 0; i < POINTS; i++) {
			double y = behind(x, c, point(i)), at;

			if (!isfinite(y))
				continue;
			at = (y - v->min) / (v->max - v->min) * CALIB_BINS;
			at = fmin(at, CALIB_BINS - 1);
			v->bin[(size_t)at] += (uint64_t)
				(most * exp(-0.5 * point(i) * point(i)));
		}
}

void range_behind_function(const struct format_options *opt,
			   const struct unit *x, unsigned int bits,
			   struct value_format *f)
{
	struct calib_value *v = mem_array(1, sizeof(*v));

	sample(x, v);
	range_from_data(opt, v, bits, f);
	if (!f->levels)
		f->source = FORMAT_BN;
	free(v);
}

void range_from_data(const struct format_options *opt,
		     const struct calib_value *v, unsigned int bits,
		     struct value_format *f)
{
	enum format_source source = bits > 4 ? FORMAT_MINMAX : FORMAT_MSE;
	double step;

	if (opt->method == FORMAT_BY_HWGQ && bits <= HWGQ_MAX_BITS) {
		range_hwgq(v, bits, f);
		return;
	}
	range_set(f, source, bits, v->min < 0, 1);
	switch (opt->method) {
	case FORMAT_BY_MINMAX:
		source = FORMAT_MINMAX;
		step = calib_reach(v, f->min, f->max);
		break;
	case FORMAT_BY_PERCENTILE:
		source = FORMAT_PERCENTILE;
		step = calib_percentile(v, f->min, f->max, opt->percentile);
		break;
	case FORMAT_BY_BN:
	case FORMAT_BY_CHANNELS:
	case FORMAT_BY_MSE:
		source = FORMAT_MSE;
		step = calib_mse(v, f->min, f->max);
		break;
	case FORMAT_BY_KL:
		source = FORMAT_KL;
		step = calib_kl(v, f->min, f->max);
		break;
	default:
		step = calib_step(v, f->min, f->max);
		break;
	}
	range_set(f, source, bits, v->min < 0, step);
}

void range_of_function(unsigned int bits, double lo, double hi,
		       struct value_format *f)
{
	range_set(f, FORMAT_RANGE, bits, lo < 0, 1);
	range_set(f, FORMAT_RANGE, bits, lo < 0, hi / (double)f->max);
}

bool format_has_width(const struct units *u, const struct value_format *fmt,
		      uint32_t value)
{
	switch (fmt[value].source) {
	case FORMAT_BN:
	case FORMAT_MINMAX:
	case FORMAT_MSE:
	case FORMAT_PERCENTILE:
	case FORMAT_KL:
	case FORMAT_RANGE:
	case FORMAT_HWGQ:
		return !u->whole[value];
	default:
		return false;
	}
}

const char *format_source_name(enum format_source source)
{
	static const char *const names[] = {
		[FORMAT_NONE] = "none",		[FORMAT_QUANT] = "quant",
		[FORMAT_BN] = "bn",		[FORMAT_MINMAX] = "minmax",
		[FORMAT_MSE] = "mse",		[FORMAT_INPUT] = "input",
		[FORMAT_SAME] = "same",		[FORMAT_SUM] = "sum",
		[FORMAT_RAW] = "raw",		[FORMAT_JOIN] = "join",
		[FORMAT_RANGE] = "function",	[FORMAT_FIXED] = "fixed",
		[FORMAT_PERCENTILE] = "percentile", [FORMAT_KL] = "kl",
		[FORMAT_HWGQ] = "hwgq",
	};

	return names[source];
}

static const char *const method_names[FORMAT_METHODS] = {
	[FORMAT_BY_WIDTH] = "auto",	[FORMAT_BY_BN] = "bn",
	[FORMAT_BY_MINMAX] = "minmax",	[FORMAT_BY_PERCENTILE] = "percentile",
	[FORMAT_BY_MSE] = "mse",	[FORMAT_BY_KL] = "kl",
	[FORMAT_BY_HWGQ] = "hwgq",	[FORMAT_BY_CHANNELS] = "bn-channels",
};

int format_method_parse(const char *name)
{
	for (int i = 0; i < FORMAT_METHODS; i++)
		if (!strcmp(name, method_names[i]))
			return i;
	return -1;
}

const char *format_method_name(enum format_method method)
{
	return method_names[method];
}
