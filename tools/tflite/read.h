/* SPDX-License-Identifier: MIT */
/*
 * What a TFLite file says, as plain structures. The only part of the importer
 * that knows FlatBuffers is read.cc; nothing of a file is looked at before the
 * library's verifier has accepted all of it. Pointers are into the file's
 * bytes, which must stay.
 */
#ifndef TOOLS_TFLITE_READ_H
#define TOOLS_TFLITE_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "tools/graph/report.h"

#define TFL_MAX_TENSORS	65536u
#define TFL_MAX_RANK	8u

enum tfl_type {
	TFL_FLOAT32 = 0,
	TFL_FLOAT16 = 1,
	TFL_INT32 = 2,
	TFL_UINT8 = 3,
	TFL_INT64 = 4,
	TFL_INT16 = 7,
	TFL_INT8 = 9,
	TFL_INT4 = 17,
	TFL_INT2 = 19,
};

enum tfl_padding { TFL_SAME, TFL_VALID };

enum tfl_activation {
	TFL_NONE,
	TFL_RELU,
	TFL_RELU_N1_TO_1,
	TFL_RELU6,
	TFL_RELU_0_TO_1 = -1,	/* exists as an operator only */
};

enum tfl_mirror { TFL_REFLECT, TFL_SYMMETRIC };

struct tfl_ints {
	const int32_t *v;
	size_t n;
};

struct tfl_tensor {
	/* Harmless text, never empty. Of a result of several nodes that the
	 * converter joined, with a ';' between them, the first.
	 */
	char *name;
	char *full_name;	/* all of it */
	int32_t type;		/* enum tfl_type, or another number */
	struct tfl_ints shape;
	struct tfl_ints signature;	/* -1: any size; or empty */
	const float *scale;
	size_t scales;
	const uint8_t *zero;	/* int64 each, not aligned: tfl_zero() */
	size_t zeros;
	int32_t axis;		/* along which scales go */
	bool odd_quant;		/* a quantization that is no scale */
	bool variable;
	bool sparse;
	bool elsewhere;		/* in another file */
	const uint8_t *data;	/* NULL: not constant */
	size_t size;		/* bytes of @data */
};

/* Which options an operator has. */
enum tfl_kind {
	TFL_OPT_CONV = 1,
	TFL_OPT_DEPTHWISE = 2,
	TFL_OPT_POOL = 5,
	TFL_OPT_DENSE = 8,
	TFL_OPT_SOFTMAX = 9,
	TFL_OPT_CONCAT = 10,
	TFL_OPT_ADD = 11,
	TFL_OPT_SPACE_TO_DEPTH = 19,
	TFL_OPT_MUL = 21,
	TFL_OPT_REDUCER = 27,
	TFL_OPT_SUB = 28,
	TFL_OPT_STRIDED_SLICE = 32,
	TFL_OPT_TRANSPOSE_CONV = 49,
	TFL_OPT_RESIZE_NEAREST = 74,
	TFL_OPT_LEAKY_RELU = 75,
	TFL_OPT_MIRROR_PAD = 77,
	TFL_OPT_DEPTH_TO_SPACE = 94,
	TFL_OPT_GELU = 116,
};

/* Fields of all operators; each uses a few. */
struct tfl_options {
	int kind;		/* enum tfl_kind; 0: none, or not read */
	int32_t padding;	/* enum tfl_padding */
	int32_t activation;	/* enum tfl_activation, or more */
	int32_t stride_h, stride_w;
	int32_t dilation_h, dilation_w;
	int32_t filter_h, filter_w;
	int32_t multiplier;	/* outputs of a depthwise channel */
	int32_t axis;
	int32_t block;
	int32_t mode;		/* enum tfl_mirror */
	int32_t weights_format;
	int32_t begin_mask, end_mask, ellipsis_mask, new_mask, shrink_mask;
	bool offset;
	bool keep_dims;
	bool align_corners;
	bool half_pixel;
	bool approximate;
	float beta;
	float alpha;
};

struct tfl_operator {
	int32_t code;
	char custom[32];	/* "": none */
	struct tfl_ints in;	/* tensors; -1: left out */
	struct tfl_ints out;
	struct tfl_options opt;
};

struct tfl_model {
	char *name;
	struct tfl_tensor *tensor;
	size_t tensors;
	struct tfl_operator *op;
	size_t ops;
	struct tfl_ints in;
	struct tfl_ints out;
};

/* Zero point @k; 0 where there is none. */
static inline int64_t tfl_zero(const struct tfl_tensor *t, size_t k)
{
	int64_t zero = 0;

	if (k < t->zeros)
		memcpy(&zero, t->zero + k * sizeof(zero), sizeof(zero));
	return zero;
}

/*
 * Read @data, which is aligned to 16 bytes. Returns 0, or -1 with problems;
 * then @m is empty. Numbers of tensors are within range.
 */
int tfl_read(const void *data, size_t size, struct tfl_model *m,
	     struct report *r);
void tfl_free(struct tfl_model *m);

#ifdef __cplusplus
}
#endif

#endif /* TOOLS_TFLITE_READ_H */
