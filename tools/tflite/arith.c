// SPDX-License-Identifier: MIT
/* TFLite's fixed-point arithmetic. */
#include "priv.h"

#include <math.h>
#include <stdlib.h>

#include "qnn_program.h"
#include "tools/graph/mem.h"

bool arith_multiplier(double real, int32_t *multiplier, int8_t *shift)
{
	int exponent;
	int64_t m;

	*multiplier = 0;
	*shift = 0;
	if (!isfinite(real) || real < 0)
		return false;
	if (real == 0)
		return true;
	m = llround(ldexp(frexp(real, &exponent), 31));
	if (m == 1ll << 31) {
		m /= 2;
		exponent++;
	}
	if (exponent < -31)
		return true;
	if (exponent > 30)
		return false;
	*multiplier = (int32_t)m;
	*shift = (int8_t)exponent;
	return true;
}

/* Rule A of the device. */
int32_t arith_scale(int32_t x, int32_t multiplier, int shift)
{
	int64_t t = (int64_t)x * (shift > 0 ? 1ll << shift : 1), h, half;

	t = t > QNN_ACC_MAX ? QNN_ACC_MAX : t < -QNN_ACC_MAX ? -QNN_ACC_MAX : t;
	t *= multiplier;
	h = (t + (t >= 0 ? 1ll << 30 : 1 - (1ll << 30))) / (1ll << 31);

	if (shift >= 0)
		return (int32_t)h;
	half = 1ll << (-shift - 1);
	return (int32_t)(h >= 0 ? (h + half) >> -shift :
				  -((-h + half) >> -shift));
}

struct graph_requant *requant_new(uint32_t entries)
{
	struct graph_requant *rq = mem_array(1, sizeof(*rq));

	rq->rule = QNN_ROUND_A;
	rq->entries = entries;
	rq->multiplier = mem_array(entries, sizeof(*rq->multiplier));
	rq->shift = mem_array(entries, sizeof(*rq->shift));
	return rq;
}

void requant_free(struct graph_requant *rq)
{
	if (!rq)
		return;
	free(rq->multiplier);
	free(rq->shift);
	free(rq);
}

struct graph_requant *tfl_op_requant(struct op *op, double real)
{
	struct graph_requant *rq = requant_new(1);

	if (arith_multiplier(real, rq->multiplier, rq->shift))
		return rq;
	tfl_op_problem(op, "its result would be scaled by %g; that is more than 2^30",
		   real);
	requant_free(rq);
	return NULL;
}
