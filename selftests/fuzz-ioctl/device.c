// SPDX-License-Identifier: MIT
/* What only root does: cores fail, devices go and come back, state is read. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fz.h"
#include "selftests/lib/leftovers.h"

#define CONFIGFS	"/sys/kernel/config/qnn/"
#define DRIVER		"/sys/bus/platform/drivers/qnn/"
#define DEBUGFS		"/sys/kernel/debug/accel/"
#define FOLDERS		3
#define NAMES		5	/* qnn.0 and so on */

/* Cores of a device fail or hang at random, some times. */
static void inject(struct thread *t)
{
	static const char * const what[] = { "fail_run", "hang_run" };
	char path[96], text[16];
	const char *folder = what[below(&t->dice, 2)];
	uint32_t device = below(&t->dice, 2);

	snprintf(path, sizeof(path), DEBUGFS "qnn.%u/%s/times", device, folder);
	snprintf(text, sizeof(text), "%u", below(&t->dice, 4));
	write_text(path, text);
	snprintf(path, sizeof(path), DEBUGFS "qnn.%u/%s/probability", device, folder);
	snprintf(text, sizeof(text), "%u", below(&t->dice, 5) * 25);
	write_text(path, text);
}

static void inject_reset(uint32_t device)
{
	static const char * const what[] = { "fail_run", "hang_run" };
	char path[96];
	uint32_t i;

	for (i = 0; i < ARRAY_SIZE(what); i++) {
		snprintf(path, sizeof(path), DEBUGFS "qnn.%u/%s/probability", device, what[i]);
		write_text(path, "0");
	}
}

static void unbind(struct thread *t)
{
	char name[16];

	snprintf(name, sizeof(name), "qnn.%u", below(&t->dice, NAMES));
	write_text(DRIVER "unbind", name);
}

static void bind(struct thread *t)
{
	char name[16];

	snprintf(name, sizeof(name), "qnn.%u", below(&t->dice, NAMES));
	write_text(DRIVER "bind", name);
}

static void folder_make(struct thread *t)
{
	char path[64];

	snprintf(path, sizeof(path), CONFIGFS "fz%u", below(&t->dice, FOLDERS));
	mkdir(path, 0755);
}

static void folder_drop(struct thread *t)
{
	char path[64];

	snprintf(path, sizeof(path), CONFIGFS "fz%u", below(&t->dice, FOLDERS));
	rmdir(path);
}

static void folder_set(struct thread *t)
{
	static const char * const files[] = { "enabled", "enabled", "enabled", "cores",
					      "timeout_ms", "max_timeout_ms" };
	static const char * const values[] = { "0", "1", "1", "1", "2", "8", "300", "2000" };
	char path[64];

	snprintf(path, sizeof(path), CONFIGFS "fz%u/%s", below(&t->dice, FOLDERS),
		 files[below(&t->dice, ARRAY_SIZE(files))]);
	write_text(path, values[below(&t->dice, ARRAY_SIZE(values))]);
}

/* Everything that the driver shows; reading may meet a device that goes. */
static void read_state(struct thread *t)
{
	static const char * const files[] = {
		DEBUGFS "qnn.%u/cores", DEBUGFS "qnn.%u/queues", DEBUGFS "qnn.%u/bos",
		DEBUGFS "qnn.%u/log", DEBUGFS "qnn.%u/clients", DEBUGFS "qnn.%u/gem_names",
		"/sys/bus/platform/devices/qnn.%u/npu_busy_time_us",
		"/sys/bus/platform/devices/qnn.%u/core0_busy_time_us",
		"/sys/class/devcoredump/devcd%u/data", "/sys/kernel/debug/dma_buf/bufinfo",
	};
	char path[96], text[4096];
	uint32_t i = below(&t->dice, ARRAY_SIZE(files));

	/* One of them has no number in its name. */
	if (strchr(files[i], '%'))
		snprintf(path, sizeof(path), files[i], below(&t->dice, 3));
	else
		snprintf(path, sizeof(path), "%s", files[i]);
	read_text(path, text, sizeof(text));
}

static void bind_all(const char *file)
{
	char text[64];
	uint32_t i;

	for (i = 0; i < NAMES; i++) {
		snprintf(text, sizeof(text), "/sys/bus/platform/devices/qnn.%u", i);
		if (access(text, F_OK))
			continue;
		snprintf(text, sizeof(text), "qnn.%u", i);
		write_text(file, text);
	}
}

void device_restore(void)
{
	char text[64];
	uint32_t i;

	for (i = 0; i < FOLDERS; i++) {
		snprintf(text, sizeof(text), CONFIGFS "fz%u", i);
		rmdir(text);
	}
	bind_all(DRIVER "bind");
	for (i = 0; i < NAMES; i++)
		inject_reset(i);
	drop_coredumps();
}

void device_renumber(void)
{
	bind_all(DRIVER "unbind");
	bind_all(DRIVER "bind");
}

const struct op device_ops[] = {
	{ "inject", 8, FZ_ROOT, NULL, inject },
	{ "unbind", 4, FZ_ROOT, NULL, unbind },
	{ "bind", 4, FZ_ROOT, NULL, bind },
	{ "folder_make", 3, FZ_ROOT, NULL, folder_make },
	{ "folder_drop", 2, FZ_ROOT, NULL, folder_drop },
	{ "folder_set", 8, FZ_ROOT, NULL, folder_set },
	{ "read_state", 8, FZ_ROOT, NULL, read_state },
};

const uint32_t device_op_count = ARRAY_SIZE(device_ops);
