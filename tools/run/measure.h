/* SPDX-License-Identifier: MIT */
/* Run all images and keep what is worth telling. */
#ifndef QNN_RUN_MEASURE_H
#define QNN_RUN_MEASURE_H

#include "source.h"

struct measurement {
	uint32_t images;
	uint64_t runs;			/* images * repeat */
	uint32_t labelled;
	uint32_t correct;
	uint64_t *run_ns;		/* of each run; sorted at the end */
	uint64_t wall_ns;		/* of all runs, see measure_run() */
	uint64_t device_ns;		/* sum of what the device reported */
	struct qnn_report report;	/* of the last run */
	unsigned int layer_count;	/* 0 without --layers */
	struct qnn_report *layers;	/* time_ns is the sum over all runs */
	size_t output_bytes;		/* of one image, all outputs */
	unsigned char *outputs;		/* [images][output_bytes], or NULL */
	size_t output_numbers;		/* of one image, all outputs */
	float *floats;			/* [images][output_numbers], or NULL */
};

/**
 * measure_run() - run the model on every image; reports failures
 *
 * One run that is not counted comes first. The time of a run is that from its
 * submission until it is seen to be done; inputs are set before and outputs
 * read after it. The wall time is the sum of these for one job in flight, and
 * that from the first submission to the last end for several.
 */
enum run_exit measure_run(struct measurement *m, const struct run_options *opt,
			  struct qnn_model *model, struct source *src);
void measure_free(struct measurement *m);

/** measure_outputs() - copy all outputs of a finished job; 0 or -errno */
int measure_outputs(const struct qnn_model *model, struct qnn_job *job,
		    unsigned char *bytes);

/** measure_difference() - say where two sets of output bytes differ */
void measure_difference(const struct qnn_model *model, uint32_t image,
			const unsigned char *a, const unsigned char *b,
			const char *what);

#endif /* QNN_RUN_MEASURE_H */
