/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* What the generators of random commands share. */
#ifndef FW_GEN_H
#define FW_GEN_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "qnn_device.h"
#include "rng.h"
#include "selftests/lib/qnn_prog.h"

/* One random valid command. */
#define FW_OPCODES	QNN_OP_SOFTMAX	/* from QNN_OP_CONV on */

void *fw_random_program(struct rng *rng, u32 opcode, size_t *size);

int gen_one_in(struct rng *rng, u32 n);
u32 gen_narrow(struct rng *rng);
u32 gen_type(struct rng *rng);		/* at times QNN_ELEM_S32 */
u32 gen_channels(struct rng *rng, u32 many);
s32 gen_zero_point(struct rng *rng, u32 type);
s32 gen_multiplier(struct rng *rng, s32 special);
s8 gen_shift(struct rng *rng);
/* Gaps between pixels and rows, and a place that is not the start. */
void gen_spread(struct rng *rng, struct qnn_tensor_desc *t);
/* Output tensor and stage, for accumulators within about +-@reach. */
void gen_output(struct rng *rng, struct qnn_prog *p, struct qnn_cmd *cmd, u32 channels,
		s64 reach);
/* A size of its own for outputs that may have one. */
void gen_size(struct rng *rng, struct qnn_cmd *cmd);

/* gen_vector.c */
struct qnn_cmd *gen_pool(struct rng *rng, struct qnn_prog *p, u32 opcode);
struct qnn_cmd *gen_elementwise(struct rng *rng, struct qnn_prog *p, u32 opcode);
struct qnn_cmd *gen_copy(struct rng *rng, struct qnn_prog *p);
struct qnn_cmd *gen_argmax(struct rng *rng, struct qnn_prog *p);
struct qnn_cmd *gen_softmax(struct rng *rng, struct qnn_prog *p);

#endif /* FW_GEN_H */
