// SPDX-License-Identifier: MIT
#include "memory.h"

#include <stdlib.h>

#include "qnn_device.h"
#include "tools/graph/mem.h"

#define SCRATCH_ALIGN	64u

/* A value in scratch memory. */
struct block {
	size_t born;		/* unit that writes it */
	size_t dies;		/* last unit that reads it */
	uint64_t offset;
	uint64_t bytes;
};

static void measure(struct place *p, const struct graph_value *v,
		    uint32_t elem)
{
	p->used = true;
	p->pixel_stride = (v->c * qnn_elem_bits(elem) + 7) / 8;
	p->row_stride = v->w * p->pixel_stride;
	p->bytes = (uint64_t)v->h * p->row_stride;
}

static size_t last_reader(const struct units *u, uint32_t value, size_t from)
{
	size_t last = from;

	for (size_t i = from + 1; i < u->count; i++)
		for (unsigned int k = 0; k < unit_inputs(&u->unit[i]); k++)
			if (u->unit[i].in[k] == value)
				last = i;
	return last;
}

/* The lowest offset at which @b overlaps none that lives while it does. */
static uint64_t first_fit(const struct block *all, size_t count,
			  const struct block *b)
{
	uint64_t offset = 0;
	bool moved;

	do {
		moved = false;
		for (size_t i = 0; i < count; i++) {
			const struct block *o = &all[i];

			if (o->dies < b->born || b->dies < o->born ||
			    o->offset >= offset + b->bytes ||
			    offset >= o->offset + o->bytes)
				continue;
			offset = o->offset + o->bytes;
			moved = true;
		}
	} while (moved);
	return offset;
}

static void plan_scratch(struct memory *m, const struct units *u)
{
	struct block *all = mem_array(u->count, sizeof(*all));
	uint64_t size = 0;
	size_t count = 0;

	for (size_t i = 0; i < u->count; i++) {
		struct place *p = &m->place[u->unit[i].out];
		struct block b = { .born = i };

		if (p->region)
			continue;
		b.dies = last_reader(u, u->unit[i].out, i);
		b.bytes = (p->bytes + SCRATCH_ALIGN - 1) / SCRATCH_ALIGN *
			  SCRATCH_ALIGN;
		b.offset = first_fit(all, count, &b);
		all[count++] = b;
		p->region = m->region_count;
		p->offset = b.offset;
		m->scratch_bytes += b.bytes;
		size = size > b.offset + b.bytes ? size : b.offset + b.bytes;
	}
	if (count)
		m->region_size[m->region_count++] = size;
	free(all);
}

static bool too_large(const struct graph *g, const struct memory *m,
		      uint32_t value, struct report *r)
{
	if ((uint64_t)g->value[value].w * m->place[value].pixel_stride <=
	    UINT32_MAX)
		return false;
	report_problem(r, "value '%.64s': a row takes more than 4 GiB",
		       g->value[value].name);
	return true;
}

int memory_plan(struct memory *m, const struct graph *g, const struct units *u,
		const struct value_format *fmt, struct report *r)
{
	*m = (struct memory){ 0 };
	if (g->output_count + 2 > QNN_MAX_REGIONS) {
		report_problem(r, "the network has %zu outputs; at most %u are supported",
			       g->output_count, QNN_MAX_REGIONS - 2);
		return -1;
	}
	m->place = mem_array(g->value_count, sizeof(*m->place));
	measure(&m->place[u->input], &g->value[u->input], fmt[u->input].elem);
	m->region_size[m->region_count++] = m->place[u->input].bytes;
	for (size_t i = 0; i < u->count; i++) {
		uint32_t out = u->unit[i].out;

		measure(&m->place[out], &g->value[out], fmt[out].elem);
		if (too_large(g, m, out, r))
			return -1;
	}
	for (size_t i = 0; i < g->output_count; i++) {
		struct place *p = &m->place[g->output[i]];

		if (p->region)
			continue;
		p->region = m->region_count;
		m->region_size[m->region_count++] = p->bytes;
	}
	plan_scratch(m, u);
	return 0;
}

void memory_free(struct memory *m)
{
	free(m->place);
}
