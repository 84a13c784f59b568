// SPDX-License-Identifier: MIT
/*
 * The library on a device: $QNN_TEST_DEVICE, a node's path, or the in-process
 * device. What must hold is the same. This file: the device itself, buffers.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "device_test.h"

struct qnn_device *dev;

const char *device_path(void)
{
	const char *path = getenv("QNN_TEST_DEVICE");

	return path ? path : QNN_IN_PROCESS;
}

/* Descriptors of this process: what a test opens it must close. */
static int count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static int fds_before;

static int open_device(void **state)
{
	(void)state;
	if (qnn_device_open(device_path(), &dev)) {
		print_error("%s\n", qnn_error());
		return -1;
	}
	fds_before = count_fds();
	return 0;
}

static int close_device(void **state)
{
	(void)state;
	qnn_device_close(dev);
	dev = NULL;
	return 0;
}

struct qnn_model *load(struct fixture_file f)
{
	struct qnn_model *model;

	ok(qnn_model_load_memory(dev, f.data, f.size, &model));
	free(f.data);
	return model;
}

struct qnn_job *new_job(struct qnn_model *model)
{
	struct qnn_job *job;

	ok(qnn_job_create(model, &job));
	return job;
}

void fc_case(unsigned int seed, int8_t *x, int32_t *y)
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

void run_fc(struct qnn_job *job, unsigned int seed)
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

/* Without a path a node is found, where there is one. */
static void test_first_node(void **state)
{
	struct qnn_device_info info;
	struct qnn_device *first;

	(void)state;
	if (!strcmp(device_path(), QNN_IN_PROCESS)) {
		skip();
		return;
	}
	ok(qnn_device_open(NULL, &first));
	ok(qnn_device_query(first, &info, sizeof(info)));
	assert_memory_equal(info.path, "/dev/accel/accel", 16);
	assert_string_equal(info.backend, "emulated");
	qnn_device_close(first);
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
	/* 64 TiB: no machine that runs tests has them. */
	fails(qnn_buffer_create(dev, 1ull << 46, &buf), -ENOMEM, "buffer");
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

static void test_close_open(void **state)
{
	(void)state;
	qnn_device_close(dev);
	qnn_device_close(NULL);
	ok(qnn_device_open(device_path(), &dev));
	test_run(state);
}

static void test_descriptors(void **state)
{
	(void)state;
	assert_int_equal(count_fds(), fds_before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_first_node),
		cmocka_unit_test(test_buffer),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_import_refused),
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_describe),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_names_and_sizes),
		cmocka_unit_test(test_nothing_submitted),
		cmocka_unit_test(test_submit),
		cmocka_unit_test(test_late_fd),
		cmocka_unit_test(test_busy_then_deadline),
		cmocka_unit_test(test_run_after_deadline),
		cmocka_unit_test(test_fails_alone),
		cmocka_unit_test(test_reports),
		cmocka_unit_test(test_bind),
		cmocka_unit_test(test_bind_refused),
		cmocka_unit_test(test_bind_gaps),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_memory_read_only),
		cmocka_unit_test(test_memory_refused),
		cmocka_unit_test(test_foreign_dmabuf),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_pipeline),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_many_jobs),
		cmocka_unit_test(test_close_open),
		cmocka_unit_test(test_descriptors),
	};

	return cmocka_run_group_tests_name("libqnn device", tests, open_device, close_device);
}
