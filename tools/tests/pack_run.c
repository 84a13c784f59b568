// SPDX-License-Identifier: MIT
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pack_run.h"
#include "tools/graph/mem.h"
#include "tools/onnx/onnx.h"

static uint64_t random_state;

void pr_seed(uint64_t seed)
{
	random_state = seed * 0x9e3779b97f4a7c15ull + 1;
}

uint32_t pr_random(uint32_t below)
{
	random_state = random_state * 6364136223846793005ull +
		       1442695040888963407ull;
	return (uint32_t)((random_state >> 33) % below);
}

void pr_init(struct pack_run *t)
{
	memset(t, 0, sizeof(*t));
	ob_init(&t->b, 13);
	pr_options(t);
}

void pr_options(struct pack_run *t)
{
	t->opt.choice.weights.bits = 8;
	t->opt.lower.rounding = QNN_ROUND_B;
	t->opt.choice.activation_bits = 8;
	t->opt.format.input_scale = 1;
}

static int parse(struct pack_run *t)
{
	size_t size;
	void *bytes = ob_bytes(&t->b, &size);
	int ret = onnx_parse(bytes, size, NULL, &t->g, &t->r);

	free(bytes);
	return ret;
}

static int build(struct pack_run *t)
{
	return pack_build(&t->p, &t->g, t->calib.count ? &t->calib : NULL,
			  &t->opt, &t->r);
}

void pr_pack(struct pack_run *t)
{
	int ret = parse(t);

	report_print(&t->r.problems, stderr, "# ");
	assert_int_equal(ret, 0);
	pr_pack_graph(t);
}

void pr_pack_graph(struct pack_run *t)
{
	void *file = NULL;
	size_t size;
	int ret = build(t);

	if (!ret)
		ret = pack_file(&t->p, &t->opt, &file, &size, &t->r);
	report_print(&t->r.problems, stderr, "# ");
	assert_int_equal(ret, 0);
	assert_int_equal(qnn_device_open(QNN_IN_PROCESS, &t->dev), 0);
	assert_int_equal(qnn_model_load_memory(t->dev, file, size, &t->model), 0);
	assert_int_equal(qnn_job_create(t->model, &t->job), 0);
	free(file);
	t->net = float_open(&t->g);
	for (size_t i = 0; i < t->g.output_count; i++)
		t->real[i] = mem_array(pr_elements(t, i), sizeof(float));
}

static void expect(struct pack_run *t, const char *text)
{
	bool said = false;

	for (size_t i = 0; i < t->r.problems.kept; i++)
		said = said || strstr(t->r.problems.line[i], text);
	if (!said) {
		report_print(&t->r.problems, stderr, "# ");
		fail_msg("nothing was said about %s", text);
	}
	pr_free(t);
}

void pr_refused(struct pack_run *t, const char *text)
{
	assert_true(parse(t) || build(t));
	expect(t, text);
}

void pr_graph_refused(struct pack_run *t, const char *text)
{
	assert_true(build(t));
	expect(t, text);
}

void pr_run(struct pack_run *t, const float *image)
{
	const struct qnn_tensor *in = qnn_model_input(t->model, 0);

	float_run(t->net, image);
	assert_int_equal(qnn_job_set_input_float(t->job, NULL, image,
						 in->elements), 0);
	assert_int_equal(qnn_run(t->job), 0);
	for (unsigned int i = 0; i < qnn_model_output_count(t->model); i++) {
		const struct qnn_tensor *out = qnn_model_output(t->model, i);

		assert_int_equal(out->elements, pr_elements(t, i));
		assert_int_equal(qnn_job_get_output_float(t->job, out->name,
							  t->real[i],
							  out->elements), 0);
	}
}

size_t pr_elements(const struct pack_run *t, size_t i)
{
	return graph_elements(&t->g.value[t->g.output[i]]);
}

float pr_float(const struct pack_run *t, size_t i, size_t element)
{
	const struct graph_value *v = &t->g.value[t->g.output[i]];
	size_t c = element % v->c, pixel = element / v->c;

	return float_value(t->net, t->g.output[i])[c * v->h * v->w + pixel];
}

double pr_error(struct pack_run *t, const float *images, uint32_t count)
{
	const struct graph_value *in = &t->g.value[t->g.input];
	double error = 0, power = 0;

	for (uint32_t i = 0; i < count; i++) {
		pr_run(t, images + (size_t)i * in->c * in->h * in->w);
		for (size_t k = 0; k < pr_elements(t, 0); k++) {
			double f = pr_float(t, 0, k);

			error += pow(f - t->real[0][k], 2);
			power += f * f;
		}
	}
	return error / power;
}

void pr_free(struct pack_run *t)
{
	for (size_t i = 0; i < t->g.output_count; i++)
		free(t->real[i]);
	qnn_job_free(t->job);
	qnn_model_free(t->model);
	qnn_device_close(t->dev);
	float_close(t->net);
	dataset_free(&t->calib);
	pack_free(&t->p);
	graph_free(&t->g);
	report_free(&t->r);
	ob_free(&t->b);
}
