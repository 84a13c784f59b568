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
#include "steps.h"
#include "vector/elementwise.h"

#define VALUES		256u
#define TABLE		(VALUES * VALUES)
#define SCRATCH		(4 * VALUES * 4)	/* behind it, while it is filled */
#define LEAST		(4u << 10)	/* elements that are worth a table */
#define PIECE		(16u << 10)	/* elements between two polls, a multiple of 8 */
#define WORK_SHARE	2u		/* elements per unit of work */
#define STEP_WORK	16u		/* of looking at a pair */
#define ROW_WORK	(8 * VALUES)	/* of filling a row */

_Static_assert(3 * PIECE <= QNN_FAST_BYTES, "working memory");

void qnn_plan_pairs(struct qnn_plan *plan, const struct qnn_cmd *cmd,
		    const struct qnn_isa_ops *isa, u64 *bytes)
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
	if (isa->pairs && qnn_elem_bits(out->type) <= 2)
		plan->stage_kind = QNN_FAST_STEPS;
	plan->kind = QNN_PLAN_PAIRS;
}

/* Value number @i of an operand, as it goes into the sum or product. */
static s32 operand(const struct qnn_cmd *cmd, u32 which, u32 i)
{
	s32 value = qnn_value_of(&cmd->in[which], i);

	return cmd->opcode == QNN_OP_ADD ? qnn_add_operand(&cmd->add, which, value) : value;
}

/* Do the numbers go up? */
static int ascend(const s32 *numbers, u32 count)
{
	u32 i;

	for (i = 1; i < count; i++) {
		if (numbers[i] < numbers[i - 1])
			return 0;
	}
	return 1;
}

/* Neither do codes go down where sums go up. */
static int never_falls(const struct qnn_stage_desc *s)
{
	return s->kind == QNN_STAGE_REQUANT ||
	       (s->kind == QNN_STAGE_THRESHOLD && !(s->flags & QNN_STAGE_NEGATE));
}

/* A table that is filled row by row. */
struct filling {
	const struct qnn_cmd *cmd;
	const u8 *consts;
	u32 columns;		/* what stands for values of the second input is below */
	/* behind the table: too much for a kernel's stack */
	s32 *second;		/* operands, by columns */
	s32 *threshold;		/* where codes begin; or NULL */
	s32 least, most;	/* of the operands */
	s64 apart[2];		/* of thresholds: to the next one, and to the one after */
	s32 base;
};

/* The least distance from a threshold to the one @ahead of it. */
static s64 least_apart(const s32 *threshold, u32 levels, u32 ahead)
{
	s64 least = 1ll << 32, apart;
	u32 i;

	for (i = ahead; i < levels; i++) {
		apart = (s64)threshold[i] - threshold[i - ahead];
		least = apart < least ? apart : least;
	}
	return least;
}

/* Where codes of the smallest one and more begin: as many thresholds as there are, and one. */
static void find_thresholds(struct filling *f)
{
	const struct qnn_stage_desc *s = &f->cmd->stage;
	u32 levels = s->levels, i;

	f->base = s->base;
	if (s->kind == QNN_STAGE_REQUANT) {
		f->base = s->clamp_min;
		levels = (u32)(s->clamp_max - s->clamp_min);
	}
	for (i = 0; i < levels; i++)
		f->threshold[i] = s->kind == QNN_STAGE_REQUANT ?
				  qnn_steps_search(f->cmd, f->consts, 0, f->base + (s32)i + 1) :
				  ((const s32 *)(f->consts + s->threshold_off))[i];
	f->threshold[levels] = QNN_NEVER;
	for (i = 0; i < 2; i++)
		f->apart[i] = least_apart(f->threshold, levels, i + 1);
}

/* The first row, or any of codes that may fall. */
static void fill_row(const struct filling *f, s32 first, u8 *row)
{
	u32 at;

	for (at = 0; at < f->columns; at++) {
		s64 second = f->second[at];
		s32 acc = qnn_saturate(f->cmd->opcode == QNN_OP_MUL ? first * second :
								      first + second);

		qnn_stage_apply(f->cmd, f->consts, 0, 1, &acc);
		row[at] = (u8)acc;
	}
}

/* Can the row's codes come from those of the row before, which was for @last? */
static int follows(const struct filling *f, s32 first, s32 last)
{
	return f->threshold && f->cmd->opcode == QNN_OP_ADD && first >= last &&
	       (s64)first + f->least >= -QNN_ACC_MAX && (s64)first + f->most <= QNN_ACC_MAX;
}

/* @most: thresholds between a sum and the one above it, or many. */
static inline __attribute__((always_inline))
void pass_thresholds(const struct filling *f, s32 first, const u8 *above, u8 *row,
		     const u32 most)
{
	const s32 *threshold = f->threshold, *second = f->second;
	const u32 columns = f->columns;
	const s32 base = f->base;
	u32 at;

	for (at = 0; at < columns; at++) {
		u32 passed = (u8)(above[at] - base);
		s32 acc = first + second[at];

		/* Cannot be foreseen: no jumps. */
		passed += threshold[passed] <= acc;
		if (most > 1)
			passed += threshold[passed] <= acc;
		while (most > 2 && threshold[passed] <= acc)
			passed++;
		row[at] = (u8)(base + (s32)passed);
	}
}

/* Sums that are up to @step more than those of the row above: its codes, or some more. */
static void fill_next_row(const struct filling *f, s32 first, s64 step, const u8 *above,
			  u8 *row)
{
	if (step <= f->apart[0])
		pass_thresholds(f, first, above, row, 1);
	else if (step <= f->apart[1])
		pass_thresholds(f, first, above, row, 2);
	else
		pass_thresholds(f, first, above, row, 3);
}

static void find_operands(struct filling *f)
{
	const struct qnn_tensor_desc *in = &f->cmd->in[1];
	u32 i;

	for (i = 0; i < qnn_value_count(in); i++) {
		s32 value = operand(f->cmd, 1, i);
		u32 at = qnn_index_of(in, i);

		f->second[at] = value;
		f->least = value < f->least ? value : f->least;
		f->most = value > f->most ? value : f->most;
		f->columns = at < f->columns ? f->columns : at + 1;
	}
}

/*
 * Thresholds that a packer has found in single precision miss the line that they are meant to be
 * by a little. There are so few sums that mostly none is in between: then the line
 * gives all codes of the table. 1: it does; -1: stopped.
 */
static int has_line(const struct filling *f, const u8 *table, struct qnn_line *line,
		    struct qnn_poll *poll)
{
	const u32 levels = f->cmd->stage.levels, rows = qnn_value_count(&f->cmd->in[0]);
	struct filling near = *f;
	const u8 *codes, *above;
	s32 first, last;
	u8 *row;
	u32 i;

	near.threshold = f->threshold + VALUES;
	row = (u8 *)(near.threshold + VALUES);
	if (!qnn_line_near(f->threshold, levels, line, near.threshold))
		return 0;
	near.threshold[levels] = QNN_NEVER;
	for (i = 0; i < 2; i++)
		near.apart[i] = least_apart(near.threshold, levels, i + 1);
	/* What the smallest codes are followed by is found step by step. */
	__builtin_memset(row, (u8)f->base, VALUES);
	above = row;
	last = -QNN_ACC_MAX;
	for (i = 0; i < rows; i++, above = codes, last = first) {
		first = operand(f->cmd, 0, i);
		codes = table + qnn_index_of(&f->cmd->in[0], i) * VALUES;
		if (qnn_poll(poll, ROW_WORK))
			return -1;
		if (!follows(f, first, last))
			return 0;
		fill_next_row(&near, first, (s64)first - last, above, row);
		if (__builtin_memcmp(row, codes, f->columns))
			return 0;
	}
	return 1;
}

/* @line: gets one that stands for the whole table; else its multiplier is 0. */
static int prepare_table(const struct qnn_cmd *cmd, const u8 *consts, u8 *table,
			 struct qnn_line *line, struct qnn_poll *poll)
{
	const u32 rows = qnn_value_count(&cmd->in[0]);
	struct filling f = {
		.cmd = cmd, .consts = consts, .second = (s32 *)(table + TABLE),
		.threshold = (s32 *)(table + TABLE) + VALUES,
	};
	u8 *row, *above = (u8 *)0;
	s32 first, last = 0;
	u32 i;
	int ret;

	line->multiplier = 0;
	__builtin_memset(table, 0, TABLE + SCRATCH);
	find_operands(&f);
	if (qnn_poll(poll, QNN_STEPS_WORK * VALUES))
		return -1;
	if (never_falls(&cmd->stage))
		find_thresholds(&f);
	else
		f.threshold = (s32 *)0;
	for (i = 0; i < rows; i++) {
		if (qnn_poll(poll, ROW_WORK))
			return -1;
		first = operand(cmd, 0, i);
		row = table + qnn_index_of(&cmd->in[0], i) * VALUES;
		if (above && follows(&f, first, last))
			fill_next_row(&f, first, (s64)first - last, above, row);
		else
			fill_row(&f, first, row);
		above = row;
		last = first;
	}
	if (!f.threshold || !qnn_lines_suit(cmd) || !qnn_add_suits(cmd) ||
	    cmd->opcode != QNN_OP_ADD)
		return 0;
	ret = has_line(&f, table, line, poll);
	if (ret <= 0)
		line->multiplier = 0;
	return ret < 0 ? -1 : 0;
}

/* Which of the inputs has fewer values: y of struct qnn_pair_steps. */
static u32 smaller_input(const struct qnn_cmd *cmd)
{
	return qnn_value_count(&cmd->in[0]) < qnn_value_count(&cmd->in[1]) ? 0 : 1;
}

/* Sums of numbers that go up in both directions. */
struct sums {
	const struct qnn_cmd *cmd;
	const u8 *consts;
	const s32 *x, *y;
	u32 rows, count;	/* of y, of x */
};

static int reaches(const struct sums *sums, u32 y, u32 x, s32 code)
{
	s32 acc = qnn_saturate((s64)sums->x[x] + sums->y[y]);

	qnn_stage_apply(sums->cmd, sums->consts, 0, 1, &acc);
	return acc >= code;
}

/* Where step @k begins: the larger y, the smaller x. */
static void put_step(const struct sums *sums, struct qnn_pair_steps *s, u32 of_y, u32 k)
{
	const struct qnn_tensor_desc *x = &sums->cmd->in[!of_y], *y = &sums->cmd->in[of_y];
	const s32 code = qnn_element(sums->cmd->out.type)->min + (s32)k + 1;
	u32 first = sums->count, i;

	for (i = 0; i < sums->rows; i++) {
		u32 at = qnn_index_of(y, i) ^ s->flip[1];

		while (first && reaches(sums, i, first - 1, code))
			first--;
		if (!first) {
			s->always_from[k] = (u8)at;
			s->always_none[k] = 0;
			return;
		}
		s->below[k][at] = first == sums->count ? 255 :
				  (u8)((qnn_index_of(x, first) ^ s->flip[0]) - 1);
	}
}

static u8 flip_of(const struct qnn_tensor_desc *t)
{
	return t->type == QNN_ELEM_S8 ? 0x80 : 0;
}

/* 1: the pairs have such steps; 0: they do not; -1: stopped. */
static int prepare_steps(const struct qnn_cmd *cmd, const u8 *consts, u8 *memory,
			 struct qnn_poll *poll)
{
	const u32 of_y = smaller_input(cmd), levels = (1u << qnn_elem_bits(cmd->out.type)) - 1;
	struct qnn_pair_steps *s = (struct qnn_pair_steps *)memory;
	s32 *x = (s32 *)(memory + TABLE), *y = x + VALUES;
	const struct sums sums = {
		.cmd = cmd, .consts = consts, .x = x, .y = y,
		.rows = qnn_value_count(&cmd->in[of_y]), .count = qnn_value_count(&cmd->in[!of_y]),
	};
	u32 i;

	for (i = 0; i < sums.count; i++)
		x[i] = operand(cmd, !of_y, i);
	for (i = 0; i < sums.rows; i++)
		y[i] = operand(cmd, of_y, i);
	if (cmd->opcode != QNN_OP_ADD || !never_falls(&cmd->stage) ||
	    !ascend(x, sums.count) || !ascend(y, sums.rows))
		return 0;
	s->flip[0] = flip_of(&cmd->in[!of_y]);
	s->flip[1] = flip_of(&cmd->in[of_y]);
	s->turn = qnn_element(cmd->out.type)->min < 0 ? 0 : ~0ull;
	for (i = 0; i < 3; i++)
		s->always_none[i] = ~0ull;
	for (i = 0; i < levels; i++) {
		if (qnn_poll(poll, 2 * VALUES * STEP_WORK))
			return -1;
		put_step(&sums, s, of_y, i);
	}
	return 1;
}

int qnn_prepare_pairs(struct qnn_plan *plan, const struct qnn_cmd *cmd, const u8 *consts,
		      u8 *memory, struct qnn_poll *poll)
{
	int ret = plan->stage_kind == QNN_FAST_STEPS ?
		  prepare_steps(cmd, consts, memory + plan->stage, poll) : 0;
	struct qnn_line line;

	if (ret)
		return ret < 0 ? -1 : 0;
	plan->stage_kind = QNN_FAST_SCALAR;
	if (prepare_table(cmd, consts, memory + plan->stage, &line, poll))
		return -1;
	return line.multiplier ? qnn_prepare_add_line(plan, cmd, &line, memory, poll) : 0;
}

static void look_up(const u8 *table, const u8 *x, const u8 *y, u32 count, u8 *codes)
{
	u32 i;

	for (i = 0; i < count; i++)
		codes[i] = table[x[i] * VALUES + y[i]];
}

/* The same to two bits, four of them at once. */
static void look_up_twos(const u8 *table, const u8 *x, const u8 *y, u32 count, u8 *dst)
{
	u32 i;

	for (i = 0; i + 4 <= count; i += 4) {
		u32 byte = table[x[i] * VALUES + y[i]] & 3u;

		byte |= (table[x[i + 1] * VALUES + y[i + 1]] & 3u) << 2;
		byte |= (table[x[i + 2] * VALUES + y[i + 2]] & 3u) << 4;
		*dst++ = (u8)(byte | (u32)table[x[i + 3] * VALUES + y[i + 3]] << 6);
	}
	if (i == count)
		return;
	for (*dst = 0; i < count; i++)
		*dst |= (u8)((table[x[i] * VALUES + y[i]] & 3u) << i % 4 * 2);
}

struct pairs {
	const struct qnn_cmd *cmd;
	const struct qnn_pair_steps *steps;	/* or NULL: a table */
	const struct qnn_isa_ops *isa;
	const u8 *table;
	u8 *work;
	struct qnn_poll *poll;
};

static void pick(const struct pairs *p, const u8 *const in[2], u32 count, u8 *dst)
{
	const u32 of_y = smaller_input(p->cmd);
	const struct qnn_pairs_args args = {
		.steps = p->steps, .x = in[!of_y], .y = in[of_y],
		.wide = qnn_value_count(&p->cmd->in[of_y]) > 64,
		.bits = qnn_elem_bits(p->cmd->out.type), .count = count, .dst = dst,
	};

	p->isa->pairs(&args);
}

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
		if (p->steps) {
			pick(p, x, n, out + (u64)done * bits / 8);
			continue;
		}
		if (bits == 2) {
			look_up_twos(p->table, x[0], x[1], n, out + (u64)done * bits / 8);
			continue;
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
		.steps = plan->stage_kind == QNN_FAST_STEPS ?
			 (const struct qnn_pair_steps *)((const u8 *)exec->prepared + plan->stage) :
			 (const struct qnn_pair_steps *)0,
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
