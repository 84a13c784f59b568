// SPDX-License-Identifier: MIT
#include "memory.h"

#include <stdlib.h>

#include "qnn_device.h"
#include "tools/graph/mem.h"

struct planner {
	struct memory *m;
	const struct graph *g;
	const struct units *u;
	const struct value_format *fmt;
	struct report *r;
};

static struct place *place_of(const struct planner *p, uint32_t value)
{
	return &p->m->place[value];
}

/* A value without gaps, alone in its memory. */
static int measure(const struct planner *p, uint32_t value)
{
	const struct graph_value *v = &p->g->value[value];
	struct place *at = place_of(p, value);
	uint64_t pixel = ((uint64_t)v->c * qnn_elem_bits(p->fmt[value].elem) +
			  7) / 8;

	if (at->used)
		return 0;
	if (v->w * pixel > UINT32_MAX) {
		report_problem(p->r, "value '%.64s': a row takes more than 4 GiB",
			       v->name);
		return -1;
	}
	*at = (struct place){
		.used = true, .pixel_stride = (uint32_t)pixel,
		.row_stride = (uint32_t)(v->w * pixel),
		.bytes = v->h * v->w * pixel, .root = value, .born = SIZE_MAX,
	};
	return 0;
}

/* An alias lies in a root, offset and strides say where. */
static void lay_inside(const struct planner *p, const struct unit_alias *a)
{
	const struct place *of = place_of(p, a->of);
	struct place *at = place_of(p, a->value);

	at->root = of->root;
	at->offset = of->offset;
	if (a->reshaped)
		return;
	at->offset += (uint64_t)a->first[0] * of->row_stride +
		      (uint64_t)a->first[1] * of->pixel_stride +
		      (uint64_t)a->first[2] *
			      qnn_elem_bits(p->fmt[a->of].elem) / 8;
	at->row_stride = of->row_stride * a->step[0];
	at->pixel_stride = of->pixel_stride * a->step[1];
}

static int measure_all(const struct planner *p)
{
	const struct units *u = p->u;
	int ret = measure(p, u->input);

	for (size_t i = 0; i < u->count && !ret; i++)
		ret = measure(p, u->unit[i].out);
	for (size_t i = 0; i < u->alias_count && !ret; i++) {
		ret = measure(p, u->alias[i].of);
		if (!ret)
			ret = measure(p, u->alias[i].value);
		if (!ret)
			lay_inside(p, &u->alias[i]);
	}
	return ret;
}

static void uses(const struct planner *p, uint32_t value, size_t unit)
{
	struct place *at = place_of(p, value);
	struct place *root = place_of(p, at->root);

	at->born = unit < at->born ? unit : at->born;
	at->dies = unit > at->dies ? unit : at->dies;
	root->born = unit < root->born ? unit : root->born;
	root->dies = unit > root->dies ? unit : root->dies;
}

static void find_lives(const struct planner *p)
{
	for (size_t i = 0; i < p->u->count; i++) {
		const struct unit *x = &p->u->unit[i];

		for (unsigned int k = 0; k < unit_inputs(x); k++)
			uses(p, x->in[k], i);
		uses(p, x->out, i);
	}
}

static void give_region(const struct planner *p, uint32_t root)
{
	struct memory *m = p->m;

	place_of(p, root)->region = m->region_count;
	m->region_size[m->region_count++] = place_of(p, root)->bytes;
}

/* Each output's memory is one of its own, which nobody else has. */
static int give_outputs(const struct planner *p)
{
	const struct graph *g = p->g;

	for (size_t i = 0; i < g->output_count; i++) {
		uint32_t root = place_of(p, g->output[i])->root;

		if (!place_of(p, root)->region && root != p->u->input) {
			give_region(p, root);
			continue;
		}
		report_problem(p->r, "output '%.64s' would be a part of the memory of %s",
			       g->value[g->output[i]].name,
			       root == p->u->input ? "the input" :
						     "another output");
		return -1;
	}
	return 0;
}

/* In scratch memory, and not inside of something else. */
static bool is_block(const struct planner *p, uint32_t value)
{
	const struct place *at = place_of(p, value);

	return at->used && at->root == value && !at->region &&
	       value != p->u->input && at->born != SIZE_MAX;
}

/* May @out have exactly the memory of @in, which is not needed any more? */
static bool can_take_over(const struct planner *p, uint32_t in, uint32_t out,
			  size_t unit)
{
	const struct graph_value *vi = &p->g->value[in], *vo = &p->g->value[out];

	return is_block(p, in) && is_block(p, out) &&
	       place_of(p, in)->dies == unit && place_of(p, out)->born == unit &&
	       vi->c == vo->c && vi->h == vo->h && vi->w == vo->w &&
	       qnn_elem_bits(p->fmt[in].elem) ==
		       qnn_elem_bits(p->fmt[out].elem);
}

/* Is the other operand a part of operand @k's memory, and not all of it? */
static bool reads_part(const struct planner *p, const struct unit *x,
		       unsigned int k)
{
	return x->in[0] != x->in[1] &&
	       place_of(p, x->in[!k])->root == place_of(p, x->in[k])->root;
}

/*
 * What the device allows of sums and products. heir[] leads from a block to
 * the one that takes its memory over.
 */
static void take_over(const struct planner *p, uint32_t *heir, bool *taken)
{
	for (size_t i = 0; i < p->u->count; i++) {
		const struct unit *x = &p->u->unit[i];

		if (unit_inputs(x) != 2)
			continue;
		for (unsigned int k = 0; k < unit_inputs(x); k++) {
			if (taken[x->out] || reads_part(p, x, k) ||
			    !can_take_over(p, x->in[k], x->out, i))
				continue;
			heir[x->in[k]] = x->out;
			taken[x->out] = true;
		}
	}
}

/* A block that takes over from none, with all that take over from it. */
static struct plan_block join_heirs(const struct planner *p, uint32_t value,
				    const uint32_t *heir)
{
	struct plan_block b = {
		.bytes = place_of(p, value)->bytes,
		.born = place_of(p, value)->born,
	};

	for (uint32_t v = value; v != GRAPH_NONE; v = heir[v]) {
		place_of(p, v)->root = value;
		b.dies = place_of(p, v)->dies;
	}
	return b;
}

static void put_scratch(const struct planner *p, const uint32_t *heir,
			const bool *taken)
{
	struct memory *m = p->m;
	struct plan_block *block = mem_array(m->values, sizeof(*block));
	uint32_t *of = mem_array(m->values, sizeof(*of));
	uint64_t unshared = 0;
	size_t count = 0;

	for (uint32_t v = 0; v < m->values; v++) {
		if (!is_block(p, v))
			continue;
		unshared += place_of(p, v)->bytes;
		if (!taken[v])
			of[count++] = v;
	}
	for (size_t i = 0; i < count; i++)
		block[i] = join_heirs(p, of[i], heir);
	plan_blocks(block, count, &m->plan);
	m->plan.unshared = unshared;
	m->scratch = m->region_count;
	for (size_t i = 0; i < count; i++)
		for (uint32_t v = of[i]; v != GRAPH_NONE; v = heir[v]) {
			place_of(p, v)->region = m->scratch;
			place_of(p, v)->offset = block[i].offset;
		}
	if (count)
		m->region_size[m->region_count++] = m->plan.size;
	free(block);
	free(of);
}

static void plan_scratch(const struct planner *p)
{
	struct memory *m = p->m;
	uint32_t *heir = mem_array(m->values, sizeof(*heir));
	bool *taken = mem_array(m->values, sizeof(*taken));

	for (size_t v = 0; v < m->values; v++)
		heir[v] = GRAPH_NONE;
	take_over(p, heir, taken);
	put_scratch(p, heir, taken);
	free(heir);
	free(taken);
}

/* What lies inside of something else moves with it. */
static void place_aliases(const struct planner *p)
{
	for (size_t i = 0; i < p->u->alias_count; i++) {
		struct place *at = place_of(p, p->u->alias[i].value);
		const struct place *root = place_of(p, at->root);

		at->region = root->region;
		at->offset += root->offset;
	}
}

int memory_plan(struct memory *m, const struct graph *g, const struct units *u,
		const struct value_format *fmt, struct report *r)
{
	struct planner p = { .m = m, .g = g, .u = u, .fmt = fmt, .r = r };

	*m = (struct memory){ .values = g->value_count };
	if (g->output_count + 2 > QNN_MAX_REGIONS) {
		report_problem(r, "the network has %zu outputs; at most %u are supported",
			       g->output_count, QNN_MAX_REGIONS - 2);
		return -1;
	}
	m->place = mem_array(g->value_count, sizeof(*m->place));
	if (measure_all(&p))
		return -1;
	m->region_size[m->region_count++] = place_of(&p, u->input)->bytes;
	find_lives(&p);
	if (give_outputs(&p))
		return -1;
	plan_scratch(&p);
	place_aliases(&p);
	return 0;
}

void memory_free(struct memory *m)
{
	free(m->place);
}
