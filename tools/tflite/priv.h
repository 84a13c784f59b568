/* SPDX-License-Identifier: MIT */
/* What the parts of the TFLite importer share. */
#ifndef TOOLS_TFLITE_PRIV_H
#define TOOLS_TFLITE_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "read.h"
#include "tools/graph/graph.h"
#include "tools/graph/report.h"
#include "tools/import/import.h"

/*
 * Numbers of four bytes that all nodes together have, each its own: one small
 * constant can be that of many layers, and stand for each of many channels.
 */
#define TFL_MAX_NUMBERS	(1u << 28)

/* What a tensor stands for. */
struct symbol {
	enum {
		SYMBOL_LATER,	/* an operator will define it */
		SYMBOL_REFUSED,	/* its operator has a problem */
		SYMBOL_CONST,
		SYMBOL_VALUE,
	} kind;
	uint32_t value;		/* of the graph */
	uint32_t source;	/* constant: the tensor that has its bytes */
};

struct importer {
	struct graph *g;
	struct report *r;
	const struct tfl_model *m;
	struct symbol *symbol;	/* per tensor */
	uint32_t *maker;	/* per tensor: operator, or GRAPH_NONE */
	bool *needed;		/* per operator */
	uint64_t numbers;	/* of constants, so far */
};

/* One operator while it is being imported. */
struct op {
	struct importer *imp;
	const struct tfl_operator *o;
	const struct tfl_options *opt;
	const char *type;	/* "CONV_2D" */
	const char *name;	/* of its result */
	size_t ignored;		/* input that nothing depends on, or SIZE_MAX */
	bool refused;
};

/* Sides of a tensor: the last ones count, all others are 1. */
struct sides {
	uint32_t n, h, w, c;
};

/* A constant's numbers: integers or floats. */
struct numbers {
	size_t count;
	int64_t *i;
	float *f;
};

/* op.c: what the operators are written with */
void tfl_op_problem(struct op *op, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
bool tfl_op_given(const struct op *op, size_t k);
/* NULL: left out. */
const struct tfl_tensor *tfl_op_input(const struct op *op, size_t k);
const struct tfl_tensor *tfl_op_output(const struct op *op, size_t k);
const struct symbol *tfl_op_symbol(const struct op *op, size_t k);
bool tfl_op_is_const(const struct op *op, size_t k);
/* The value of an input; a constant one is a problem. */
bool tfl_op_value(struct op *op, size_t k, uint32_t *value);
/* Nothing was wrong so far, also not with what it reads. */
bool tfl_op_ready(const struct op *op);
/* Shapes have at most 4 sides that are not 1, and none is open. */
bool tfl_op_sides(struct op *op, const struct tfl_tensor *t, struct sides *s);
/* The same, and it is one image. */
bool tfl_op_image(struct op *op, const struct tfl_tensor *t, struct sides *s);
/*
 * Which side of @s axis @axis of a tensor is: 0: height, 1: width, 2:
 * channels; -1: another; negative axes count from the end.
 */
int tfl_op_axis(const struct tfl_tensor *t, int64_t axis);
const char *tfl_type_name(int32_t type);
bool tfl_is_code(const struct tfl_tensor *t);	/* 8-bit quantized */
/* Of a tensor with 8-bit codes; others are a problem. */
bool tfl_op_quantizer(struct op *op, const struct tfl_tensor *t,
		      struct quantizer *q);
/*
 * Input @k and the first output are both floats or both codes of one type.
 * False: problem. @codes tells which.
 */
bool tfl_op_same_kind(struct op *op, size_t k, bool *codes);
/* Of two tensors that have quantizers. */
bool same_quant(const struct tfl_tensor *a, const struct tfl_tensor *b);

void tfl_op_result_value(struct op *op, size_t k, uint32_t value);
/* Add a node (name and source are filled in here); GRAPH_NONE: problem. */
uint32_t tfl_op_node(struct op *op, struct graph_node *n);
/*
 * Add what follows a layer whose result is @value: the activation, and for
 * quantized results the quantizer with the arithmetic @rq (owned; or NULL).
 */
uint32_t tfl_op_tail(struct op *op, uint32_t value, int32_t activation,
		     struct graph_requant *rq);
/* The same, and define the first output with it. */
void tfl_op_finish(struct op *op, uint32_t value, int32_t activation,
		   struct graph_requant *rq);
/*
 * The same codes, where the file gives them another scale or zero point from
 * here on. Returns the value, which may be @value.
 */
uint32_t tfl_op_restate(struct op *op, uint32_t value, const struct tfl_tensor *from,
			const struct tfl_tensor *to);
/* Add the quantizer of output 0 without arithmetic. */
uint32_t tfl_op_quant(struct op *op, uint32_t value, const struct tfl_tensor *t,
		      struct graph_requant *rq);

/* constant.c */
/* Count numbers that a node will have; false: problem. */
bool tfl_op_spend(struct op *op, uint64_t numbers);
bool tfl_op_numbers(struct op *op, size_t k, const char *what, struct numbers *n);
/* The same, integers only, at least @min and at most @max of them. */
bool tfl_op_ints(struct op *op, size_t k, const char *what, size_t min, size_t max,
		 struct numbers *n);
void numbers_free(struct numbers *n);
/* The tensor with the bytes of a constant input; NULL: problem. */
const struct tfl_tensor *tfl_op_const(struct op *op, size_t k, const char *what);
/* Elements of a constant's shape; 0: problem. Its bytes are enough. */
size_t tfl_op_elements(struct op *op, const struct tfl_tensor *t, const char *what);

/* weights.c */
struct weight_shape {
	uint32_t out, in, kh, kw;
	/* Distance in the file between neighbours in each direction. */
	size_t out_step, in_step, h_step, w_step;
	int32_t axis;		/* of the output channels */
};

/*
 * Weights are input @weights, biases @bias (left out: none), of a layer that
 * reads @input. On failure @w has what was read so far.
 */
bool tfl_op_weights(struct op *op, size_t weights, size_t bias, size_t input,
		    const struct weight_shape *s, struct graph_weights *w);
/* The arithmetic behind a convolution of codes; NULL: problem. */
struct graph_requant *tfl_op_layer_requant(struct op *op, size_t input,
					   size_t weights, uint32_t channels);

/* arith.c */
/* TFLite's multiplier and shift; false: the device has no such shift. */
bool arith_multiplier(double real, int32_t *multiplier, int8_t *shift);
/*
 * A multiplier and shift of rounding rule B for results from @lo to @hi that
 * are what double precision gives, halves away from zero, for all sums up to
 * @reach. False: there are none.
 */
bool arith_rounded(double real, int lo, int hi, int64_t reach,
		   int32_t *multiplier, int8_t *shift);
struct graph_requant *requant_new(uint32_t entries);
void requant_free(struct graph_requant *rq);
/* One multiplier; NULL with a problem when it cannot be had. */
struct graph_requant *tfl_op_requant(struct op *op, double real);
/* (x * 2^left) * multiplier * 2^shift as TFLite rounds it. */
int32_t arith_scale(int32_t x, int32_t multiplier, int shift);

/* ops_conv.c */
bool tfl_op_window(struct op *op, const struct sides *in, uint32_t kh, uint32_t kw,
		   struct graph_window *w);

/* names.c */
const char *tfl_op_name(int32_t code);	/* NULL: unknown */
const char *tfl_op_hint(int32_t code);	/* "" or what to do instead */

/* ops_move.c */
/* The same numbers with the sides of tensor @t. */
uint32_t tfl_op_shape_like(struct op *op, uint32_t value,
			   const struct tfl_tensor *t);

/* A copy of @value as it is; what its sides are; and the result of it. */
void tfl_copy_start(const struct op *op, uint32_t value, struct graph_node *n);
uint32_t *tfl_copy_side(struct graph_node *n, int side);
void tfl_copy_finish(struct op *op, struct graph_node *n);

/* ops_const.c: one of two inputs is constant */
void tfl_op_with_constant(struct op *op, enum graph_op kind);

/* Operators: ops_conv.c, ops_dense.c, ops_pool.c */
void tfl_op_conv(struct op *op);
void tfl_op_depthwise(struct op *op);
void tfl_op_transpose_conv(struct op *op);
void tfl_op_dense(struct op *op);
void tfl_op_average_pool(struct op *op);
void tfl_op_max_pool(struct op *op);
void tfl_op_mean(struct op *op);
/* ops_math.c */
void tfl_op_add(struct op *op);
void tfl_op_sub(struct op *op);
void tfl_op_mul(struct op *op);
/* ops_move.c, ops_slice.c, ops_pad.c */
void tfl_op_concat(struct op *op);
void tfl_op_reshape(struct op *op);
void tfl_op_transpose(struct op *op);
void tfl_op_resize_nearest(struct op *op);
void tfl_op_space_to_depth(struct op *op);
void tfl_op_depth_to_space(struct op *op);
void tfl_op_slice(struct op *op);
void tfl_op_strided_slice(struct op *op);
void tfl_op_split(struct op *op);
void tfl_op_split_v(struct op *op);
void tfl_op_pad(struct op *op);
void tfl_op_mirror_pad(struct op *op);
/* ops_quant.c */
void tfl_op_softmax(struct op *op);
void tfl_op_arg_max(struct op *op);
void tfl_op_quantize(struct op *op);
void tfl_op_dequantize(struct op *op);
/* ops_function.c */
void tfl_op_logistic(struct op *op);
void tfl_op_tanh(struct op *op);
void tfl_op_elu(struct op *op);
void tfl_op_gelu(struct op *op);
void tfl_op_leaky_relu(struct op *op);
void tfl_op_prelu(struct op *op);
void tfl_op_hard_swish(struct op *op);
void tfl_op_relu(struct op *op);
void tfl_op_relu6(struct op *op);
void tfl_op_relu_n1_to_1(struct op *op);
void tfl_op_relu_0_to_1(struct op *op);

/* import.c */
int tfl_import_model(const struct tfl_model *m, const struct import_options *opt,
		     struct graph *g, struct report *r);

#endif /* TOOLS_TFLITE_PRIV_H */
