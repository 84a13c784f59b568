// SPDX-License-Identifier: MIT
/*
 * The library on a device: $QNN_TEST_DEVICE, a node's path, or the in-process
 * device. What must hold is the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"

static struct qnn_device *dev;

static const char *device_path(void)
{
	const char *path = getenv("QNN_TEST_DEVICE");

	return path ? path : QNN_IN_PROCESS;
}

static int open_device(void **state)
{
	(void)state;
	if (qnn_device_open(device_path(), &dev)) {
		print_error("%s\n", qnn_error());
		return -1;
	}
	return 0;
}

static int close_device(void **state)
{
	(void)state;
	qnn_device_close(dev);
	dev = NULL;
	return 0;
}

static struct qnn_model *load(struct fixture_file f)
{
	struct qnn_model *model;

	ok(qnn_model_load_memory(dev, f.data, f.size, &model));
	free(f.data);
	return model;
}

static struct qnn_job *new_job(struct qnn_model *model)
{
	struct qnn_job *job;

	ok(qnn_job_create(model, &job));
	return job;
}

/* An input for "fc" and what must come out. */
static void fc_case(unsigned int seed, int8_t *x, int32_t *y)
{
	unsigned int o, i;

	for (i = 0; i < FC_IN; i++)
		x[i] = (int8_t)(seed * 73 + i * i * 29);
	for (o = 0; o < FC_OUT; o++) {
		y[o] = 0;
		for (i = 0; i < FC_IN; i++)
			y[o] += fixture_fc_weight(o, i) * x[i];
	}
}

static void run_fc(struct qnn_job *job, unsigned int seed)
{
	int32_t want[FC_OUT], got[FC_OUT];
	int8_t x[FC_IN];

	fc_case(seed, x, want);
	ok(qnn_job_set_input(job, "x", x, sizeof(x)));
	ok(qnn_run(job));
	ok(qnn_job_get_output(job, "y", got, sizeof(got)));
	assert_memory_equal(got, want, sizeof(want));
}

static void test_query(void **state)
{
	struct qnn_device_info info, grown[2];

	(void)state;
	ok(qnn_device_query(dev, &info, sizeof(info)));
	assert_string_equal(info.path, device_path());
	assert_string_equal(info.backend,
			    strcmp(device_path(), QNN_IN_PROCESS) ? "emulated" : "in-process");
	assert_int_equal(info.program_version, QNN_PROGRAM_VERSION);
	assert_true(info.cores >= 1);
	assert_true(info.clock_mhz && info.macs_per_cycle && info.sram_bytes);
	assert_true(info.dram_bytes_per_cycle && info.default_timeout_ms);
	assert_true(info.max_timeout_ms >= info.default_timeout_ms);

	/* A caller that knows less, and one that knows more. */
	memset(grown, 0x55, sizeof(grown));
	ok(qnn_device_query(dev, grown, offsetof(struct qnn_device_info, cores)));
	assert_int_equal(grown[0].program_version, QNN_PROGRAM_VERSION);
	assert_int_equal(grown[0].cores, 0x55555555);
	ok(qnn_device_query(dev, grown, sizeof(grown)));
	assert_memory_equal(&grown[0], &info, sizeof(info));
	assert_null(grown[1].path);
}

static void test_buffer(void **state)
{
	size_t page = sysconf(_SC_PAGESIZE), i;
	struct qnn_buffer *buf;
	uint8_t *p;

	(void)state;
	fails(qnn_buffer_create(dev, 0, &buf), -EINVAL, "above 0");
	assert_null(buf);
	fails(qnn_buffer_create(dev, SIZE_MAX, &buf), -ENOMEM, "buffer");
	fails(qnn_buffer_create(dev, SIZE_MAX / 2 + 1, &buf), -ENOMEM, "buffer");
	ok(qnn_buffer_create(dev, page + 1, &buf));
	assert_int_equal(qnn_buffer_size(buf), 2 * page);
	p = qnn_buffer_map(buf);
	assert_non_null(p);
	assert_ptr_equal(qnn_buffer_map(buf), p);
	for (i = 0; i < 2 * page; i++)
		assert_int_equal(p[i], 0);
	memset(p, 0xa5, 2 * page);
	qnn_buffer_free(buf);
	qnn_buffer_free(NULL);
}

static void test_share(void **state)
{
	struct qnn_buffer *buf, *again, *third;
	struct qnn_device *other;
	uint8_t *p, *q, *m;
	int fd;

	(void)state;
	ok(qnn_buffer_create(dev, 4096, &buf));
	fd = qnn_buffer_export(buf);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);

	ok(qnn_buffer_import(dev, fd, &again));
	ok(qnn_buffer_import(dev, fd, &third));
	ok(qnn_device_open(device_path(), &other));
	assert_int_equal(qnn_buffer_size(again), qnn_buffer_size(buf));
	p = qnn_buffer_map(buf);
	q = qnn_buffer_map(again);
	p[17] = 99;
	assert_int_equal(q[17], 99);
	/* One import gone: the others still work. */
	qnn_buffer_free(third);
	qnn_buffer_free(buf);
	q[18] = 98;

	ok(qnn_buffer_import(other, fd, &third));
	m = qnn_buffer_map(third);
	assert_non_null(m);
	assert_int_equal(m[17], 99);
	assert_int_equal(m[18], 98);
	m[19] = 97;
	assert_int_equal(q[19], 97);
	qnn_buffer_free(again);
	close(fd);
	m[20] = 96;
	qnn_buffer_free(third);
	qnn_device_close(other);
}

static void test_import_refused(void **state)
{
	struct qnn_buffer *buf;
	int fds[2];

	(void)state;
	assert_true(qnn_buffer_import(dev, -1, &buf) < 0);
	assert_null(buf);
	assert_true(strlen(qnn_error()) > 0);
	assert_int_equal(pipe(fds), 0);
	assert_true(qnn_buffer_import(dev, fds[0], &buf) < 0);
	assert_null(buf);
	close(fds[0]);
	close(fds[1]);
}

static void test_run(void **state)
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

static void test_describe(void **state)
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

static void test_types(void **state)
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

static void test_names_and_sizes(void **state)
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

static void test_nothing_submitted(void **state)
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

static void test_submit(void **state)
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
static void test_busy_then_deadline(void **state)
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
	fails(qnn_job_wait(job, -1), -ETIMEDOUT, "(conv)");
	ok(qnn_job_report(job, &report, sizeof(report)));
	assert_true(report.macs < 4000ull * 4096 * 64 * 64);

	/* The job can be run again, and jobs of other models too. */
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

static void test_run_after_deadline(void **state)
{
	struct qnn_model *model = load(fixture_slow(3, 96));
	struct qnn_job *job = new_job(model);
	struct qnn_device_info info;

	(void)state;
	ok(qnn_device_query(dev, &info, sizeof(info)));
	fails(qnn_job_set_timeout(job, info.max_timeout_ms + 1), -EINVAL, "too long");
	ok(qnn_job_set_timeout(job, 1));
	fails(qnn_run(job), -ETIMEDOUT, "deadline of 1 ms");
	ok(qnn_job_set_timeout(job, info.max_timeout_ms));
	ok(qnn_run(job));
	qnn_job_free(job);
	qnn_model_free(model);
}

/* The other jobs of a device do not notice a failing one. */
static void test_fails_alone(void **state)
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

static void test_reports(void **state)
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
	fails(qnn_job_layer_report(job, 0, &layer, sizeof(layer)), -ENODATA, "no record");
	qnn_job_free(job);
	qnn_model_free(model);
}

static void test_bind(void **state)
{
	struct qnn_model *model = load(fixture_fc());
	struct qnn_job *job = new_job(model);
	int32_t want[FC_OUT], got[FC_OUT];
	struct qnn_buffer *buf;
	int8_t x[FC_IN];
	uint8_t *map;

	(void)state;
	ok(qnn_buffer_create(dev, 4096, &buf));
	map = qnn_buffer_map(buf);
	ok(qnn_job_bind(job, "x", buf, 64));
	ok(qnn_job_bind(job, "y", buf, 1024));
	fc_case(5, x, want);
	memcpy(map + 64, x, sizeof(x));
	ok(qnn_run(job));
	assert_memory_equal(map + 1024, want, sizeof(want));
	/* The copying functions go to the same place. */
	ok(qnn_job_get_output(job, "y", got, sizeof(got)));
	assert_memory_equal(got, want, sizeof(want));
	run_fc(job, 6);
	fc_case(6, x, want);
	assert_memory_equal(map + 64, x, sizeof(x));

	/* The binding keeps the buffer; another binding lets it go. */
	qnn_buffer_free(buf);
	run_fc(job, 7);
	ok(qnn_job_bind(job, "x", NULL, 0));
	ok(qnn_job_bind(job, "y", NULL, 0));
	run_fc(job, 8);
	qnn_job_free(job);
	qnn_model_free(model);
}

static void test_bind_refused(void **state)
{
	struct qnn_model *model = load(fixture_fc());
	struct qnn_job *job = new_job(model);
	struct qnn_buffer *buf, *alien, *alias;
	struct qnn_device *other;
	int fd;

	(void)state;
	ok(qnn_buffer_create(dev, 4096, &buf));
	fails(qnn_job_bind(job, "w", buf, 0), -ENOENT, "no tensor 'w'");
	fails(qnn_job_bind(job, "x", buf, 8), -EINVAL, "multiple of 64");
	fails(qnn_job_bind(job, "x", buf, 4096), -EMSGSIZE, "has 0 from offset 4096");
	fails(qnn_job_bind(job, "x", buf, SIZE_MAX - 63), -EMSGSIZE, "has 0 from");
	ok(qnn_device_open(device_path(), &other));
	ok(qnn_buffer_create(other, 4096, &alien));
	fails(qnn_job_bind(job, "x", alien, 0), -EXDEV, "another open device");
	qnn_buffer_free(alien);
	qnn_device_close(other);

	ok(qnn_job_bind(job, "x", buf, 0));
	ok(qnn_job_bind(job, "y", buf, 0));
	fails(qnn_run(job), -EINVAL, "'x' and 'y' are bound to memory that overlaps");
	fails(qnn_job_submit(job), -EINVAL, "overlaps");
	/* The same memory under another handle. */
	fd = qnn_buffer_export(buf);
	ok(fd);
	ok(qnn_buffer_import(dev, fd, &alias));
	close(fd);
	ok(qnn_job_bind(job, "y", alias, 0));
	fails(qnn_run(job), -EINVAL, "overlaps");
	ok(qnn_job_bind(job, "y", alias, 64));
	run_fc(job, 9);
	qnn_buffer_free(alias);
	qnn_buffer_free(buf);
	qnn_job_free(job);
	qnn_model_free(model);
}

/* A tensor with gaps: only its elements change in the bound memory. */
static void test_bind_gaps(void **state)
{
	struct qnn_model *model = load(fixture_copy(QNN_TYPE_U4, 3, 3, 3, 5, 0));
	const struct qnn_tensor *t = qnn_model_output(model, 0);
	struct qnn_job *job = new_job(model);
	struct qnn_buffer *buf;
	float in[27];
	uint8_t *map;
	size_t i, touched = 0;

	(void)state;
	assert_int_equal(t->bind_offset, 5);
	assert_int_equal(t->pixel_stride, 7);
	assert_true(t->bind_size >= t->bytes + 5);
	ok(qnn_buffer_create(dev, t->bind_size, &buf));
	fails(qnn_job_bind(job, "y", buf, 4096 - 64), -EMSGSIZE, "needs");
	ok(qnn_job_bind(job, "y", buf, 0));
	map = qnn_buffer_map(buf);
	memset(map, 0xee, 4096);
	for (i = 0; i < 27; i++)
		in[i] = (i % 13) * 0.25f;
	ok(qnn_job_set_input_float(job, "x", in, 27));
	ok(qnn_run(job));
	for (i = 0; i < 4096; i++)
		touched += map[i] != 0xee;
	assert_int_equal(touched, 18);
	assert_int_equal(map[5], 0x10);
	assert_int_equal(map[6], 0x02);
	qnn_buffer_free(buf);
	qnn_job_free(job);
	qnn_model_free(model);
}

struct thread {
	pthread_t id;
	struct qnn_model *model;
	unsigned int seed;
	int result;
};

/* No assertions here: cmocka's longjmp would leave the thread. */
static void *hammer(void *priv)
{
	struct thread *t = priv;
	int32_t want[FC_OUT], got[FC_OUT];
	int8_t x[FC_IN];
	struct qnn_job *job;
	unsigned int i;

	t->result = qnn_job_create(t->model, &job);
	for (i = 0; i < 100 && !t->result; i++) {
		fc_case(t->seed * 1000 + i, x, want);
		t->result = qnn_job_set_input(job, "x", x, sizeof(x));
		if (!t->result && i % 2)
			t->result = qnn_run(job);
		else if (!t->result && !(t->result = qnn_job_submit(job)))
			t->result = qnn_job_wait(job, -1);
		if (!t->result)
			t->result = qnn_job_get_output(job, "y", got, sizeof(got));
		if (!t->result && memcmp(got, want, sizeof(want)))
			t->result = -EILSEQ;
		/* Errors are of the thread that made them. */
		if (!t->result && i == 50 && (qnn_job_wait(job, 0) || qnn_error()[0]))
			t->result = -EPROTO;
	}
	qnn_job_free(job);
	return NULL;
}

static void test_threads(void **state)
{
	struct qnn_model *model = load(fixture_fc());
	struct thread threads[4] = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		threads[i].model = model;
		threads[i].seed = i;
		assert_int_equal(pthread_create(&threads[i].id, NULL, hammer, &threads[i]), 0);
	}
	for (i = 0; i < 4; i++)
		pthread_join(threads[i].id, NULL);
	for (i = 0; i < 4; i++)
		assert_int_equal(threads[i].result, 0);
	qnn_model_free(model);
}

/* What one job writes the next one reads: they run in the order of submission. */
static void test_pipeline(void **state)
{
	struct qnn_model *model = load(fixture_slow(1, 64));
	struct qnn_model *copy = load(fixture_copy(QNN_TYPE_S8, 64, 64, 64, 0, 0));
	struct qnn_job *first = new_job(model), *second = new_job(copy);
	const size_t bytes = 64 * 64 * 64;
	struct qnn_buffer *buf;
	int8_t *out = malloc(bytes);
	size_t i;
	int way;

	(void)state;
	ok(qnn_buffer_create(dev, bytes, &buf));
	ok(qnn_job_bind(first, "y", buf, 0));
	ok(qnn_job_bind(second, "x", buf, 0));
	for (way = 0; way < 2; way++) {
		memset(qnn_buffer_map(buf), 42, bytes);
		ok(qnn_job_submit(first));
		if (way) {
			ok(qnn_job_submit(second));
			ok(qnn_job_wait(second, -1));
		} else {
			ok(qnn_run(second));
		}
		ok(qnn_job_get_output(second, "y", out, bytes));
		/* The weights are zero, and so is what they make of anything. */
		for (i = 0; i < bytes; i++)
			assert_int_equal(out[i], 0);
		ok(qnn_job_wait(first, -1));
	}
	free(out);
	qnn_job_free(first);
	qnn_job_free(second);
	qnn_buffer_free(buf);
	qnn_model_free(copy);
	qnn_model_free(model);
}

/* Nothing of the library or the device is used up by what was freed. */
static void test_many(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 300; i++) {
		struct qnn_model *model = load(fixture_fc());
		struct qnn_job *job = new_job(model);

		run_fc(job, i);
		assert_true(qnn_job_fd(job) >= 0);
		qnn_job_free(job);
		qnn_model_free(model);
	}
}

/* More jobs than the kernel has queues; none of them waits for another. */
static void test_many_jobs(void **state)
{
	enum { JOBS = 100 };
	struct qnn_model *model = load(fixture_fc());
	struct qnn_job *jobs[JOBS];
	int i, round;

	(void)state;
	for (i = 0; i < JOBS; i++)
		jobs[i] = new_job(model);
	for (round = 0; round < 2; round++)
		for (i = 0; i < JOBS; i++)
			run_fc(jobs[i], i);
	for (i = 0; i < JOBS; i += 2)
		if (i < 80)
			ok(qnn_job_submit(jobs[i]));
	for (i = 0; i < JOBS; i++)
		qnn_job_free(jobs[i]);
	qnn_model_free(model);
}

static void test_close_open(void **state)
{
	(void)state;
	qnn_device_close(dev);
	qnn_device_close(NULL);
	ok(qnn_device_open(device_path(), &dev));
	test_run(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_buffer),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_import_refused),
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_describe),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_names_and_sizes),
		cmocka_unit_test(test_nothing_submitted),
		cmocka_unit_test(test_submit),
		cmocka_unit_test(test_busy_then_deadline),
		cmocka_unit_test(test_run_after_deadline),
		cmocka_unit_test(test_fails_alone),
		cmocka_unit_test(test_reports),
		cmocka_unit_test(test_bind),
		cmocka_unit_test(test_bind_refused),
		cmocka_unit_test(test_bind_gaps),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_pipeline),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_many_jobs),
		cmocka_unit_test(test_close_open),
	};

	return cmocka_run_group_tests_name("libqnn device", tests, open_device, close_device);
}
