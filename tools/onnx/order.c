// SPDX-License-Identifier: MIT
#include "priv.h"

#include <stdlib.h>

#include "tools/graph/mem.h"

/* Nodes that read the result of a node, one list for each node. */
struct edges {
	uint32_t *first;	/* per node; GRAPH_NONE ends a list */
	uint32_t *next;		/* per edge */
	uint32_t *to;		/* per edge */
	uint32_t *waits;	/* per node: inputs that are not there yet */
};

static void collect(const struct importer *imp, struct edges *e)
{
	const Onnx__GraphProto *p = imp->proto;
	size_t edges = 0;

	for (size_t i = 0; i < p->n_node; i++)
		edges += p->node[i]->n_input;
	e->first = mem_array(p->n_node, sizeof(uint32_t));
	e->waits = mem_array(p->n_node, sizeof(uint32_t));
	e->next = mem_array(edges, sizeof(uint32_t));
	e->to = mem_array(edges, sizeof(uint32_t));
	for (size_t i = 0; i < p->n_node; i++)
		e->first[i] = GRAPH_NONE;
	edges = 0;
	for (size_t i = 0; i < p->n_node; i++) {
		if (!imp->needed[i])
			continue;
		for (size_t k = 0; k < p->node[i]->n_input; k++) {
			const struct symbol *s;

			s = symbol_find(&imp->symbols, p->node[i]->input[k]);
			if (!s || s->node == GRAPH_NONE)
				continue;
			e->waits[i]++;
			e->to[edges] = (uint32_t)i;
			e->next[edges] = e->first[s->node];
			e->first[s->node] = (uint32_t)edges++;
		}
	}
}

size_t import_order(struct importer *imp, uint32_t **order)
{
	size_t count = imp->proto->n_node, tail = 0;
	uint32_t *list = mem_array(count, sizeof(*list));
	struct edges e;

	collect(imp, &e);
	for (size_t i = 0; i < count; i++)
		if (imp->needed[i] && !e.waits[i])
			list[tail++] = (uint32_t)i;
	for (size_t head = 0; head < tail; head++)
		for (uint32_t k = e.first[list[head]]; k != GRAPH_NONE;
		     k = e.next[k])
			if (!--e.waits[e.to[k]])
				list[tail++] = e.to[k];
	for (size_t i = 0; i < count && tail < count; i++) {
		const Onnx__NodeProto *n = imp->proto->node[i];

		if (!imp->needed[i] || !e.waits[i])
			continue;
		report_problem(imp->r, "node '%.64s' (%.40s): needs, directly or not, its own result",
			       n->name ? n->name : "",
			       n->op_type ? n->op_type : "");
		break;
	}
	free(e.first);
	free(e.waits);
	free(e.next);
	free(e.to);
	*order = list;
	return tail;
}
