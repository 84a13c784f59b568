// SPDX-License-Identifier: MIT
#include <errno.h>

#include "device.h"

enum run_exit run_open_device(const struct run_options *opt,
			      struct qnn_device **dev,
			      struct qnn_device_info *info)
{
	int ret = qnn_device_open(opt->device, dev);

	if (ret == -ENODEV && !opt->device)
		return run_error(RUN_DEVICE,
				 "no qnn device below /dev/accel: load the qnn module (modprobe qnn), or run with --device in-process for the device code inside this process");
	if (!ret)
		ret = qnn_device_query(*dev, info, sizeof(*info));
	return ret ? run_error(RUN_DEVICE, "%s", qnn_error()) : RUN_OK;
}
