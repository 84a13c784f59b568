// SPDX-License-Identifier: MIT
/* Sums of 32 bits as results: what they stand for. */
#include <math.h>
#include <stdlib.h>

#include "lower_priv.h"
#include "qnn.h"
#include "qnn_device.h"
#include "tools/graph/mem.h"

/* The real numbers of sums, where @base is the scale of an output's. */
static int keep(struct lowering *lw, const double *base)
{
	struct lower_raw *raw = &lw->l->raw[lw->x->out];
	uint32_t channels = lw->x->channels;
	float *scale;

	lw->cmd->stage.kind = QNN_STAGE_RAW;
	lw->note->stage = "raw";
	raw->slope = mem_copy(lw->stage.slope, channels, sizeof(double));
	raw->offset = mem_copy(lw->stage.offset, channels, sizeof(double));
	if (!graph_is_output(lw->g, lw->x->out))
		return 0;
	scale = mem_array(channels, sizeof(*scale));
	lw->l->real[lw->x->out].scale = scale;
	for (uint32_t c = 0; c < channels; c++) {
		scale[c] = (float)base[c];
		if (isnormal(scale[c]))
			continue;
		report_problem(lw->r, "node '%s' (%s): the scale of output channel %u would be %g; float32 does not have that",
			       lw->x->name, lw->x->op, c, base[c]);
		return -1;
	}
	return 0;
}

int lower_raw(struct lowering *lw)
{
	return keep(lw, lw->stage.slope);
}

static bool all_are(const float *operand, uint32_t channels, float what)
{
	for (uint32_t c = 0; c < channels; c++)
		if (operand[c] != what)
			return false;
	return true;
}

/* Takes over @operand. Steps that change nothing are left out. */
static void add_step(struct lower_real *real, uint32_t kind, float *operand,
		     uint32_t channels)
{
	bool factor = kind == QNN_STEP_MUL || kind == QNN_STEP_DIV;

	if (all_are(operand, channels, factor))
		free(operand);
	else
		real->step[real->steps++] =
			(struct lower_step){ kind, operand };
}

static float *rounded(const double *list, uint32_t channels)
{
	float *f = mem_array(channels, sizeof(*f));

	for (uint32_t c = 0; c < channels; c++)
		f[c] = (float)list[c];
	return f;
}

static void multiply_and_add(struct lower_real *real, const double *mul,
			     const double *add, uint32_t channels)
{
	add_step(real, QNN_STEP_MUL, rounded(mul, channels), channels);
	add_step(real, QNN_STEP_ADD, rounded(add, channels), channels);
}

static void add_affine(struct lower_real *real, const struct graph_affine *a,
		       uint32_t channels)
{
	if (!a->step[0].kind) {
		multiply_and_add(real, a->mul, a->add, channels);
		return;
	}
	for (int k = 0; k < 2 && a->step[k].kind; k++)
		add_step(real, a->step[k].kind,
			 mem_copy(a->step[k].operand, channels, sizeof(float)),
			 channels);
}

int lower_steps(struct lowering *lw, const double *base)
{
	struct lower_real *real = &lw->l->real[lw->x->out];
	const struct graph_node *n = lw->x->node;
	uint32_t channels = lw->x->channels;

	if (2 * lw->x->affines + 2 > QNN_FILE_MAX_STEPS) {
		multiply_and_add(real, lw->x->mul, lw->x->add, channels);
		return keep(lw, base);
	}
	if (n && n->weights.bias)
		add_step(real, QNN_STEP_ADD,
			 mem_copy(n->weights.bias, channels, sizeof(float)),
			 channels);
	for (size_t i = 0; i < lw->x->affines; i++)
		add_affine(real, &lw->x->affine[i]->affine, channels);
	return keep(lw, base);
}
