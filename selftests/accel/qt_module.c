// SPDX-License-Identifier: MIT
/* The module and its devices, as sysfs and the loader see them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "qt.h"

#define DRIVER "/sys/bus/platform/drivers/qnn/"

int qt_module_unload(void)
{
	return syscall(SYS_delete_module, "qnn", O_NONBLOCK) ? -errno : 0;
}

int qt_module_load(const char *params)
{
	int fd = open(getenv("QNN_MODULE"), O_RDONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, params, 0) ? -errno : 0;
	close(fd);
	return ret;
}

int qt_write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* What opening with O_TRUNC does: to the trace of the kernel, to begin anew. */
int qt_empty_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int qt_read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = read(fd, text, size - 1);
	ret = ret < 0 ? -errno : ret;
	text[ret < 0 ? 0 : ret] = 0;
	close(fd);
	return ret;
}

/*
 * To know the names of tasks, the kernel would trace its scheduler, too: patch code
 * that all CPUs are running, which some emulators of several CPUs do not survive.
 */
int qt_trace(bool on)
{
	if (access(QT_TRACEFS "trace", F_OK))
		mount("tracefs", QT_TRACEFS, "tracefs", 0, NULL);
	if (on)
		qt_write_file(QT_TRACEFS "options/record-cmd", "0");
	return qt_write_file(QT_TRACEFS "events/qnn/enable", on ? "1" : "0");
}

int qt_unbind(const char *device)
{
	return qt_write_file(DRIVER "unbind", device);
}

int qt_bind(const char *device)
{
	return qt_write_file(DRIVER "bind", device);
}

int qt_open_bound(const char *device)
{
	char path[512];
	struct dirent *entry;
	int fd = -ENODEV;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/platform/devices/%s/accel", device);
	dir = opendir(path);
	if (!dir)
		return -ENODEV;
	while ((entry = readdir(dir))) {
		if (strncmp(entry->d_name, "accel", 5))
			continue;
		snprintf(path, sizeof(path), "/dev/accel/%s", entry->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			fd = -errno;
		break;
	}
	closedir(dir);
	return fd;
}

int qt_has_configfs(void)
{
	if (access(QT_CONFIGFS, F_OK))
		mount("configfs", "/sys/kernel/config", "configfs", 0, NULL);
	return !access(QT_CONFIGFS, F_OK);
}
