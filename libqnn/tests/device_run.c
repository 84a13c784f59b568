// SPDX-License-Identifier: MIT
/* Part of device_test: models, runs, deadlines, reports. */
#include <errno.h>
#include <math.h>
#include <poll.h>

#include "device_test.h"

void test_run(void **state)
{
	struct qnn_model *model = load(fixture_fc());
	struct qnn_job *job = new_job(model);
	unsigned int seed;

	(void)state;
	for (seed = 0; seed < 50; seed++)
		run_fc(job, seed);
	qnn_job_free(job);
	qnn_model_free(model);
}

void test_describe(void **state)
{
	struct qnn_model *model = load(fixture_fc());
	const struct qnn_tensor *t;
	struct qnn_layer layer;
	const void *data;
	size_t size;

	(void)state;
	assert_int_equal(qnn_model_input_count(model), 1);
	assert_int_equal(qnn_model_output_count(model), 1);
	assert_null(qnn_model_input(model, 1));
	assert_null(qnn_model_output(model, 1));
	t = qnn_model_output(model, 0);
	assert_string_equal(t->name, "y");
	assert_int_equal(t->type, QNN_TYPE_S32);
	assert_int_equal(t->channels, FC_OUT);
	assert_int_equal(t->bytes, FC_OUT * 4);
	assert_int_equal(t->elements, FC_OUT);
	assert_int_equal(t->bind_offset, 0);
	assert_true(t->bind_size >= t->bytes);
	assert_int_equal(t->scale_count, FC_OUT);
	assert_float_equal(t->scale[2], fixture_fc_scale(2), 0);

	assert_string_equal(qnn_model_label(model, 4), "ŝtato");
	assert_null(qnn_model_label(model, FC_OUT));
	assert_int_equal(qnn_model_layer_count(model), 1);
	ok(qnn_model_layer(model, 0, &layer, sizeof(layer)));
	assert_string_equal(layer.name, "dense_1");
	assert_string_equal(layer.op, "MatMul+Add");
	assert_string_equal(layer.command, "fc");
	assert_int_equal(layer.macs, FC_IN * FC_OUT);
	assert_true(layer.cycles > 0);
	fails(qnn_model_layer(model, 1, &layer, sizeof(layer)), -ENOENT, "layer 1");

	ok(qnn_model_section(model, QNN_SECTION_ORIGIN, &data, &size));
	assert_memory_equal(data, "{\n\t\"source\"", 11);
	fails(qnn_model_section(model, 0x58585858, &data, &size), -ENOENT, "XXXX");
	qnn_model_free(model);
}

static void check_copy(enum qnn_type type, uint32_t gap, int32_t min, int32_t max, int32_t zero)
{
	enum { H = 3, W = 5, C = 7, N = H * W * C };
	struct qnn_model *model = load(fixture_copy(type, H, W, C, gap, zero));
	struct qnn_job *job = new_job(model);
	float in[N], out[N];
	int i;

	for (i = 0; i < N; i++) {
		int32_t e = min + i % (max - min + 1);

		if (type == QNN_TYPE_B1)
			e = i % 3 ? 1 : -1;
		in[i] = (e - zero) * 0.25f;
	}
	ok(qnn_job_set_input_float(job, NULL, in, N));
	ok(qnn_run(job));
	ok(qnn_job_get_output_float(job, NULL, out, N));
	for (i = 0; i < N; i++)
		assert_float_equal(out[i], in[i], 0);
	qnn_job_free(job);
	qnn_model_free(model);
}

void test_types(void **state)
{
	(void)state;
	for (uint32_t gap = 0; gap <= 8; gap += 4) {
		check_copy(QNN_TYPE_S8, gap, -128, 127, 0);
		check_copy(QNN_TYPE_S8, gap, -128, 127, -5);
		check_copy(QNN_TYPE_U8, gap, 0, 255, 128);
		check_copy(QNN_TYPE_S4, gap, -8, 7, 1);
		check_copy(QNN_TYPE_U4, gap, 0, 15, 0);
		check_copy(QNN_TYPE_S2, gap, -2, 1, 0);
		check_copy(QNN_TYPE_U2, gap, 0, 3, 3);
		check_copy(QNN_TYPE_B1, gap, 0, 1, 0);
	}
	/* Pixels at odd bytes. */
	check_copy(QNN_TYPE_U2, 1, 0, 3, 0);
	check_copy(QNN_TYPE_S8, 3, -128, 127, 0);
}

void test_names_and_sizes(void **state)
{
	struct qnn_model *model = load(fixture_fc());
	struct qnn_job *job = new_job(model);
	float f[FC_IN] = { 0 };
	int8_t x[FC_IN + 1] = { 0 };
	int32_t y[FC_OUT];

	(void)state;
	fails(qnn_job_set_input(job, "z", x, FC_IN), -ENOENT, "no input 'z'");
	fails(qnn_job_set_input(job, "y", x, FC_IN), -ENOENT, "no input 'y'");
	fails(qnn_job_set_input(job, "x", x, FC_IN + 1), -EMSGSIZE, "24 bytes, not 25");
	fails(qnn_job_set_input(job, "x", x, 0), -EMSGSIZE, "not 0");
	fails(qnn_job_set_input_float(job, NULL, f, FC_IN - 1), -EMSGSIZE, "24 elements, not 23");
	f[3] = NAN;
	fails(qnn_job_set_input_float(job, NULL, f, FC_IN), -EINVAL, "value 3 is not a number");
	fails(qnn_job_get_output(job, "x", y, sizeof(y)), -ENOENT, "no output 'x'");
	fails(qnn_job_get_output(job, NULL, y, FC_OUT), -EMSGSIZE, "20 bytes, not 5");
	fails(qnn_job_get_output_float(job, "y", f, FC_IN), -EMSGSIZE, "5 elements, not 24");
	fails(qnn_job_bind(job, NULL, NULL, 0), -ENOENT, "name one");
	run_fc(job, 3);
	qnn_job_free(job);
	qnn_job_free(NULL);
	qnn_model_free(model);
	qnn_model_free(NULL);
}

void test_nothing_submitted(void **state)
{
	struct qnn_model *model = load(fixture_fc());
	struct qnn_job *job = new_job(model);
	struct qnn_report report;

	(void)state;
	fails(qnn_job_wait(job, 0), -EINVAL, "nothing was submitted");
	fails(qnn_job_wait(job, -1), -EINVAL, "nothing was submitted");
	fails(qnn_job_fd(job), -EINVAL, "nothing was submitted");
	fails(qnn_job_report(job, &report, sizeof(report)), -ENODATA, "no run");
	fails(qnn_job_layer_report(job, 0, &report, sizeof(report)), -ENODATA, "no record");
	qnn_job_free(job);
	qnn_model_free(model);
}

static int readable(int fd, int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, timeout_ms);
}

void test_submit(void **state)
{
	struct qnn_model *model = load(fixture_fc());
	struct qnn_job *job = new_job(model);
	int32_t want[FC_OUT], got[FC_OUT];
	int8_t x[FC_IN];
	unsigned int seed;

	(void)state;
	for (seed = 0; seed < 20; seed++) {
		fc_case(seed, x, want);
		ok(qnn_job_set_input(job, "x", x, sizeof(x)));
		ok(qnn_job_submit(job));
		if (seed % 3 == 0)
			assert_int_equal(readable(qnn_job_fd(job), 60000), 1);
		if (seed % 3 == 1)
			ok(qnn_job_wait(job, 60ll * 1000000000));
		ok(qnn_job_wait(job, -1));
		/* Again: the same answer. The descriptor stays readable. */
		ok(qnn_job_wait(job, 0));
		assert_int_equal(readable(qnn_job_fd(job), 0), 1);
		ok(qnn_job_get_output(job, "y", got, sizeof(got)));
		assert_memory_equal(got, want, sizeof(want));
	}
	run_fc(job, 77);
	assert_int_equal(readable(qnn_job_fd(job), 0), 1);
	ok(qnn_job_submit(job));
	qnn_job_free(job);		/* waits */
	qnn_model_free(model);
}

/* The descriptor of a run that was over before anybody asked for one. */
void test_late_fd(void **state)
{
	struct qnn_model *model = load(fixture_fc());
	struct qnn_job *first = new_job(model), *second = new_job(model);

	(void)state;
	ok(qnn_run(first));
	assert_int_equal(readable(qnn_job_fd(first), 0), 1);
	ok(qnn_job_submit(first));
	ok(qnn_job_wait(first, -1));
	assert_int_equal(readable(qnn_job_fd(first), 0), 1);
	qnn_job_free(first);

	first = new_job(model);
	ok(qnn_job_submit(first));
	ok(qnn_job_submit(second));
	ok(qnn_job_wait(second, -1));
	assert_int_equal(readable(qnn_job_fd(first), 60000), 1);
	ok(qnn_job_wait(first, 0));
	qnn_job_free(first);
	qnn_job_free(second);
	qnn_model_free(model);
}

static void expect_busy(struct qnn_job *job)
{
	struct qnn_report report;
	int8_t x[64] = { 0 };
	float f[64];

	fails(qnn_job_submit(job), -EBUSY, "under way");
	fails(qnn_run(job), -EBUSY, "under way");
	fails(qnn_job_set_input(job, "x", x, sizeof(x)), -EBUSY, "under way");
	fails(qnn_job_set_input_float(job, "x", f, 64), -EBUSY, "under way");
	fails(qnn_job_get_output(job, "y", x, sizeof(x)), -EBUSY, "under way");
	fails(qnn_job_get_output_float(job, "y", f, 64), -EBUSY, "under way");
	fails(qnn_job_bind(job, "x", NULL, 0), -EBUSY, "under way");
	fails(qnn_job_set_timeout(job, 1), -EBUSY, "under way");
	fails(qnn_job_set_profile(job, 1), -EBUSY, "under way");
	fails(qnn_job_report(job, &report, sizeof(report)), -EBUSY, "under way");
	fails(qnn_job_layer_report(job, 0, &report, sizeof(report)), -EBUSY, "under way");
	fails(qnn_job_wait(job, 0), -ETIME, "not done yet");
}

/* Work for hours, so that the deadline always comes first. */
void test_busy_then_deadline(void **state)
{
	struct qnn_model *model = load(fixture_slow(4000, 64));
	struct qnn_job *job = new_job(model);
	struct qnn_report report;

	(void)state;
	ok(qnn_job_set_timeout(job, 2000));
	ok(qnn_job_submit(job));
	expect_busy(job);
	assert_int_equal(readable(qnn_job_fd(job), 0), 0);
	fails(qnn_job_wait(job, 1000), -ETIME, "not done yet");
	fails(qnn_job_wait(job, -1), -ETIMEDOUT, "deadline of 2000 ms in command ");
	assert_int_equal(readable(qnn_job_fd(job), 0), 1);
	/* Asked again, the same answer. */
	fails(qnn_job_wait(job, -1), -ETIMEDOUT, "(conv_transpose)");
	ok(qnn_job_report(job, &report, sizeof(report)));
	assert_true(report.macs < 4000ull * 4096 * 64 * 64);

	/* The job can be run again, and jobs of other models too. */
	ok(qnn_job_set_timeout(job, 500));
	ok(qnn_job_submit(job));
	assert_int_equal(readable(qnn_job_fd(job), 0), 0);
	fails(qnn_job_wait(job, -1), -ETIMEDOUT, "deadline of 500 ms");
	ok(qnn_job_set_timeout(job, 1));
	fails(qnn_run(job), -ETIMEDOUT, "deadline of 1 ms");
	qnn_job_free(job);
	qnn_model_free(model);
	model = load(fixture_fc());
	job = new_job(model);
	run_fc(job, 1);
	qnn_job_free(job);
	qnn_model_free(model);
}

void test_run_after_deadline(void **state)
{
	struct qnn_model *model = load(fixture_slow(3, 96));
	struct qnn_job *job = new_job(model);
	struct qnn_device_info info;
	int i;

	(void)state;
	ok(qnn_device_query(dev, &info, sizeof(info)));
	fails(qnn_job_set_timeout(job, info.max_timeout_ms + 1), -EINVAL, "too long");
	ok(qnn_job_set_timeout(job, 1));
	/* More often than the kernel has queues, each of which stops. */
	for (i = 0; i < 80; i++)
		fails(qnn_run(job), -ETIMEDOUT, "deadline of 1 ms");
	ok(qnn_job_set_timeout(job, info.max_timeout_ms));
	ok(qnn_run(job));
	qnn_job_free(job);
	qnn_model_free(model);
}

/* The other jobs of a device do not notice a failing one. */
void test_fails_alone(void **state)
{
	struct qnn_model *slow = load(fixture_slow(4000, 64)), *fc = load(fixture_fc());
	struct qnn_job *bad = new_job(slow), *good[3];
	int32_t want[FC_OUT], got[FC_OUT];
	int8_t x[FC_IN];
	int i;

	(void)state;
	ok(qnn_job_set_timeout(bad, 100));
	ok(qnn_job_submit(bad));
	for (i = 0; i < 3; i++) {
		good[i] = new_job(fc);
		fc_case(i, x, want);
		ok(qnn_job_set_input(good[i], "x", x, sizeof(x)));
		ok(qnn_job_submit(good[i]));
	}
	for (i = 0; i < 3; i++) {
		fc_case(i, x, want);
		ok(qnn_job_wait(good[i], -1));
		ok(qnn_job_get_output(good[i], "y", got, sizeof(got)));
		assert_memory_equal(got, want, sizeof(want));
		qnn_job_free(good[i]);
	}
	fails(qnn_job_wait(bad, -1), -ETIMEDOUT, "deadline of 100 ms");
	qnn_job_free(bad);
	qnn_model_free(fc);
	qnn_model_free(slow);
}

void test_reports(void **state)
{
	struct qnn_model *model = load(fixture_slow(3, 8));
	struct qnn_job *job = new_job(model);
	struct qnn_report total, layer, sum = { 0 }, grown[2];
	struct qnn_layer expect;
	unsigned int i;

	(void)state;
	ok(qnn_job_set_profile(job, 1));
	ok(qnn_run(job));
	ok(qnn_job_report(job, &total, sizeof(total)));
	for (i = 0; i < 3; i++) {
		ok(qnn_job_layer_report(job, i, &layer, sizeof(layer)));
		ok(qnn_model_layer(model, i, &expect, sizeof(expect)));
		assert_int_equal(layer.cycles, expect.cycles);
		assert_int_equal(layer.macs, expect.macs);
		assert_int_equal(layer.bytes_read, expect.bytes_read);
		assert_int_equal(layer.bytes_written, expect.bytes_written);
		assert_string_equal(expect.name, "");
		sum.cycles += layer.cycles;
		sum.macs += layer.macs;
		sum.bytes_read += layer.bytes_read;
		sum.bytes_written += layer.bytes_written;
		sum.time_ns += layer.time_ns;
	}
	assert_int_equal(sum.macs, 3 * 4096 * 8 * 8);
	assert_int_equal(total.cycles, sum.cycles);
	assert_int_equal(total.macs, sum.macs);
	assert_int_equal(total.bytes_read, sum.bytes_read);
	assert_int_equal(total.bytes_written, sum.bytes_written);
	assert_true(total.time_ns >= sum.time_ns);
	fails(qnn_job_layer_report(job, 3, &layer, sizeof(layer)), -ENOENT, "layer 3");

	memset(grown, 0x55, sizeof(grown));
	ok(qnn_job_report(job, grown, sizeof(grown)));
	assert_int_equal(grown[0].cycles, total.cycles);
	assert_int_equal(grown[1].cycles, 0);
	ok(qnn_job_set_profile(job, 0));
	ok(qnn_run(job));
	ok(qnn_job_report(job, &layer, sizeof(layer)));
	assert_int_equal(layer.cycles, total.cycles);
	assert_int_equal(layer.bytes_read, total.bytes_read);
	fails(qnn_job_layer_report(job, 0, &layer, sizeof(layer)), -ENODATA, "no record");
	qnn_job_free(job);
	qnn_model_free(model);
}
