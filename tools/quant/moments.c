// SPDX-License-Identifier: MIT
#include "moments.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gauss.h"
#include "tools/graph/mem.h"

void moments_open(struct moments *m, const struct graph *g)
{
	m->count = g->value_count;
	m->mean = mem_array(m->count, sizeof(*m->mean));
	m->dev = mem_array(m->count, sizeof(*m->dev));
}

void moments_close(struct moments *m)
{
	for (size_t i = 0; i < m->count; i++) {
		free(m->mean[i]);
		free(m->dev[i]);
	}
	free(m->mean);
	free(m->dev);
}

static double below(double z)
{
	return 0.5 * erfc(-z / M_SQRT2);
}

/* What a clamp makes of a normal distribution: its mean and deviation. */
static void clamp(double lo, double hi, double *mean, double *dev)
{
	double m = *mean, d = *dev, a, b, p, first, second;

	if (!(d > 0)) {
		*mean = fmin(fmax(m, lo), hi);
		return;
	}
	a = (lo - m) / d;
	b = (hi - m) / d;
	p = below(b) - below(a);
	first = m * p + d * (gauss_density(a) - gauss_density(b));
	second = (m * m + d * d) * p + d * d *
		 ((isinf(a) ? 0 : a * gauss_density(a)) -
		  (isinf(b) ? 0 : b * gauss_density(b))) +
		 2 * m * d * (gauss_density(a) - gauss_density(b));
	if (isfinite(lo)) {
		first += lo * below(a);
		second += lo * lo * below(a);
	}
	if (isfinite(hi)) {
		first += hi * (1 - below(b));
		second += hi * hi * (1 - below(b));
	}
	*mean = first;
	*dev = sqrt(fmax(second - first * first, 0));
}

static bool known(const struct moments *m, const struct unit *x, unsigned int k)
{
	return m->mean[x->in[k]] != NULL;
}

/* What arrives at the unit, in front of its factors. */
static bool arriving(const struct moments *m, const struct unit *x,
		     const struct graph *g, double *mean, double *dev)
{
	double taps;

	for (unsigned int k = 0; k < unit_inputs(x); k++)
		if (!known(m, x, k) || g->value[x->in[k]].c != x->channels)
			return false;
	switch (x->kind) {
	case UNIT_ADD:
		for (uint32_t c = 0; c < x->channels; c++) {
			double a = m->mean[x->in[0]][c];
			double b = m->mean[x->in[1]][c];

			mean[c] = x->node->op == GRAPH_SUB ? a - b : a + b;
			dev[c] = hypot(m->dev[x->in[0]][c],
				       m->dev[x->in[1]][c]);
		}
		return true;
	case UNIT_AVG_POOL:
		taps = (double)x->node->window.kh * x->node->window.kw;
		for (uint32_t c = 0; c < x->channels; c++) {
			mean[c] = m->mean[x->in[0]][c] * taps;
			dev[c] = m->dev[x->in[0]][c] * taps;
		}
		return true;
	case UNIT_IDENTITY:
	case UNIT_MAX_POOL:
	case UNIT_MEAN_POOL:
		memcpy(mean, m->mean[x->in[0]], x->channels * sizeof(*mean));
		memcpy(dev, m->dev[x->in[0]], x->channels * sizeof(*dev));
		return true;
	default:
		return false;
	}
}

static bool in_front(const struct moments *m, const struct graph *g,
		     const struct unit *x, double *mean, double *dev)
{
	if (x->mean) {
		memcpy(mean, x->mean, x->channels * sizeof(*mean));
		memcpy(dev, x->dev, x->channels * sizeof(*dev));
		return true;
	}
	if (!arriving(m, x, g, mean, dev))
		return false;
	for (uint32_t c = 0; c < x->channels && x->mul; c++) {
		mean[c] = mean[c] * x->mul[c] + x->add[c];
		dev[c] *= fabs(x->mul[c]);
	}
	return true;
}

bool moments_of(struct moments *m, const struct graph *g, const struct unit *x,
		double *mean, double *dev)
{
	if (!in_front(m, g, x, mean, dev))
		return false;
	if (x->post_count || m->mean[x->out])
		return true;
	m->mean[x->out] = mem_copy(mean, x->channels, sizeof(*mean));
	m->dev[x->out] = mem_copy(dev, x->channels, sizeof(*dev));
	for (uint32_t c = 0; c < x->channels; c++)
		clamp(x->lo, x->hi, &m->mean[x->out][c], &m->dev[x->out][c]);
	return true;
}
