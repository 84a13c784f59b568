// SPDX-License-Identifier: MIT
/* Opening devices that are not there, not ours, or not for us. */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

#define NOBODY	65534

static void test_not_there(void **state)
{
	struct qnn_device *dev = (void *)1;

	(void)state;
	fails(qnn_device_open("/dev/accel/accel4711", &dev), -ENOENT,
	      "/dev/accel/accel4711: No such file");
	assert_null(dev);
}

static void test_not_ours(void **state)
{
	struct qnn_device *dev;

	(void)state;
	fails(qnn_device_open("/dev/null", &dev), -ENODEV, "/dev/null: is not a qnn device");
	fails(qnn_device_open("/tmp", &dev), -ENODEV, "/tmp: is not a device");
	fails(qnn_device_open("/etc/passwd", &dev), -ENODEV, "/etc/passwd: is not a device");
}

/* Where these tests run there may be a node; then it must be opened. */
static void test_first(void **state)
{
	struct qnn_device_info info;
	struct qnn_device *dev;
	int err = qnn_device_open(NULL, &dev);

	(void)state;
	if (err) {
		fails(err, -ENODEV, "no qnn device below /dev/accel; load the module");
		return;
	}
	ok(qnn_device_query(dev, &info, sizeof(info)));
	assert_int_equal(strncmp(info.path, "/dev/accel/accel", 16), 0);
	qnn_device_close(dev);
}

/* In a child without privileges: what open says about @path. 0: as expected. */
static int expect_denied(const char *path, const char *text)
{
	struct qnn_device *dev;
	int status;
	pid_t pid = fork();

	if (!pid) {
		int bad = setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY) ||
			  qnn_device_open(path, &dev) != -EACCES ||
			  !strstr(qnn_error(), text);

		if (bad)
			fprintf(stderr, "%s: '%s', not '%s'\n", path, qnn_error(), text);
		_exit(bad);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void test_no_permission(void **state)
{
	char dir[] = "/tmp/qnn-open-test-XXXXXX";
	struct group *group = getgrnam("render");
	char path[64], text[256];

	(void)state;
	if (!group)
		group = getgrnam("video");
	if (geteuid() || !group || !mkdtemp(dir)) {
		skip();
		return;
	}
	chmod(dir, 0755);
	snprintf(path, sizeof(path), "%s/node", dir);
	if (mknod(path, S_IFCHR | 0600, makedev(1, 3))) {
		rmdir(dir);
		skip();
		return;
	}
	assert_int_equal(expect_denied(path, "permission denied; only root may use it"), 0);
	assert_int_equal(chown(path, 0, group->gr_gid), 0);
	assert_int_equal(chmod(path, 0660), 0);
	snprintf(text, sizeof(text),
		 "permission denied; its group is %s: add yourself with `usermod -aG %s $USER`",
		 group->gr_name, group->gr_name);
	assert_int_equal(expect_denied(path, text), 0);
	remove(path);
	rmdir(dir);
}

/* Memory that its owner could take away is no buffer. */
static void test_import_seals(void **state)
{
	struct qnn_device *dev;
	struct qnn_buffer *buf;
	FILE *file = tmpfile();

	(void)state;
	ok(qnn_device_open(QNN_IN_PROCESS, &dev));
	assert_int_equal(ftruncate(fileno(file), 4096), 0);
	fails(qnn_buffer_import(dev, fileno(file), &buf), -EOPNOTSUPP, "F_SEAL_SHRINK");
	fclose(file);
	qnn_device_close(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_not_ours),
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_no_permission),
		cmocka_unit_test(test_import_seals),
	};

	return cmocka_run_group_tests_name("libqnn open", tests, NULL, NULL);
}
