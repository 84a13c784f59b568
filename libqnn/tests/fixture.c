// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "fixture.h"
#include "libqnn/src/unpack.h"
#include "selftests/lib/qnn_prog.h"

void fixture_ok(long result, const char *expr, const char *file, int line)
{
	if (result < 0)
		print_error("%s: %ld: %s\n", expr, result, qnn_error());
	_assert_int_equal(result < 0 ? result : 0, 0, file, line);
}

void fixture_fails(long result, long err, const char *text, const char *expr,
		   const char *file, int line)
{
	if (result != err || !strstr(qnn_error(), text))
		print_error("%s: %ld, '%s'; expected %ld, '...%s...'\n", expr, result,
			    qnn_error(), err, text);
	_assert_int_equal(result, err, file, line);
	_assert_true(strstr(qnn_error(), text) != NULL, text, file, line);
}

struct qnn_file_tensor fixture_tensor(const char *name, uint32_t role, uint32_t region,
				      enum qnn_type type, uint32_t height, uint32_t width,
				      uint32_t channels)
{
	struct qnn_tensor_desc d = qnn_prog_tensor(region, type, height, width, channels);
	struct qnn_file_tensor t = {
		.role = role,
		.region = region,
		.height = height,
		.width = width,
		.channels = channels,
		.type = type,
		.row_stride = d.row_stride,
		.pixel_stride = d.pixel_stride,
	};

	snprintf(t.name, sizeof(t.name), "%s", name);
	return t;
}

static void set_program(struct qnn_writer *w, struct qnn_prog *p)
{
	size_t size;
	void *image = qnn_prog_finish(p, &size);

	assert_non_null(image);
	ok(qnn_writer_set_program(w, image, size));
	free(image);
	qnn_prog_free(p);
}

static struct fixture_file finish(struct qnn_writer *w)
{
	struct fixture_file f;

	ok(qnn_writer_finish(w, &f.data, &f.size));
	qnn_writer_free(w);
	return f;
}

int8_t fixture_fc_weight(unsigned int out, unsigned int in)
{
	return (int8_t)(out * 37 + in * 11 - 100);
}

float fixture_fc_scale(unsigned int out)
{
	return 0.125f * (out + 1);
}

static void add_fc_tensors(struct qnn_writer *w)
{
	struct qnn_file_tensor x = fixture_tensor("x", QNN_FILE_INPUT, 0, QNN_TYPE_S8, 1, 1, FC_IN);
	struct qnn_file_tensor y = fixture_tensor("y", QNN_FILE_OUTPUT, 1, QNN_TYPE_S32, 1, 1,
						  FC_OUT);
	float scale = 0.5f, scales[FC_OUT];
	unsigned int i;

	for (i = 0; i < FC_OUT; i++)
		scales[i] = fixture_fc_scale(i);
	ok(qnn_writer_add_tensor(w, &x, &scale, 1));
	ok(qnn_writer_add_tensor(w, &y, scales, FC_OUT));
}

struct qnn_writer *fixture_fc_writer(void)
{
	static const char *const labels[FC_OUT] = { "zero", "one", "zwei", "trois", "ŝtato" };
	struct qnn_prog *p = qnn_prog_new();
	struct qnn_writer *w;
	int8_t weights[FC_OUT][FC_IN];
	struct qnn_cmd *c;
	unsigned int o, i;

	qnn_prog_region(p, 0);
	qnn_prog_region(p, 0);
	for (o = 0; o < FC_OUT; o++)
		for (i = 0; i < FC_IN; i++)
			weights[o][i] = fixture_fc_weight(o, i);
	c = qnn_prog_cmd(p, QNN_OP_FC);
	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 1, 1, FC_IN);
	c->conv.weight_type = QNN_ELEM_S8;
	c->conv.weight_off = qnn_prog_const(p, weights, sizeof(weights), 64);
	qnn_prog_out(c, 1, QNN_ELEM_S32, FC_OUT);

	ok(qnn_writer_create(&w));
	add_fc_tensors(w);
	ok(qnn_writer_add_layer(w, "dense_1", "MatMul+Add"));
	for (o = 0; o < FC_OUT; o++)
		ok(qnn_writer_add_label(w, labels[o]));
	ok(qnn_writer_set_origin(w, "{\n\t\"source\": \"test\"\n}\n"));
	set_program(w, p);
	return w;
}

struct fixture_file fixture_fc(void)
{
	return finish(fixture_fc_writer());
}

/* The same tensor for the program and for the file. */
static void spread(struct qnn_tensor_desc *d, struct qnn_file_tensor *t, uint32_t gap,
		   int32_t zero_point)
{
	d->pixel_stride += gap;
	d->row_stride = d->pixel_stride * d->width + gap;
	d->offset = gap;
	d->zero_point = zero_point;
	t->pixel_stride = d->pixel_stride;
	t->row_stride = d->row_stride;
	t->offset = d->offset;
	t->zero_point = zero_point;
}

struct fixture_file fixture_copy(enum qnn_type type, uint32_t height, uint32_t width,
				 uint32_t channels, uint32_t gap, int32_t zero_point)
{
	struct qnn_file_tensor x = fixture_tensor("x", QNN_FILE_INPUT, 0, type, height, width,
						  channels);
	struct qnn_file_tensor y = fixture_tensor("y", QNN_FILE_OUTPUT, 1, type, height, width,
						  channels);
	struct qnn_prog *p = qnn_prog_new();
	float scale = 0.25f;
	struct qnn_writer *w;
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_MAX_POOL);
	uint64_t size;

	c->in[0] = qnn_prog_tensor(0, type, height, width, channels);
	qnn_prog_out(c, 1, QNN_ELEM_NONE, 0);
	spread(&c->in[0], &x, gap, zero_point);
	spread(&c->out, &y, gap, zero_point);
	size = qnn_prog_tensor_end(&c->in[0]) + gap;
	qnn_prog_region(p, size);
	qnn_prog_region(p, size);

	ok(qnn_writer_create(&w));
	ok(qnn_writer_add_tensor(w, &x, &scale, 1));
	ok(qnn_writer_add_tensor(w, &y, &scale, 1));
	set_program(w, p);
	return finish(w);
}

/* From "x" through scratch regions, which commands take in turn, to "y". */
static struct fixture_file chain(uint32_t commands, uint32_t size,
				 void (*describe)(struct qnn_prog *p, struct qnn_cmd *c))
{
	struct qnn_file_tensor x = fixture_tensor("x", QNN_FILE_INPUT, 0, QNN_TYPE_S8, size, size,
						  64);
	struct qnn_file_tensor y = fixture_tensor("y", QNN_FILE_OUTPUT, 1, QNN_TYPE_S8, size, size,
						  64);
	struct qnn_prog *p = qnn_prog_new();
	uint8_t regions[4] = { 0, 2, 3, 1 };
	float scale = 1;
	struct qnn_writer *w;
	/* Input, output, and up to two that the others alternate between. */
	uint32_t count = commands > 2 ? 4 : commands + 1;
	uint32_t i;

	for (i = 0; i < count; i++)
		qnn_prog_region(p, 0);
	for (i = 0; i < commands; i++) {
		struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV);

		c->in[0] = qnn_prog_tensor(i ? regions[1 + (i - 1) % 2] : 0, QNN_ELEM_S8, size,
					   size, 64);
		c->conv.weight_type = QNN_ELEM_S8;
		describe(p, c);
		qnn_prog_out(c, i + 1 < commands ? regions[1 + i % 2] : 1, QNN_ELEM_S8, 64);
		qnn_prog_requant(p, c, QNN_ROUND_B, 1 << 30, -6);
	}
	ok(qnn_writer_create(&w));
	ok(qnn_writer_add_tensor(w, &x, &scale, 1));
	ok(qnn_writer_add_tensor(w, &y, &scale, 1));
	set_program(w, p);
	return finish(w);
}

static void describe_slow(struct qnn_prog *p, struct qnn_cmd *c)
{
	c->opcode = QNN_OP_CONV_TRANSPOSE;
	c->conv.weight_off = qnn_prog_const(p, NULL, 64 * 64, 64);
}

struct fixture_file fixture_slow(uint32_t commands, uint32_t size)
{
	return chain(commands, size, describe_slow);
}

static void describe_wide(struct qnn_prog *p, struct qnn_cmd *c)
{
	static int8_t weights[64 * 64 * 25];
	uint32_t i;

	for (i = 0; i < sizeof(weights); i++)
		weights[i] = (int8_t)(i * 37 + i / 64 * 11);
	c->conv.kernel_h = c->conv.kernel_w = 5;
	c->conv.pad_top = c->conv.pad_left = c->conv.pad_bottom = c->conv.pad_right = 2;
	c->conv.weight_off = qnn_prog_const(p, weights, sizeof(weights), 64);
}

struct fixture_file fixture_wide(uint32_t commands, uint32_t size)
{
	return chain(commands, size, describe_wide);
}

#define PACKED_IN	101
#define PACKED_MIDDLE	150
#define PACKED_BITS	3

/* Three layers; of the first one's indices, one in 16 is not that of 0. */
struct fixture_file fixture_packed(void)
{
	static const int8_t book[32] = { 0, -90, -50, -20, 127, 20, 50, 90, 1, 2, 3, 4, 5, 6, 7, 8,
					 -1, -2, -3, -4, -5, -6, -7, -8, 9, 10, 11, 12, 13, 14, 15,
					 16 };
	enum { ROW = (PACKED_IN * PACKED_BITS + 7) / 8, ROW5 = (PACKED_MIDDLE * 5 + 7) / 8 };
	struct qnn_file_tensor x = fixture_tensor("x", QNN_FILE_INPUT, 0, QNN_TYPE_U8, 1, 1,
						  PACKED_IN);
	struct qnn_file_tensor y = fixture_tensor("y", QNN_FILE_OUTPUT, 2, QNN_TYPE_S32, 1, 1, 64);
	static uint8_t sparse[PACKED_MIDDLE][ROW], dense[64][ROW5];
	int32_t scales[PACKED_MIDDLE];
	int8_t shifts[PACKED_MIDDLE];
	struct qnn_prog *p = qnn_prog_new();
	struct qnn_writer *w;
	struct qnn_cmd *c;
	unsigned int seed = 1, o, i;
	float scale = 0.5f;

	for (i = 0; i < 3; i++)
		qnn_prog_region(p, 0);
	memset(sparse, 0, sizeof(sparse));
	for (o = 0; o < PACKED_MIDDLE; o++) {
		for (i = 0; i < PACKED_IN; i++) {
			seed = seed * 1103515245 + 12345;
			if (seed >> 28 == 3)
				qnn_piece_put(sparse[o], i, PACKED_BITS, seed >> 16 & 7);
		}
		scales[o] = (1 << 30) + o * 1000;
		shifts[o] = -12;
	}
	/* The last bits of a row are none of its fields. */
	for (o = 0; o < 64; o++)
		for (i = 0; i < PACKED_MIDDLE; i++) {
			seed = seed * 1103515245 + 12345;
			qnn_piece_put(dense[o], i, 5, (seed >> 20 & 15) + (seed >> 29 & 1));
		}
	c = qnn_prog_cmd(p, QNN_OP_FC);
	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_U8, 1, 1, PACKED_IN);
	c->conv.weight_type = QNN_WEIGHT_CB1 + PACKED_BITS - 1;
	c->conv.weight_off = qnn_prog_const(p, sparse, sizeof(sparse), 4);
	c->conv.codebook_off = qnn_prog_const(p, book, 1 << PACKED_BITS, 4);
	qnn_prog_out(c, 1, QNN_ELEM_S8, PACKED_MIDDLE);
	qnn_prog_requant(p, c, QNN_ROUND_B, 1 << 30, -12);
	c->stage.flags |= QNN_STAGE_PER_CHANNEL;
	c->stage.scale_off = qnn_prog_const(p, scales, sizeof(scales), 4);
	c->stage.shift_off = qnn_prog_const(p, shifts, sizeof(shifts), 4);
	c = qnn_prog_cmd(p, QNN_OP_FC);
	c->in[0] = qnn_prog_tensor(1, QNN_ELEM_S8, 1, 1, PACKED_MIDDLE);
	c->conv.weight_type = QNN_WEIGHT_CB5;
	c->conv.weight_off = qnn_prog_const(p, dense, sizeof(dense), 4);
	c->conv.codebook_off = qnn_prog_const(p, book, sizeof(book), 4);
	qnn_prog_out(c, 2, QNN_ELEM_S32, 64);

	ok(qnn_writer_create(&w));
	ok(qnn_writer_add_tensor(w, &x, &scale, 1));
	ok(qnn_writer_add_tensor(w, &y, &scale, 1));
	ok(qnn_writer_add_layer(w, "sparse", "MatMul"));
	ok(qnn_writer_add_layer(w, "dense", "MatMul"));
	ok(qnn_writer_set_origin(w, "[1111111111111111111111111111111111111111111111111111111111111]"));
	set_program(w, p);
	qnn_writer_set_packed(w, 1);
	return finish(w);
}
