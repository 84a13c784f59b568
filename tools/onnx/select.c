// SPDX-License-Identifier: MIT
/* Which results of a network are wanted, and what they need. */
#include "priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/graph/mem.h"

#define NEAR_NAMES	3u
#define NEAR_LENGTH	64u

static void add_target(struct importer *imp, const char *name)
{
	struct symbol *s = symbol_find(&imp->symbols, name);

	if (!s || s->target)
		return;
	s->target = true;
	imp->target[imp->targets++] = s->name;
}

/* How many letters must change, be added or go; long names only by their start. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[NEAR_LENGTH + 1];
	size_t na = strnlen(a, NEAR_LENGTH), nb = strnlen(b, NEAR_LENGTH);

	for (size_t k = 0; k <= nb; k++)
		row[k] = (unsigned int)k;
	for (size_t i = 1; i <= na; i++) {
		unsigned int corner = row[0];

		row[0] = (unsigned int)i;
		for (size_t k = 1; k <= nb; k++) {
			unsigned int change = corner + (a[i - 1] != b[k - 1]);
			unsigned int shift = (row[k] < row[k - 1] ? row[k] :
					      row[k - 1]) + 1;

			corner = row[k];
			row[k] = change < shift ? change : shift;
		}
	}
	return row[nb];
}

struct near {
	const char *name[NEAR_NAMES];
	unsigned int distance[NEAR_NAMES];
	size_t count;
};

static void consider(struct near *n, const char *wanted, const char *name)
{
	unsigned int d;
	size_t at;

	if (!name || !*name)
		return;
	for (size_t i = 0; i < n->count; i++)
		if (!strcmp(n->name[i], name))
			return;
	d = distance(wanted, name);
	for (at = n->count; at && n->distance[at - 1] > d; at--)
		if (at < NEAR_NAMES) {
			n->name[at] = n->name[at - 1];
			n->distance[at] = n->distance[at - 1];
		}
	if (at == NEAR_NAMES)
		return;
	n->name[at] = name;
	n->distance[at] = d;
	if (n->count < NEAR_NAMES)
		n->count++;
}

static void unknown(struct importer *imp, const char *name)
{
	struct near near = { .count = 0 };
	char list[NEAR_NAMES * (NEAR_LENGTH + 4)] = "";
	size_t used = 0;

	for (size_t i = 0; i < imp->proto->n_node; i++) {
		const Onnx__NodeProto *n = imp->proto->node[i];

		consider(&near, name, n->name);
		for (size_t k = 0; k < n->n_output; k++)
			consider(&near, name, n->output[k]);
	}
	for (size_t i = 0; i < near.count; i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used,
					 "%s'%.*s'", i ? ", " : "",
					 (int)NEAR_LENGTH - 4, near.name[i]);
	report_problem(imp->r, "there is no node or value '%.64s' to cut at; names like it are: %s",
		       name, list);
}

static void cut_at(struct importer *imp, const char *name)
{
	const struct symbol *s = symbol_find(&imp->symbols, name);
	bool found = false;

	for (size_t i = 0; i < imp->proto->n_node; i++) {
		const Onnx__NodeProto *n = imp->proto->node[i];

		if (!n->name || strcmp(n->name, name))
			continue;
		found = true;
		for (size_t k = 0; k < n->n_output; k++)
			if (n->output[k][0])
				add_target(imp, n->output[k]);
	}
	if (!found && s && s->node != GRAPH_NONE) {
		found = true;
		add_target(imp, name);
	}
	if (!found)
		unknown(imp, name);
}

static void choose_targets(struct importer *imp)
{
	const Onnx__GraphProto *p = imp->proto;
	size_t most = p->n_output;

	for (size_t i = 0; i < p->n_node; i++)
		most += p->node[i]->n_output;
	imp->target = mem_array(most, sizeof(*imp->target));
	if (imp->opt && imp->opt->cuts) {
		for (size_t i = 0; i < imp->opt->cuts; i++)
			cut_at(imp, imp->opt->cut[i]);
		return;
	}
	for (size_t i = 0; i < p->n_output; i++) {
		const char *name = p->output[i]->name ? p->output[i]->name : "";

		if (symbol_find(&imp->symbols, name))
			add_target(imp, name);
		else
			report_problem(imp->r, "output '%.64s' is defined nowhere",
				       name);
	}
	if (!p->n_output)
		report_problem(imp->r, "the network has no output");
}

void import_select(struct importer *imp)
{
	const Onnx__GraphProto *p = imp->proto;
	uint32_t *stack = mem_array(p->n_node, sizeof(*stack));
	size_t depth = 0;

	imp->needed = mem_array(p->n_node, sizeof(*imp->needed));
	choose_targets(imp);
	for (size_t i = 0; i < imp->targets; i++) {
		struct symbol *s = symbol_find(&imp->symbols, imp->target[i]);

		s->needed = true;
		if (s->node == GRAPH_NONE || imp->needed[s->node])
			continue;
		imp->needed[s->node] = true;
		stack[depth++] = s->node;
	}
	while (depth) {
		const Onnx__NodeProto *n = p->node[stack[--depth]];

		for (size_t k = 0; k < n->n_input; k++) {
			struct symbol *s = symbol_find(&imp->symbols, n->input[k]);

			if (!s)
				continue;
			s->needed = true;
			s->reads++;
			if (s->node == GRAPH_NONE || imp->needed[s->node])
				continue;
			imp->needed[s->node] = true;
			stack[depth++] = s->node;
		}
	}
	free(stack);
}
