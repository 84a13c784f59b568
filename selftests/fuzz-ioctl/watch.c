// SPDX-License-Identifier: MIT
/*
 * What must hold after every case: the kernel has not complained, nothing is
 * left of anything, and the device computes what it should.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fz.h"
#include "selftests/accel/qt.h"
#include "selftests/lib/leftovers.h"

static int kmsg;
static struct leftovers before;

/* What a report of the kernel's checkers has in it. */
static const char * const troubles[] = {
	"KASAN:", "UBSAN:", "KCSAN:", "ODEBUG:", "BUG:", "kernel BUG", "WARNING: ", "Oops",
	"refcount_t:", "list_add corruption", "list_del corruption",
	"general protection", "INFO: task", "blocked for more than", "detected stall", "expedited stall", "lockup",
	"possible recursive", "possible circular", "inconsistent lock", "still in use",
	"Objects remaining", "memory manager not clean", "Out of memory", "suspicious RCU",
};

/*
 * Of dma-buf's core, for every exporter that cannot map a buffer: nothing else is
 * wrong than that memory was short, and we make allocations fail.
 */
static bool is_excused(const char *record)
{
	return strstr(record, "WARNING: CPU: ") && strstr(record, " dma_buf_vmap+");
}

void watch_init(void)
{
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg >= 0)
		lseek(kmsg, 0, SEEK_END);
	leftovers_count(&before);
}

bool watch_kernel(char *text, size_t size)
{
	char record[2048];
	bool bad = false;
	ssize_t n;
	size_t i;

	while (kmsg >= 0) {
		n = read(kmsg, record, sizeof(record) - 1);
		if (n < 0 && errno == EPIPE)
			continue;
		if (n <= 0)
			break;
		record[n] = 0;
		for (i = 0; !bad && i < ARRAY_SIZE(troubles); i++) {
			if (!strstr(record, troubles[i]) || is_excused(record))
				continue;
			snprintf(text, size, "%s", record);
			bad = true;
		}
	}
	return bad;
}

bool watch_settled(unsigned int seconds, char *text, size_t size)
{
	struct leftovers now;
	bool none = leftovers_settle(&before, seconds, &now);

	if (!none)
		leftovers_text(&before, &now, text, size);
	return none;
}

static int sum_of_two(int fd, struct qt_buf *buf, uint32_t program, uint32_t queue)
{
	struct qt_job job;
	int i, ret;

	for (i = 0; i < QT_COPY_BYTES; i++) {
		buf[0].map[i] = (uint8_t)(i * 7);
		buf[1].map[i] = (uint8_t)(i * 3);
		buf[2].map[i] = 0x55;
	}
	qt_job_init(&job, program);
	for (i = 0; i < 3; i++)
		qt_job_bind(&job, (uint32_t)i, buf[i].handle, 0);
	ret = qt_run(fd, queue, &job);
	for (i = 0; !ret && i < QT_COPY_BYTES; i++) {
		int sum = (int8_t)(i * 7) + (int8_t)(i * 3);

		sum = sum > 127 ? 127 : sum < -128 ? -128 : sum;
		if ((int8_t)buf[2].map[i] != sum)
			ret = -EILSEQ;
	}
	return ret;
}

static int known_job(int fd)
{
	struct qt_buf buf[3];
	uint32_t program, queue;
	int i = 0, ret;

	ret = qt_program_from(fd, qt_image_add, &program);
	ret = ret ? ret : qt_queue_new(fd, &queue);
	for (i = 0; !ret && i < 3; i++) {
		ret = qt_buf_new(fd, QT_COPY_BYTES, &buf[i]);
		if (ret)
			break;
	}
	if (!ret)
		ret = sum_of_two(fd, buf, program, queue);
	/* The handles go with the file. */
	while (i--)
		munmap(buf[i].map, buf[i].size);
	return ret;
}

/* Numbers of devices change as they go and come back; there is always one. */
bool watch_device(char *text, size_t size)
{
	char path[32];
	uint32_t i, devices = 0;
	int fd, ret;

	for (i = 0; i < FZ_DEVICES; i++) {
		snprintf(path, sizeof(path), "/dev/accel/accel%u", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		devices++;
		ret = known_job(fd);
		close(fd);
		if (ret) {
			snprintf(text, size, "%s: a known job: %s", path,
				 ret == -EILSEQ ? "wrong result" : strerror(-ret));
			return false;
		}
	}
	if (!devices)
		snprintf(text, size, "there is no device");
	return devices;
}
