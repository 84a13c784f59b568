// SPDX-License-Identifier: MIT
#include "function.h"

#include <math.h>

static double alpha_of(const struct graph_activation *a, uint32_t c,
		       double otherwise)
{
	if (!a->alpha || !a->alphas)
		return otherwise;
	return a->alpha[a->alphas == 1 ? 0 : c];
}

static double sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

static double elu(double x, double alpha)
{
	return x < 0 ? alpha * expm1(x) : x;
}

static double softplus(double x)
{
	return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

double function_value(const struct graph_activation *a, uint32_t c, double x)
{
	double alpha;

	switch (a->f) {
	case GRAPH_SIGMOID:
		return sigmoid(x);
	case GRAPH_TANH:
		return tanh(x);
	case GRAPH_HARD_SIGMOID:
		return fmax(0, fmin(1, alpha_of(a, c, 0.2) * x + a->beta));
	case GRAPH_HARD_SWISH:
		return x * fmax(0, fmin(1, x / 6 + 0.5));
	case GRAPH_SWISH:
		alpha = alpha_of(a, c, 1);
		return x * sigmoid(alpha * x);
	case GRAPH_LEAKY:
		return x < 0 ? alpha_of(a, c, 0.01) * x : x;
	case GRAPH_ELU:
		return elu(x, alpha_of(a, c, 1));
	case GRAPH_SELU:
		return a->beta * elu(x, alpha_of(a, c, 1));
	case GRAPH_SOFTPLUS:
		return softplus(x);
	case GRAPH_SOFTSIGN:
		return x / (1 + fabs(x));
	case GRAPH_GELU:
		return 0.5 * x * (1 + erf(x * M_SQRT1_2));
	case GRAPH_MISH:
		return x * tanh(softplus(x));
	case GRAPH_ERF:
		return erf(x);
	case GRAPH_EXP:
		return exp(x);
	case GRAPH_LOG:
		return log(x);
	case GRAPH_SQRT:
		return sqrt(x);
	case GRAPH_RSQRT:
		return 1 / sqrt(x);
	case GRAPH_RECIPROCAL:
		return 1 / x;
	case GRAPH_ABS:
		return fabs(x);
	case GRAPH_POW:
		return pow(x, alpha_of(a, c, 1));
	}
	return x;
}

bool function_rises(const struct graph_activation *a, uint32_t channels)
{
	switch (a->f) {
	case GRAPH_SIGMOID:
	case GRAPH_TANH:
	case GRAPH_SOFTPLUS:
	case GRAPH_SOFTSIGN:
	case GRAPH_ERF:
	case GRAPH_EXP:
		return true;
	case GRAPH_HARD_SIGMOID:
	case GRAPH_LEAKY:
	case GRAPH_ELU:
		for (uint32_t c = 0; c < channels; c++)
			if (!(alpha_of(a, c, 1) >= 0))
				return false;
		return true;
	case GRAPH_SELU:
		return a->beta >= 0 && alpha_of(a, 0, 1) >= 0 && a->alphas < 2;
	default:
		return false;
	}
}

void function_range(const struct graph_activation *a, double *lo, double *hi)
{
	*lo = -INFINITY;
	*hi = INFINITY;
	switch (a->f) {
	case GRAPH_SIGMOID:
	case GRAPH_HARD_SIGMOID:
		*lo = 0;
		*hi = 1;
		break;
	case GRAPH_TANH:
	case GRAPH_SOFTSIGN:
	case GRAPH_ERF:
		*lo = -1;
		*hi = 1;
		break;
	default:
		break;
	}
}
