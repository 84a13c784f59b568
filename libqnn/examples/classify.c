/* SPDX-License-Identifier: MIT
 *
 * classify MODEL.qnn [DEVICE]: reads the values of one input (numbers between
 * blanks) from standard input, prints the best class and its score.
 *
 *	cc classify.c -o classify $(pkg-config --cflags --libs qnn)
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <qnn.h>

static void check(int err)
{
	if (err) {
		fprintf(stderr, "classify: %s\n", qnn_error());
		exit(1);
	}
}

int main(int argc, char **argv)
{
	struct qnn_device *dev;
	struct qnn_model *model;
	struct qnn_job *job;
	size_t n_in, n_out, i, best = 0;

	if (argc < 2 || argc > 3)
		return fprintf(stderr, "usage: classify MODEL.qnn [DEVICE]\n"), 2;
	int err = qnn_device_open(argc > 2 ? argv[2] : NULL, &dev);
	if (err == -ENODEV && argc == 2) {
		fprintf(stderr, "classify: %s; doing that\n", qnn_error());
		err = qnn_device_open(QNN_IN_PROCESS, &dev);
	}
	check(err);
	check(qnn_model_load(dev, argv[1], &model));
	check(qnn_job_create(model, &job));

	n_in = qnn_model_input(model, 0)->elements;
	n_out = qnn_model_output(model, 0)->elements;
	float *in = calloc(n_in, sizeof(*in)), *out = calloc(n_out, sizeof(*out));
	for (i = 0; in && out && i < n_in && scanf("%f", &in[i]) == 1; i++)
		;
	if (i < n_in)
		return fprintf(stderr, "classify: need %zu numbers, got %zu\n", n_in, i), 1;

	check(qnn_job_set_input_float(job, NULL, in, n_in));
	check(qnn_run(job));
	check(qnn_job_get_output_float(job, NULL, out, n_out));
	for (i = 1; i < n_out; i++)
		best = out[i] > out[best] ? i : best;
	const char *label = qnn_model_label(model, best);
	printf("class %zu (%s), score %g\n", best, label ? label : "no name", out[best]);

	free(in), free(out);
	qnn_job_free(job);
	qnn_model_free(model);
	qnn_device_close(dev);
}
