/* SPDX-License-Identifier: MIT */
/*
 * The seam between the public functions and the two back ends. The public
 * functions check arguments and keep all state that does not depend on where
 * programs run; a back end knows how to do it.
 */
#ifndef LIBQNN_BACKEND_H
#define LIBQNN_BACKEND_H

#include <stdatomic.h>
#include <stdbool.h>

#include "error.h"
#include "file.h"
#include "qnn.h"

struct qnn_backend;

/* Each back end embeds these three as the first member of its own. */

struct qnn_device {
	const struct qnn_backend *ops;
	char *path;
	struct qnn_device_info info;
};

struct qnn_buffer {
	struct qnn_device *dev;
	atomic_uint refs;		/* the owner's, one per binding */
	size_t size;
	bool users;			/* the memory is the caller's */
	bool read_only;			/* and not to be written */
	/* Two buffers over the same memory have the same identity. */
	uint64_t identity[2];
};

enum qnn_job_state {
	QNN_JOB_NEW,			/* nothing was submitted */
	QNN_JOB_RUNNING,
	QNN_JOB_DONE,
};

struct qnn_binding {
	struct qnn_buffer *buf;		/* NULL: the job's own memory */
	size_t offset;
};

struct qnn_job {
	struct qnn_model *model;
	struct qnn_buffer *memory;	/* of regions that are not bound */
	struct qnn_binding own[QNN_MAX_REGIONS];
	struct qnn_binding bound[QNN_MAX_REGIONS];
	uint32_t timeout_ms;		/* never 0 */
	bool profile;

	enum qnn_job_state state;
	/* Of the last finished run: set by the back end's run() or wait(). */
	int result;
	char text[QNN_ERROR_MAX];	/* about @result */
	bool has_report;
	bool has_layers;
	struct qnn_report report;
	struct qnn_report *layers;	/* one a command, or NULL */
};

struct qnn_model {
	struct qnn_device *dev;
	char *name;			/* for error texts */
	void *data;
	struct qnn_file file;		/* points into data */
	struct qnn_tensor *tensors;	/* inputs, then outputs */
	struct qnn_step *steps;		/* of these tensors */
	uint32_t *regions;		/* of these tensors */
	unsigned int input_count;
	unsigned int output_count;
	const char **labels;
	unsigned int label_count;
	/* The back end's: */
	uint32_t handle;
	const struct qnn_prepared *prepared;
	bool is_path;			/* the name: the file can be read again ... */
	bool spared;			/* ... for weights that have left data, ... */
	_Atomic(uint8_t *) again;	/* ... which is here then, or NULL */
};

/*
 * Functions return 0 or a negative errno value with the error text set. What
 * create functions hand out is zeroed but for what they filled in.
 */
struct qnn_backend {
	void (*close)(struct qnn_device *dev);

	int (*buffer_create)(struct qnn_device *dev, size_t size, struct qnn_buffer **buf);
	int (*buffer_import)(struct qnn_device *dev, int fd, struct qnn_buffer **buf);
	int (*buffer_from_memory)(struct qnn_device *dev, void *memory, size_t size,
				  bool read_only, struct qnn_buffer **buf);
	int (*buffer_export)(struct qnn_buffer *buf);
	void *(*buffer_map)(struct qnn_buffer *buf);
	void (*buffer_free)(struct qnn_buffer *buf);

	/* The program is in model->file.prog; optional. */
	int (*program_create)(struct qnn_model *model);
	void (*program_destroy)(struct qnn_model *model);

	int (*job_create)(struct qnn_model *model, struct qnn_job **job);
	void (*job_free)(struct qnn_job *job);
	int (*job_submit)(struct qnn_job *job);
	/*
	 * Returns 0 when the run is over, with job->result, its text and the
	 * reports filled in; -ETIME when it is not.
	 */
	int (*job_wait)(struct qnn_job *job, int64_t timeout_ns);
	/* Submit and wait on the calling thread; may be NULL. */
	int (*job_run)(struct qnn_job *job);
	int (*job_fd)(struct qnn_job *job);
};

int qnn_kernel_open(const char *path, struct qnn_device **dev);
int qnn_inproc_open(struct qnn_device **dev);

/* Where the data of @region lies in a run of the job. */
struct qnn_binding qnn_job_region(const struct qnn_job *job, uint32_t region);

/*
 * Records how a run ended, for a command that was reached when it failed:
 * -ETIMEDOUT, -EIO or -ECANCELED. @why is the text for -EIO.
 */
void qnn_job_succeeded(struct qnn_job *job);
void qnn_job_failed(struct qnn_job *job, int err, uint32_t cmd, const char *why);

/* A name for region @index in error texts: that of its tensor, or "scratch". */
const char *qnn_model_region_name(const struct qnn_model *model, uint32_t index);

/* Absolute time on CLOCK_MONOTONIC, in ns; and that of a relative timeout. */
int64_t qnn_now_ns(void);
int64_t qnn_deadline_ns(int64_t timeout_ns);

#endif /* LIBQNN_BACKEND_H */
