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

/* Rule B of the device. */
static int64_t rule_b(int64_t x, int32_t multiplier, int shift)
{
	int n = 31 - shift;

	return (x * multiplier + (1ll << (n - 1))) >> n;
}

/* The smallest sum that double precision takes to @level or above. */
static int64_t first_sum(double real, int level)
{
	int64_t x = (int64_t)ceil((level - 0.5) / real) - 2;

	while (round((double)x * real) < level)
		x++;
	return x;
}

static bool same_levels(double real, int lo, int hi, int64_t reach,
			int32_t multiplier, int shift)
{
	for (int level = lo + 1; level <= hi; level++) {
		int64_t x;

		if (fabs((level - 0.5) / real) > (double)reach + 4)
			continue;
		x = first_sum(real, level);
		if (x <= reach && x >= -reach &&
		    rule_b(x, multiplier, shift) < level)
			return false;
		if (x - 1 <= reach && x - 1 >= -reach &&
		    rule_b(x - 1, multiplier, shift) >= level)
			return false;
	}
	return true;
}

bool arith_rounded(double real, int lo, int hi, int64_t reach,
		   int32_t *multiplier, int8_t *shift)
{
	static const int off[] = { 0, 1, -1, 2, -2 };
	int32_t m;

	if (!arith_multiplier(real, multiplier, shift) || *multiplier < 4 ||
	    *multiplier > INT32_MAX - 4)
		return false;
	m = *multiplier;
	for (size_t k = 0; k < sizeof(off) / sizeof(off[0]); k++) {
		*multiplier = m + off[k];
		if (same_levels(real, lo, hi, reach, *multiplier, *shift))
			return true;
	}
	return false;
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
