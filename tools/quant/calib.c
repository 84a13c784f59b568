// SPDX-License-Identifier: MIT
#include "calib.h"

#include <math.h>
#include <stdlib.h>

#include "tools/float/float.h"
#include "tools/graph/mem.h"

static void see_range(struct calib_value *v, const float *x, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!isfinite(x[i]))
			continue;
		v->min = fmin(v->min, x[i]);
		v->max = fmax(v->max, x[i]);
	}
}

static void see_bins(struct calib_value *v, const float *x, size_t count)
{
	double per = CALIB_BINS / (v->max - v->min);

	if (!(v->max > v->min))
		return;
	for (size_t i = 0; i < count; i++) {
		double at = (x[i] - v->min) * per;

		if (!isfinite(x[i]))
			continue;
		v->bin[at < CALIB_BINS ? (size_t)at : CALIB_BINS - 1]++;
	}
}

static void pass(struct calib *c, const struct graph *g, struct float_net *net,
		 const struct dataset *ds,
		 void (*see)(struct calib_value *v, const float *x,
			     size_t count))
{
	size_t size = (size_t)ds->height * ds->width * ds->channels;

	for (uint32_t i = 0; i < ds->count; i++) {
		float_run(net, ds->images + i * size);
		for (size_t k = 0; k < c->count; k++)
			if (c->value[k])
				see(c->value[k], float_value(net, (uint32_t)k),
				    graph_elements(&g->value[k]));
	}
}

void calib_run(struct calib *c, const struct graph *g,
	       const struct dataset *ds, const bool *wanted)
{
	struct float_net *net = float_open(g);

	c->count = g->value_count;
	c->value = mem_array(c->count, sizeof(*c->value));
	for (size_t k = 0; k < c->count; k++) {
		if (!wanted[k])
			continue;
		c->value[k] = mem_array(1, sizeof(**c->value));
		c->value[k]->min = INFINITY;
		c->value[k]->max = -INFINITY;
	}
	pass(c, g, net, ds, see_range);
	pass(c, g, net, ds, see_bins);
	float_close(net);
}

void calib_free(struct calib *c)
{
	for (size_t k = 0; k < c->count; k++)
		free(c->value[k]);
	free(c->value);
	*c = (struct calib){ 0 };
}
