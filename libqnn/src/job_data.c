// SPDX-License-Identifier: MIT
/* Jobs: inputs, outputs and the buffers behind them. */
#include <errno.h>
#include <string.h>

#include "buffer.h"
#include "export.h"
#include "job.h"
#include "quantize.h"

enum which {
	INPUT = 1,
	OUTPUT = 2,
};

static const char *noun(enum which which)
{
	return which == INPUT ? "input" : which == OUTPUT ? "output" : "tensor";
}

/* Index of a tensor among the model's, or -ENOENT. @name NULL: the only one. */
static int find(const struct qnn_model *model, enum which which, const char *name)
{
	unsigned int first = which & INPUT ? 0 : model->input_count;
	unsigned int end = which & OUTPUT ? model->input_count + model->output_count :
					    model->input_count;
	unsigned int i;

	if (!name && end - first == 1)
		return first;
	if (!name)
		return qnn_fail(-ENOENT, "%s: has %u %ss; name one", model->name, end - first,
				noun(which));
	for (i = first; i < end; i++)
		if (!strcmp(model->tensors[i].name, name))
			return i;
	return qnn_fail(-ENOENT, "%s: has no %s '%s'", model->name, noun(which), name);
}

/*
 * What the four copying functions have in common: the job is idle, the tensor
 * exists and is of the caller's size. Sets @data to its first byte.
 */
static int access_tensor(struct qnn_job *job, enum which which, const char *name,
			 size_t size, bool elements, const struct qnn_tensor **tensor,
			 uint8_t **data)
{
	const struct qnn_model *model = job->model;
	const struct qnn_tensor *t;
	struct qnn_binding at;
	uint8_t *map;
	size_t want;
	int i;

	i = qnn_job_idle(job);
	if (!i)
		i = find(model, which, name);
	if (i < 0)
		return i;
	t = &model->tensors[i];
	want = elements ? t->elements : t->bytes;
	if (size != want)
		return qnn_fail(-EMSGSIZE, "%s: %s '%s' has %zu %s, not %zu", model->name,
				noun(which), t->name, want, elements ? "elements" : "bytes", size);
	at = qnn_job_region(job, model->regions[i]);
	if (which == INPUT && at.buf->read_only)
		return qnn_fail(-EACCES, "%s: '%s' is bound to a buffer that is read-only",
				model->name, t->name);
	map = qnn_buffer_map(at.buf);
	if (!map)
		return -ENOMEM;
	*tensor = t;
	*data = map + at.offset + t->bind_offset;
	return 0;
}

QNN_API int qnn_job_set_input(struct qnn_job *job, const char *name, const void *data,
			      size_t size)
{
	const struct qnn_tensor *t;
	uint8_t *to;
	int err;

	err = access_tensor(job, INPUT, name, size, false, &t, &to);
	if (!err)
		memcpy(to, data, size);
	return err;
}

QNN_API int qnn_job_set_input_float(struct qnn_job *job, const char *name, const float *data,
				    size_t count)
{
	const struct qnn_tensor *t;
	uint8_t *to;
	size_t done;
	int err;

	err = access_tensor(job, INPUT, name, count, true, &t, &to);
	if (err)
		return err;
	done = qnn_quantize(t, data, to);
	if (done < count)
		return qnn_fail(-EINVAL, "%s: input '%s': value %zu is not a number",
				job->model->name, t->name, done);
	return 0;
}

QNN_API int qnn_job_get_output(struct qnn_job *job, const char *name, void *data, size_t size)
{
	const struct qnn_tensor *t;
	uint8_t *from;
	int err;

	err = access_tensor(job, OUTPUT, name, size, false, &t, &from);
	if (!err)
		memcpy(data, from, size);
	return err;
}

QNN_API int qnn_job_get_output_float(struct qnn_job *job, const char *name, float *data,
				     size_t count)
{
	const struct qnn_tensor *t;
	uint8_t *from;
	int err;

	err = access_tensor(job, OUTPUT, name, count, true, &t, &from);
	if (!err)
		qnn_dequantize(t, from, data);
	return err;
}

static int check_bind(const struct qnn_job *job, int index, const struct qnn_buffer *buf,
		      size_t offset)
{
	const struct qnn_model *model = job->model;
	const struct qnn_region_desc *region = &model->file.prog.regions[model->regions[index]];
	const struct qnn_tensor *t = &model->tensors[index];
	const char *name = model->name;

	if (buf->dev != job->model->dev)
		return qnn_fail(-EXDEV, "%s: '%s': the buffer belongs to another open device",
				name, t->name);
	if (offset % QNN_REGION_ALIGN)
		return qnn_fail(-EINVAL, "%s: '%s': offset %zu is not a multiple of %u", name,
				t->name, offset, QNN_REGION_ALIGN);
	if (offset > buf->size || t->bind_size > buf->size - offset)
		return qnn_fail(-EMSGSIZE, "%s: '%s' needs %zu bytes, the buffer has %zu from offset %zu",
				name, t->name, t->bind_size,
				offset > buf->size ? 0 : buf->size - offset, offset);
	if (buf->read_only && region->access & QNN_ACCESS_WRITE)
		return qnn_fail(-EACCES, "%s: '%s' is written, the buffer is read-only", name,
				t->name);
	return 0;
}

QNN_API int qnn_job_bind(struct qnn_job *job, const char *name, struct qnn_buffer *buf,
			 size_t offset)
{
	struct qnn_binding *binding;
	int i, err;

	i = qnn_job_idle(job);
	if (!i)
		i = find(job->model, INPUT | OUTPUT, name);
	if (i < 0)
		return i;
	if (buf) {
		err = check_bind(job, i, buf, offset);
		if (err)
			return err;
		qnn_buffer_get(buf);
	}
	binding = &job->bound[job->model->regions[i]];
	qnn_buffer_free(binding->buf);
	binding->buf = buf;
	binding->offset = buf ? offset : 0;
	return 0;
}
