// SPDX-License-Identifier: MIT
/*
 * Batch normalization, addition and activation in one pass, for training.
 *
 * Data are bfloat16, rows of C channels (channels last), C is 16, 32, 64 or 128.
 * PyTorch would take a pass over memory for each of these; on small networks
 * they, not the convolutions, then take most of the time. Forward:
 *
 *	z = a[c] x + b[c] + res, y = act(z)
 *
 * where act is nothing, ReLU, or a quantizer of equal steps from 0 on. Its
 * gradient passes between 0 and its top level; beyond it, as tail says. The
 * step's gradient is that of LSQ; with TAIL_PACT only what is cut off tells.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#define LANES 16
#define MOST 8	/* vectors of channels */
/* Rows until partial sums go into sums of double precision. */
#define BLOCK 512

typedef float vf __attribute__((vector_size(4 * LANES)));
typedef int32_t vi __attribute__((vector_size(4 * LANES)));
typedef uint32_t vu __attribute__((vector_size(4 * LANES)));
typedef uint16_t vh __attribute__((vector_size(2 * LANES), aligned(2)));

enum { ACT_NONE, ACT_RELU, ACT_QUANT };
enum { TAIL_CLIP, TAIL_PLAIN, TAIL_LOG, TAIL_PACT };

struct act {
	int kind;
	int tail;
	float step;
	float levels;		/* Without 0: the top one is step * levels. */
};

#define INLINE static inline __attribute__((always_inline))

INLINE vf load(const uint16_t *p)
{
	return (vf)(__builtin_convertvector(*(const vh *)p, vu) << 16);
}

INLINE void store(uint16_t *p, vf v)
{
	vu bits = (vu)v;

	bits += 0x7fff + ((bits >> 16) & 1);
	*(vh *)p = __builtin_convertvector(bits >> 16, vh);
}

INLINE vf vload(const float *p)
{
	vf v;

	__builtin_memcpy(&v, p, sizeof(v));
	return v;
}

INLINE vf choose(vi mask, vf a, vf b)
{
	return (vf)(((vi)a & mask) | ((vi)b & ~mask));
}

/* Half to even, for numbers well below 2^22. */
INLINE vf nearest(vf v)
{
	const vf magic = (vf){} + 12582912.0f;

	return (v + magic) - magic;
}

INLINE vf act(const struct act *t, vf z)
{
	const vf zero = {};
	vf q;

	if (t->kind == ACT_NONE)
		return z;
	if (t->kind == ACT_RELU)
		return choose(z > zero, z, zero);
	q = z * (1.0f / t->step);
	q = choose(q > zero, q, zero);
	q = choose(q < zero + t->levels, q, zero + t->levels);
	return nearest(q) * t->step;
}

/* What of dy reaches z; adds what reaches the step to *step. */
INLINE vf act_back(const struct act *t, vf z, vf dy, vf *step)
{
	const vf zero = {};
	vf q, beyond, top, r;

	if (t->kind == ACT_NONE)
		return dy;
	if (t->kind == ACT_RELU)
		return choose(z > zero, dy, zero);
	q = z * (1.0f / t->step);
	top = zero + t->levels;
	r = t->tail == TAIL_PACT ? zero : nearest(q) - q;
	r = choose(q < top, r, top);
	*step += choose(q > zero, r, zero) * dy;
	beyond = zero;
	if (t->tail == TAIL_PLAIN)
		beyond = dy;
	if (t->tail == TAIL_LOG)
		beyond = dy / (z - top * t->step + 1.0f);
	return choose(q > zero, choose(q < top, dy, beyond), zero);
}

INLINE void add_up(double *to, vf *from, int blocks)
{
	for (int k = 0; k < blocks; k++) {
		for (int i = 0; i < LANES; i++)
			to[k * LANES + i] += from[k][i];
		from[k] = (vf){};
	}
}

INLINE void sums(const uint16_t *x, size_t rows, int blocks, double *sum,
		 double *square)
{
	vf s[MOST] = {}, q[MOST] = {};

	for (size_t r = 0; r < rows; r++, x += blocks * LANES) {
		for (int k = 0; k < blocks; k++) {
			vf v = load(x + k * LANES);

			s[k] += v;
			q[k] += v * v;
		}
		if (r % BLOCK == BLOCK - 1 || r == rows - 1) {
			add_up(sum, s, blocks);
			add_up(square, q, blocks);
		}
	}
}

INLINE void forward(const uint16_t *x, const uint16_t *res, uint16_t *y,
		    size_t rows, int blocks, const float *a, const float *b,
		    struct act t)
{
	for (size_t r = 0; r < rows; r++)
		for (int k = 0; k < blocks; k++) {
			size_t at = (r * blocks + k) * LANES;
			vf z = load(x + at) * vload(a + k * LANES) +
				vload(b + k * LANES);

			if (res)
				z += load(res + at);
			store(y + at, act(&t, z));
		}
}

INLINE void reduce(const uint16_t *x, const uint16_t *res, const uint16_t *dy,
		   uint16_t *d, size_t rows, int blocks, const float *a,
		   const float *b, struct act t, double *sum, double *product,
		   double *step)
{
	vf s[MOST] = {}, p[MOST] = {}, st = {};

	for (size_t r = 0; r < rows; r++) {
		for (int k = 0; k < blocks; k++) {
			size_t at = (r * blocks + k) * LANES;
			vf v = load(x + at), g;
			vf z = v * vload(a + k * LANES) + vload(b + k * LANES);

			if (res)
				z += load(res + at);
			g = act_back(&t, z, load(dy + at), &st);
			store(d + at, g);
			s[k] += g;
			p[k] += g * v;
		}
		if (r % BLOCK == BLOCK - 1 || r == rows - 1) {
			add_up(sum, s, blocks);
			add_up(product, p, blocks);
			for (int i = 0; i < LANES; i++)
				*step += st[i];
			st = (vf){};
		}
	}
}

INLINE void backward(const uint16_t *x, const uint16_t *d, uint16_t *dx,
		     size_t rows, int blocks, const float *kd, const float *kx,
		     const float *k1)
{
	for (size_t r = 0; r < rows; r++)
		for (int k = 0; k < blocks; k++) {
			size_t at = (r * blocks + k) * LANES, c = k * LANES;

			store(dx + at, load(d + at) * vload(kd + c) +
			      load(x + at) * vload(kx + c) + vload(k1 + c));
		}
}

/* The loops below know the number of channels when they are compiled. */
void fused_sums(const uint16_t *x, size_t rows, int channels, double *sum,
		double *square)
{
	switch (channels / LANES) {
	case 1:
		sums(x, rows, 1, sum, square);
		break;
	case 2:
		sums(x, rows, 2, sum, square);
		break;
	case 4:
		sums(x, rows, 4, sum, square);
		break;
	case 8:
		sums(x, rows, 8, sum, square);
		break;
	}
}

#define FORWARD(n, r, k) forward(x, r, y, rows, n, a, b,		\
	(struct act){ k, tail, step, levels })
#define FORWARD_ACT(n, r) do {						\
	if (kind == ACT_NONE)						\
		FORWARD(n, r, ACT_NONE);				\
	else if (kind == ACT_RELU)					\
		FORWARD(n, r, ACT_RELU);				\
	else								\
		FORWARD(n, r, ACT_QUANT);				\
} while (0)
#define FORWARD_RES(n) do {						\
	if (res)							\
		FORWARD_ACT(n, res);					\
	else								\
		FORWARD_ACT(n, NULL);					\
} while (0)

void fused_forward(const uint16_t *x, const uint16_t *res, uint16_t *y,
		   size_t rows, int channels, const float *a, const float *b,
		   int kind, int tail, float step, float levels)
{
	switch (channels / LANES) {
	case 1:
		FORWARD_RES(1);
		break;
	case 2:
		FORWARD_RES(2);
		break;
	case 4:
		FORWARD_RES(4);
		break;
	case 8:
		FORWARD_RES(8);
		break;
	}
}

#define REDUCE(n, r, k) reduce(x, r, dy, d, rows, n, a, b,		\
	(struct act){ k, tail, step, levels }, sum, product, step_sum)
#define REDUCE_ACT(n, r) do {						\
	if (kind == ACT_NONE)						\
		REDUCE(n, r, ACT_NONE);					\
	else if (kind == ACT_RELU)					\
		REDUCE(n, r, ACT_RELU);					\
	else								\
		REDUCE(n, r, ACT_QUANT);				\
} while (0)
#define REDUCE_RES(n) do {						\
	if (res)							\
		REDUCE_ACT(n, res);					\
	else								\
		REDUCE_ACT(n, NULL);					\
} while (0)

void fused_reduce(const uint16_t *x, const uint16_t *res, const uint16_t *dy,
		  uint16_t *d, size_t rows, int channels, const float *a,
		  const float *b, int kind, int tail, float step, float levels,
		  double *sum, double *product, double *step_sum)
{
	switch (channels / LANES) {
	case 1:
		REDUCE_RES(1);
		break;
	case 2:
		REDUCE_RES(2);
		break;
	case 4:
		REDUCE_RES(4);
		break;
	case 8:
		REDUCE_RES(8);
		break;
	}
}

void fused_backward(const uint16_t *x, const uint16_t *d, uint16_t *dx,
		    size_t rows, int channels, const float *kd,
		    const float *kx, const float *k1)
{
	switch (channels / LANES) {
	case 1:
		backward(x, d, dx, rows, 1, kd, kx, k1);
		break;
	case 2:
		backward(x, d, dx, rows, 2, kd, kx, k1);
		break;
	case 4:
		backward(x, d, dx, rows, 4, kd, kx, k1);
		break;
	case 8:
		backward(x, d, dx, rows, 8, kd, kx, k1);
		break;
	}
}
