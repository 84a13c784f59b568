/* SPDX-License-Identifier: MIT */
/*
 * A network, as every importer hands it over and every later step reads it.
 *
 * Nodes are in an order in which they can run. Values are what nodes pass to
 * each other for one image: channels x height x width, channels outermost, as
 * the frameworks have it; a flat value is the same numbers as one long vector.
 * Constants belong to the node that uses them, with quantized ones already
 * worked out. Shapes are always known.
 */
#ifndef TOOLS_GRAPH_H
#define TOOLS_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/quant/quantizer.h"
#include "tools/graph/report.h"

#define GRAPH_MAX_DIM		65535u
#define GRAPH_MAX_ELEMENTS	(1u << 28)	/* of a value or a constant */
#define GRAPH_MAX_NODES		16384u
#define GRAPH_MAX_WINDOW	255u	/* kernel, stride, dilation, padding */

enum graph_op {
	GRAPH_CONV,	/* fully connected layers too: in x 1 x 1 */
	GRAPH_AFFINE,	/* y = mul[c] * x + add[c] */
	GRAPH_CLAMP,	/* y = min(max(x, lo), hi) */
	GRAPH_QUANT,
	GRAPH_MAX_POOL,
	GRAPH_AVG_POOL,
	GRAPH_ADD,
	GRAPH_FLATTEN,
};

/* Integer values that weights have, exactly: real = (code - zero) * scale. */
struct graph_grid {
	struct quantizer q;	/* width and kind; its scale is not used */
	int32_t *code;		/* as many as there are weights */
	float *scale;		/* one per output channel */
};

struct graph_weights {
	uint32_t out;
	uint32_t in;		/* per group */
	uint32_t kh;
	uint32_t kw;
	float *data;		/* [out][in][kh][kw] */
	float *bias;		/* [out], or NULL */
	struct graph_grid *grid;/* NULL: the weights are not quantized */
};

struct graph_window {
	uint32_t kh, kw;
	uint32_t stride_h, stride_w;
	uint32_t dilation_h, dilation_w;
	uint32_t pad_top, pad_left, pad_bottom, pad_right;
};

struct graph_affine {
	double *mul;
	double *add;
	/*
	 * Batch normalization: what comes out has these means and standard
	 * deviations over the training set. NULL: nothing is known.
	 */
	double *mean;
	double *dev;
};

struct graph_node {
	enum graph_op op;
	char *name;		/* of the node that it came from */
	const char *source;	/* what it was there: "Conv"; static */
	uint32_t in[2];		/* values */
	uint32_t out;
	union {
		struct {
			struct graph_weights weights;
			uint32_t groups;
		};
		struct graph_affine affine;
		struct {
			double lo;
			double hi;
		};
		struct quantizer quant;
		bool count_pad;	/* GRAPH_AVG_POOL: padding counts */
	};
	struct graph_window window;
};

struct graph_value {
	char *name;
	uint32_t c, h, w;
	bool flat;
};

struct graph {
	char *name;
	struct graph_value *value;
	size_t value_count;
	size_t value_cap;
	struct graph_node *node;
	size_t node_count;
	size_t node_cap;
	uint32_t input;		/* value */
	uint32_t *output;	/* values */
	size_t output_count;
};

/* Value number that stands for none: the result of a refused node. */
#define GRAPH_NONE	UINT32_MAX

void graph_free(struct graph *g);
/* What a node points to, not the node. */
void graph_node_free(struct graph_node *n);

static inline size_t graph_elements(const struct graph_value *v)
{
	return (size_t)v->c * v->h * v->w;
}

/* Inputs of a node: two for GRAPH_ADD, else one. */
unsigned int graph_inputs(const struct graph_node *n);

/* Who reads each value. */
struct graph_readers {
	uint32_t *uses;		/* nodes and outputs */
	uint32_t *node;		/* one of the nodes */
};

void graph_readers_init(struct graph_readers *rd, const struct graph *g);
void graph_readers_free(struct graph_readers *rd);
/* The only node that reads @value, which is no output; or GRAPH_NONE. */
uint32_t graph_only_reader(const struct graph_readers *rd, uint32_t value);

/*
 * Add a value. Returns its number, or GRAPH_NONE with a problem in @r when a
 * dimension is zero or too large.
 */
uint32_t graph_add_value(struct graph *g, struct report *r, const char *name,
			 uint64_t c, uint64_t h, uint64_t w, bool flat);

/*
 * Add @node, whose inputs are known values: works out the shape of its result,
 * names it @out_name, and takes over what @node points to, @node->name
 * included, also on failure. Returns the value, or GRAPH_NONE with a problem
 * in @r.
 */
uint32_t graph_add_node(struct graph *g, struct report *r,
			struct graph_node *node, const char *out_name);

/* "node 'name' (Conv)", for messages; valid until the next call but one. */
const char *graph_node_label(const struct graph_node *n);

/*
 * Bring the graph into the form that the next steps expect, without changing
 * what it computes: flattening is moved behind what works element by element,
 * and so are monotone functions in front of max pooling. Nodes nobody needs
 * go.
 */
void graph_simplify(struct graph *g);

#endif /* TOOLS_GRAPH_H */
