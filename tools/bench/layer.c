// SPDX-License-Identifier: MIT
#include "layer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/qnn_program.h"
#include "qnn.h"
#include "qnn_writer.h"

#define SIDE_MAX	4096u

struct width {
	const char *name;
	uint32_t type;
	uint32_t bits;
};

static const struct width weights[] = {
	{ "w8", QNN_ELEM_S8, 8 }, { "w4", QNN_ELEM_S4, 4 }, { "w2", QNN_ELEM_S2, 2 },
	{ "w1", QNN_ELEM_B1, 1 }, { "cb1", QNN_WEIGHT_CB1, 1 }, { "cb2", QNN_WEIGHT_CB2, 2 },
	{ "cb3", QNN_WEIGHT_CB3, 3 }, { "cb4", QNN_WEIGHT_CB4, 4 }, { "cb5", QNN_WEIGHT_CB5, 5 },
};

static const struct width activations[] = {
	{ "a8", QNN_ELEM_U8, 8 }, { "a4", QNN_ELEM_U4, 4 }, { "a2", QNN_ELEM_U2, 2 },
	{ "a1", QNN_ELEM_B1, 1 },
};

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static const struct width *find(const struct width *list, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (!strncmp(list[i].name, text, strlen(list[i].name)))
			return &list[i];
	return NULL;
}

static uint32_t bits_of(const struct width *list, size_t count, uint32_t type)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].type == type)
			return list[i].bits;
	return 0;
}

static int parse_widths(const char *text, struct layer *l)
{
	const struct width *w = find(weights, COUNT(weights), text), *a;

	if (!w)
		return -1;
	text += strlen(w->name);
	a = find(activations, COUNT(activations), text);
	if (!a || text[strlen(a->name)])
		return -1;
	l->weight_type = w->type;
	l->activation_type = a->type;
	return 0;
}

static int is_side(uint32_t value)
{
	return value >= 1 && value <= SIDE_MAX;
}

static int is_sound(const struct layer *l)
{
	return is_side(l->height) && is_side(l->width) && is_side(l->in) && is_side(l->out) &&
	       is_side(l->kernel) && is_side(l->stride) && l->kernel <= l->height + 1 &&
	       l->kernel <= l->width + 1;
}

int layer_parse(const char *text, struct layer *l)
{
	uint32_t kernel_w = 1;
	char widths[16];
	int end = 0;

	*l = (struct layer){ .kernel = 1, .stride = 1, .height = 1, .width = 1 };
	if (sscanf(text, "fc:%u-%u:%15s%n", &l->in, &l->out, widths, &end) == 3 && !text[end]) {
		l->fully_connected = 1;
	} else if (sscanf(text, "dw%ux%u:%u:%ux%u:%15s%n", &l->kernel, &kernel_w, &l->in,
			  &l->height, &l->width, widths, &end) == 6 ||
		   sscanf(text, "dw%ux%u/%u:%u:%ux%u:%15s%n", &l->kernel, &kernel_w, &l->stride,
			  &l->in, &l->height, &l->width, widths, &end) == 7) {
		l->depthwise = 1;
		l->out = l->in;
	} else if (sscanf(text, "%ux%u:%u-%u:%ux%u:%15s%n", &l->kernel, &kernel_w, &l->in,
			  &l->out, &l->height, &l->width, widths, &end) != 7 &&
		   sscanf(text, "%ux%u/%u:%u-%u:%ux%u:%15s%n", &l->kernel, &kernel_w, &l->stride,
			  &l->in, &l->out, &l->height, &l->width, widths, &end) != 8) {
		return -1;
	}
	if (text[end] || (!l->fully_connected && l->kernel != kernel_w) || !is_sound(l))
		return -1;
	return parse_widths(widths, l);
}

static uint32_t out_side(const struct layer *l, uint32_t side)
{
	return (side + 2 * (l->kernel / 2) - l->kernel) / l->stride + 1;
}

uint64_t layer_macs(const struct layer *l)
{
	uint64_t taps = (uint64_t)l->kernel * l->kernel * (l->depthwise ? 1 : l->in);

	return taps * l->out * out_side(l, l->height) * out_side(l, l->width);
}

static struct qnn_tensor_desc tensor(const struct layer *l, uint8_t region, uint32_t height,
				     uint32_t width, uint32_t channels)
{
	uint32_t bits = bits_of(activations, COUNT(activations), l->activation_type);
	uint32_t pixel = (channels * bits + 7) / 8;

	return (struct qnn_tensor_desc){
		.row_stride = width * pixel,
		.pixel_stride = pixel,
		.height = (uint16_t)height,
		.width = (uint16_t)width,
		.channels = (uint16_t)channels,
		.type = (uint8_t)l->activation_type,
		.region = region,
	};
}

static size_t round64(size_t bytes)
{
	return (bytes + 63) / 64 * 64;
}

/* Header, two regions, one command; the constants follow. */
#define IMAGE_START	(64 + 2 * sizeof(struct qnn_region_desc) + 32 + sizeof(struct qnn_cmd))
_Static_assert(IMAGE_START % 64 == 0, "layout of the image");

struct constants {
	uint32_t book, scale, shift, weights, size;
};

static struct constants place(const struct layer *l)
{
	uint32_t bits = bits_of(weights, COUNT(weights), l->weight_type);
	uint32_t depth = l->kernel * l->kernel * (l->depthwise ? 1 : l->in);
	struct constants c = { .book = 0, .scale = 64, .shift = 68, .weights = 128 };

	c.size = (uint32_t)round64(c.weights + (size_t)l->out * ((depth * bits + 7) / 8));
	return c;
}

static void describe(const struct layer *l, const struct constants *at, struct qnn_cmd *cmd)
{
	static const int32_t most[] = { [8] = 255, [4] = 15, [2] = 3, [1] = 1 };
	uint16_t pad = (uint16_t)(l->kernel / 2);
	int book = l->weight_type >= QNN_WEIGHT_CB1;

	cmd->opcode = l->fully_connected ? QNN_OP_FC : QNN_OP_CONV;
	cmd->in[0] = tensor(l, 0, l->height, l->width, l->in);
	cmd->out = tensor(l, 1, out_side(l, l->height), out_side(l, l->width), l->out);
	cmd->conv = (struct qnn_conv_desc){
		.kernel_h = (uint16_t)l->kernel, .kernel_w = (uint16_t)l->kernel,
		.stride_h = (uint16_t)l->stride, .stride_w = (uint16_t)l->stride,
		.dilation_h = 1, .dilation_w = 1,
		.pad_top = pad, .pad_left = pad, .pad_bottom = pad, .pad_right = pad,
		.groups = (uint16_t)(l->depthwise ? l->in : 1),
		.weight_type = (uint8_t)l->weight_type,
		.weight_off = at->weights,
		.bias_off = QNN_NO_CONST,
		.codebook_off = book ? at->book : QNN_NO_CONST,
	};
	cmd->stage = (struct qnn_stage_desc){
		.kind = QNN_STAGE_REQUANT,
		.rule = QNN_ROUND_B,
		.scale_off = at->scale,
		.shift_off = at->shift,
		.clamp_max = most[bits_of(activations, COUNT(activations), l->activation_type)],
	};
}

static uint64_t region_bytes(const struct qnn_tensor_desc *t)
{
	return (uint64_t)t->height * t->row_stride;
}

static void *build_image(const struct layer *l, size_t *size)
{
	const struct constants at = place(l);
	struct qnn_program_header *header;
	struct qnn_region_desc *regions;
	struct qnn_cmd *cmd;
	uint8_t *image, *consts;
	uint32_t state = 1;

	*size = IMAGE_START + at.size;
	image = calloc(1, *size);
	if (!image)
		return NULL;
	header = (struct qnn_program_header *)image;
	regions = (struct qnn_region_desc *)(header + 1);
	cmd = (struct qnn_cmd *)(image + IMAGE_START - sizeof(*cmd));
	consts = image + IMAGE_START;
	*header = (struct qnn_program_header){
		.magic = QNN_PROGRAM_MAGIC, .version = QNN_PROGRAM_VERSION,
		.size = (uint32_t)*size, .region_count = 2, .cmd_count = 1,
		.const_size = at.size,
	};
	describe(l, &at, cmd);
	regions[0] = (struct qnn_region_desc){ .access = QNN_ACCESS_READ,
					       .size = region_bytes(&cmd->in[0]) };
	regions[1] = (struct qnn_region_desc){ .access = QNN_ACCESS_WRITE,
					       .size = region_bytes(&cmd->out) };
	for (uint32_t i = 0; i < at.size; i++) {
		state = state * 1664525u + 1013904223u;
		if (i < 32 || i >= at.weights)
			consts[i] = (uint8_t)(state >> 24);
	}
	*(int32_t *)(consts + at.scale) = 1 << 30;
	*(int8_t *)(consts + at.shift) = -9;
	return image;
}

static struct qnn_file_tensor describe_tensor(const struct qnn_tensor_desc *t, uint32_t role,
					      const char *name)
{
	struct qnn_file_tensor f = {
		.role = role, .region = t->region, .type = t->type, .height = t->height,
		.width = t->width, .channels = t->channels, .row_stride = t->row_stride,
		.pixel_stride = t->pixel_stride,
	};

	snprintf(f.name, sizeof(f.name), "%s", name);
	return f;
}

int layer_model(const struct layer *l, void **data, size_t *size)
{
	const float one = 1;
	struct qnn_writer *w = NULL;
	struct qnn_file_tensor in, out;
	const struct qnn_cmd *cmd;
	size_t image_size;
	uint8_t *image = build_image(l, &image_size);
	int ret = image ? qnn_writer_create(&w) : -ENOMEM;

	if (!ret) {
		cmd = (const struct qnn_cmd *)(image + IMAGE_START - sizeof(*cmd));
		in = describe_tensor(&cmd->in[0], QNN_FILE_INPUT, "input");
		out = describe_tensor(&cmd->out, QNN_FILE_OUTPUT, "output");
		ret = qnn_writer_set_program(w, image, image_size);
	}
	if (!ret)
		ret = qnn_writer_add_tensor(w, &in, &one, 1);
	if (!ret)
		ret = qnn_writer_add_tensor(w, &out, &one, 1);
	if (!ret)
		ret = qnn_writer_finish(w, data, size);
	qnn_writer_free(w);
	free(image);
	return ret;
}
