// SPDX-License-Identifier: MIT
/* What the importer knows about the values of the graph. */
#include "priv.h"

#include "tools/graph/mem.h"

struct value_note *note_of(struct importer *imp, uint32_t value)
{
	imp->note = mem_grow(imp->note, &imp->note_cap, imp->g->value_count,
			     sizeof(*imp->note));
	for (; imp->noted < imp->g->value_count; imp->noted++) {
		imp->note[imp->noted].maker = GRAPH_NONE;
		imp->note[imp->noted].codes = GRAPH_NONE;
	}
	return &imp->note[value];
}

const struct quantizer *note_quant(struct importer *imp, uint32_t value)
{
	const struct value_note *n = note_of(imp, value);

	return n->known ? &n->q : NULL;
}

float note_scale(struct importer *imp, uint32_t value)
{
	const struct quantizer *q = note_quant(imp, value);

	return q ? q->scale : 0;
}

void note_same(struct importer *imp, uint32_t in, uint32_t out)
{
	struct value_note from = *note_of(imp, in);
	struct value_note *to = note_of(imp, out);

	to->known = from.known;
	to->q = from.q;
}

const struct graph_node *note_maker(struct importer *imp, uint32_t value)
{
	uint32_t maker = note_of(imp, value)->maker;

	return maker == GRAPH_NONE ? NULL : &imp->g->node[maker];
}

bool quantizer_same(const struct quantizer *a, const struct quantizer *b)
{
	return a && b && a->bits == b->bits && a->is_signed == b->is_signed &&
	       a->narrow == b->narrow && a->bipolar == b->bipolar &&
	       a->scale == b->scale && a->zero_point == b->zero_point &&
	       a->zero_after == b->zero_after && a->rounding == b->rounding;
}
