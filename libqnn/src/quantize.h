/* SPDX-License-Identifier: MIT */
/* Between real values and the packed elements of a tensor. */
#ifndef LIBQNN_QUANTIZE_H
#define LIBQNN_QUANTIZE_H

#include "qnn.h"

/*
 * Both visit the elements in the order height, width, channels. @packed is
 * the tensor's first byte. qnn_quantize() leaves bytes between pixels alone;
 * it returns the index of the first NaN, before which @packed was changed, or
 * the number of elements.
 */
size_t qnn_quantize(const struct qnn_tensor *tensor, const float *real, uint8_t *packed);
void qnn_dequantize(const struct qnn_tensor *tensor, const uint8_t *packed, float *real);

#endif /* LIBQNN_QUANTIZE_H */
