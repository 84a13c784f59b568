/* SPDX-License-Identifier: MIT */
/*
 * Layer-wise teacher and student: one layer after the other, the quantized
 * weights are adjusted so that the layer, fed with what the quantized layers in
 * front of it give, reproduces what it computes in the network in full precision.
 */
#ifndef TOOLS_TEACHER_H
#define TOOLS_TEACHER_H

#include "choice.h"
#include "formats.h"
#include "tools/common/dataset.h"

enum teacher_kind {
	TEACHER_NONE,
	TEACHER_BIAS,		/* only biases: means of results are kept */
	TEACHER_ALL,
};

struct teacher_options {
	enum teacher_kind kind;
	/* Told how many nodes are done; may be NULL. */
	void (*progress)(void *data, size_t done, size_t total);
	void *data;
};

/* False with a problem where even one image needs too much memory. */
bool teacher_fits(const struct graph *g, struct report *r);

/* Changes @codes, and what units add to their sums. */
void teacher_run(const struct graph *g, struct units *u,
		 const struct value_format *fmt, const struct choices *c,
		 struct weight_codes **codes, const struct dataset *ds,
		 const struct teacher_options *opt);

#endif /* TOOLS_TEACHER_H */
