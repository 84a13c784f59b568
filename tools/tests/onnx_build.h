/* SPDX-License-Identifier: MIT */
/* Makes ONNX models in memory, for tests. Everything lives until ob_free(). */
#ifndef TESTS_ONNX_BUILD_H
#define TESTS_ONNX_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include "onnx.pb-c.h"

#define OB_MAX	256

struct ob {
	Onnx__ModelProto model;
	Onnx__GraphProto graph;
	Onnx__OperatorSetIdProto opset[2];
	Onnx__OperatorSetIdProto *opset_list[2];
	Onnx__NodeProto *node[OB_MAX];
	Onnx__TensorProto *init[OB_MAX];
	Onnx__ValueInfoProto *in[8], *out[OB_MAX];
	void *memory[OB_MAX * 64];
	size_t memory_count;
};

#define DIMS(...) (const int64_t []){ __VA_ARGS__, -1000 }
#define NAMES(...) (const char *const []){ __VA_ARGS__, NULL }

void ob_init(struct ob *b, int64_t opset);
void ob_free(struct ob *b);
/* The bytes; the caller frees them. */
void *ob_bytes(struct ob *b, size_t *size);

/* dims end with -1000; -1: left open */
void ob_input(struct ob *b, const char *name, const int64_t *dims);
void ob_output(struct ob *b, const char *name);
Onnx__TensorProto *ob_floats(struct ob *b, const char *name,
			     const int64_t *dims, const float *data);
Onnx__TensorProto *ob_float(struct ob *b, const char *name, float value);
Onnx__TensorProto *ob_int64s(struct ob *b, const char *name,
			     const int64_t *dims, const int64_t *data);
/* The node is named after its result. */
Onnx__NodeProto *ob_node(struct ob *b, const char *type,
			 const char *const *inputs, const char *output);
/* The same in the domain of QONNX. */
Onnx__NodeProto *ob_quant_node(struct ob *b, const char *type,
			       const char *const *inputs, const char *output);
void ob_attr_int(struct ob *b, Onnx__NodeProto *n, const char *name,
		 int64_t value);
void ob_attr_float(struct ob *b, Onnx__NodeProto *n, const char *name,
		   float value);
void ob_attr_ints(struct ob *b, Onnx__NodeProto *n, const char *name,
		  const int64_t *dims);
void ob_attr_string(struct ob *b, Onnx__NodeProto *n, const char *name,
		    const char *value);
/* Quant with its four inputs made here. */
void ob_quant(struct ob *b, const char *input, const char *output, float scale,
	      float zero_point, float bits, int is_signed, int narrow);

#endif /* TESTS_ONNX_BUILD_H */
