// SPDX-License-Identifier: MIT
#include "lower_priv.h"
#include "softmax_table.h"

int lower_softmax(struct lowering *lw)
{
	const struct value_format *in = &lw->fmt[lw->x->in[0]];
	double beta = lw->x->node->softmax_beta;
	int32_t table[SOFTMAX_TABLE];

	lw->cmd->opcode = QNN_OP_SOFTMAX;
	lw->cmd->stage.kind = QNN_STAGE_NONE;
	if (in->elem != QNN_ELEM_S8 && in->elem != QNN_ELEM_U8) {
		report_problem(lw->r, "node '%s' (%s): its input has fewer than 8 bits",
			       lw->x->name, lw->x->op);
		return -1;
	}
	if (!lw->x->node->softmax_fixed) {
		softmax_exact(beta, in->q.scale, table);
	} else if (!softmax_table((float)beta, in->q.scale, table)) {
		report_problem(lw->r, "node '%s' (%s): its input's step %g times beta %g is too small",
			       lw->x->name, lw->x->op, in->q.scale, beta);
		return -1;
	}
	lw->cmd->softmax.table_off = consts_add(&lw->l->consts, table,
						sizeof(table));
	return 0;
}
