/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* What a command needs: a row here, and the functions that it names. */
#ifndef QNN_OPS_H
#define QNN_OPS_H

#include "poll.h"
#include "qnn_device.h"

struct qnn_check;

struct qnn_op {
	const char *name;
	/* Is this command sound? -1 when it was refused. */
	int (*check)(struct qnn_check *check, const struct qnn_cmd *cmd);
	/* Cost of a sound command; ~0 in a counter: too much to count. */
	void (*cost)(const struct qnn_cmd *cmd, struct qnn_counters *out);
	/* Run a sound command; -1 when the poll stopped it. */
	int (*run)(struct qnn_exec *exec, struct qnn_poll *poll,
		   const struct qnn_cmd *cmd);
};

/* NULL: no such opcode. */
const struct qnn_op *qnn_op(u32 opcode);

/* validate/ */
int qnn_check_conv(struct qnn_check *check, const struct qnn_cmd *cmd);
int qnn_check_fc(struct qnn_check *check, const struct qnn_cmd *cmd);
int qnn_check_max_pool(struct qnn_check *check, const struct qnn_cmd *cmd);
int qnn_check_avg_pool(struct qnn_check *check, const struct qnn_cmd *cmd);
int qnn_check_add(struct qnn_check *check, const struct qnn_cmd *cmd);
int qnn_check_mul(struct qnn_check *check, const struct qnn_cmd *cmd);
int qnn_check_copy(struct qnn_check *check, const struct qnn_cmd *cmd);
int qnn_check_argmax(struct qnn_check *check, const struct qnn_cmd *cmd);
int qnn_check_softmax(struct qnn_check *check, const struct qnn_cmd *cmd);

/* cost.c */
void qnn_cost_conv(const struct qnn_cmd *cmd, struct qnn_counters *out);
void qnn_cost_pool(const struct qnn_cmd *cmd, struct qnn_counters *out);
void qnn_cost_elementwise(const struct qnn_cmd *cmd, struct qnn_counters *out);
void qnn_cost_copy(const struct qnn_cmd *cmd, struct qnn_counters *out);
void qnn_cost_argmax(const struct qnn_cmd *cmd, struct qnn_counters *out);
void qnn_cost_softmax(const struct qnn_cmd *cmd, struct qnn_counters *out);

/* mac/ and vector/ */
int qnn_run_conv(struct qnn_exec *exec, struct qnn_poll *poll,
		 const struct qnn_cmd *cmd);
int qnn_run_pool(struct qnn_exec *exec, struct qnn_poll *poll,
		 const struct qnn_cmd *cmd);
int qnn_run_elementwise(struct qnn_exec *exec, struct qnn_poll *poll,
			const struct qnn_cmd *cmd);
int qnn_run_copy(struct qnn_exec *exec, struct qnn_poll *poll,
		 const struct qnn_cmd *cmd);
int qnn_run_argmax(struct qnn_exec *exec, struct qnn_poll *poll,
		   const struct qnn_cmd *cmd);
int qnn_run_softmax(struct qnn_exec *exec, struct qnn_poll *poll,
		    const struct qnn_cmd *cmd);

#endif /* QNN_OPS_H */
