/* SPDX-License-Identifier: MIT */
/* What the parts of the ONNX importer share. */
#ifndef TOOLS_ONNX_PRIV_H
#define TOOLS_ONNX_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "onnx.h"
#include "onnx.pb-c.h"
#include "tools/graph/graph.h"
#include "tools/graph/report.h"

#define CONST_MAX_RANK	8u

/* Data types that Debian's description of the format does not know yet. */
enum { TYPE_UINT4 = 21, TYPE_INT4 = 22, TYPE_UINT2 = 25, TYPE_INT2 = 26 };

#define TYPE(name) ONNX__TENSOR_PROTO__DATA_TYPE__##name

/*
 * A constant: floats, or integers. One that was quantized (by a QONNX node, or
 * that DequantizeLinear made) keeps the codes and scales that its numbers are
 * made of, element by element, so that it can still be transposed.
 */
struct constant {
	size_t rank;
	uint64_t dims[CONST_MAX_RANK];
	size_t count;
	int type;		/* data type in the file */
	float *f;		/* or NULL */
	int64_t *i;		/* or NULL */
	int32_t *code;		/* or NULL */
	float *scale;		/* with @code */
	struct quantizer q;	/* with @code */
};

/* Which side of a graph value a dimension is: as axes of GRAPH_COPY. */
enum role { ROLE_H, ROLE_W, ROLE_C, ROLE_NONE };

/*
 * The shape of a value in the file, and where its dimensions are in the graph.
 * Those above 1 have a role each. Transposing only changes this.
 */
struct view {
	size_t rank;
	uint64_t dims[CONST_MAX_RANK];
	uint8_t role[CONST_MAX_RANK];
};

/* A value as the file has it. */
struct tensor {
	uint32_t value;
	struct view view;
	bool codes;		/* in the file, it is made of integers */
};

/* What a name stands for. */
struct symbol {
	const char *name;
	enum {
		SYMBOL_LATER,	/* a node will define it, or it is not needed */
		SYMBOL_REFUSED,	/* its node has a problem */
		SYMBOL_CONST,
		SYMBOL_VALUE,
	} kind;
	struct constant *constant;	/* owned */
	struct tensor tensor;
	uint32_t node;		/* that defines it, or GRAPH_NONE */
	const Onnx__TensorProto *initializer;	/* or NULL */
	const Onnx__ValueInfoProto *input;	/* or NULL */
	bool needed;
	size_t reads;		/* inputs of needed nodes that it is */
	bool target;		/* an output */
};

struct symbols {
	struct symbol *entry;	/* open addressing */
	size_t size;		/* a power of two */
	size_t used;
	uint64_t seed;
};

/* What is known about a value of the graph. */
struct value_note {
	bool known;		/* all its numbers are values of @q */
	struct quantizer q;
	uint32_t maker;		/* node, or GRAPH_NONE */
	uint32_t codes;		/* the value behind its last quantizer, or NONE */
	bool softmax;		/* the output that it is goes through one */
};

struct importer {
	struct graph *g;
	struct report *r;
	const struct import_options *opt;
	const Onnx__GraphProto *proto;
	int folder;		/* of the file, or -1 */
	uint64_t outside_left;	/* bytes that other files may still bring */
	uint64_t bytes;		/* of the file, and so far of others */
	uint64_t spent;		/* op_spend() */
	uint64_t loaded;	/* numbers of the file's constants */
	uint64_t folded;	/* numbers of constants made from them */
	struct symbols symbols;
	int64_t opset;
	int64_t qonnx_opset;
	bool *needed;		/* per node */
	const char **target;	/* names of the outputs */
	size_t targets;
	struct value_note *note;	/* per value of the graph */
	size_t note_cap;
	size_t noted;
	int input_type;		/* data type of the network's input */
	uint32_t input_codes;	/* with graph.input_is_codes: behind its quantizer */
};

/* One node while it is being imported. */
struct op {
	struct importer *imp;
	const Onnx__NodeProto *node;
	const char *type;
	char name[64];
	uint64_t attr_seen;	/* bit per attribute */
	bool refused;
};

struct operator {
	struct onnx_operator_doc doc;
	unsigned int min_inputs;
	unsigned int max_inputs;
	void (*import)(struct op *op);
};

/* table.c: NULL is "no such operator" */
const struct operator *operator_find(const Onnx__NodeProto *node);
/* What can be said about an operator that there is not; "" when nothing. */
const char *operator_hint(const char *type);

/* symbols.c: NULL is "no such name"; add returns NULL if it is there already */
struct symbol *symbol_find(const struct symbols *s, const char *name);
struct symbol *symbol_add(struct symbols *s, const char *name);
void symbols_free(struct symbols *s);

/* constant.c */
struct constant *constant_new(size_t rank, const uint64_t *dims, bool integer);
/* Of the same kind; its numbers are to follow. */
struct constant *constant_like(const struct constant *c, size_t rank,
			       const uint64_t *dims);
struct constant *constant_copy(const struct constant *c);
void constant_free(struct constant *c);
/* NULL with a problem that starts with @what. */
struct constant *constant_read(struct importer *imp, const Onnx__TensorProto *t,
			       const char *what);
/* Turn a constant's axes; @perm has a number for each axis. */
struct constant *constant_transpose(const struct constant *c,
				    const size_t *perm);
/* Of any kind of number. */
double constant_number(const struct constant *c, size_t k);
bool constant_finite(const struct constant *c);
/* The memory of its numbers, in units of four bytes. */
uint64_t constant_words(const struct constant *c);
/*
 * Index of the element of @c that belongs to element @k of an array with
 * @rank axes of @dims; axes are aligned at the end and sides of 1 repeated.
 */
size_t constant_broadcast(const struct constant *c, size_t rank,
			  const uint64_t *dims, size_t k);
bool constant_broadcasts(const struct constant *c, size_t rank,
			 const uint64_t *dims);

/* outside.c: @size bytes of another file, to be freed; NULL with a problem. */
void *outside_read(struct importer *imp, const Onnx__TensorProto *t,
		   const char *what, size_t size);

/* types.c */
bool type_integer(int type);
/* Width and sign of a type with which the device can calculate. */
bool type_codes(int type, struct quantizer *q);
const char *type_name(int type);

/* op.c: what the operators are written with */
void op_problem(struct op *op, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int64_t op_int(struct op *op, const char *name, int64_t value);
float op_float(struct op *op, const char *name, float value);
/* Returns how many; 0 when it is absent. */
size_t op_ints(struct op *op, const char *name, const int64_t **values);
/* Copies at most @size bytes with the final 0; @value when it is absent. */
void op_string(struct op *op, const char *name, const char *value, char *out,
	       size_t size);
bool op_has(struct op *op, const char *name);
const Onnx__AttributeProto *op_attr(struct op *op, const char *name);
/* No attribute may be left over that was not asked for. */
void op_attrs_done(struct op *op);

size_t op_inputs(const struct op *op);		/* given; empty ones at the
						 * end are not counted */
bool op_input_given(const struct op *op, size_t index);
const struct symbol *op_symbol(const struct op *op, size_t index);
/* All that is given is constant. */
bool op_all_const(const struct op *op);
bool op_is_const(const struct op *op, size_t index);
/*
 * Count numbers of four bytes that are read or kept, which files can name again
 * and again. False: more than a file of this size may take; a problem.
 */
bool import_spend(struct importer *imp, uint64_t numbers);
bool op_spend(struct op *op, uint64_t numbers);
/*
 * NULL: it is absent, or refused, or not of that kind; the latter is a
 * problem. @what names it: "weights".
 */
const struct constant *op_const(struct op *op, size_t index,
				const char *what);
/* The same, and it has floats, all finite. */
const struct constant *op_floats(struct op *op, size_t index,
				 const char *what);
/* The same, and it has integers. */
const struct constant *op_integers(struct op *op, size_t index,
				   const char *what);
/* One number, @value when it is not given. */
double op_number(struct op *op, size_t index, const char *what, double value);
/*
 * Axes from an attribute, or from an input when the attribute is not there.
 * Returns how many, at most CONST_MAX_RANK, each within the rank.
 */
size_t op_axes(struct op *op, size_t input, size_t rank, size_t *axes);
bool op_axis(struct op *op, int64_t axis, size_t rank, size_t *at);

/* A value of real numbers, or any. */
bool op_tensor(struct op *op, size_t index, struct tensor *t);
bool op_tensor_any(struct op *op, size_t index, struct tensor *t);
/* Inputs are there and nothing was wrong so far: build. */
bool op_ready(struct op *op);

size_t op_results(const struct op *op);		/* as op_inputs() */
void op_result_const(struct op *op, struct constant *c);
void op_result(struct op *op, size_t which, const struct tensor *t);
/*
 * Add @node; name and source are filled in here. False: refused. @t becomes
 * its result, with the view that it has or, for op_add_image(), an image's
 * with @rank dimensions.
 */
bool op_add_node(struct op *op, struct graph_node *node, struct tensor *t);
bool op_add_image(struct op *op, struct graph_node *node, size_t rank,
		  struct tensor *t);
/* op_add_node(), and that is the first result. */
void op_result_node(struct op *op, struct graph_node *node, struct tensor *t);

/* note.c: what is known about values */
struct value_note *note_of(struct importer *imp, uint32_t value);
const struct quantizer *note_quant(struct importer *imp, uint32_t value);
/* Its scale, for biases that were integers in the file; 0: not known. */
float note_scale(struct importer *imp, uint32_t value);
/* @out has the numbers of @in, all or some of them. */
void note_same(struct importer *imp, uint32_t in, uint32_t out);
/* False when one of them is NULL. */
bool quantizer_same(const struct quantizer *a, const struct quantizer *b);
/* The node that makes a value, or NULL. */
const struct graph_node *note_maker(struct importer *imp, uint32_t value);

/* view.c */
void view_image(struct view *v, size_t rank, const struct graph_value *value);
/* Roles of N x C x H x W or N x C x L; others count from the channels on. */
void view_roles(struct view *v);
/* The dimensions aligned at the end of @rank; those in front are 1. */
void view_raise(struct view *v, size_t rank);
uint32_t value_side(const struct graph_value *v, unsigned int role);
/* The dimension with @role, or rank. */
size_t view_find(const struct view *v, enum role role);
/*
 * Bring dimensions into the given roles, with a copy if necessary; those with
 * one element do not matter.
 */
bool tensor_arrange(struct op *op, struct tensor *t, const uint8_t *role);
/* ... into those of an image; false with a problem where it is none. */
bool tensor_image(struct op *op, struct tensor *t);
/* ... so that @axis is the channels. */
bool tensor_channels(struct op *op, struct tensor *t, size_t axis);
/* A role for dimension @k, which is 1 and is to become longer. */
bool tensor_role(struct op *op, struct tensor *t, size_t k);
/* A flat value becomes an image of one pixel, and the other way round. */
bool tensor_unflatten(struct op *op, struct tensor *t);
bool tensor_flatten(struct op *op, struct tensor *t);
/* The same numbers with other dimensions. */
bool tensor_reshape(struct op *op, struct tensor *t, size_t rank,
		    const uint64_t *dims);
/* Repeat dimensions of 1 up to @dims. */
bool tensor_expand(struct op *op, struct tensor *t, size_t rank,
		   const uint64_t *dims);

/*
 * order.c: numbers of the needed nodes in an order in which they can run.
 * Returns how many; nodes on a cycle are left out and are a problem.
 */
size_t import_order(struct importer *imp, uint32_t **order);

/* select.c: outputs, and what they need. */
void import_select(struct importer *imp);
/* input.c */
void import_input(struct importer *imp, struct symbol *s);

/* import.c */
int import_model(const Onnx__ModelProto *model, size_t size,
		 const struct import_options *opt, int folder, struct graph *g,
		 struct report *r);

/* Operators; the file is named before them. */
/* ops_conv.c */
void op_conv(struct op *op);
void op_conv_transpose(struct op *op);
/*
 * A convolution of @t with these weights, attributes read from the node. A
 * bias of integers is in steps of @in_scale times those of the weights.
 */
bool conv_build(struct op *op, struct tensor *t, const struct constant *w,
		size_t bias, float in_scale);
/* ops_pool.c */
void op_max_pool(struct op *op);
void op_average_pool(struct op *op);
void op_global_average_pool(struct op *op);
void op_global_max_pool(struct op *op);
void op_reduce(struct op *op);
bool average_pool_build(struct op *op, struct tensor *t);
bool global_pool_build(struct op *op, struct tensor *t, enum graph_op kind);
/* ops_dense.c */
void op_gemm(struct op *op);
void op_matmul(struct op *op);
/* What to multiply the last dimension with: [inputs][outputs]. */
bool dense_build(struct op *op, struct tensor *t, const struct constant *w,
		 size_t bias, float in_scale);
/* weights.c: weights of a layer from a constant with @c->dims[0] outputs. */
bool op_weights(struct op *op, const struct constant *c, uint32_t in,
		uint32_t kh, uint32_t kw, size_t bias, float in_scale,
		struct graph_weights *w);
/* ops_arith.c */
void op_add(struct op *op);
void op_sub(struct op *op);
void op_mul(struct op *op);
void op_div(struct op *op);
void op_min_max(struct op *op);
void op_neg(struct op *op);
void op_sum(struct op *op);
enum affine_kind {
	AFFINE_ADD,
	AFFINE_SUB,	/* the constant from the tensor */
	AFFINE_FROM,	/* the tensor from the constant */
	AFFINE_MUL,
	AFFINE_DIV,	/* by the constant, which has no 0 */
};

/* @t and a constant. */
bool affine_const(struct op *op, struct tensor *t, const struct constant *c,
		  enum affine_kind kind);
/* Two values of real numbers. */
bool pair_build(struct op *op, enum graph_op kind, struct tensor *a,
	       struct tensor *b);
bool affine_build(struct op *op, struct tensor *t, double mul, double add);
/* ops_norm.c */
void op_batch_norm(struct op *op);
/* ops_function.c */
void op_relu(struct op *op);
void op_clip(struct op *op);
void op_function(struct op *op);
void op_celu(struct op *op);
void op_prelu(struct op *op);
void op_pow(struct op *op);
void op_softmax(struct op *op);
void op_argmax(struct op *op);
bool function_build(struct op *op, struct tensor *t, enum graph_function f,
		    double alpha, double beta);
bool clamp_build(struct op *op, struct tensor *t, double lo, double hi);
/* The axis of Softmax, which changed its meaning with @opset 13. */
bool softmax_axis(struct op *op, const struct tensor *t, int64_t opset,
		  size_t *at);
bool softmax_build(struct op *op, struct tensor *t);
/* ops_move.c */
void op_flatten(struct op *op);
void op_reshape(struct op *op);
void op_transpose(struct op *op);
void op_squeeze(struct op *op);
void op_unsqueeze(struct op *op);
void op_identity(struct op *op);
void op_dropout(struct op *op);
void op_cast(struct op *op);
void op_expand(struct op *op);
/* ops_copy.c */
void op_concat(struct op *op);
void op_split(struct op *op);
void op_slice(struct op *op);
void op_gather(struct op *op);
void op_pad(struct op *op);
bool concat_build(struct op *op, struct tensor *part, size_t parts, size_t axis,
		  struct tensor *out);
/* ops_resize.c */
void op_resize(struct op *op);
void op_upsample(struct op *op);
void op_space_to_depth(struct op *op);
void op_depth_to_space(struct op *op);
/* ops_const.c */
void op_constant(struct op *op);
void op_constant_of_shape(struct op *op);
void op_shape(struct op *op);
void op_size(struct op *op);
void op_range(struct op *op);
/* fold.c: false: not all inputs are constant */
bool fold_unary(struct op *op);
bool fold_binary(struct op *op);
void op_fold_unary(struct op *op);
void op_fold_binary(struct op *op);
void op_where(struct op *op);
/* fold_shape.c: constants that are taken apart and put together */
void fold_gather(struct op *op, const struct constant *c, size_t axis);
void fold_concat(struct op *op, size_t axis);
void fold_slice(struct op *op, const struct constant *c,
		const int64_t *start, const int64_t *step, const uint64_t *dims);
void fold_reshape(struct op *op, const struct constant *c, size_t rank,
		  const uint64_t *dims);
void fold_expand(struct op *op, const struct constant *c, size_t rank,
		 const uint64_t *dims);
/* How many numbers a constant may have that a node makes out of nothing. */
#define FOLD_MAX_MADE	(1u << 20)
/* ops_quant.c, ops_threshold.c: QONNX */
void op_quant(struct op *op);
void op_bipolar_quant(struct op *op);
void op_trunc(struct op *op);
void op_multi_threshold(struct op *op);
/* ops_qdq.c */
void op_quantize_linear(struct op *op);
void op_dequantize_linear(struct op *op);
void op_dynamic_quantize(struct op *op);
/* @t of codes becomes the real numbers they stand for. */
bool dequantize(struct op *op, struct tensor *t, const struct quantizer *q);
/* @t of real numbers becomes codes. */
bool quantize(struct op *op, struct tensor *t, const struct quantizer *q);
/* Clip between QuantizeLinear and DequantizeLinear. */
void clip_codes(struct op *op, struct tensor *t, double lo, double hi);
/* All above zero; else a problem. */
bool scale_ok(struct op *op, const struct constant *s);
/* Scale and zero point of values, inputs @scale and @scale + 1. */
bool quantizer_read(struct op *op, size_t scale, struct quantizer *q);
/* A constant of integers becomes numbers with codes. */
struct constant *dequantize_const(struct op *op, const struct constant *c,
				  size_t scale, size_t zero, int64_t axis);
struct constant *codes_constant(struct op *op, const struct constant *c,
				const struct constant *scale,
				const struct constant *zero, int64_t axis);
/* ops_qlinear.c */
void op_qlinear_conv(struct op *op);
void op_qlinear_matmul(struct op *op);
void op_qgemm(struct op *op);
void op_conv_integer(struct op *op);
void op_matmul_integer(struct op *op);
void op_qlinear_binary(struct op *op);
void op_qlinear_unary(struct op *op);
void op_qlinear_concat(struct op *op);

#endif /* TOOLS_ONNX_PRIV_H */
