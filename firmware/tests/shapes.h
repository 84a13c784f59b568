/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* Layers of a given shape; all else about them is random. */
#ifndef QNN_TESTS_SHAPES_H
#define QNN_TESTS_SHAPES_H

#include "fw_test.h"

#define SHAPE_ACTIVATIONS	7u
#define SHAPE_WEIGHTS		12u

extern const u32 shape_activations[SHAPE_ACTIVATIONS];
extern const u32 shape_weights[SHAPE_WEIGHTS];

struct shape {
	u32 opcode;
	u32 height, width, in, out;
	u32 kernel, stride, dilation, pad, groups;
};

/* Channels that share a code book; 0: all do. */
extern u32 shape_book_channels;

/* A program with one such layer; types of 0: any. */
void *shape_build_typed(struct rng *rng, const struct shape *s, u32 in_type, u32 weight_type,
			size_t *size);
void *shape_build(struct rng *rng, const struct shape *s, size_t *size);

/* The same, for fw_compare(). */
void shape_run_typed(struct rng *rng, const struct shape *s, u32 in_type, u32 weight_type,
		     const char *what);
void shape_run(struct rng *rng, const struct shape *s, const char *what);

/* An output of any type, and one of the stages that can make it. */
void shape_add_stage(struct rng *rng, struct qnn_prog *p, struct qnn_cmd *c, u8 region);
/* Kernel, strides and so on, and the groups. */
void shape_window(struct qnn_cmd *c, const struct shape *s);
s32 shape_zero_point(struct rng *rng, u32 type);

#endif /* QNN_TESTS_SHAPES_H */
