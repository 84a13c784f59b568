// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* One line of text for each thing that the validator can object to. */
#include "qnn_device.h"

static const char *const rule_texts[QNN_RULE_NR] = {
	[QNN_RULE_OK] = "accepted",
	[QNN_RULE_SIZE] = "the image or one of its sections has the wrong size",
	[QNN_RULE_MAGIC] = "this is not a program image",
	[QNN_RULE_VERSION] = "this version of the program format is not supported",
	[QNN_RULE_RESERVED] = "a field that is reserved or unused here is not zero",
	[QNN_RULE_COUNT] = "the number of regions or commands is out of range",
	[QNN_RULE_OPCODE] = "the device has no such command",
	[QNN_RULE_TYPE] = "this element or weight type is not allowed here",
	[QNN_RULE_SHAPE] = "a dimension is zero, or the shapes do not agree",
	[QNN_RULE_STRIDE] = "a row or pixel stride is too small or misaligned",
	[QNN_RULE_BOUNDS] = "a tensor reaches beyond the end of its region",
	[QNN_RULE_REGION] = "a region has a bad number or size, or is not used",
	[QNN_RULE_ACCESS] = "a region's access mode is not what the commands do",
	[QNN_RULE_ALIGN] = "an offset is not aligned for its type",
	[QNN_RULE_OVERLAP] = "the output overlaps an input",
	[QNN_RULE_KERNEL] = "kernel, stride, dilation or padding is out of range",
	[QNN_RULE_GROUPS] = "the groups do not divide the channels",
	[QNN_RULE_CONST] = "a constant reaches beyond the end of the constants",
	[QNN_RULE_ZERO_POINT] = "a zero point is not a value of its type",
	[QNN_RULE_ACCUMULATOR] = "the sum of products could leave 32 bits",
	[QNN_RULE_STAGE] = "output stage, rounding rule or flags are not allowed here",
	[QNN_RULE_SCALE] = "a multiplier, shift or scale is out of range",
	[QNN_RULE_CLAMP] = "the clamp is empty or leaves the output type",
	[QNN_RULE_THRESHOLD] = "thresholds: bad number, order, sign or result",
	[QNN_RULE_CODEBOOK] = "the code book is missing or covers the wrong channels",
	[QNN_RULE_LIMIT] = "the work of the program exceeds what can be counted",
	[QNN_RULE_INTERRUPTED] = "validation was interrupted",
	[QNN_RULE_TABLE] = "an entry of a table is out of range",
	[QNN_RULE_COPY] = "the axes, the blocks or the fill of a copy are out of range",
};

const char *qnn_rule_text(u32 rule)
{
	return rule < QNN_RULE_NR ? rule_texts[rule] : "unknown rule";
}
