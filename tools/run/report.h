/* SPDX-License-Identifier: MIT */
/* Tell what was measured, as text and as JSON. */
#ifndef QNN_RUN_REPORT_H
#define QNN_RUN_REPORT_H

#include "measure.h"

enum verdict {
	VERDICT_NONE,		/* not asked for */
	VERDICT_IDENTICAL,
	VERDICT_DIFFERENT,
};

struct result {
	const struct run_options *opt;
	const struct qnn_model *model;
	const struct measurement *m;
	struct qnn_device_info device;
	uint64_t file_bytes;
	enum verdict verdict;
};

/** report_text() - to stdout */
enum run_exit report_text(const struct result *res);

/** report_json() - to the file that the options name */
enum run_exit report_json(const struct result *res);

#endif /* QNN_RUN_REPORT_H */
