/* SPDX-License-Identifier: MIT */
/* Pack a model that a test made, run it on the in-process device and beside
 * it in floating point.
 */
#ifndef TESTS_PACK_RUN_H
#define TESTS_PACK_RUN_H

#include "onnx_build.h"
#include "qnn.h"
#include "tools/float/float.h"
#include "tools/pack/pack.h"

struct pack_run {
	struct ob b;
	struct graph g;
	struct report r;
	struct pack_options opt;
	struct packed p;
	struct dataset calib;		/* used when it has images */
	struct float_net *net;
	struct qnn_device *dev;
	struct qnn_model *model;
	struct qnn_job *job;
	float *real[16];		/* per output, as the device has it */
};

/* An empty model, 8-bit options. */
void pr_init(struct pack_run *t);
/* 8-bit options alone. */
void pr_options(struct pack_run *t);
/* Pack it; fails the test with what was reported. */
void pr_pack(struct pack_run *t);
/* The same for a graph that is there already. */
void pr_pack_graph(struct pack_run *t);
/* Like pr_pack_graph(), and expects @text among the problems. */
void pr_graph_refused(struct pack_run *t, const char *text);
/* Like pr_pack(), and expects @text among the problems. */
void pr_refused(struct pack_run *t, const char *text);
/* Run one image (height, width, channels) on both. */
void pr_run(struct pack_run *t, const float *image);
/* Elements of output @i, and what floating point has there. */
size_t pr_elements(const struct pack_run *t, size_t i);
float pr_float(const struct pack_run *t, size_t i, size_t element);
/*
 * Mean squared difference of the first output from floating point, over @count images
 * one after the other, as a part of its mean square.
 */
double pr_error(struct pack_run *t, const float *images, uint32_t count);
void pr_free(struct pack_run *t);

/* The same numbers in every run and on every machine. */
uint32_t pr_random(uint32_t below);
void pr_seed(uint64_t seed);

#endif /* TESTS_PACK_RUN_H */
