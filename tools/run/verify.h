/* SPDX-License-Identifier: MIT */
/* Compare what a device gave with the device code inside this process. */
#ifndef QNN_RUN_VERIFY_H
#define QNN_RUN_VERIFY_H

#include "measure.h"

/**
 * verify_run() - run all images again, in-process, and compare every byte
 * @model: of the device that was measured
 *
 * Reports the first difference; the status is then RUN_MISMATCH.
 */
enum run_exit verify_run(const struct run_options *opt,
			 const struct qnn_model *model, struct source *src,
			 const struct measurement *m);

#endif /* QNN_RUN_VERIFY_H */
