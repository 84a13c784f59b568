// SPDX-License-Identifier: MIT
/* Tables: functions of an 8-bit number. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lower_priv.h"
#include "qnn_device.h"
#include "tools/graph/mem.h"

static bool is_unsigned(uint32_t elem)
{
	return elem == QNN_ELEM_U8 || elem == QNN_ELEM_U4 ||
	       elem == QNN_ELEM_U2;
}

/* The code that the file's own runtime gives for index code @code. */
static int64_t own_code(const struct graph_activation *a, uint32_t c,
			const struct value_format *index, int64_t code)
{
	const int16_t *row = a->codes + (a->codes_by_channel ? 256 * c : 0);
	int64_t at = code - quantizer_min(&index->q);

	return row[at < 0 ? 0 : at > 255 ? 255 : at];
}

/* Only the element type changes. */
static bool moves_codes(const struct lowering *lw,
			const struct value_format *index)
{
	const struct value_format *out = lw->stage.out;

	return lw->x->kind == UNIT_COPY && index->q.scale == out->q.scale &&
	       index->q.zero_point == out->q.zero_point;
}

static int64_t entry(const struct lowering *lw, uint32_t c,
		     const struct value_format *index, int64_t code,
		     bool front)
{
	const struct unit *x = lw->x;
	const struct value_format *out = lw->stage.out;
	double real = ((double)code - index->q.zero_point) * index->q.scale;
	int64_t own;

	if (x->post_count && x->post[0]->op == GRAPH_FUNCTION &&
	    x->post[0]->activation.codes) {
		own = own_code(&x->post[0]->activation, c, index, code);
		return own < out->min ? out->min :
		       own > out->max ? out->max : own;
	}
	if (moves_codes(lw, index))
		return code < out->min ? out->min :
		       code > out->max ? out->max : code;
	if (!front)
		return stage_result(x, out, c, real);
	if (x->mul)
		real = x->mul[c] * real + x->add[c];
	return stage_code(x, out, c, real);
}

/* All tables, one per channel; one alone if they are the same. */
static void put_tables(struct lowering *lw, const struct value_format *index,
		       bool front)
{
	struct qnn_stage_desc *s = &lw->cmd->stage;
	bool positive = is_unsigned(index->elem), same = true;
	uint32_t channels = lw->x->channels;
	uint8_t *table = mem_array(channels, QNN_TABLE_SIZE);

	for (uint32_t c = 0; c < channels; c++) {
		uint8_t *t = table + (size_t)c * QNN_TABLE_SIZE;

		for (int32_t i = 0; i < (int32_t)QNN_TABLE_SIZE; i++)
			t[i] = (uint8_t)entry(lw, c, index, positive ? i :
					      (int8_t)i, front);
		same = same && !memcmp(t, table, QNN_TABLE_SIZE);
	}
	s->kind = QNN_STAGE_TABLE;
	s->table_type = positive ? QNN_ELEM_U8 : QNN_ELEM_S8;
	s->table_zero_point = (s32)index->q.zero_point;
	if (!same)
		s->flags |= QNN_STAGE_TABLES;
	s->table_off = consts_add(&lw->l->consts, table, QNN_TABLE_SIZE *
				  (size_t)(same ? 1 : channels));
	lw->note->stage = "table";
	free(table);
}

int lower_table(struct lowering *lw)
{
	const struct value_format *index = &lw->fmt[lw->x->index];
	struct stage_input in = lw->stage;

	if (!lw->x->requant) {
		in.out = index;
		in.plain = true;
		if (!stage_scalable(&in, lw->opt->rounding)) {
			report_problem(lw->r, "node '%s' (%s): its sums cannot be scaled to the 8 bits that a table needs",
				       lw->x->name, lw->x->op);
			return -1;
		}
		stage_requant(&in, lw->opt->rounding, &lw->cmd->stage,
			      &lw->l->consts);
	}
	put_tables(lw, index, false);
	return 0;
}

/* Scaling that changes nothing: the index are the codes. */
static void put_unity(struct lowering *lw)
{
	static const int32_t multiplier = 1 << 30;
	static const int8_t shift = 1;
	struct qnn_stage_desc *s = &lw->cmd->stage;
	bool positive = is_unsigned(lw->cmd->in[0].type);

	s->rule = QNN_ROUND_B;
	s->scale_off = consts_add(&lw->l->consts, &multiplier,
				  sizeof(multiplier));
	s->shift_off = consts_add(&lw->l->consts, &shift, sizeof(shift));
	s->clamp_min = positive ? 0 : -128;
	s->clamp_max = positive ? 255 : 127;
}

void lower_table_codes(struct lowering *lw)
{
	put_unity(lw);
	put_tables(lw, &lw->fmt[lw->x->in[0]], true);
}
