// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Copies that leave every element where it is and change what it stands for: a step of
 * quantization between layers. An element has up to 256 values: a table.
 */
#include "fast_vector.h"
#include "element.h"
#include "isa.h"
#include "mac/tile.h"
#include "stage/stage.h"

#define VALUES		256u
#define STAGE_WORK	32u		/* of one value */
#define PIECE		(16u << 10)	/* elements between two polls, a multiple of 64 */
#define WORK_SHARE	2u		/* elements per unit of work */

_Static_assert(2 * PIECE <= QNN_FAST_BYTES, "working memory");

/* Does each element come from its own place? */
static int is_plain(const struct qnn_copy_desc *d)
{
	u32 i;

	if (d->mode != QNN_COPY_PLAIN || d->out_first)
		return 0;
	for (i = 0; i < QNN_COPY_AXES; i++) {
		const struct qnn_copy_axis *a = &d->axis[i];

		if (a->from != i || a->start || a->step != 1 || a->divisor != 1)
			return 0;
	}
	return 1;
}

void qnn_plan_map(struct qnn_plan *plan, const struct qnn_cmd *cmd, u64 *bytes)
{
	const u32 kind = cmd->stage.kind;

	if (!is_plain(&cmd->copy) || !qnn_same_shape(&cmd->in[0], &cmd->out) ||
	    !qnn_type_in(cmd->in[0].type, QNN_TYPES_NARROW) ||
	    !qnn_type_in(cmd->out.type, QNN_TYPES_NARROW) ||
	    kind == QNN_STAGE_NONE || kind == QNN_STAGE_RAW ||
	    cmd->stage.flags & (QNN_STAGE_PER_CHANNEL | QNN_STAGE_TABLES))
		return;
	plan->stage = *bytes;
	*bytes += VALUES;
	plan->kind = QNN_PLAN_MAP;
}

int qnn_prepare_map(const struct qnn_plan *plan, const struct qnn_cmd *cmd, const u8 *consts,
		    u8 *memory, struct qnn_poll *poll)
{
	const struct qnn_tensor_desc *in = &cmd->in[0];
	u8 *table = memory + plan->stage;
	u32 i;

	if (qnn_poll(poll, VALUES * STAGE_WORK))
		return -1;
	__builtin_memset(table, 0, VALUES);
	for (i = 0; i < qnn_value_count(in); i++) {
		s32 acc = qnn_value_of(in, i);

		qnn_stage_apply(cmd, consts, 0, 1, &acc);
		table[qnn_index_of(in, i)] = (u8)acc;
	}
	return 0;
}

struct map {
	const struct qnn_isa_ops *isa;
	const u8 *table;
	u32 type;		/* of what is read */
	u32 bits;		/* of what is written */
	u8 *work;
	struct qnn_poll *poll;
};

static void look_up(const struct map *m, const u8 *src, u32 count, u8 *dst)
{
	u8 *codes = m->bits == 8 ? dst : m->work + PIECE;
	u32 i;

	if (m->isa->map) {
		m->isa->map(m->table, src, m->bits, count, dst);
		return;
	}
	for (i = 0; i < count; i++)
		codes[i] = m->table[src[i]];
	if (m->bits < 8)
		qnn_put_codes(dst, m->bits, count, codes);
}

/* @count elements with nothing between them. */
static int run_stretch(const struct map *m, const u8 *src, u8 *dst, u32 count)
{
	const u32 bits = qnn_elem_bits(m->type);
	u32 done, n;

	for (done = 0; done < count; done += n) {
		const u8 *bytes = src + (u64)done * bits / 8;

		n = min_u32(count - done, PIECE);
		if (qnn_poll(m->poll, n / WORK_SHARE + 1))
			return -1;
		if (bits < 8) {
			m->isa->expand(m->work, bytes, n, m->type);
			bytes = m->work;
		}
		look_up(m, bytes, n, dst + (u64)done * m->bits / 8);
	}
	return 0;
}

int qnn_run_map(const struct qnn_part *part, const struct qnn_cmd *cmd,
		const struct qnn_plan *plan)
{
	const struct qnn_exec *exec = part->exec;
	const struct qnn_tensor_desc *in = &cmd->in[0], *out = &cmd->out;
	const int whole = qnn_is_dense(in) && qnn_is_dense(out);
	const struct map m = {
		.isa = qnn_isa_ops(exec->prepared->isa),
		.table = (const u8 *)exec->prepared + plan->stage,
		.type = in->type, .bits = qnn_elem_bits(out->type),
		.work = part->work, .poll = part->poll,
	};
	const u32 count = whole ? (u32)out->width * out->channels : out->channels;
	const u8 *src = (const u8 *)exec->region[in->region] + in->offset;
	u8 *dst = (u8 *)exec->region[out->region] + out->offset;
	u32 y, x;

	for (y = part->first_row; y < part->end_row; y++) {
		for (x = 0; x < (whole ? 1u : out->width); x++) {
			if (run_stretch(&m, src + (u64)y * in->row_stride +
					(u64)x * in->pixel_stride,
					dst + (u64)y * out->row_stride +
					(u64)x * out->pixel_stride, count))
				return -1;
		}
	}
	return 0;
}
