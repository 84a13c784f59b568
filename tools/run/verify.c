// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "tools/common/progress.h"
#include "verify.h"

/* The same file on the other device. */
struct reference {
	struct qnn_device *dev;
	struct qnn_model *model;
	struct qnn_job *job;
};

static enum run_exit reference_open(struct reference *ref,
				    const struct run_options *opt)
{
	if (qnn_device_open(QNN_IN_PROCESS, &ref->dev))
		return run_error(RUN_DEVICE, "%s", qnn_error());
	if (qnn_model_load(ref->dev, opt->model, &ref->model))
		return run_error(RUN_MODEL, "%s", qnn_error());
	if (qnn_job_create(ref->model, &ref->job))
		return run_error(RUN_DEVICE, "%s", qnn_error());
	return RUN_OK;
}

static void reference_close(struct reference *ref)
{
	qnn_job_free(ref->job);
	qnn_model_free(ref->model);
	qnn_device_close(ref->dev);
}

static enum run_exit compare_image(struct reference *ref,
				   const struct qnn_model *model,
				   struct source *src,
				   const struct measurement *m, uint32_t image,
				   unsigned char *bytes)
{
	const unsigned char *seen = m->outputs + image * m->output_bytes;

	if (source_set(src, ref->job, image) || qnn_run(ref->job) ||
	    measure_outputs(ref->model, ref->job, bytes))
		return run_error(RUN_DEVICE, "in-process device, image %u: %s",
				 image, qnn_error());
	if (!memcmp(bytes, seen, m->output_bytes))
		return RUN_OK;
	measure_difference(model, image, seen, bytes, "in-process");
	return RUN_MISMATCH;
}

enum run_exit verify_run(const struct run_options *opt,
			 const struct qnn_model *model, struct source *src,
			 const struct measurement *m)
{
	unsigned char *bytes = malloc(m->output_bytes);
	struct reference ref = { 0 };
	struct progress bar;
	enum run_exit status;
	uint32_t i;

	if (!bytes)
		return run_error(RUN_SYSTEM, "no memory");
	status = reference_open(&ref, opt);
	progress_start(&bar, "verify", m->images);
	for (i = 0; !status && i < m->images; i++) {
		status = compare_image(&ref, model, src, m, i, bytes);
		progress_update(&bar, i + 1);
	}
	progress_end(&bar);
	reference_close(&ref);
	free(bytes);
	return status;
}
