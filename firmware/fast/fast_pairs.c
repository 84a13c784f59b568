// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Additions and multiplications by table: two elements of up to 8 bits have few
 * enough values to find out beforehand what becomes of each pair.
 */
#include "fast_vector.h"
#include "element.h"
#include "isa.h"
#include "mac/tile.h"
#include "stage/stage.h"
#include "vector/elementwise.h"

#define VALUES		256u
#define TABLE		(VALUES * VALUES)
#define SCRATCH		(2 * VALUES * 4)	/* behind it, while it is filled */
#define LEAST		(4u << 10)	/* elements that are worth a table */
#define PIECE		(16u << 10)	/* elements between two polls, a multiple of 8 */
#define WORK_SHARE	2u		/* elements per unit of work */

_Static_assert(3 * PIECE <= QNN_FAST_BYTES, "working memory");

void qnn_plan_pairs(struct qnn_plan *plan, const struct qnn_cmd *cmd, u64 *bytes)
{
	const struct qnn_tensor_desc *out = &cmd->out;
	u32 i;

	for (i = 0; i < 2; i++) {
		if (!qnn_type_in(cmd->in[i].type, QNN_TYPES_NARROW) ||
		    !qnn_same_shape(&cmd->in[i], out))
			return;
	}
	if (!qnn_type_in(out->type, QNN_TYPES_NARROW) || cmd->stage.kind == QNN_STAGE_RAW ||
	    cmd->stage.flags & (QNN_STAGE_PER_CHANNEL | QNN_STAGE_TABLES) ||
	    (u64)out->height * out->width * out->channels < LEAST)
		return;
	plan->stage = *bytes;
	*bytes += TABLE + SCRATCH;
	plan->kind = QNN_PLAN_PAIRS;
}

/* Values of an input in ascending order: bytes as they are, others from 0 on. */
static u32 value_count(const struct qnn_tensor_desc *t)
{
	return t->type == QNN_ELEM_B1 ? 2 : 1u << qnn_elem_bits(t->type);
}

static s32 value_of(const struct qnn_tensor_desc *t, u32 i)
{
	if (t->type == QNN_ELEM_B1)
		return 2 * (s32)i - 1;
	return qnn_element(t->type)->min + (s32)i - t->zero_point;
}

/* What stands for it in a stretch of bytes. */
static u32 index_of(const struct qnn_tensor_desc *t, u32 i)
{
	if (t->type == QNN_ELEM_S8)
		return (i - 128) & 0xff;
	return t->type == QNN_ELEM_B1 ? 2 * i : i;
}

/* Accumulators of one value of the first input and all of the second one. */
static void find_sums(const struct qnn_cmd *cmd, s32 first, const s32 *second, u32 count, s32 *acc)
{
	u32 i;

	for (i = 0; i < count; i++)
		acc[i] = qnn_saturate(cmd->opcode == QNN_OP_MUL ? (s64)first * second[i] :
							      (s64)first + second[i]);
}

/*
 * Thresholds, of sums that go up: each is passed but once. Gives 0 where sums do
 * not.
 */
static int walk(const struct qnn_cmd *cmd, const u8 *consts, u32 count, s32 *acc)
{
	const struct qnn_stage_desc *s = &cmd->stage;
	const s32 *threshold = (const s32 *)(consts + s->threshold_off);
	s32 passed = 0, last = acc[0];
	u32 i;

	if (s->kind != QNN_STAGE_THRESHOLD || s->flags & QNN_STAGE_NEGATE)
		return 0;
	for (i = 1; i < count; i++) {
		if (acc[i] < last)
			return 0;
		last = acc[i];
	}
	for (i = 0; i < count; i++) {
		while (passed < s->levels && threshold[passed] <= acc[i])
			passed++;
		acc[i] = s->base + passed;
	}
	return 1;
}

/* Value number @i of an operand, as it goes into the sum or product. */
static s32 operand(const struct qnn_cmd *cmd, u32 which, u32 i)
{
	s32 value = value_of(&cmd->in[which], i);

	return cmd->opcode == QNN_OP_ADD ? qnn_add_operand(&cmd->add, which, value) : value;
}

int qnn_prepare_pairs(const struct qnn_plan *plan, const struct qnn_cmd *cmd, const u8 *consts,
		      u8 *memory, struct qnn_poll *poll)
{
	const struct qnn_tensor_desc *in = cmd->in;
	const u32 rows = value_count(&in[0]), count = value_count(&in[1]);
	u8 *table = memory + plan->stage, *row;
	/* Too much for a kernel's stack. */
	s32 *second = (s32 *)(table + TABLE), *acc = second + VALUES;
	u32 i, k;

	for (k = 0; k < count; k++)
		second[k] = operand(cmd, 1, k);
	for (i = 0; i < TABLE; i++)
		table[i] = 0;
	for (i = 0; i < rows; i++) {
		if (qnn_poll(poll, 4 * VALUES))
			return -1;
		find_sums(cmd, operand(cmd, 0, i), second, count, acc);
		if (!walk(cmd, consts, count, acc)) {
			for (k = 0; k < count; k++)
				qnn_stage_apply(cmd, consts, 0, 1, &acc[k]);
		}
		row = table + index_of(&in[0], i) * VALUES;
		for (k = 0; k < count; k++)
			row[index_of(&in[1], k)] = (u8)acc[k];
	}
	return 0;
}

static void look_up(const u8 *table, const u8 *x, const u8 *y, u32 count, u8 *codes)
{
	u32 i;

	for (i = 0; i < count; i++)
		codes[i] = table[x[i] * VALUES + y[i]];
}

struct pairs {
	const struct qnn_cmd *cmd;
	const struct qnn_isa_ops *isa;
	const u8 *table;
	u8 *work;
	struct qnn_poll *poll;
};

/* @count elements from @at, with nothing between them. */
static int run_stretch(const struct pairs *p, const u8 *const in[2], u8 *out, u32 count)
{
	u32 bits = qnn_elem_bits(p->cmd->out.type), done, n, i;
	const u8 *x[2];
	u8 *codes;

	for (done = 0; done < count; done += n) {
		n = count - done < PIECE ? count - done : PIECE;
		if (qnn_poll(p->poll, n / WORK_SHARE + 1))
			return -1;
		for (i = 0; i < 2; i++) {
			u32 type = p->cmd->in[i].type, in_bits = qnn_elem_bits(type);

			x[i] = in[i] + (u64)done * in_bits / 8;
			if (in_bits == 8)
				continue;
			p->isa->expand(p->work + i * PIECE, x[i], n, type);
			x[i] = p->work + i * PIECE;
		}
		codes = bits == 8 ? out + done : p->work + 2 * PIECE;
		look_up(p->table, x[0], x[1], n, codes);
		if (bits < 8)
			qnn_put_codes(out + (u64)done * bits / 8, bits, n, codes);
	}
	return 0;
}

int qnn_run_pairs(const struct qnn_part *part, const struct qnn_cmd *cmd,
		  const struct qnn_plan *plan)
{
	const struct qnn_exec *exec = part->exec;
	const struct qnn_tensor_desc *in = cmd->in, *out = &cmd->out;
	const int whole = qnn_is_dense(&in[0]) && qnn_is_dense(&in[1]) && qnn_is_dense(out);
	const struct pairs p = {
		.cmd = cmd, .isa = qnn_isa_ops(exec->prepared->isa),
		.table = (const u8 *)exec->prepared + plan->stage,
		.work = part->work, .poll = part->poll,
	};
	const u32 count = whole ? (u32)out->width * out->channels : out->channels;
	const u8 *at[2];
	u32 y, x, i;

	for (y = part->first_row; y < part->end_row; y++) {
		for (x = 0; x < (whole ? 1u : out->width); x++) {
			for (i = 0; i < 2; i++)
				at[i] = (const u8 *)exec->region[in[i].region] + in[i].offset +
					(u64)y * in[i].row_stride + (u64)x * in[i].pixel_stride;
			if (run_stretch(&p, at, (u8 *)exec->region[out->region] + out->offset +
						(u64)y * out->row_stride +
						(u64)x * out->pixel_stride, count))
				return -1;
		}
	}
	return 0;
}
