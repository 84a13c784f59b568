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
	struct weight_codes *const *codes;	/* per node */
	const struct lower_options *opt;
	struct report *r;
	struct qnn_cmd *cmd;
	struct lower_note *note;
	struct stage_input stage;
	enum qnn_rounding rule;	/* of the stage */
	double bias_reach;	/* largest magnitude of a bias */
	/* The unit's own multipliers, or a changed copy of them. */
	const struct graph_requant *requant;
};

/* lower_conv.c */
int lower_conv(struct lowering *lw);
/* lower_pool.c */
int lower_pool(struct lowering *lw);
/* lower_pair.c */
int lower_add(struct lowering *lw);
int lower_mul(struct lowering *lw);
/* lower_copy.c: also what has no layer in front */
int lower_copy(struct lowering *lw);
int lower_identity(struct lowering *lw);
int lower_argmax(struct lowering *lw);
/* lower_softmax.c */
int lower_softmax(struct lowering *lw);

/* lower_stage.c */
/* Everything that comes out of the array is @step times the accumulator. */
void lower_uniform(struct lowering *lw, double step);
/*
 * Whether thresholds are the stage to use: few levels, or results must be the
 * network's own codes and not only close to them.
 */
bool lower_by_threshold(const struct lowering *lw);
/*
 * Whether requantizing is proven to be the same as thresholds, and takes less
 * room: sets the rule, and what each channel has to add.
 */
bool lower_proven(struct lowering *lw, int32_t *bias);
/* The stage that suits the result, for commands that add no bias. */
int lower_finish(struct lowering *lw);
/* Requantize if @scalable, else thresholds. */
int lower_stage(struct lowering *lw, bool scalable);
/* Largest magnitude of an element less the zero point. */
int64_t lower_reach(const struct qnn_tensor_desc *t);
/* A problem where accumulators could reach more than the device has. */
int lower_fits(struct lowering *lw, double bound);

/* lower_raw.c */
/* Keep what each channel of sums stands for. */
int lower_raw(struct lowering *lw);
/*
 * The same of an output whose sums are @base times a whole number: what comes
 * behind the layer is computed in floats, as the file's own runtime does.
 */
int lower_steps(struct lowering *lw, const double *base);

/* lower_requant.c */
/*
 * The stage with the file's own multipliers. @real has the number that each
 * channel's multiplier stands for, in case the user wants another rule.
 */
int lower_requant(struct lowering *lw, const double *real);
/* The same number for all channels. */
int lower_requant_all(struct lowering *lw, double real);
/* As rules A and B compute it, and as rule C does, which is in float32. */
double lower_ratio(const struct lowering *lw, float a, float b, float out);
/* The rule of a unit with the file's own multipliers. */
enum qnn_rounding lower_rule(const struct lowering *lw);
/* The format of what multipliers give. */
const struct value_format *lower_scaled(const struct lowering *lw);

/* lower_table.c */
/* A table behind scaling to its index. */
int lower_table(struct lowering *lw);
/* A table whose index are the codes of the input. */
void lower_table_codes(struct lowering *lw);
#endif /* TOOLS_LOWER_PRIV_H */
