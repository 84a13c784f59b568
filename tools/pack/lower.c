// SPDX-License-Identifier: MIT
#include "lower.h"

#include <stdlib.h>

#include "lower_priv.h"
#include "tools/graph/mem.h"

static int (*const lower_kind[])(struct lowering *lw) = {
	[UNIT_CONV] = lower_conv,
	[UNIT_IDENTITY] = lower_identity,
	[UNIT_MAX_POOL] = lower_pool,
	[UNIT_AVG_POOL] = lower_pool,
	[UNIT_MEAN_POOL] = lower_pool,
	[UNIT_ADD] = lower_add,
	[UNIT_MUL] = lower_mul,
	[UNIT_COPY] = lower_copy,
	[UNIT_SOFTMAX] = lower_softmax,
	[UNIT_ARGMAX] = lower_argmax,
};

static struct qnn_tensor_desc tensor(struct lowering *lw,
				     const struct memory *m, uint32_t value)
{
	const struct graph_value *v = &lw->g->value[value];
	const struct value_format *f = &lw->fmt[value];
	const struct place *p = &m->place[value];

	return (struct qnn_tensor_desc){
		.offset = p->offset, .row_stride = p->row_stride,
		.pixel_stride = p->pixel_stride, .height = (u16)v->h,
		.width = (u16)v->w, .channels = (u16)v->c, .type = (u8)f->elem,
		.region = (u8)p->region,
		.zero_point = f->source == FORMAT_RAW ? 0 :
			      (s32)f->q.zero_point,
	};
}

static int lower_unit(struct lowering *lw, const struct memory *m)
{
	const struct unit *x = lw->x;
	int ret;

	lw->cmd->in[0] = tensor(lw, m, x->in[0]);
	if (unit_inputs(x) == 2)
		lw->cmd->in[1] = tensor(lw, m, x->in[1]);
	lw->cmd->out = tensor(lw, m, x->out);
	lw->note->stage = "none";
	lw->stage = (struct stage_input){
		.unit = x, .out = &lw->fmt[x->out],
		.bias = lw->opt->coarse_bias ? BIAS_COARSE : BIAS_EXACT,
		.slope = mem_array(x->channels, sizeof(double)),
		.offset = mem_array(x->channels, sizeof(double)),
	};
	ret = lower_kind[x->kind](lw);
	free(lw->stage.slope);
	free(lw->stage.offset);
	return ret;
}

int lower(struct lowered *l, const struct graph *g, const struct units *u,
	  const struct value_format *fmt, struct weight_codes *const *codes,
	  const struct memory *m, const struct lower_options *opt,
	  struct report *r)
{
	int ret = 0;

	*l = (struct lowered){ .values = g->value_count };
	l->cmd = mem_array(u->count, sizeof(*l->cmd));
	l->note = mem_array(u->count, sizeof(*l->note));
	l->real = mem_array(l->values, sizeof(*l->real));
	l->raw = mem_array(l->values, sizeof(*l->raw));
	/* More constants than a program may have: the caller refuses it. */
	for (size_t i = 0; i < u->count &&
	     l->consts.size <= QNN_MAX_PROGRAM_SIZE; i++) {
		struct lowering lw = {
			.l = l, .g = g, .x = &u->unit[i], .fmt = fmt,
			.codes = codes, .opt = opt, .r = r, .cmd = &l->cmd[i],
			.note = &l->note[i], .rule = opt->rounding,
			.requant = u->unit[i].requant,
		};

		if (lower_unit(&lw, m))
			ret = -1;
	}
	return ret;
}

void lower_free(struct lowered *l)
{
	for (size_t i = 0; i < l->values; i++) {
		free(l->real[i].scale);
		for (uint32_t k = 0; k < l->real[i].steps; k++)
			free(l->real[i].step[k].operand);
		free(l->raw[i].slope);
		free(l->raw[i].offset);
	}
	free(l->real);
	free(l->raw);
	free(l->cmd);
	free(l->note);
	consts_free(&l->consts);
}
