/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_EMU_H__
#define __QNN_EMU_H__

struct qnn_prog;

int qnn_emu_check(void);
int qnn_emu_prepare(struct qnn_prog *prog);
void qnn_emu_unprepare(struct qnn_prog *prog);

#endif /* __QNN_EMU_H__ */
