// SPDX-License-Identifier: MIT
/* MultiThreshold: how many thresholds a value reaches. */
#include "priv.h"

#include <stdlib.h>
#include <string.h>

#include "tools/graph/mem.h"

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void fill(struct graph_thresholds *th, const struct constant *c)
{
	th->rows = (uint32_t)c->dims[0];
	th->levels = (uint32_t)c->dims[1];
	th->t = mem_array(c->count, sizeof(*th->t));
	for (size_t k = 0; k < c->count; k++)
		th->t[k] = c->f[k];
	/* They are only counted. */
	for (uint32_t r = 0; r < th->rows; r++)
		qsort(th->t + (size_t)r * th->levels, th->levels,
		      sizeof(*th->t), ascending);
}

void op_multi_threshold(struct op *op)
{
	const struct constant *c = op_floats(op, 1, "thresholds");
	struct graph_node n = { .op = GRAPH_THRESHOLD };
	char layout[8], type[32];
	struct tensor t;
	size_t axis;

	n.thresholds.step = op_float(op, "out_scale", 1);
	n.thresholds.base = op_float(op, "out_bias", 0);
	op_string(op, "data_layout", "NCHW", layout, sizeof(layout));
	/* The type follows from scale, bias and the number of thresholds. */
	op_string(op, "out_dtype", "", type, sizeof(type));
	if (!(n.thresholds.step > 0))
		op_problem(op, "attribute 'out_scale' is %g; it must be above zero",
			   n.thresholds.step);
	if (!op_tensor(op, 0, &t) || !c || !op_ready(op))
		return;
	axis = *layout && layout[strlen(layout) - 1] == 'C' ?
	       t.view.rank - 1 : 1;
	if (t.view.rank < 2 || c->rank != 2 || !c->count ||
	    (c->dims[0] != 1 && c->dims[0] != t.view.dims[axis])) {
		op_problem(op, "its thresholds must have one row, or one for each channel, and two dimensions");
		return;
	}
	if (!op_spend(op, 2ull * c->count) || !tensor_channels(op, &t, axis))
		return;
	n.in[0] = t.value;
	fill(&n.thresholds, c);
	op_result_node(op, &n, &t);
}
