// SPDX-License-Identifier: MIT
/*
 * Writes the model files that the test of the command lines uses:
 *
 *	make_model small OUT.qnn	a network of usual layers
 *	make_model refused OUT.qnn	the same with a program that breaks a rule
 *	make_model slow OUT.qnn		a convolution of 2.4 billion products
 *	make_model two OUT.qnn		a network with two inputs
 *	make_model moves OUT.qnn	what grows, moves, looks up and picks
 *
 * Files are the same in every run.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "qnn.h"
#include "qnn_program.h"
#include "qnn_writer.h"
#include "selftests/lib/qnn_prog.h"

static const char origin[] =
	"{\"tool\": \"make_model\", \"note\": \"\\u001b[31m\", \"bits\": [4, 2]}";

static uint32_t next_random(void)
{
	static uint32_t state = 1;

	state = state * 1664525u + 1013904223u;
	return state >> 8;
}

static u32 random_weights(struct qnn_prog *p, const struct qnn_cmd *cmd)
{
	u32 size = qnn_prog_weight_bytes(cmd), i, off;
	u8 *w = malloc(size);

	for (i = 0; w && i < size; i++)
		w[i] = (u8)next_random();
	off = qnn_prog_const(p, w, size, 4);
	free(w);
	return off;
}

static struct qnn_cmd *conv(struct qnn_prog *p, struct qnn_tensor_desc in,
			    u32 kernel, u32 weight_type)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV);

	c->in[0] = in;
	c->conv.kernel_h = c->conv.kernel_w = (u16)kernel;
	c->conv.pad_top = c->conv.pad_left = (u16)(kernel / 2);
	c->conv.pad_bottom = c->conv.pad_right = (u16)(kernel / 2);
	c->conv.weight_type = (u8)weight_type;
	return c;
}

/* 8x8x1 bytes, convolution to 2 bits: thresholds; returns its output. */
static struct qnn_tensor_desc first_layer(struct qnn_prog *p, u8 in, u8 out)
{
	static const s32 thresholds[3] = { -300, 0, 300 };
	struct qnn_cmd *c;

	c = conv(p, qnn_prog_tensor(in, QNN_ELEM_U8, 8, 8, 1), 3, QNN_ELEM_S4);
	qnn_prog_out(c, out, QNN_ELEM_U2, 8);
	c->conv.weight_off = random_weights(p, c);
	c->stage.kind = QNN_STAGE_THRESHOLD;
	c->stage.levels = 3;
	c->stage.threshold_off = qnn_prog_const(p, thresholds,
						sizeof(thresholds), 4);
	return c->out;
}

static struct qnn_tensor_desc second_layer(struct qnn_prog *p,
					   struct qnn_tensor_desc in, u8 out)
{
	struct qnn_cmd *c = conv(p, in, 3, QNN_ELEM_S2);

	qnn_prog_out(c, out, QNN_ELEM_S8, 8);
	c->conv.weight_off = random_weights(p, c);
	qnn_prog_requant(p, c, QNN_ROUND_B, 1 << 30, 0);
	return c->out;
}

static struct qnn_tensor_desc add_and_pool(struct qnn_prog *p,
					   struct qnn_tensor_desc in, u8 sum,
					   u8 out)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_ADD);
	struct qnn_tensor_desc added;

	c->in[0] = c->in[1] = in;
	qnn_prog_out(c, sum, QNN_ELEM_S8, 0);
	qnn_prog_requant(p, c, QNN_ROUND_B, 1 << 30, 0);
	added = c->out;
	c = qnn_prog_cmd(p, QNN_OP_MAX_POOL);
	c->in[0] = added;
	c->pool.kernel_h = c->pool.kernel_w = 8;
	c->pool.stride_h = c->pool.stride_w = 8;
	qnn_prog_out(c, out, QNN_ELEM_NONE, 0);
	return c->out;
}

static void last_layer(struct qnn_prog *p, struct qnn_tensor_desc in, u8 out)
{
	static const s8 book[4] = { -90, -20, 20, 90 };
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_FC);

	c->in[0] = in;
	c->conv.weight_type = QNN_WEIGHT_CB2;
	qnn_prog_out(c, out, QNN_ELEM_S32, 10);
	c->conv.weight_off = random_weights(p, c);
	c->conv.codebook_off = qnn_prog_const(p, book, sizeof(book), 1);
}

static void fill_tensor(struct qnn_file_tensor *t, const char *name,
			uint32_t role, struct qnn_tensor_desc d)
{
	*t = (struct qnn_file_tensor) {
		.role = role, .region = d.region, .offset = d.offset,
		.height = d.height, .width = d.width, .channels = d.channels,
		.type = d.type, .row_stride = d.row_stride,
		.pixel_stride = d.pixel_stride, .zero_point = d.zero_point,
	};
	snprintf(t->name, sizeof(t->name), "%s", name);
}

static int add_tensor(struct qnn_writer *w, const char *name, uint32_t role,
		      struct qnn_tensor_desc desc, float scale)
{
	struct qnn_file_tensor t;

	fill_tensor(&t, name, role, desc);
	return qnn_writer_add_tensor(w, &t, &scale, 1);
}

static int small_model(struct qnn_prog *p, struct qnn_writer *w)
{
	static const char *const layers[][2] = {
		{ "conv1", "Conv+BN+Relu" }, { "conv2", "Conv" },
		{ "add", "Add" }, { "pool", "MaxPool" }, { "fc", "Gemm" },
	};
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	u8 a = qnn_prog_region(p, 0), b = qnn_prog_region(p, 0);
	struct qnn_tensor_desc t;
	char label[8];
	size_t i;
	int err;

	t = first_layer(p, in, a);
	t = second_layer(p, t, b);
	t = add_and_pool(p, t, a, b);
	last_layer(p, t, out);
	err = add_tensor(w, "pixels", QNN_FILE_INPUT,
			 qnn_prog_tensor(in, QNN_ELEM_U8, 8, 8, 1), 1 / 16.f);
	if (!err)
		err = add_tensor(w, "logits", QNN_FILE_OUTPUT,
				 qnn_prog_tensor(out, QNN_ELEM_S32, 1, 1, 10),
				 0.25f);
	for (i = 0; !err && i < sizeof(layers) / sizeof(layers[0]); i++)
		err = qnn_writer_add_layer(w, layers[i][0], layers[i][1]);
	for (i = 0; !err && i < 10; i++) {
		snprintf(label, sizeof(label), "%zu", i);
		err = qnn_writer_add_label(w, label);
	}
	return err ? err : qnn_writer_set_origin(w, origin);
}

static int slow_model(struct qnn_prog *p, struct qnn_writer *w)
{
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	struct qnn_tensor_desc t = qnn_prog_tensor(in, QNN_ELEM_S8, 256, 256, 64);
	struct qnn_cmd *c = conv(p, t, 3, QNN_ELEM_S8);
	int err;

	qnn_prog_out(c, out, QNN_ELEM_S8, 64);
	c->conv.weight_off = random_weights(p, c);
	qnn_prog_requant(p, c, QNN_ROUND_B, 1 << 30, -8);
	err = add_tensor(w, "x", QNN_FILE_INPUT, t, 1);
	return err ? err : add_tensor(w, "y", QNN_FILE_OUTPUT,
				      qnn_prog_tensor(out, QNN_ELEM_S8, 256,
						      256, 64), 1);
}

static int two_inputs(struct qnn_prog *p, struct qnn_writer *w)
{
	u8 a = qnn_prog_region(p, 0), b = qnn_prog_region(p, 0);
	u8 out = qnn_prog_region(p, 0);
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_ADD);
	struct qnn_tensor_desc t;
	int err;

	c->in[0] = qnn_prog_tensor(a, QNN_ELEM_S4, 3, 5, 7);
	c->in[1] = qnn_prog_tensor(b, QNN_ELEM_S8, 3, 5, 7);
	qnn_prog_out(c, out, QNN_ELEM_S8, 0);
	qnn_prog_requant(p, c, QNN_ROUND_B, 1 << 30, 0);
	t = c->out;
	err = add_tensor(w, "a", QNN_FILE_INPUT, c->in[0], 1);
	if (!err)
		err = add_tensor(w, "b", QNN_FILE_INPUT, c->in[1], 1);
	return err ? err : add_tensor(w, "sum", QNN_FILE_OUTPUT, t, 1);
}

/* 4x4x4 bits to 8x8x2 and, scaled by a pixel and looked up, to an index. */
static int moves_model(struct qnn_prog *p, struct qnn_writer *w)
{
	u8 in = qnn_prog_region(p, 0), factor = qnn_prog_region(p, 0);
	u8 out = qnn_prog_region(p, 0);
	u8 a = qnn_prog_region(p, 0), b = qnn_prog_region(p, 0);
	u8 table[QNN_TABLE_SIZE];
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV_TRANSPOSE);
	struct qnn_tensor_desc first, one, t;
	int err;
	u32 i;

	first = qnn_prog_tensor(in, QNN_ELEM_U4, 4, 4, 4);
	c->in[0] = first;
	c->conv.kernel_h = c->conv.kernel_w = 2;
	c->conv.stride_h = c->conv.stride_w = 2;
	c->conv.weight_type = QNN_ELEM_S4;
	qnn_prog_out(c, a, QNN_ELEM_S8, 8);
	c->conv.weight_off = random_weights(p, c);
	qnn_prog_requant(p, c, QNN_ROUND_B, 1 << 30, 0);
	t = c->out;
	one = qnn_prog_tensor(factor, QNN_ELEM_U8, 1, 1, 8);
	c = qnn_prog_cmd(p, QNN_OP_MUL);
	c->in[0] = t;
	c->in[1] = one;
	qnn_prog_out(c, b, QNN_ELEM_U4, 0);
	qnn_prog_requant(p, c, QNN_ROUND_A, 1 << 30, -6);
	for (i = 0; i < sizeof(table); i++)
		table[i] = i < 128 ? i / 8 : 0;
	c->stage.kind = QNN_STAGE_TABLE;
	c->stage.table_type = QNN_ELEM_S8;
	c->stage.clamp_min = -128;
	c->stage.clamp_max = 127;
	c->stage.table_off = qnn_prog_const(p, table, sizeof(table), 1);
	t = c->out;
	c = qnn_prog_cmd(p, QNN_OP_COPY);
	c->in[0] = t;
	c->copy.mode = QNN_COPY_DEPTH_TO_SPACE;
	c->copy.block = 2;
	c->copy.axis[0].step = -1;
	c->copy.axis[0].start = 7;
	c->out = qnn_prog_tensor(a, QNN_ELEM_U4, 16, 16, 2);
	t = c->out;
	c = qnn_prog_cmd(p, QNN_OP_ARGMAX);
	c->in[0] = t;
	qnn_prog_out(c, out, QNN_ELEM_S32, 0);
	t = c->out;
	err = add_tensor(w, "x", QNN_FILE_INPUT, first, 1);
	if (!err)
		err = add_tensor(w, "factor", QNN_FILE_INPUT, one, 1);
	return err ? err : add_tensor(w, "index", QNN_FILE_OUTPUT, t, 1);
}

/* Break a rule in the second command and make the check sums good again. */
static void break_program(unsigned char *file)
{
	struct qnn_file_header *h = (void *)file;
	struct qnn_file_section *s = (void *)(h + 1);
	const struct qnn_program_header *prog;
	struct qnn_cmd *cmds;
	size_t at;

	while (s->tag != QNN_SECTION_PROGRAM)
		s++;
	prog = (const void *)(file + s->offset);
	at = sizeof(*prog) + prog->region_count * sizeof(struct qnn_region_desc);
	cmds = (void *)(file + s->offset + (at + 63) / 64 * 64);
	cmds[1].conv.groups = 3;
	s->crc = (uint32_t)crc32(0, file + s->offset, (uInt)s->size);
	h->table_crc = (uint32_t)crc32(0, (const Bytef *)(h + 1),
				       h->section_count * (uInt)sizeof(*s));
	h->header_crc = (uint32_t)crc32(0, file,
					offsetof(struct qnn_file_header,
						 header_crc));
}

static int write_file(struct qnn_writer *w, const char *path, int refused)
{
	size_t size;
	void *data;
	FILE *out;
	int err;

	err = qnn_writer_finish(w, &data, &size);
	if (err)
		return err;
	if (refused)
		break_program(data);
	out = fopen(path, "wb");
	if (!out || fwrite(data, size, 1, out) != 1)
		err = -EIO;
	if (out && fclose(out))
		err = -EIO;
	free(data);
	return err;
}

static int build(const char *kind, const char *path, struct qnn_prog *p,
		 struct qnn_writer *w)
{
	size_t size;
	void *image;
	int err;

	if (!strcmp(kind, "slow"))
		err = slow_model(p, w);
	else if (!strcmp(kind, "two"))
		err = two_inputs(p, w);
	else if (!strcmp(kind, "moves"))
		err = moves_model(p, w);
	else
		err = small_model(p, w);
	if (err)
		return err;
	image = qnn_prog_finish(p, &size);
	err = image ? qnn_writer_set_program(w, image, size) : -ENOMEM;
	free(image);
	return err ? err : write_file(w, path, !strcmp(kind, "refused"));
}

int main(int argc, char **argv)
{
	struct qnn_prog *p = qnn_prog_new();
	struct qnn_writer *w = NULL;
	int err = -EINVAL;

	if (argc == 3)
		err = p ? qnn_writer_create(&w) : -ENOMEM;
	if (!err)
		err = build(argv[1], argv[2], p, w);
	if (err)
		fprintf(stderr, "make_model: %s: %s\n", strerror(-err),
			qnn_error());
	qnn_writer_free(w);
	qnn_prog_free(p);
	return !!err;
}
