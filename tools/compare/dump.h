/* SPDX-License-Identifier: MIT */
/*
 * A model that keeps what every command of another one computes. Scratch
 * memory is used again and again, so behind each command a COPY moves its
 * result to a region of its own, which is one more output. The commands are
 * the same, so is what they compute, and one run gives it all, on any device.
 */
#ifndef COMPARE_DUMP_H
#define COMPARE_DUMP_H

#include <stdbool.h>

#include "qnn.h"
#include "qnn_device.h"

struct dump {
	struct qnn_model *plain;	/* as it is in the file */
	struct qnn_model *model;
	struct qnn_job *job;
	uint32_t layers;
	struct qnn_tensor_desc *out;	/* per layer: where its result is kept */
	uint32_t *weight_type;		/* per layer, or QNN_ELEM_NONE */
	char name[64];			/* of the additional output */
	size_t bytes;
	unsigned char *data;		/* after a run */
};

/* Returns 0 or -errno; qnn_error() has the text. */
int dump_open(struct dump *d, struct qnn_device *dev, const char *path);
void dump_close(struct dump *d);

/* Run one image: height, width, channels. */
int dump_run(struct dump *d, const float *image, size_t count);

/*
 * The codes that a layer computed: channels, height, width. Zero points of
 * commands need not be those of the values: averages of codes have none.
 */
void dump_codes(const struct dump *d, uint32_t layer, double *codes);

#endif /* COMPARE_DUMP_H */
