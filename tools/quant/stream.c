// SPDX-License-Identifier: MIT
#include "stream.h"

#include <stdlib.h>
#include <string.h>

#include "tools/float/float.h"
#include "tools/graph/mem.h"

static size_t elements(const struct stream *st, uint32_t value)
{
	return graph_elements(&st->s->g.value[value]);
}

/* What the network has just computed for an image. */
static void keep(struct stream *st, uint32_t value, uint32_t image)
{
	size_t count = elements(st, value);

	memcpy(st->value[value] + image * count,
	       float_value(st->s->net, value), count * sizeof(float));
}

static void make_room(struct stream *st, uint32_t value)
{
	st->value[value] = mem_array(st->images * elements(st, value),
				     sizeof(float));
}

void stream_open(struct stream *st, struct student *s, const struct dataset *ds,
		 uint32_t images)
{
	const struct graph *g = &s->g;
	size_t size = (size_t)ds->height * ds->width * ds->channels;

	*st = (struct stream){ .s = s, .images = images };
	st->value = mem_array(g->value_count, sizeof(*st->value));
	st->last = mem_array(g->value_count, sizeof(*st->last));
	for (size_t i = 0; i < g->node_count; i++)
		for (unsigned int k = 0; k < graph_inputs(&g->node[i]); k++)
			st->last[g->node[i].in[k]] = i;
	make_room(st, g->input);
	for (uint32_t i = 0; i < images; i++) {
		student_image(s, ds->images + i * size);
		keep(st, g->input, i);
	}
}

void stream_close(struct stream *st)
{
	for (size_t i = 0; i < st->s->g.value_count; i++)
		free(st->value[i]);
	free(st->value);
	free(st->last);
}

void stream_step(struct stream *st, size_t node, bool snap)
{
	const struct graph_node *n = &st->s->g.node[node];
	unsigned int inputs = graph_inputs(n);

	make_room(st, n->out);
	for (uint32_t i = 0; i < st->images; i++) {
		for (unsigned int k = 0; k < inputs; k++)
			float_set(st->s->net, n->in[k], st->value[n->in[k]] +
				  i * elements(st, n->in[k]));
		float_step(st->s->net, (uint32_t)node);
		keep(st, n->out, i);
	}
	if (snap)
		student_snap(st->s, n->out, st->value[n->out],
			     st->images * elements(st, n->out));
	for (unsigned int k = 0; k < inputs; k++) {
		if (st->last[n->in[k]] != node)
			continue;
		free(st->value[n->in[k]]);
		st->value[n->in[k]] = NULL;
	}
}
