// SPDX-License-Identifier: MIT
/*
 * Measuring and verifying, with differences that no working device shows: the
 * kept outputs are changed between the two.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "qnn_program.h"
#include "qnn_writer.h"
#include "selftests/lib/qnn_prog.h"
#include "tools/run/measure.h"
#include "tools/run/verify.h"

static char model_path[] = "/tmp/qnn-measure-XXXXXX";
static char data_path[] = "/tmp/qnn-measure-XXXXXX";
static char error_path[] = "/tmp/qnn-measure-XXXXXX";

/* One pixel of three bytes; the outputs are these bytes, twice. */
static struct qnn_tensor_desc add_command(struct qnn_prog *p, u8 in, u8 out)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_MAX_POOL);

	c->in[0] = qnn_prog_tensor(in, QNN_ELEM_U8, 1, 1, 3);
	c->pool.kernel_h = c->pool.kernel_w = 1;
	c->pool.stride_h = c->pool.stride_w = 1;
	qnn_prog_out(c, out, QNN_ELEM_NONE, 0);
	return c->out;
}

static void add_tensor(struct qnn_writer *w, const char *name, uint32_t role,
		       struct qnn_tensor_desc d)
{
	struct qnn_file_tensor t = {
		.role = role, .region = d.region, .offset = d.offset,
		.height = d.height, .width = d.width, .channels = d.channels,
		.type = d.type, .row_stride = d.row_stride,
		.pixel_stride = d.pixel_stride,
	};
	float scale = 1;

	snprintf(t.name, sizeof(t.name), "%s", name);
	assert_int_equal(qnn_writer_add_tensor(w, &t, &scale, 1), 0);
}

static void write_model(void)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), a = qnn_prog_region(p, 0);
	u8 b = qnn_prog_region(p, 0);
	struct qnn_writer *w;
	size_t size;
	void *image;

	assert_int_equal(qnn_writer_create(&w), 0);
	add_tensor(w, "in", QNN_FILE_INPUT,
		   qnn_prog_tensor(in, QNN_ELEM_U8, 1, 1, 3));
	add_tensor(w, "first", QNN_FILE_OUTPUT, add_command(p, in, a));
	add_tensor(w, "second", QNN_FILE_OUTPUT, add_command(p, in, b));
	image = qnn_prog_finish(p, &size);
	assert_int_equal(qnn_writer_set_program(w, image, size), 0);
	assert_int_equal(qnn_writer_save(w, model_path), 0);
	free(image);
	qnn_writer_free(w);
	qnn_prog_free(p);
}

static void write_data(void)
{
	FILE *out = fopen(data_path, "w");

	assert_non_null(out);
	/* The classes say 2 (right), 0 (wrong: 1), 0 (right: first of equals). */
	fputs("1,2,3,2\n4,6,5,0\n7,7,7,0\n", out);
	fclose(out);
}

static int make_files(void **state)
{
	(void)state;
	close(mkstemp(model_path));
	close(mkstemp(data_path));
	close(mkstemp(error_path));
	write_model();
	write_data();
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	remove(model_path);
	remove(data_path);
	remove(error_path);
	return 0;
}

struct bench {
	struct run_options opt;
	struct qnn_device *dev;
	struct qnn_model *model;
	struct source src;
	struct measurement m;
};

static void bench_open(struct bench *b, uint32_t jobs, uint32_t repeat)
{
	*b = (struct bench) {
		.opt = {
			.model = model_path, .data = data_path,
			.data_scale = 1, .jobs = jobs, .repeat = repeat,
			.verify = true, .layers = true,
		},
	};
	assert_int_equal(qnn_device_open(QNN_IN_PROCESS, &b->dev), 0);
	assert_int_equal(qnn_model_load(b->dev, model_path, &b->model), 0);
	assert_int_equal(source_open(&b->src, &b->opt, b->model), RUN_OK);
	assert_int_equal(measure_run(&b->m, &b->opt, b->model, &b->src),
			 RUN_OK);
}

static void bench_close(struct bench *b)
{
	measure_free(&b->m);
	source_close(&b->src);
	qnn_model_free(b->model);
	qnn_device_close(b->dev);
}

static void measures(void **state)
{
	static const unsigned char expected[] = {
		1, 2, 3, 1, 2, 3, 4, 6, 5, 4, 6, 5, 7, 7, 7, 7, 7, 7,
	};
	static const uint32_t jobs[] = { 1, 2, 3, 8 };
	struct bench b;
	size_t i, r;

	(void)state;
	for (i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		bench_open(&b, jobs[i], 5);
		assert_int_equal(b.m.images, 3);
		assert_int_equal(b.m.runs, 15);
		assert_int_equal(b.m.labelled, 3);
		assert_int_equal(b.m.correct, 2);
		assert_int_equal(b.m.layer_count, 2);
		assert_int_equal(b.m.output_bytes, 6);
		assert_memory_equal(b.m.outputs, expected, sizeof(expected));
		for (r = 1; r < b.m.runs; r++)
			assert_true(b.m.run_ns[r - 1] <= b.m.run_ns[r]);
		assert_true(b.m.wall_ns >= b.m.run_ns[14]);
		assert_int_equal(b.m.report.cycles,
				 b.m.layers[0].cycles + b.m.layers[1].cycles);
		assert_int_equal(verify_run(&b.opt, b.model, &b.src, &b.m),
				 RUN_OK);
		bench_close(&b);
	}
}

/* Returns the status; @text: what was written to stderr meanwhile. */
static enum run_exit verify_quietly(struct bench *b, char *text, size_t size)
{
	int saved = dup(STDERR_FILENO);
	enum run_exit status;
	FILE *in;

	assert_non_null(freopen(error_path, "w", stderr));
	status = verify_run(&b->opt, b->model, &b->src, &b->m);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	in = fopen(error_path, "r");
	assert_non_null(in);
	text[fread(text, 1, size - 1, in)] = '\0';
	fclose(in);
	return status;
}

static void verify_finds_each_byte(void **state)
{
	char text[512], expected[128];
	struct bench b;
	size_t i;

	(void)state;
	bench_open(&b, 1, 1);
	for (i = 0; i < 3 * b.m.output_bytes; i++) {
		b.m.outputs[i] ^= 0x40;
		assert_int_equal(verify_quietly(&b, text, sizeof(text)),
				 RUN_MISMATCH);
		snprintf(expected, sizeof(expected),
			 "image %zu, output \"%s\", byte %zu: 0x%02x, but 0x%02x in-process",
			 i / 6, i % 6 < 3 ? "first" : "second", i % 3,
			 b.m.outputs[i], b.m.outputs[i] ^ 0x40);
		if (!strstr(text, expected))
			fail_msg("\"%s\" lacks \"%s\"", text, expected);
		b.m.outputs[i] ^= 0x40;
	}
	bench_close(&b);
}

static void labels_fit_the_output(void **state)
{
	struct run_options opt = { .model = model_path, .data = data_path,
				   .data_scale = 1 };
	struct qnn_device *dev;
	struct qnn_model *model;
	struct source src;
	FILE *out = fopen(data_path, "w");

	(void)state;
	fputs("1,2,3,2\n4,6,5,3\n", out);
	fclose(out);
	assert_int_equal(qnn_device_open(QNN_IN_PROCESS, &dev), 0);
	assert_int_equal(qnn_model_load(dev, model_path, &model), 0);
	assert_int_equal(source_open(&src, &opt, model), RUN_DATA);
	/* Images that are not asked for do not count. */
	opt.images = 1;
	assert_int_equal(source_open(&src, &opt, model), RUN_OK);
	assert_int_equal(src.images, 1);
	source_close(&src);
	qnn_model_free(model);
	qnn_device_close(dev);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(measures),
		cmocka_unit_test(verify_finds_each_byte),
		cmocka_unit_test(labels_fit_the_output),
	};

	return cmocka_run_group_tests_name("run", tests, make_files,
					   remove_files);
}
