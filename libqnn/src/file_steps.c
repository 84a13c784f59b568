// SPDX-License-Identifier: MIT
/* .qnn files: what real numbers of outputs go through. */
#include <errno.h>
#include <math.h>

#include "error.h"
#include "file.h"
#include "qnn.h"

#define step_fail(file, i, fmt, ...) \
	qnn_fail(-EINVAL, "%s: section STEP: step %u: " fmt, (file)->name, i, ##__VA_ARGS__)

static int check_operands(struct qnn_file *file, uint32_t *count)
{
	uint32_t i;
	size_t size;

	file->operands = qnn_file_contents(file, QNN_SECTION_OPERANDS, &size);
	if (!file->operands)
		return 0;
	if (size % sizeof(float))
		return qnn_fail(-EINVAL, "%s: section OPND: has %zu bytes, not a multiple of 4",
				file->name, size);
	*count = size / sizeof(float);
	for (i = 0; i < *count; i++)
		if (!isfinite(file->operands[i]))
			return qnn_fail(-EINVAL, "%s: section OPND: operand %u is %g, should be finite",
					file->name, i, file->operands[i]);
	return 0;
}

/* The operands of step @i lie within the section, and nothing divides by 0. */
static int check_values(const struct qnn_file *file, uint32_t i, uint32_t operands)
{
	const struct qnn_file_step *s = &file->steps[i];
	uint32_t channels = file->tensors[s->tensor].channels, k;

	if (s->kind == QNN_STEP_SOFTMAX) {
		if (s->operand_count || s->operand_index)
			return step_fail(file, i, "is softmax, but has operands");
		return 0;
	}
	if (s->operand_count != 1 && s->operand_count != channels)
		return step_fail(file, i, "operand_count is %u, should be 1 or %u",
				 s->operand_count, channels);
	if (s->operand_index > operands || s->operand_count > operands - s->operand_index)
		return step_fail(file, i, "operand_index is %u, section OPND has %u operands",
				 s->operand_index, operands);
	for (k = 0; s->kind == QNN_STEP_DIV && k < s->operand_count; k++)
		if (file->operands[s->operand_index + k] == 0)
			return step_fail(file, i, "divides channel %u by 0", k);
	return 0;
}

static int check_step(const struct qnn_file *file, uint32_t i, uint32_t operands)
{
	const struct qnn_file_step *s = &file->steps[i];

	if (s->tensor >= file->tensor_count)
		return step_fail(file, i, "tensor is %u, there are %u", s->tensor,
				 file->tensor_count);
	if (file->tensors[s->tensor].role != QNN_FILE_OUTPUT)
		return step_fail(file, i, "tensor %u ('%s') is not an output", s->tensor,
				 file->tensors[s->tensor].name);
	if (i && s->tensor < s[-1].tensor)
		return step_fail(file, i, "tensor is %u, that of the step before it %u",
				 s->tensor, s[-1].tensor);
	if (i >= QNN_FILE_MAX_STEPS && s->tensor == s[-QNN_FILE_MAX_STEPS].tensor)
		return step_fail(file, i, "tensor %u has more than %u steps", s->tensor,
				 QNN_FILE_MAX_STEPS);
	if (s->kind < QNN_STEP_ADD || s->kind > QNN_STEP_SOFTMAX)
		return step_fail(file, i, "kind is %u, should be %u to %u", s->kind,
				 QNN_STEP_ADD, QNN_STEP_SOFTMAX);
	return check_values(file, i, operands);
}

int qnn_file_parse_steps(struct qnn_file *file)
{
	uint32_t operands = 0, i;
	size_t size;
	int err;

	file->steps = qnn_file_contents(file, QNN_SECTION_STEPS, &size);
	if (!file->steps) {
		if (!qnn_file_section(file, QNN_SECTION_OPERANDS))
			return 0;
		return qnn_fail(-EINVAL, "%s: section OPND: there is no section STEP that uses it",
				file->name);
	}
	if (size % sizeof(*file->steps))
		return qnn_fail(-EINVAL, "%s: section STEP: has %zu bytes, not a multiple of %zu",
				file->name, size, sizeof(*file->steps));
	file->step_count = size / sizeof(*file->steps);
	err = check_operands(file, &operands);
	for (i = 0; i < file->step_count && !err; i++)
		err = check_step(file, i, operands);
	return err;
}
