/* SPDX-License-Identifier: MIT */
/* What the model is run on: a data set, or generated input. */
#ifndef QNN_RUN_SOURCE_H
#define QNN_RUN_SOURCE_H

#include "options.h"
#include "qnn.h"
#include "tools/common/dataset.h"

#define SOURCE_GENERATED	100	/* images, unless --images says more */

struct source {
	const struct qnn_model *model;
	struct dataset data;	/* count 0: generated input */
	uint32_t images;
	unsigned char *bytes;	/* room for the largest input */
};

/** source_open() - load the data set; reports failures */
enum run_exit source_open(struct source *src, const struct run_options *opt,
			  const struct qnn_model *model);
void source_close(struct source *src);

/**
 * source_set() - give the inputs of @image to a job; 0 or -errno
 *
 * Generated input is made of the raw bytes of all inputs in order, taken from
 * SplitMix64 seeded with the number of the image, lowest byte first. The job
 * may be one of another device's copy of the model.
 */
int source_set(struct source *src, struct qnn_job *job, uint32_t image);

/** source_label() - class of an image, or -1 */
int32_t source_label(const struct source *src, uint32_t image);

#endif /* QNN_RUN_SOURCE_H */
