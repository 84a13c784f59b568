/* SPDX-License-Identifier: MIT */
/* Graphs that tests make node by node, without a file. */
#ifndef TESTS_GRAPH_MAKE_H
#define TESTS_GRAPH_MAKE_H

#include "pack_run.h"

/* An empty graph with one input; everything else as pr_init() has it. */
void gm_init(struct pack_run *t, uint32_t c, uint32_t h, uint32_t w);
/* Add @n with inputs @a and @b; returns its value, or fails the test. */
uint32_t gm_node(struct pack_run *t, struct graph_node n, uint32_t a,
		 uint32_t b);
void gm_output(struct pack_run *t, uint32_t value);
/* A window without padding, strides and dilation. */
struct graph_window gm_window(uint32_t kh, uint32_t kw);
uint32_t gm_quant(struct pack_run *t, uint32_t in, struct quantizer q,
		  struct graph_requant *requant);
uint32_t gm_clamp(struct pack_run *t, uint32_t in, double lo, double hi);
/* A quantizer with zero_after. */
struct quantizer gm_codes(unsigned int bits, bool is_signed, float scale,
			  float zero);

/* A copy of the heap for what a node owns. */
void *gm_keep(const void *p, size_t count, size_t size);

#endif /* TESTS_GRAPH_MAKE_H */
