/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_COREDUMP_H__
#define __QNN_COREDUMP_H__

#include <linux/types.h>

struct qnn_job;
struct seq_buf;

void qnn_coredump_print(const struct qnn_job *job, struct seq_buf *s);
void qnn_coredump(const struct qnn_job *job);

#endif /* __QNN_COREDUMP_H__ */
