// SPDX-License-Identifier: MIT
#include "student.h"

#include <stdlib.h>
#include <string.h>

#include "tools/float/float.h"
#include "tools/graph/mem.h"

static bool has_weights(const struct graph_node *n)
{
	return n->op == GRAPH_CONV || n->op == GRAPH_CONV_TRANSPOSE;
}

static size_t weight_count(const struct graph_weights *w)
{
	return (size_t)w->out * w->in * w->kh * w->kw;
}

void student_weights(struct student *s, size_t node,
		     const struct weight_codes *wc)
{
	const struct graph_weights *own = &s->from->node[node].weights;
	float *data = s->g.node[node].weights.data;

	if (!wc) {
		memcpy(data, own->data, weight_count(own) * sizeof(*data));
		return;
	}
	for (uint32_t o = 0; o < wc->out; o++)
		for (size_t k = 0; k < wc->row; k++)
			data[o * wc->row + k] =
				(float)(wc->code[o * wc->row + k] *
					wc->scale[o]);
}

float *student_bias(struct student *s, size_t node)
{
	return s->g.node[node].weights.bias;
}

void student_open(struct student *s, const struct graph *g,
		  const struct value_format *fmt,
		  struct weight_codes *const *codes)
{
	size_t most = 0;

	*s = (struct student){ .g = *g, .from = g, .fmt = fmt };
	s->g.node = mem_copy(g->node, g->node_count, sizeof(*g->node));
	for (size_t i = 0; i < g->node_count; i++) {
		struct graph_weights *w = &s->g.node[i].weights;
		const float *bias;

		if (!has_weights(&g->node[i]))
			continue;
		bias = w->bias;
		w->data = mem_copy(w->data, weight_count(w), sizeof(*w->data));
		w->bias = bias ? mem_copy(bias, w->out, sizeof(*bias)) :
				 mem_array(w->out, sizeof(*bias));
		if (codes && codes[i])
			student_weights(s, i, codes[i]);
	}
	for (size_t i = 0; i < g->value_count; i++) {
		size_t count = graph_elements(&g->value[i]);

		most = count > most ? count : most;
	}
	s->room = mem_array(most, sizeof(*s->room));
	s->net = float_open(&s->g);
}

void student_close(struct student *s)
{
	float_close(s->net);
	for (size_t i = 0; i < s->g.node_count; i++) {
		if (!has_weights(&s->g.node[i]))
			continue;
		free(s->g.node[i].weights.data);
		free(s->g.node[i].weights.bias);
	}
	free(s->g.node);
	free(s->room);
}

void student_snap(const struct student *s, uint32_t value, float *x,
		  size_t count)
{
	const struct value_format *f = s->fmt ? &s->fmt[value] : NULL;

	if (!f || f->source == FORMAT_NONE || f->source == FORMAT_RAW)
		return;
	for (size_t i = 0; i < count; i++)
		x[i] = (float)(((double)format_code(f, x[i]) -
				f->q.zero_point) * f->q.scale);
}

static void snap(struct student *s, uint32_t value)
{
	size_t count = graph_elements(&s->g.value[value]);

	if (!s->fmt)
		return;
	memcpy(s->room, float_value(s->net, value), count * sizeof(*s->room));
	student_snap(s, value, s->room, count);
	float_set(s->net, value, s->room);
}

void student_step(struct student *s, size_t node)
{
	float_step(s->net, (uint32_t)node);
	snap(s, s->g.node[node].out);
}

void student_image(struct student *s, const float *image)
{
	const struct graph_value *v = &s->g.value[s->g.input];
	size_t plane = (size_t)v->h * v->w;

	for (size_t p = 0; p < plane; p++)
		for (uint32_t c = 0; c < v->c; c++)
			s->room[c * plane + p] = image[p * v->c + c];
	float_set(s->net, s->g.input, s->room);
	snap(s, s->g.input);
}

void student_run(struct student *s, const float *image)
{
	student_image(s, image);
	for (size_t i = 0; i < s->g.node_count; i++)
		student_step(s, i);
}
