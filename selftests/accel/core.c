// SPDX-License-Identifier: MIT
/*
 * Ioctls of the DRM core that an accel device inherits, also those that are
 * about displays and mean nothing here: none may harm.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

FIXTURE(core)
{
	int fd;
};

FIXTURE_SETUP(core)
{
	self->fd = qt_open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(core)
{
	close(self->fd);
}

/* The DRM core of Linux 6.12 follows a null pointer in both. */
TEST_F(core, no_master)
{
	struct drm_unique unique = { 0 };
	struct drm_auth auth = { 0 };

	EXPECT_EQ(-EOPNOTSUPP, qt_ioctl(self->fd, DRM_IOCTL_GET_UNIQUE, &unique));
	EXPECT_EQ(-EOPNOTSUPP, qt_ioctl(self->fd, DRM_IOCTL_GET_MAGIC, &auth));
	EXPECT_GT(0, qt_ioctl(self->fd, DRM_IOCTL_SET_MASTER, NULL));
	EXPECT_GT(0, qt_ioctl(self->fd, DRM_IOCTL_DROP_MASTER, NULL));
}

/* Whatever there is, by all sizes and directions of the argument. */
TEST_F(core, every_number)
{
	struct drm_qnn_device_info info;
	uint64_t arg[64];
	unsigned int nr, size, dir;

	for (nr = 0; nr < 256; nr++) {
		if (nr >= DRM_COMMAND_BASE && nr < DRM_COMMAND_END)
			continue;
		for (size = 0; size <= sizeof(arg); size += 24) {
			for (dir = 0; dir < 4; dir++) {
				memset(arg, 0, sizeof(arg));
				qt_ioctl(self->fd, _IOC(dir, DRM_IOCTL_BASE, nr, size), arg);
			}
		}
	}
	EXPECT_EQ(0, qt_device_info(self->fd, &info));
}

TEST_HARNESS_MAIN
