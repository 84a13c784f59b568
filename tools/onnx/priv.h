/* SPDX-License-Identifier: MIT */
/* What the parts of the ONNX importer share. */
#ifndef TOOLS_ONNX_PRIV_H
#define TOOLS_ONNX_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "onnx.pb-c.h"
#include "tools/graph/graph.h"
#include "tools/graph/report.h"

#define CONST_MAX_RANK	8u

/*
 * A constant: floats, or integers. One that went through a Quant node keeps
 * the codes and scales that its numbers are made of, element by element, so
 * that it can still be transposed.
 */
struct constant {
	size_t rank;
	uint64_t dims[CONST_MAX_RANK];
	size_t count;
	float *f;		/* or NULL */
	int64_t *i;		/* or NULL */
	int32_t *code;		/* or NULL */
	float *scale;		/* with @code */
	struct quantizer q;	/* with @code */
};

/* What a name stands for. */
struct symbol {
	const char *name;
	enum {
		SYMBOL_LATER,	/* a node will define it */
		SYMBOL_REFUSED,	/* its node has a problem */
		SYMBOL_CONST,
		SYMBOL_VALUE,
	} kind;
	struct constant *constant;	/* owned */
	uint32_t value;
	uint32_t node;		/* that defines it, or GRAPH_NONE */
	bool extra;		/* not the first result of its node */
};

struct symbols {
	struct symbol *entry;	/* open addressing */
	size_t size;		/* a power of two */
	size_t used;
};

struct importer {
	struct graph *g;
	struct report *r;
	const Onnx__GraphProto *proto;
	struct symbols symbols;
	int64_t opset;
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

/* symbols.c: NULL is "no such name"; add returns NULL if it is there already */
struct symbol *symbol_find(const struct symbols *s, const char *name);
struct symbol *symbol_add(struct symbols *s, const char *name);
void symbols_free(struct symbols *s);

/* constant.c */
struct constant *constant_new(size_t rank, const uint64_t *dims, bool integer);
struct constant *constant_copy(const struct constant *c);
void constant_free(struct constant *c);
/* NULL with a problem in @r that starts with @what. */
struct constant *constant_read(const Onnx__TensorProto *t, struct report *r,
			       const char *what);
/* Turn a constant's axes; @perm has a number for each axis. */
struct constant *constant_transpose(const struct constant *c,
				    const size_t *perm);
bool constant_finite(const struct constant *c);

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
/*
 * NULL: it is absent, or refused, or not of that kind; the latter is a
 * problem. @what names it: "weights".
 */
const struct constant *op_const(struct op *op, size_t index,
				const char *what);
/* The same, and it has floats, all finite. */
const struct constant *op_floats(struct op *op, size_t index,
				 const char *what);
bool op_value(struct op *op, size_t index, uint32_t *value);
const struct symbol *op_symbol(const struct op *op, size_t index);
/* Inputs are there and nothing was wrong so far: build. */
bool op_ready(struct op *op);

void op_result_const(struct op *op, struct constant *c);
void op_result_value(struct op *op, uint32_t value);
/* Add @node (name and source are filled in here) and define the result. */
void op_result_node(struct op *op, struct graph_node *node);

/*
 * order.c: numbers of the nodes in an order in which they can run. Returns how
 * many; nodes on a cycle are left out and are a problem.
 */
size_t import_order(struct importer *imp, uint32_t **order);

/* import.c */
int import_model(const Onnx__ModelProto *model, struct graph *g,
		 struct report *r);

/* Operators: ops_conv.c, ops_dense.c, ops_plain.c, ops_quant.c, ops_const.c */
void op_conv(struct op *op);
void op_max_pool(struct op *op);
void op_average_pool(struct op *op);
void op_global_average_pool(struct op *op);
void op_gemm(struct op *op);
void op_matmul(struct op *op);
void op_add(struct op *op);
void op_batch_norm(struct op *op);
void op_relu(struct op *op);
void op_clip(struct op *op);
void op_flatten(struct op *op);
void op_reshape(struct op *op);
void op_identity(struct op *op);
void op_dropout(struct op *op);
void op_softmax(struct op *op);
void op_quant(struct op *op);
void op_bipolar_quant(struct op *op);
void op_constant(struct op *op);
void op_transpose(struct op *op);
void op_shape(struct op *op);
void op_gather(struct op *op);
void op_unsqueeze(struct op *op);
void op_concat(struct op *op);

/* ops_dense.c: weights of a layer from a constant with @c->dims[0] outputs. */
bool op_weights(struct op *op, const struct constant *c, uint32_t in,
		uint32_t kh, uint32_t kw, struct graph_weights *w);

#endif /* TOOLS_ONNX_PRIV_H */
