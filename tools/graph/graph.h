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
#define GRAPH_MAX_INPUTS	16u	/* of a node; more are joined in steps */

enum graph_op {
	GRAPH_CONV,	/* fully connected layers too: in x 1 x 1 */
	GRAPH_CONV_TRANSPOSE,
	GRAPH_AFFINE,	/* y = mul[c] * x + add[c] */
	GRAPH_CLAMP,	/* y = min(max(x, lo), hi) */
	GRAPH_FUNCTION,	/* y = f(x), element by element */
	GRAPH_QUANT,
	GRAPH_THRESHOLD,/* y = base + step * number of thresholds <= x */
	GRAPH_MAX_POOL,
	GRAPH_AVG_POOL,
	GRAPH_ADD,
	GRAPH_SUB,	/* first less second */
	GRAPH_MUL,	/* of two values; a side of 1 is repeated */
	GRAPH_CONCAT,
	GRAPH_COPY,	/* slice, pad, nearest resize, transpose, blocks */
	GRAPH_FLATTEN,	/* channels outermost */
	GRAPH_RESHAPE,	/* the same numbers with other sides */
	GRAPH_SOFTMAX,	/* over the channels of each pixel */
	GRAPH_ARGMAX,	/* over the channels of each pixel; the first of equals */
};

/* Integer values that weights have, exactly: real = (code - zero) * scale. */
struct graph_grid {
	struct quantizer q;	/* width and kind; its scale is not used */
	int32_t *code;		/* as many as there are weights */
	float *scale;		/* one per output channel */
	/*
	 * Biases in steps of the channel's scale times that of the layer's
	 * input, where the file has them like that; or NULL.
	 */
	int32_t *bias;
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

/* One operation of float32, which rounds its result. */
struct graph_step {
	uint32_t kind;		/* enum qnn_step_kind; 0: none */
	float *operand;		/* one per channel */
};

struct graph_affine {
	double *mul;
	double *add;
	/*
	 * How the file's own runtime computes it in floats. None: it multiplies
	 * and adds what is above.
	 */
	struct graph_step step[2];
	/*
	 * Batch normalization: what comes out has these means and standard
	 * deviations over the training set. NULL: nothing is known.
	 */
	double *mean;
	double *dev;
};

/*
 * The integer arithmetic with which the file's own runtime gets from sums to
 * the codes of a quantizer. Without it, a quantizer is computed as if in real
 * numbers. Belongs to a GRAPH_QUANT right behind (perhaps with a GRAPH_CLAMP
 * between) a layer with a grid, a pool, an addition, a multiplication, or
 * another quantizer. Rules and numbers are those of the device's requantize
 * stage (enum qnn_rounding).
 */
struct graph_requant {
	uint32_t rule;		/* enum qnn_rounding */
	uint32_t entries;	/* 1, or one per channel */
	int32_t *multiplier;	/* rule C: the bits of the float */
	int8_t *shift;		/* NULL with rule C */
};

enum graph_function {
	GRAPH_SIGMOID,
	GRAPH_TANH,
	GRAPH_HARD_SIGMOID,	/* max(0, min(1, alpha * x + beta)) */
	GRAPH_HARD_SWISH,	/* x * max(0, min(1, x / 6 + 0.5)) */
	GRAPH_SWISH,		/* x * sigmoid(alpha * x) */
	GRAPH_LEAKY,		/* x < 0 ? alpha[c] * x : x; PReLU too */
	GRAPH_ELU,		/* x < 0 ? alpha * (exp(x) - 1) : x */
	GRAPH_SELU,		/* beta * ELU */
	GRAPH_SOFTPLUS,
	GRAPH_SOFTSIGN,
	GRAPH_GELU,		/* with erf */
	GRAPH_MISH,
	GRAPH_ERF,
	GRAPH_EXP,
	GRAPH_LOG,
	GRAPH_SQRT,
	GRAPH_RSQRT,
	GRAPH_RECIPROCAL,
	GRAPH_ABS,
	GRAPH_POW,		/* pow(x, alpha) */
};

struct graph_activation {
	enum graph_function f;
	double *alpha;		/* one number, or one per channel; or NULL */
	uint32_t alphas;
	double beta;
	/*
	 * What the file's own runtime gives, where input and result both have
	 * 8-bit quantizers: 256 codes, the first for the lowest input code, for
	 * all channels or for each in turn. Or NULL.
	 */
	int16_t *codes;
	bool codes_by_channel;
};

struct graph_thresholds {
	uint32_t rows;		/* 1, or one per channel */
	uint32_t levels;
	double *t;		/* [rows][levels], ascending within a row */
	double step;		/* above zero */
	double base;
};

/* As struct qnn_copy_axis; axes are 0: height, 1: width, 2: channels. */
struct graph_axis {
	int32_t start;
	int32_t step;
	int32_t divisor;
	uint32_t from;
};

enum graph_blocks {
	GRAPH_PLAIN,
	GRAPH_SPACE_TO_DEPTH,
	GRAPH_DEPTH_TO_SPACE,
};

/* As struct qnn_copy_desc, in real numbers. */
struct graph_copy {
	uint32_t c, h, w;		/* of the result */
	struct graph_axis axis[3];	/* of the input */
	double fill;			/* outside of the input */
	bool clamp;			/* outside: nearest element, no fill */
	enum graph_blocks blocks;
	uint32_t block;			/* side of a block */
	bool crd;			/* blocks: the channel counts slowest */
};

struct graph_reshape {
	uint32_t c, h, w;
	bool flat;
	/* Numbers keep their order as channels vary fastest; else slowest. */
	bool channels_last;
};

struct graph_node {
	enum graph_op op;
	char *name;		/* of the node that it came from */
	const char *source;	/* what it was there: "Conv"; static */
	uint32_t in[GRAPH_MAX_INPUTS];	/* values */
	uint32_t out;
	union {
		struct {
			struct graph_weights weights;
			uint32_t groups;
			uint32_t out_pad_h, out_pad_w;	/* of the transposed */
		};
		struct graph_affine affine;
		struct {
			double lo;
			double hi;
		};
		struct graph_activation activation;
		struct {
			struct quantizer quant;
			struct graph_requant *requant;	/* or NULL */
		};
		struct graph_thresholds thresholds;
		struct {		/* GRAPH_AVG_POOL */
			bool count_pad;	/* padding counts */
			/*
			 * The result has the quantizer of the input, and is
			 * rounded to the nearest code, ties away from zero.
			 */
			bool same_codes;
		};
		struct {		/* GRAPH_CONCAT */
			uint32_t parts;
			uint32_t axis;	/* 0: height, 1: width, 2: channels */
		};
		struct graph_copy copy;
		struct graph_reshape reshape;
		struct {
			double softmax_beta;
			/* Exponentials in the fixed point of TFLite's kernels. */
			bool softmax_fixed;
		};
	};
	struct graph_window window;
};

struct graph_value {
	char *name;
	uint32_t c, h, w;
	bool flat;
	bool softmax;	/* of an output: the host computes it, over the channels */
	/*
	 * Per channel: times this, numbers are those of the source. NULL: they are
	 * already.
	 */
	double *units;
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
	/*
	 * The file's own input is made of integers: the quantizer that reads it
	 * says what they stand for, and rounds nothing.
	 */
	bool input_is_codes;
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

static inline bool graph_is_output(const struct graph *g, uint32_t value)
{
	for (size_t i = 0; i < g->output_count; i++)
		if (g->output[i] == value)
			return true;
	return false;
}

/* How many inputs a node has. */
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
 * what it computes: clamps and quantizers come before flattening, max pooling
 * and joining, padding becomes that of convolutions, fully connected layers
 * read images. Nodes nobody needs go.
 */
void graph_simplify(struct graph *g);

#endif /* TOOLS_GRAPH_H */
