/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LOWER_PRIV_H
#define TOOLS_LOWER_PRIV_H

#include "lower.h"
#include "stage.h"

/* One unit while it is being lowered. */
struct lowering {
	struct lowered *l;
	const struct graph *g;
	const struct unit *x;
	const struct value_format *fmt;
	const struct lower_options *opt;
	struct report *r;
	struct qnn_cmd *cmd;
	struct lower_note *note;
	struct stage_input stage;
	int32_t bias_reach;	/* largest magnitude of a bias */
};

/* lower_conv.c */
int lower_conv(struct lowering *lw);

/* lower.c */
/*
 * Whether thresholds are the stage to use: few levels, or results must be the
 * network's own codes and not only close to them.
 */
bool lower_by_threshold(const struct lowering *lw);
/* Requantize if @scalable, else thresholds. */
void lower_stage(struct lowering *lw, bool scalable);
/* Keep the real size of a step of each channel of a raw output. */
int lower_raw(struct lowering *lw);
/* Largest magnitude of an element less the zero point. */
int64_t lower_reach(const struct qnn_tensor_desc *t);
/* A problem where accumulators could reach more than the device has. */
int lower_fits(struct lowering *lw, double bound);
#endif /* TOOLS_LOWER_PRIV_H */
