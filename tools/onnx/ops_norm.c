// SPDX-License-Identifier: MIT
/* Batch normalization. */
#include "priv.h"

#include <math.h>

#include "qnn.h"
#include "tools/graph/mem.h"

/* As ONNX Runtime has it, every operation in float32. */
static void fill_steps(struct graph_affine *a, uint32_t channels,
		       const struct constant *const c[4], float epsilon)
{
	float *mul = mem_array(channels, sizeof(*mul));
	float *add = mem_array(channels, sizeof(*add));

	for (uint32_t k = 0; k < channels; k++) {
		float deviation = sqrtf(c[3]->f[k] + epsilon);
		float product;

		mul[k] = 1 / deviation * c[0]->f[k];
		product = c[2]->f[k] * mul[k];
		add[k] = c[1]->f[k] - product;
	}
	a->step[0] = (struct graph_step){ QNN_STEP_MUL, mul };
	a->step[1] = (struct graph_step){ QNN_STEP_ADD, add };
}

static void fill_affine(struct graph_affine *a, uint32_t channels,
			const struct constant *const c[4], float epsilon)
{
	a->mul = mem_array(channels, sizeof(double));
	a->add = mem_array(channels, sizeof(double));
	a->mean = mem_array(channels, sizeof(double));
	a->dev = mem_array(channels, sizeof(double));
	for (uint32_t k = 0; k < channels; k++) {
		double gamma = c[0]->f[k], beta = c[1]->f[k];

		a->mul[k] = gamma / sqrt(c[3]->f[k] + epsilon);
		a->add[k] = beta - c[2]->f[k] * a->mul[k];
		a->mean[k] = beta;
		a->dev[k] = fabs(gamma);
	}
	fill_steps(a, channels, c, epsilon);
}

static void check_attributes(struct op *op)
{
	op_float(op, "momentum", 0.9f);
	if (op_int(op, "training_mode", 0))
		op_problem(op, "attribute 'training_mode' must be 0: export the network for inference");
	if (op_int(op, "spatial", 1) != 1)
		op_problem(op, "attribute 'spatial' must be 1");
	/* Before opset 14, further results meant training. */
	for (size_t k = 1; k < op->node->n_output; k++)
		if (op->node->output[k][0])
			op_problem(op, "result %zu is for training; only the first is supported",
				   k);
}

void op_batch_norm(struct op *op)
{
	static const char *const what[4] = { "scale", "bias", "mean", "variance" };
	struct graph_node n = { .op = GRAPH_AFFINE };
	float epsilon = op_float(op, "epsilon", 1e-5f);
	const struct constant *c[4];
	struct tensor t;
	uint32_t channels;
	bool ok = true;

	check_attributes(op);
	if (!(epsilon >= 0 && epsilon < 1))
		op_problem(op, "attribute 'epsilon' is %g; it must be 0 to 1",
			   epsilon);
	for (unsigned int i = 0; i < 4; i++) {
		c[i] = op_floats(op, i + 1, what[i]);
		ok = ok && c[i];
	}
	if (!op_tensor(op, 0, &t) || !ok || !op_ready(op))
		return;
	if (t.view.rank < 2) {
		op_problem(op, "its input has %zu dimensions; the second is the channels",
			   t.view.rank);
		return;
	}
	channels = (uint32_t)t.view.dims[1];
	for (unsigned int i = 0; i < 4; i++)
		if (c[i]->count != channels)
			op_problem(op, "its %s has %zu numbers for %u channels",
				   what[i], c[i]->count, channels);
	for (uint32_t k = 0; !op->refused && k < channels; k++)
		if (!((double)c[3]->f[k] + epsilon > 0))
			op_problem(op, "its variance of channel %u is not above zero",
				   k);
	if (op->refused || !tensor_channels(op, &t, 1))
		return;
	n.in[0] = t.value;
	fill_affine(&n.affine, channels, c, epsilon);
	op_result_node(op, &n, &t);
}
