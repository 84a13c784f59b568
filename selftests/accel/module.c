// SPDX-License-Identifier: MIT
/*
 * The module: unloading is refused while anything of it is in use, and clean
 * afterwards; parameters. Nobody else may use the device meanwhile, and the
 * environment has to say which file the module is ($QNN_MODULE).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

FIXTURE(module)
{
};

FIXTURE_SETUP(module)
{
	if (!getenv("QNN_MODULE"))
		SKIP(return, "QNN_MODULE does not name the module");
	if (geteuid())
		SKIP(return, "only root can load modules");
	if (access("/sys/module/qnn", F_OK))
		ASSERT_EQ(0, qt_module_load(""));
}

/* The tests behind this one find the module as they expect it. */
FIXTURE_TEARDOWN(module)
{
	qt_module_unload();
	EXPECT_EQ(0, qt_module_load(""));
}

TEST_F(module, refused_while_open)
{
	int fd = qt_open();

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EAGAIN, qt_module_unload());
	close(fd);
	EXPECT_EQ(0, qt_module_unload());
}

TEST_F(module, refused_while_mapped)
{
	int fd = qt_open();
	struct qt_buf buf;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, qt_buf_new(fd, 4096, &buf));
	close(fd);
	EXPECT_EQ(-EAGAIN, qt_module_unload());
	munmap(buf.map, buf.size);
	EXPECT_EQ(0, qt_module_unload());
}

TEST_F(module, refused_while_exported)
{
	int fd = qt_open(), dmabuf;
	struct qt_buf buf;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, qt_buf_new(fd, 4096, &buf));
	dmabuf = qt_prime_export(fd, buf.handle);
	ASSERT_LE(0, dmabuf);
	munmap(buf.map, buf.size);
	close(fd);
	EXPECT_EQ(-EAGAIN, qt_module_unload());
	close(dmabuf);
	EXPECT_EQ(0, qt_module_unload());
}

static int slow_job(int fd, uint32_t queue, int timeout_ms)
{
	struct qt_buf in, out;
	struct qt_job job;
	uint32_t slow, sync;
	int ret = qt_program_from(fd, qt_image_slow, &slow);

	ret = ret ?: qt_buf_new(fd, QT_SLOW_IN, &in);
	ret = ret ?: qt_buf_new(fd, QT_SLOW_OUT, &out);
	ret = ret ?: qt_syncobj_new(fd, 0, &sync);
	if (ret)
		return ret;
	qt_job_init(&job, slow);
	qt_job_bind(&job, 0, in.handle, 0);
	qt_job_bind(&job, 1, out.handle, 0);
	job.job.timeout_ms = timeout_ms;
	ret = qt_submit(fd, queue, &job, 0, sync);
	munmap(in.map, in.size);
	munmap(out.map, out.size);
	return ret ? ret : qt_syncobj_export_fence(fd, sync);
}

/* A fence of a dead file, while its job runs and long after it. */
TEST_F(module, refused_while_a_fence_is_held)
{
	int fd = qt_open(), fence;
	uint32_t queue;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, qt_queue_new(fd, &queue));
	fence = slow_job(fd, queue, 300);
	ASSERT_LE(0, fence);
	close(fd);
	EXPECT_EQ(-EAGAIN, qt_module_unload());
	qt_sleep_ms(1000);
	EXPECT_GT(0, qt_fence_status(fence));
	EXPECT_EQ(-EAGAIN, qt_module_unload());
	close(fence);
	/* Fences are freed after a grace period. */
	for (fd = 0; fd < 50 && qt_module_unload(); fd++)
		qt_sleep_ms(100);
	EXPECT_NE(0, access("/sys/module/qnn", F_OK));
}

/* The last user is gone, its job is not. */
TEST_F(module, refused_while_a_job_runs)
{
	int fd = qt_open(), fence, i;
	uint32_t queue;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, qt_queue_new(fd, &queue));
	fence = slow_job(fd, queue, 500);
	ASSERT_LE(0, fence);
	close(fence);
	close(fd);
	for (i = 0; i < 100 && qt_module_unload(); i++)
		qt_sleep_ms(100);
	EXPECT_NE(0, access("/sys/module/qnn", F_OK));
}

/* 128 cores take a while to come and go under QEMU. */
TEST_F_TIMEOUT(module, largest, 120)
{
	ASSERT_EQ(0, qt_module_unload());
	ASSERT_EQ(0, qt_module_load("devices=16 cores=8"));
	EXPECT_EQ(0, access("/dev/accel/accel15", F_OK));
	ASSERT_EQ(0, qt_module_unload());
}

TEST_F_TIMEOUT(module, load_and_unload_often, 120)
{
	int i;

	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, qt_module_unload());
		ASSERT_EQ(0, qt_module_load("devices=2 cores=2"));
	}
}

TEST_F(module, bad_parameters)
{
	static const char * const bad[] = {
		"devices=0", "devices=17", "devices=4294967295", "cores=0", "cores=9",
		"cores=4294967295", "timeout_ms=0", "max_timeout_ms=0",
		"timeout_ms=2000 max_timeout_ms=1000", "isa=", "isa=avx", "isa=avx22",
	};
	size_t i;

	ASSERT_EQ(0, qt_module_unload());
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, qt_module_load(bad[i]))
			TH_LOG("%s", bad[i]);
		EXPECT_NE(0, access("/sys/module/qnn", F_OK));
	}
}

TEST_F(module, devices)
{
	char path[32];
	int i, fd;

	ASSERT_EQ(0, qt_module_unload());
	ASSERT_EQ(0, qt_module_load("devices=3"));
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "/dev/accel/accel%d", i);
		fd = open(path, O_RDWR);
		EXPECT_LE(0, fd);
		close(fd);
	}
	EXPECT_NE(0, access("/dev/accel/accel3", F_OK));
}

/*
 * Root can point any device at the driver, which takes its own ones only. Most
 * devices are not free for that.
 */
TEST_F(module, devices_of_others)
{
	DIR *dir = opendir("/sys/bus/platform/devices");
	struct dirent *entry;
	char path[512];
	int refused = 0, ret;

	ASSERT_NE(NULL, dir);
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/sys/bus/platform/devices/%s/driver", entry->d_name);
		if (entry->d_name[0] == '.' || !access(path, F_OK))
			continue;
		strcat(path, "_override");
		if (qt_write_file(path, "qnn"))
			continue;
		ret = qt_bind(entry->d_name);
		EXPECT_TRUE(ret == -ENODEV || ret == -EBUSY)
			TH_LOG("%s: %d", entry->d_name, ret);
		refused += ret == -ENODEV;
		EXPECT_EQ(-ENODEV, qt_open_bound(entry->d_name));
		EXPECT_EQ(0, qt_write_file(path, "\n"));
	}
	closedir(dir);
	if (!refused)
		SKIP(return, "no platform device is without a driver");
}

TEST_F(module, timeouts)
{
	struct drm_qnn_device_info info;
	int fd;

	ASSERT_EQ(0, qt_module_unload());
	ASSERT_EQ(0, qt_module_load("timeout_ms=123 max_timeout_ms=4567"));
	fd = qt_open();
	ASSERT_EQ(0, qt_device_info(fd, &info));
	EXPECT_EQ(123, info.default_timeout_ms);
	EXPECT_EQ(4567, info.max_timeout_ms);
	close(fd);
}

/* With two cores a job that takes its time does not hold up another queue. */
TEST_F(module, two_cores)
{
	struct drm_qnn_device_info info;
	struct qt_buf in, out;
	uint32_t copy, queue[2];
	struct qt_job job;
	int fd, fence;

	ASSERT_EQ(0, qt_module_unload());
	ASSERT_EQ(0, qt_module_load("cores=2"));
	fd = qt_open();
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, qt_device_info(fd, &info));
	EXPECT_EQ(2, info.cores);
	ASSERT_EQ(0, qt_queue_new(fd, &queue[0]));
	ASSERT_EQ(0, qt_queue_new(fd, &queue[1]));
	fence = slow_job(fd, queue[0], info.max_timeout_ms);
	ASSERT_LE(0, fence);
	ASSERT_EQ(0, qt_program_from(fd, qt_image_copy, &copy));
	ASSERT_EQ(0, qt_buf_new(fd, QT_COPY_BYTES, &in));
	ASSERT_EQ(0, qt_buf_new(fd, QT_COPY_BYTES, &out));
	memset(in.map, 0x12, QT_COPY_BYTES);
	qt_job_init(&job, copy);
	qt_job_bind(&job, 0, in.handle, 0);
	qt_job_bind(&job, 1, out.handle, 0);
	EXPECT_EQ(0, qt_run(fd, queue[1], &job));
	EXPECT_EQ(0x12, out.map[0]);
	EXPECT_EQ(0, qt_fence_status(fence));
	munmap(in.map, in.size);
	munmap(out.map, out.size);
	close(fence);
	close(fd);
	for (fd = 0; fd < 200 && qt_module_unload(); fd++)
		qt_sleep_ms(100);
	EXPECT_NE(0, access("/sys/module/qnn", F_OK));
}

TEST_HARNESS_MAIN
