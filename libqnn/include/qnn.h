/* SPDX-License-Identifier: MIT */
/*
 * libqnn: run quantized networks on a qnn device, or, where there is none, on
 * the same device code inside this process. Both give the same bytes.
 *
 * Functions return 0 (or a count) on success and a negative errno value on
 * failure; qnn_error() then has a sentence about it. Handles are opaque. A
 * handle may be used by one thread at a time; different handles of one device
 * may be used by different threads at once. The library starts no threads on
 * a kernel device. The in-process device starts one worker thread with the
 * first qnn_job_submit(), which ends with qnn_device_close(); qnn_run() runs
 * the device code on the calling thread.
 */
#ifndef QNN_H
#define QNN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QNN_VERSION_MAJOR	0
#define QNN_VERSION_MINOR	1
#define QNN_VERSION_PATCH	0

struct qnn_device;
struct qnn_buffer;
struct qnn_model;
struct qnn_job;

/* ------------------------------------------------------------------ errors */

/**
 * qnn_error() - text of the last failure on this thread
 *
 * Valid until the next failing call on this thread. Never NULL; "" before any
 * failure.
 */
const char *qnn_error(void);

/* ----------------------------------------------------------------- devices */

/** Path that means the device code inside this process. */
#define QNN_IN_PROCESS	"in-process"

/**
 * qnn_device_open() - open a device
 * @path: "/dev/accel/accelN"; QNN_IN_PROCESS; or NULL for the first qnn node
 *        below /dev/accel (never the in-process device: -ENODEV instead)
 * @dev: receives the device
 *
 * Returns -ENODEV (no node, or not a qnn node), -ENOENT (@path does not
 * exist), -EACCES (no permission; the text says which group has it),
 * -EPROTONOSUPPORT (the driver speaks no program version of this library),
 * -ENOMEM.
 */
int qnn_device_open(const char *path, struct qnn_device **dev);

/** qnn_device_close() - close; buffers, models and jobs must be gone. NULL ok */
void qnn_device_close(struct qnn_device *dev);

/** struct qnn_device_info - properties of a device */
struct qnn_device_info {
	const char *path;		/* valid as long as the device */
	const char *backend;		/* "emulated", "in-process" */
	uint32_t program_version;	/* newest accepted */
	uint32_t cores;
	uint32_t clock_mhz;		/* of the modelled hardware */
	uint32_t macs_per_cycle;	/* 8 x 8 bit, per core */
	uint32_t sram_bytes;		/* per core */
	uint32_t dram_bytes_per_cycle;	/* per core */
	uint32_t default_timeout_ms;	/* of a job */
	uint32_t max_timeout_ms;
};

/**
 * qnn_device_query() - properties of a device
 * @size: sizeof(struct qnn_device_info) of the caller, so that it can grow
 */
int qnn_device_query(struct qnn_device *dev, struct qnn_device_info *info,
		     size_t size);

/* ----------------------------------------------------------------- buffers */

/**
 * qnn_buffer_create() - memory that the device can use
 * @size: bytes, above 0. The memory is zeroed.
 */
int qnn_buffer_create(struct qnn_device *dev, size_t size,
		      struct qnn_buffer **buf);

/**
 * qnn_buffer_import() - use memory of somebody else as a buffer
 * @dmabuf_fd: a dma-buf; for the in-process device a dma-buf or memfd that can
 *             be mapped for reading and writing. The memfd must have
 *             F_SEAL_SHRINK, so that nobody takes its memory away.
 *
 * The descriptor stays the caller's. -EOPNOTSUPP: the memory cannot be used;
 * or an error of the kernel.
 */
int qnn_buffer_import(struct qnn_device *dev, int dmabuf_fd,
		      struct qnn_buffer **buf);

/* Flags of qnn_buffer_from_memory(). */
#define QNN_BUFFER_READ_ONLY	(1u << 0)	/* no job writes the memory */

/**
 * qnn_buffer_from_memory() - use memory of this process as a buffer
 * @memory: its start, a multiple of the page size
 * @size: bytes, a multiple of the page size, above 0
 * @flags: 0, or QNN_BUFFER_READ_ONLY, which memory that may not be written needs
 *
 * The memory stays the caller's, mapped and not freed as long as the buffer is in
 * use. It can be anything but a mapping of a device, or a shared one of a file.
 * The kernel's device pins it: it counts against RLIMIT_MEMLOCK (-ENOMEM). Two
 * buffers of the same memory are taken for different ones. -EINVAL: address, size
 * or flags; -EFAULT: the memory is not there, or cannot be used so.
 */
int qnn_buffer_from_memory(struct qnn_device *dev, void *memory, size_t size,
			   unsigned int flags, struct qnn_buffer **buf);

/**
 * qnn_buffer_export() - returns a descriptor that the caller closes
 *
 * A dma-buf, or a memfd from the in-process device. Both can be mapped.
 * -EOPNOTSUPP: the memory is the caller's.
 */
int qnn_buffer_export(struct qnn_buffer *buf);

/** qnn_buffer_map() - CPU address of a buffer, or NULL; stays until free */
void *qnn_buffer_map(struct qnn_buffer *buf);

/** qnn_buffer_size() - bytes, rounded up to whole pages */
size_t qnn_buffer_size(const struct qnn_buffer *buf);

/** qnn_buffer_free() - jobs that use it keep it alive. NULL is fine */
void qnn_buffer_free(struct qnn_buffer *buf);

/* ------------------------------------------------------------------ models */

/**
 * qnn_model_load() - read a .qnn file and give its program to the device
 *
 * Returns the error of open() or read(), -EBADMSG (damaged: check sums, cut,
 * sections), -EPROTONOSUPPORT (a version or mandatory section that is not
 * known here), -EINVAL (tensors or program break a rule; the text names the
 * section, the command, the field and the rule), -E2BIG, -ENOSPC (the kernel
 * allows no more programs for this open device), -ENOMEM.
 */
int qnn_model_load(struct qnn_device *dev, const char *path,
		   struct qnn_model **model);

/** qnn_model_load_memory() - the same from memory, which is copied */
int qnn_model_load_memory(struct qnn_device *dev, const void *data,
			  size_t size, struct qnn_model **model);

/** qnn_model_free() - jobs of the model must be gone. NULL is fine */
void qnn_model_free(struct qnn_model *model);

enum qnn_type {
	QNN_TYPE_S8 = 1,
	QNN_TYPE_U8 = 2,
	QNN_TYPE_S4 = 3,
	QNN_TYPE_U4 = 4,
	QNN_TYPE_S2 = 5,
	QNN_TYPE_U2 = 6,
	QNN_TYPE_B1 = 7,	/* bipolar: bit 0 is -1, bit 1 is +1 */
	QNN_TYPE_S32 = 8,
};

enum qnn_step_kind {
	QNN_STEP_ADD = 1,
	QNN_STEP_SUB = 2,	/* the operand from the number */
	QNN_STEP_MUL = 3,
	QNN_STEP_DIV = 4,	/* the number by the operand */
	QNN_STEP_SOFTMAX = 5,	/* over the channels of each pixel; no operand */
};

/** struct qnn_step - arithmetic in float32, with one operand for a channel */
struct qnn_step {
	enum qnn_step_kind kind;
	uint32_t count;		/* of operands: 1, or channels; softmax: 0 */
	const float *operand;
};

/**
 * struct qnn_tensor - an input or output; strings are the model's
 *
 * Elements are ordered height, width, channels. Packed elements and strides
 * are described in Documentation/qnn-file.rst; the float functions below hide
 * them. real = (element - zero_point) * scale[channel or 0]. The real numbers
 * of an output then go through its steps, one after the other, each rounded to
 * float32, as in the runtime that the network comes from. Most have none.
 */
struct qnn_tensor {
	const char *name;
	enum qnn_type type;
	uint32_t height;
	uint32_t width;
	uint32_t channels;
	uint32_t row_stride;	/* bytes */
	uint32_t pixel_stride;	/* bytes */
	size_t bytes;		/* of the whole tensor, strides included */
	size_t elements;	/* height * width * channels */
	size_t bind_offset;	/* of the tensor in a buffer bound to it */
	size_t bind_size;	/* bytes that such a buffer must have */
	int32_t zero_point;
	uint32_t scale_count;	/* 1, or channels */
	const float *scale;
	uint32_t step_count;
	const struct qnn_step *step;
};

/** Number of inputs / outputs, and their descriptions (NULL: no such index) */
unsigned int qnn_model_input_count(const struct qnn_model *model);
unsigned int qnn_model_output_count(const struct qnn_model *model);
const struct qnn_tensor *qnn_model_input(const struct qnn_model *model,
					 unsigned int index);
const struct qnn_tensor *qnn_model_output(const struct qnn_model *model,
					  unsigned int index);

/**
 * qnn_model_section() - the bytes of a section of the file
 * @tag: QNN_SECTION_*, or an unknown optional one (qnn_file.h)
 * @data: receives an address that stays valid until qnn_model_free()
 * @size: receives the number of bytes
 *
 * For tools that show what is in a file. Returns -ENOENT when the file has no
 * such section. The in-process device keeps weights in an order of its own only,
 * so the program may be read from the file again: -ENODATA when that is gone or has
 * changed.
 */
int qnn_model_section(const struct qnn_model *model, uint32_t tag,
		      const void **data, size_t *size);

/** Name of class @index, or NULL where the model carries none */
const char *qnn_model_label(const struct qnn_model *model, unsigned int index);

/** struct qnn_layer - one command of the program; strings are the model's */
struct qnn_layer {
	const char *name;	/* of the source node, or "" */
	const char *op;		/* what it was there, or "" */
	const char *command;	/* "conv", "fc", ... */
	uint64_t cycles;	/* modelled */
	uint64_t macs;
	uint64_t bytes_read;
	uint64_t bytes_written;
};

/** Number of commands; description of one (-ENOENT: no such index) */
unsigned int qnn_model_layer_count(const struct qnn_model *model);
int qnn_model_layer(const struct qnn_model *model, unsigned int index,
		    struct qnn_layer *layer, size_t size);

/* -------------------------------------------------------------------- jobs */

/**
 * qnn_job_create() - buffers and state for runs of a model
 *
 * A job can be run again and again, one run at a time. For several runs at
 * once create several jobs.
 */
int qnn_job_create(struct qnn_model *model, struct qnn_job **job);

/** qnn_job_free() - waits for a run that is under way. NULL is fine */
void qnn_job_free(struct qnn_job *job);

/**
 * qnn_job_set_input() - copy elements in the device's layout
 * @name: of the input, or NULL for the only one
 * @size: must be the tensor's bytes, else -EMSGSIZE
 *
 * -ENOENT: no such input; -EBUSY: a run is under way.
 */
int qnn_job_set_input(struct qnn_job *job, const char *name, const void *data,
		      size_t size);

/**
 * qnn_job_set_input_float() - quantize and copy
 * @count: must be the tensor's elements, else -EMSGSIZE
 *
 * Rounds to nearest (ties to even) and clamps; -EINVAL for a NaN, and then the
 * input is not defined.
 */
int qnn_job_set_input_float(struct qnn_job *job, const char *name,
			    const float *data, size_t count);

/**
 * qnn_job_get_output() - copy elements out; errors as for the input
 *
 * Of the last run, if it succeeded; otherwise the contents are not defined.
 */
int qnn_job_get_output(struct qnn_job *job, const char *name, void *data,
		       size_t size);

/** qnn_job_get_output_float() - copy and turn into real values, with all steps */
int qnn_job_get_output_float(struct qnn_job *job, const char *name,
			     float *data, size_t count);

/**
 * qnn_job_bind() - use a buffer for an input or output, without a copy
 * @offset: bytes, a multiple of 64
 *
 * The buffer must have qnn_tensor.bind_size bytes from there, else -EMSGSIZE;
 * the tensor begins qnn_tensor.bind_offset bytes into them. NULL for @buf goes
 * back to the job's own memory. -EXDEV: buffer of another device; -EINVAL:
 * @offset; -ENOENT: no such tensor; -EACCES: runs write the tensor and the buffer
 * is read-only; -EBUSY: a run is under way. Memory that is written may not be bound
 * twice: qnn_job_submit() returns -EINVAL.
 */
int qnn_job_bind(struct qnn_job *job, const char *name, struct qnn_buffer *buf,
		 size_t offset);

/** qnn_job_set_timeout() - deadline in ms, 0: the default; -EINVAL: too long */
int qnn_job_set_timeout(struct qnn_job *job, uint32_t timeout_ms);

/** qnn_job_set_profile() - ask for a record of each layer of each run */
int qnn_job_set_profile(struct qnn_job *job, int enable);

/**
 * qnn_job_submit() - start a run and return
 *
 * Jobs that share bound memory run in the order of submission. -EBUSY: a run
 * of this job is under way; -EINVAL: memory that the run writes is bound twice;
 * -ENOSPC: too many runs of this open device are under way; -ENOMEM.
 */
int qnn_job_submit(struct qnn_job *job);

/**
 * qnn_job_fd() - descriptor that polls readable when the run is done
 *
 * The job's own, not to be read or closed; valid until the next submit, run or
 * free. -EINVAL: nothing was
 * submitted.
 */
int qnn_job_fd(struct qnn_job *job);

/**
 * qnn_job_wait() - wait for the run
 * @timeout_ns: relative, in ns; negative: for ever; 0: only ask
 *
 * Returns 0 when it succeeded; -ETIME: not done yet; -ETIMEDOUT: it outlived
 * its deadline; -EIO: the device failed; -ECANCELED; -EINVAL: nothing was
 * submitted. The text says which command had been reached.
 */
int qnn_job_wait(struct qnn_job *job, int64_t timeout_ns);

/** qnn_run() - submit and wait for ever; errors of both */
int qnn_run(struct qnn_job *job);

/** struct qnn_report - what a run, or one layer of it, did */
struct qnn_report {
	uint64_t cycles;	/* modelled */
	uint64_t macs;
	uint64_t bytes_read;
	uint64_t bytes_written;
	uint64_t time_ns;	/* on the device, wall time */
};

/** qnn_job_report() - of the last finished run; -ENODATA: there is none */
int qnn_job_report(struct qnn_job *job, struct qnn_report *report, size_t size);

/**
 * qnn_job_layer_report() - of one layer of the last finished run
 *
 * -ENODATA without qnn_job_set_profile(), -ENOENT: no such layer.
 */
int qnn_job_layer_report(struct qnn_job *job, unsigned int index,
			 struct qnn_report *report, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* QNN_H */
