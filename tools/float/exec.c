// SPDX-License-Identifier: MIT
#include "float.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "priv.h"
#include "tools/graph/mem.h"

struct float_net {
	const struct graph *g;
	float **value;		/* per value; NULL: nothing computes it */
	float *columns;		/* for convolutions */
};

bool float_fits(const struct graph *g, struct report *r)
{
	uint64_t bytes = 0, have = (uint64_t)sysconf(_SC_PHYS_PAGES) *
				   (uint64_t)sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < g->value_count; i++)
		bytes += graph_elements(&g->value[i]) * sizeof(float);
	if (bytes <= have / 2)
		return true;
	report_problem(r, "running the network in floating point takes %llu MiB; half of this machine's memory is %llu",
		       (unsigned long long)bytes >> 20,
		       (unsigned long long)have >> 21);
	return false;
}

struct float_net *float_open(const struct graph *g)
{
	struct float_net *net = mem_array(1, sizeof(*net));
	size_t columns = 0;

	/* With one thread the order of additions is the same in every run. */
	openblas_set_num_threads(1);
	net->g = g;
	net->value = mem_array(g->value_count, sizeof(*net->value));
	net->value[g->input] = mem_array(graph_elements(&g->value[g->input]),
					 sizeof(float));
	for (size_t i = 0; i < g->node_count; i++) {
		const struct graph_node *n = &g->node[i];
		const struct graph_value *v = &g->value[n->out];
		size_t need;

		net->value[n->out] = mem_array(graph_elements(v), sizeof(float));
		if (n->op != GRAPH_CONV)
			continue;
		need = float_conv_scratch(n, v);
		columns = columns > need ? columns : need;
	}
	net->columns = mem_array(columns, sizeof(float));
	return net;
}

void float_close(struct float_net *net)
{
	if (!net)
		return;
	for (size_t i = 0; i < net->g->value_count; i++)
		free(net->value[i]);
	free(net->value);
	free(net->columns);
	free(net);
}

static void affine(const struct graph_affine *a, const struct graph_value *v,
		   const float *in, float *out)
{
	size_t plane = (size_t)v->h * v->w;

	for (uint32_t c = 0; c < v->c; c++)
		for (size_t p = 0; p < plane; p++, in++, out++)
			*out = (float)(a->mul[c] * *in + a->add[c]);
}

static void concat(struct float_net *net, const struct graph_node *n)
{
	uint32_t first = 0;

	for (uint32_t k = 0; k < n->parts; k++) {
		const struct graph_value *v = &net->g->value[n->in[k]];

		float_concat(n->axis, first, v, &net->g->value[n->out],
			     net->value[n->in[k]], net->value[n->out]);
		first += n->axis == 0 ? v->h : n->axis == 1 ? v->w : v->c;
	}
}

static void run_node(struct float_net *net, const struct graph_node *n)
{
	const struct graph_value *vi = &net->g->value[n->in[0]];
	const struct graph_value *vo = &net->g->value[n->out];
	const float *in = net->value[n->in[0]];
	float *out = net->value[n->out];
	size_t count = graph_elements(vo);

	switch (n->op) {
	case GRAPH_CONV:
		float_conv(n, vi, vo, in, out, net->columns);
		break;
	case GRAPH_AFFINE:
		affine(&n->affine, vo, in, out);
		break;
	case GRAPH_CLAMP:
		for (size_t i = 0; i < count; i++)
			out[i] = in[i] < n->lo ? (float)n->lo :
				 in[i] > n->hi ? (float)n->hi : in[i];
		break;
	case GRAPH_QUANT:
		for (size_t i = 0; i < count; i++)
			out[i] = quantizer_value(&n->quant, in[i], NULL);
		break;
	case GRAPH_MAX_POOL:
		float_max_pool(&n->window, vi, vo, in, out);
		break;
	case GRAPH_AVG_POOL:
		float_avg_pool(&n->window, n->count_pad, vi, vo, in, out);
		break;
	case GRAPH_ADD:
	case GRAPH_SUB:
	case GRAPH_MUL:
		float_pair(n->op, vi, &net->g->value[n->in[1]], vo, in,
			   net->value[n->in[1]], out);
		break;
	case GRAPH_FLATTEN:
		memcpy(out, in, count * sizeof(*out));
		break;
	case GRAPH_CONV_TRANSPOSE:
		float_conv_transpose(n, vi, vo, in, out);
		break;
	case GRAPH_FUNCTION:
		float_function(&n->activation, vo, in, out);
		break;
	case GRAPH_THRESHOLD:
		float_threshold(&n->thresholds, vo, in, out);
		break;
	case GRAPH_CONCAT:
		concat(net, n);
		break;
	case GRAPH_COPY:
		float_copy(&n->copy, vi, in, out);
		break;
	case GRAPH_RESHAPE:
		float_reshape(&n->reshape, vi, vo, in, out);
		break;
	case GRAPH_SOFTMAX:
		float_softmax(n->softmax_beta, vo, in, out);
		break;
	case GRAPH_ARGMAX:
		float_argmax(vi, in, out);
		break;
	}
}

void float_run(struct float_net *net, const float *image)
{
	const struct graph_value *v = &net->g->value[net->g->input];
	size_t plane = (size_t)v->h * v->w;
	float *in = net->value[net->g->input];

	for (size_t p = 0; p < plane; p++)
		for (uint32_t c = 0; c < v->c; c++)
			in[c * plane + p] = image[p * v->c + c];
	for (size_t i = 0; i < net->g->node_count; i++)
		run_node(net, &net->g->node[i]);
}

void float_set(struct float_net *net, uint32_t value, const float *data)
{
	memcpy(net->value[value], data,
	       graph_elements(&net->g->value[value]) * sizeof(*data));
}

void float_step(struct float_net *net, uint32_t node)
{
	run_node(net, &net->g->node[node]);
}

const float *float_value(const struct float_net *net, uint32_t value)
{
	return net->value[value];
}

uint32_t float_class(const struct float_net *net)
{
	uint32_t out = net->g->output[0], best = 0;
	size_t count = graph_elements(&net->g->value[out]);

	for (uint32_t i = 1; i < count; i++)
		if (net->value[out][i] > net->value[out][best])
			best = i;
	return best;
}

uint32_t float_count_right(struct float_net *net, const struct dataset *ds)
{
	size_t size = (size_t)ds->height * ds->width * ds->channels;
	uint32_t right = 0;

	for (uint32_t i = 0; i < ds->count; i++) {
		float_run(net, ds->images + i * size);
		right += ds->labels[i] >= 0 &&
			 float_class(net) == (uint32_t)ds->labels[i];
	}
	return right;
}
