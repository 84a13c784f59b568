/* SPDX-License-Identifier: MIT */
#ifndef QNN_RUN_DEVICE_H
#define QNN_RUN_DEVICE_H

#include "options.h"
#include "qnn.h"

/** run_open_device() - the one that the options name; reports failures */
enum run_exit run_open_device(const struct run_options *opt,
			      struct qnn_device **dev,
			      struct qnn_device_info *info);

#endif /* QNN_RUN_DEVICE_H */
