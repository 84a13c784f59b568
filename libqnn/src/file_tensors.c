// SPDX-License-Identifier: MIT
/* .qnn files: inputs, outputs and their scales. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "error.h"
#include "file.h"
#include "tensor.h"
#include "text.h"

/* A tensor under examination, for error texts. */
struct subject {
	const struct qnn_file *file;
	const struct qnn_file_tensor *t;
	uint32_t index;
};

#define tensor_fail(subj, fmt, ...) \
	qnn_fail(-EINVAL, "%s: section TENS: tensor %u ('%s'): " fmt, (subj)->file->name, \
		 (subj)->index, (subj)->t->name, ##__VA_ARGS__)

static int check_name(const struct subject *subj)
{
	const struct qnn_file_tensor *t = subj->t;
	size_t len = strnlen(t->name, sizeof(t->name));
	size_t i;
	uint32_t k;

	/* The name is not printed before it is known to be printable. */
	if (!len || len == sizeof(t->name) || !qnn_text_ok(t->name, len, false))
		return qnn_fail(-EINVAL, "%s: section TENS: tensor %u: name is %s",
				subj->file->name, subj->index,
				!len ? "empty" : len == sizeof(t->name) ?
				"not terminated" : "not printable UTF-8");
	for (i = len; i < sizeof(t->name); i++)
		if (t->name[i])
			return tensor_fail(subj, "name is not filled up with zeros");
	for (k = 0; k < subj->index; k++)
		if (!strcmp(subj->file->tensors[k].name, t->name))
			return tensor_fail(subj, "name is that of tensor %u too", k);
	return 0;
}

static int check_region(const struct subject *subj)
{
	const struct qnn_program *prog = &subj->file->prog;
	const struct qnn_file_tensor *t = subj->t;
	uint32_t access, want, k;

	if (t->role != QNN_FILE_INPUT && t->role != QNN_FILE_OUTPUT)
		return tensor_fail(subj, "role is %u, should be 1 (input) or 2 (output)", t->role);
	if (t->region >= prog->header->region_count)
		return tensor_fail(subj, "region is %u, the program has %u",
				   t->region, prog->header->region_count);
	for (k = 0; k < subj->index; k++)
		if (subj->file->tensors[k].region == t->region)
			return tensor_fail(subj, "region %u is that of '%s' too",
					   t->region, subj->file->tensors[k].name);
	access = prog->regions[t->region].access;
	want = t->role == QNN_FILE_INPUT ? QNN_ACCESS_READ : QNN_ACCESS_WRITE;
	if (!(access & want))
		return tensor_fail(subj, "is an %s, but the program never %s region %u",
				   t->role == QNN_FILE_INPUT ? "input" : "output",
				   t->role == QNN_FILE_INPUT ? "reads" : "writes", t->region);
	if (t->role == QNN_FILE_INPUT && (access & QNN_ACCESS_WRITE))
		return tensor_fail(subj, "is an input, but the program writes region %u",
				   t->region);
	return 0;
}

static int check_dimension(const struct subject *subj, const char *field, uint32_t value)
{
	if (!value || value > QNN_MAX_DIM)
		return tensor_fail(subj, "%s is %u, should be 1 to %u", field, value, QNN_MAX_DIM);
	return 0;
}

static int check_shape(const struct subject *subj)
{
	const struct qnn_file_tensor *t = subj->t;
	uint64_t pixel, row, hull, size;
	int err;

	err = check_dimension(subj, "height", t->height);
	if (!err)
		err = check_dimension(subj, "width", t->width);
	if (!err)
		err = check_dimension(subj, "channels", t->channels);
	if (err)
		return err;
	if (!qnn_elem_info(t->type))
		return tensor_fail(subj, "type %u is not known", t->type);

	pixel = qnn_packed_pixel_bytes(t->type, t->channels);
	if (t->pixel_stride < pixel)
		return tensor_fail(subj, "pixel_stride is %u, a pixel has %llu bytes",
				   t->pixel_stride, (unsigned long long)pixel);
	row = (uint64_t)t->width * t->pixel_stride;
	if (t->row_stride < row)
		return tensor_fail(subj, "row_stride is %u, a row has %llu bytes",
				   t->row_stride, (unsigned long long)row);
	if (t->type == QNN_TYPE_S32 && (t->offset | t->row_stride | t->pixel_stride) % 4)
		return tensor_fail(subj, "offset, row_stride or pixel_stride is not a multiple of 4");
	hull = (uint64_t)(t->height - 1) * t->row_stride +
	       (uint64_t)(t->width - 1) * t->pixel_stride + pixel;
	size = subj->file->prog.regions[t->region].size;
	if (t->offset > size || hull > size - t->offset)
		return tensor_fail(subj, "ends %llu bytes behind offset %llu, region %u has %llu",
				   (unsigned long long)hull, (unsigned long long)t->offset,
				   t->region, (unsigned long long)size);
	return 0;
}

static int check_scale(const struct subject *subj)
{
	const struct qnn_file_tensor *t = subj->t;
	const struct qnn_elem_info *elem = qnn_elem_info(t->type);
	uint32_t i;

	if (t->scale_count != 1 && t->scale_count != t->channels)
		return tensor_fail(subj, "scale_count is %u, should be 1 or %u",
				   t->scale_count, t->channels);
	if (t->scale_index > subj->file->scale_count ||
	    t->scale_count > subj->file->scale_count - t->scale_index)
		return tensor_fail(subj, "scale_index is %u, section SCAL has %u scales",
				   t->scale_index, subj->file->scale_count);
	if ((t->type == QNN_TYPE_B1 || t->type == QNN_TYPE_S32) && t->zero_point)
		return tensor_fail(subj, "zero_point is %d, should be 0 for %s",
				   t->zero_point, elem->name);
	if (t->zero_point < elem->min || t->zero_point > elem->max)
		return tensor_fail(subj, "zero_point is %d, should be %d to %d for %s",
				   t->zero_point, elem->min, elem->max, elem->name);
	for (i = 0; i < sizeof(t->reserved) / sizeof(t->reserved[0]); i++)
		if (t->reserved[i])
			return tensor_fail(subj, "reserved is not zero");
	return 0;
}

static int check_scales(struct qnn_file *file)
{
	uint32_t i;
	size_t size;

	file->scales = qnn_file_contents(file, QNN_SECTION_SCALES, &size);
	if (size % sizeof(float))
		return qnn_fail(-EINVAL, "%s: section SCAL: has %zu bytes, not a multiple of 4",
				file->name, size);
	file->scale_count = size / sizeof(float);
	for (i = 0; i < file->scale_count; i++)
		if (!isfinite(file->scales[i]) || file->scales[i] <= 0)
			return qnn_fail(-EINVAL, "%s: section SCAL: scale %u is %g, should be finite and above 0",
					file->name, i, file->scales[i]);
	return 0;
}

static int check_tensor(const struct subject *subj)
{
	int err;

	err = check_name(subj);
	if (!err)
		err = check_region(subj);
	if (!err)
		err = check_shape(subj);
	if (!err)
		err = check_scale(subj);
	return err;
}

int qnn_file_parse_tensors(struct qnn_file *file)
{
	struct subject subj = { .file = file };
	uint32_t roles = 0;
	size_t size;
	int err;

	err = check_scales(file);
	if (err)
		return err;
	file->tensors = qnn_file_contents(file, QNN_SECTION_TENSORS, &size);
	if (size % sizeof(*file->tensors))
		return qnn_fail(-EINVAL, "%s: section TENS: has %zu bytes, not a multiple of %zu",
				file->name, size, sizeof(*file->tensors));
	if (size / sizeof(*file->tensors) > QNN_MAX_REGIONS)
		return qnn_fail(-EINVAL, "%s: section TENS: has %zu tensors, a program at most %u regions",
				file->name, size / sizeof(*file->tensors), QNN_MAX_REGIONS);
	file->tensor_count = size / sizeof(*file->tensors);
	for (subj.index = 0; subj.index < file->tensor_count; subj.index++) {
		subj.t = &file->tensors[subj.index];
		err = check_tensor(&subj);
		if (err)
			return err;
		roles |= subj.t->role;
	}
	if (roles != (QNN_FILE_INPUT | QNN_FILE_OUTPUT))
		return qnn_fail(-EINVAL, "%s: section TENS: has no %s", file->name,
				roles & QNN_FILE_INPUT ? "output" : "input");
	return 0;
}
