/* SPDX-License-Identifier: MIT */
/* One layer with made-up numbers, as a model: time does not depend on them. */
#ifndef QNN_BENCH_LAYER_H
#define QNN_BENCH_LAYER_H

#include <stddef.h>
#include <stdint.h>

/*
 * "3x3:64-64:56x56:w8a8", "dw3x3:128:56x56:w8a8", "fc:4096-4096:w2a8":
 * kernel, channels, size, widths. "/2" behind the kernel is a stride; weights
 * are w8, w4, w2, w1, or cb1 to cb5 with a code book.
 */
struct layer {
	uint32_t kernel, stride, in, out, height, width;
	uint32_t weight_type, activation_type;
	int depthwise, fully_connected;
};

/* -1: this is no layer. */
int layer_parse(const char *text, struct layer *layer);

uint64_t layer_macs(const struct layer *layer);

/* A .qnn file in memory, to be freed; 0 or a negative errno with a text. */
int layer_model(const struct layer *layer, void **data, size_t *size);

#endif
