// SPDX-License-Identifier: MIT
#include "graph.h"

#include <stdlib.h>

#include "mem.h"

void graph_node_free(struct graph_node *n)
{
	switch (n->op) {
	case GRAPH_CONV:
		free(n->weights.data);
		free(n->weights.bias);
		if (n->weights.grid) {
			free(n->weights.grid->code);
			free(n->weights.grid->scale);
			free(n->weights.grid);
		}
		break;
	case GRAPH_AFFINE:
		free(n->affine.mul);
		free(n->affine.add);
		free(n->affine.mean);
		free(n->affine.dev);
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
	for (size_t i = 0; i < g->value_count; i++)
		free(g->value[i].name);
	free(g->node);
	free(g->value);
	free(g->output);
	free(g->name);
	*g = (struct graph){ 0 };
}

unsigned int graph_inputs(const struct graph_node *n)
{
	return n->op == GRAPH_ADD ? 2 : 1;
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

static bool window_ok(const struct graph_node *n, struct report *r)
{
	const struct graph_window *w = &n->window;
	/* A global pool has a kernel as large as its input. */
	uint32_t side = n->op == GRAPH_CONV ? GRAPH_MAX_WINDOW : GRAPH_MAX_DIM;
	uint32_t span_h = (w->kh - 1) * w->dilation_h;
	uint32_t span_w = (w->kw - 1) * w->dilation_w;
	const struct {
		const char *name;
		uint32_t value, min, max;
	} field[] = {
		{ "kernel height", w->kh, 1, side },
		{ "kernel width", w->kw, 1, side },
		{ "vertical stride", w->stride_h, 1, GRAPH_MAX_WINDOW },
		{ "horizontal stride", w->stride_w, 1, GRAPH_MAX_WINDOW },
		{ "vertical dilation", w->dilation_h, 1, GRAPH_MAX_WINDOW },
		{ "horizontal dilation", w->dilation_w, 1, GRAPH_MAX_WINDOW },
		/* A window that lies in the padding alone would be one. */
		{ "padding at the top", w->pad_top, 0, span_h },
		{ "padding at the left", w->pad_left, 0, span_w },
		{ "padding at the bottom", w->pad_bottom, 0, span_h },
		{ "padding at the right", w->pad_right, 0, span_w },
	};

	for (size_t i = 0; i < sizeof(field) / sizeof(field[0]); i++) {
		uint32_t max = field[i].max < GRAPH_MAX_WINDOW || i < 2 ?
			       field[i].max : GRAPH_MAX_WINDOW;

		if (field[i].value >= field[i].min && field[i].value <= max)
			continue;
		report_problem(r, "%s: %s is %u; it must be %u to %u",
			       graph_node_label(n), field[i].name,
			       field[i].value, field[i].min, max);
		return false;
	}
	return true;
}

static uint64_t window_out(uint64_t in, uint64_t pads, uint64_t kernel,
			   uint64_t stride, uint64_t dilation)
{
	uint64_t span = (kernel - 1) * dilation + 1;

	return in + pads < span ? 0 : (in + pads - span) / stride + 1;
}

struct shape {
	uint64_t c, h, w;
	bool flat;
};

static bool slide(const struct graph_node *n, struct report *r,
		  struct shape *s)
{
	const struct graph_window *w = &n->window;

	if (!window_ok(n, r))
		return false;
	s->h = window_out(s->h, w->pad_top + w->pad_bottom, w->kh, w->stride_h,
			  w->dilation_h);
	s->w = window_out(s->w, w->pad_left + w->pad_right, w->kw, w->stride_w,
			  w->dilation_w);
	if (s->h && s->w)
		return true;
	report_problem(r, "%s: its kernel is larger than its input",
		       graph_node_label(n));
	return false;
}

static bool conv_shape(const struct graph_node *n, struct report *r,
		       struct shape *s)
{
	if (!n->groups || n->weights.out % n->groups ||
	    (uint64_t)n->weights.in * n->groups != s->c) {
		report_problem(r, "%s: weights for %u x %u input channels in %u groups do not fit its input of %llu",
			       graph_node_label(n), n->weights.out,
			       n->weights.in, n->groups,
			       (unsigned long long)s->c);
		return false;
	}
	s->c = n->weights.out;
	return slide(n, r, s);
}

static bool infer(const struct graph *g, const struct graph_node *n,
		  struct report *r, struct shape *s)
{
	const struct graph_value *a = &g->value[n->in[0]], *b;

	*s = (struct shape){ a->c, a->h, a->w, a->flat };
	switch (n->op) {
	case GRAPH_CONV:
		return conv_shape(n, r, s);
	case GRAPH_MAX_POOL:
	case GRAPH_AVG_POOL:
		return slide(n, r, s);
	case GRAPH_ADD:
		b = &g->value[n->in[1]];
		if (a->c == b->c && a->h == b->h && a->w == b->w &&
		    a->flat == b->flat)
			return true;
		report_problem(r, "%s: its inputs have different shapes, %u x %u x %u and %u x %u x %u",
			       graph_node_label(n), a->c, a->h, a->w,
			       b->c, b->h, b->w);
		return false;
	case GRAPH_FLATTEN:
		*s = (struct shape){ graph_elements(a), 1, 1, true };
		return true;
	default:
		return true;
	}
}

uint32_t graph_add_node(struct graph *g, struct report *r,
			struct graph_node *node, const char *out_name)
{
	struct shape s;
	uint32_t out = GRAPH_NONE;

	if (g->node_count == GRAPH_MAX_NODES)
		report_problem(r, "the network has more than %u nodes",
			       GRAPH_MAX_NODES);
	else if (infer(g, node, r, &s))
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
