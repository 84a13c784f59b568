/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_SOFTMAX_TABLE_H
#define TOOLS_SOFTMAX_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#define SOFTMAX_TABLE	256

/*
 * The device's table of exponentials for inputs of @scale, as TFLite's kernels
 * compute them; false: scale and beta are too small or too large for them.
 */
void softmax_exact(double beta, float scale, int32_t table[SOFTMAX_TABLE]);
bool softmax_table(float beta, float scale, int32_t table[SOFTMAX_TABLE]);

#endif /* TOOLS_SOFTMAX_TABLE_H */
