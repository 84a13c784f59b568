// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "inproc.h"
#include "lanes.h"

/* The same limits as the driver's defaults. */
#define DEFAULT_TIMEOUT_MS	5000
#define MAX_TIMEOUT_MS		10000

static void inproc_close(struct qnn_device *base)
{
	struct inproc_device *dev = (struct inproc_device *)base;

	inproc_worker_fini(&dev->worker);
	inproc_lanes_stop(dev->lanes);
	free(base->path);
	free(dev);
}

static const struct qnn_backend inproc_backend = {
	.close = inproc_close,
	.buffer_create = inproc_buffer_create,
	.buffer_import = inproc_buffer_import,
	.buffer_from_memory = inproc_buffer_from_memory,
	.buffer_export = inproc_buffer_export,
	.buffer_map = inproc_buffer_map,
	.buffer_free = inproc_buffer_free,
	.program_create = inproc_program_create,
	.program_destroy = inproc_program_destroy,
	.job_create = inproc_job_create,
	.job_free = inproc_job_free,
	.job_submit = inproc_job_submit,
	.job_wait = inproc_job_wait,
	.job_run = inproc_job_run,
	.job_fd = inproc_job_fd,
};

int qnn_inproc_open(struct qnn_device **out)
{
	struct inproc_device *dev = calloc(1, sizeof(*dev));
	int err;

	if (!dev)
		return qnn_fail_memory("a device");
	dev->base.ops = &inproc_backend;
	dev->base.path = strdup(QNN_IN_PROCESS);
	err = dev->base.path ? inproc_lanes_start(&dev->lanes) : qnn_fail_memory("a device");
	if (!err) {
		err = inproc_worker_init(&dev->worker);
		if (err)
			inproc_lanes_stop(dev->lanes);
	}
	if (err) {
		free(dev->base.path);
		free(dev);
		return err;
	}
	dev->base.info = (struct qnn_device_info){
		.path = dev->base.path,
		.backend = "in-process",
		.program_version = QNN_PROGRAM_VERSION,
		.cores = 1,
		.clock_mhz = QNN_CLOCK_MHZ,
		.macs_per_cycle = QNN_ARRAY_LANES * QNN_ARRAY_COLUMNS,
		.sram_bytes = QNN_SRAM_BYTES,
		.dram_bytes_per_cycle = QNN_DRAM_BYTES,
		.default_timeout_ms = DEFAULT_TIMEOUT_MS,
		.max_timeout_ms = MAX_TIMEOUT_MS,
	};
	*out = &dev->base;
	return 0;
}
