// SPDX-License-Identifier: MIT
/* Part of device_test: bound buffers, threads, many jobs. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include "device_test.h"

void test_bind(void **state)
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

void test_bind_refused(void **state)
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
void test_bind_gaps(void **state)
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

/* A dma-buf of @size bytes from the kernel's vgem driver, or -1. */
static int vgem_dmabuf(size_t size)
{
	struct drm_mode_create_dumb dumb = { .width = size, .height = 1, .bpp = 8 };
	int card, fd, dmabuf = -1;
	char path[32];

	for (card = 0; card < 4 && dmabuf < 0; card++) {
		drmVersionPtr version;

		snprintf(path, sizeof(path), "/dev/dri/card%d", card);
		fd = open(path, O_RDWR | O_CLOEXEC);
		version = fd < 0 ? NULL : drmGetVersion(fd);
		if (version && !strcmp(version->name, "vgem") &&
		    !drmIoctl(fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb) &&
		    drmPrimeHandleToFD(fd, dumb.handle, DRM_CLOEXEC | DRM_RDWR, &dmabuf))
			dmabuf = -1;
		drmFreeVersion(version);
		if (fd >= 0)
			close(fd);
	}
	return dmabuf;
}

/* Memory of another driver as input and output. */
void test_foreign_dmabuf(void **state)
{
	int fd = vgem_dmabuf(8192);
	struct qnn_model *model;
	struct qnn_buffer *buf;
	struct qnn_job *job;
	int32_t want[FC_OUT];
	int8_t x[FC_IN];
	uint8_t *own, *map;

	(void)state;
	if (fd < 0) {
		skip();
		return;
	}
	own = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(own, MAP_FAILED);
	model = load(fixture_fc());
	job = new_job(model);
	ok(qnn_buffer_import(dev, fd, &buf));
	close(fd);
	assert_int_equal(qnn_buffer_size(buf), 8192);
	ok(qnn_job_bind(job, "x", buf, 128));
	ok(qnn_job_bind(job, "y", buf, 4096));
	fc_case(21, x, want);
	memcpy(own + 128, x, sizeof(x));
	ok(qnn_run(job));
	assert_memory_equal(own + 4096, want, sizeof(want));
	map = qnn_buffer_map(buf);
	assert_non_null(map);
	assert_memory_equal(map + 4096, want, sizeof(want));
	run_fc(job, 22);
	qnn_job_free(job);
	qnn_buffer_free(buf);
	qnn_model_free(model);
	munmap(own, 8192);
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

void test_threads(void **state)
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
void test_pipeline(void **state)
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
void test_many(void **state)
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
void test_many_jobs(void **state)
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
