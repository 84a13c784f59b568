// SPDX-License-Identifier: MIT
#include "graph_make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/graph/mem.h"

void gm_init(struct pack_run *t, uint32_t c, uint32_t h, uint32_t w)
{
	memset(t, 0, sizeof(*t));
	pr_options(t);
	t->g.name = mem_string("made");
	t->g.input = graph_add_value(&t->g, &t->r, "x", c, h, w, false);
	assert_int_not_equal(t->g.input, GRAPH_NONE);
}

uint32_t gm_node(struct pack_run *t, struct graph_node n, uint32_t a,
		 uint32_t b)
{
	char name[32];
	uint32_t value;

	snprintf(name, sizeof(name), "n%zu", t->g.node_count);
	n.name = mem_string(name);
	if (!n.source)
		n.source = "Node";
	n.in[0] = a;
	if (n.op != GRAPH_CONCAT)
		n.in[1] = b;
	value = graph_add_node(&t->g, &t->r, &n, name);
	report_print(&t->r.problems, stderr, "# ");
	assert_int_not_equal(value, GRAPH_NONE);
	return value;
}

void gm_output(struct pack_run *t, uint32_t value)
{
	struct graph *g = &t->g;

	g->output = realloc(g->output,
			    (g->output_count + 1) * sizeof(*g->output));
	assert_non_null(g->output);
	g->output[g->output_count++] = value;
}

struct graph_window gm_window(uint32_t kh, uint32_t kw)
{
	return (struct graph_window){
		.kh = kh, .kw = kw, .stride_h = 1, .stride_w = 1,
		.dilation_h = 1, .dilation_w = 1,
	};
}

uint32_t gm_quant(struct pack_run *t, uint32_t in, struct quantizer q,
		  struct graph_requant *requant)
{
	struct graph_node n = { .op = GRAPH_QUANT, .source = "Quant" };

	n.quant = q;
	n.requant = requant;
	return gm_node(t, n, in, 0);
}

uint32_t gm_clamp(struct pack_run *t, uint32_t in, double lo, double hi)
{
	struct graph_node n = { .op = GRAPH_CLAMP, .source = "Clip" };

	n.lo = lo;
	n.hi = hi;
	return gm_node(t, n, in, 0);
}

struct quantizer gm_codes(unsigned int bits, bool is_signed, float scale,
			  float zero)
{
	return (struct quantizer){
		.is_signed = is_signed, .bits = bits, .zero_after = true,
		.scale = scale, .zero_point = zero,
	};
}

void *gm_keep(const void *p, size_t count, size_t size)
{
	return mem_copy(p, count, size);
}
