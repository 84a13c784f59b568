// SPDX-License-Identifier: MIT
#include "graph.h"

#include <stdlib.h>

#include "mem.h"
#include "sane.h"
#include "shape.h"

static void weights_free(struct graph_weights *w)
{
	free(w->data);
	free(w->bias);
	if (!w->grid)
		return;
	free(w->grid->code);
	free(w->grid->scale);
	free(w->grid->bias);
	free(w->grid);
}

void graph_node_free(struct graph_node *n)
{
	switch (n->op) {
	case GRAPH_CONV:
	case GRAPH_CONV_TRANSPOSE:
		weights_free(&n->weights);
		break;
	case GRAPH_FUNCTION:
		free(n->activation.alpha);
		free(n->activation.codes);
		break;
	case GRAPH_QUANT:
		if (n->requant) {
			free(n->requant->multiplier);
			free(n->requant->shift);
			free(n->requant);
		}
		break;
	case GRAPH_THRESHOLD:
		free(n->thresholds.t);
		break;
	case GRAPH_AFFINE:
		free(n->affine.mul);
		free(n->affine.add);
		free(n->affine.mean);
		free(n->affine.dev);
		free(n->affine.step[0].operand);
		free(n->affine.step[1].operand);
		break;
	default:
		break;
	}
	free(n->name);
}

void graph_free(struct graph *g)
{
	for (size_t i = 0; i < g->node_count; i++)
		graph_node_free(&g->node[i]);
	for (size_t i = 0; i < g->value_count; i++) {
		free(g->value[i].name);
		free(g->value[i].units);
	}
	free(g->node);
	free(g->value);
	free(g->output);
	free(g->name);
	*g = (struct graph){ 0 };
}

unsigned int graph_inputs(const struct graph_node *n)
{
	switch (n->op) {
	case GRAPH_ADD:
	case GRAPH_SUB:
	case GRAPH_MUL:
		return 2;
	case GRAPH_CONCAT:
		return n->parts;
	default:
		return 1;
	}
}

void graph_readers_init(struct graph_readers *rd, const struct graph *g)
{
	rd->uses = mem_array(g->value_count, sizeof(*rd->uses));
	rd->node = mem_array(g->value_count, sizeof(*rd->node));
	for (size_t i = 0; i < g->value_count; i++)
		rd->node[i] = GRAPH_NONE;
	for (size_t i = 0; i < g->node_count; i++)
		for (unsigned int k = 0; k < graph_inputs(&g->node[i]); k++) {
			rd->uses[g->node[i].in[k]]++;
			rd->node[g->node[i].in[k]] = (uint32_t)i;
		}
	for (size_t i = 0; i < g->output_count; i++)
		rd->uses[g->output[i]]++;
}

void graph_readers_free(struct graph_readers *rd)
{
	free(rd->uses);
	free(rd->node);
}

uint32_t graph_only_reader(const struct graph_readers *rd, uint32_t value)
{
	return rd->uses[value] == 1 ? rd->node[value] : GRAPH_NONE;
}

const char *graph_node_label(const struct graph_node *n)
{
	static _Thread_local char text[2][128];
	static _Thread_local unsigned int turn;
	char *t = text[turn++ & 1];

	snprintf(t, sizeof(text[0]), "node '%.80s' (%s)", n->name, n->source);
	return t;
}

uint32_t graph_add_value(struct graph *g, struct report *r, const char *name,
			 uint64_t c, uint64_t h, uint64_t w, bool flat)
{
	struct graph_value *v;

	if (!c || !h || !w || h > GRAPH_MAX_DIM || w > GRAPH_MAX_DIM ||
	    c > (flat ? GRAPH_MAX_ELEMENTS : GRAPH_MAX_DIM) ||
	    c * h * w > GRAPH_MAX_ELEMENTS) {
		report_problem(r, "value '%.80s': its shape would be %llu x %llu x %llu (channels, height, width); sides must be 1 to %u",
			       name, (unsigned long long)c, (unsigned long long)h,
			       (unsigned long long)w, GRAPH_MAX_DIM);
		return GRAPH_NONE;
	}
	g->value = mem_grow(g->value, &g->value_cap, g->value_count + 1,
			    sizeof(*g->value));
	v = &g->value[g->value_count];
	*v = (struct graph_value){
		.name = mem_string(name), .c = c, .h = h, .w = w, .flat = flat,
	};
	return g->value_count++;
}

uint32_t graph_add_node(struct graph *g, struct report *r,
			struct graph_node *node, const char *out_name)
{
	struct graph_shape s;
	uint32_t out = GRAPH_NONE;

	if (g->node_count == GRAPH_MAX_NODES)
		report_problem(r, "the network has more than %u nodes",
			       GRAPH_MAX_NODES);
	else if (graph_sane(g, node, r) && graph_infer(g, node, r, &s))
		out = graph_add_value(g, r, out_name, s.c, s.h, s.w, s.flat);
	if (out == GRAPH_NONE) {
		graph_node_free(node);
		return GRAPH_NONE;
	}
	node->out = out;
	g->node = mem_grow(g->node, &g->node_cap, g->node_count + 1,
			   sizeof(*g->node));
	g->node[g->node_count++] = *node;
	return out;
}
