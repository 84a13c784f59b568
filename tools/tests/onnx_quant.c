// SPDX-License-Identifier: MIT
/*
 * Quantized ONNX files (QDQ, QOperator, QONNX), files with data beside them,
 * and networks that are cut.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "onnx_build.h"
#include "qnn_device.h"
#include "tools/onnx/onnx.h"

#define FLOATS	ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT
#define BYTES	ONNX__TENSOR_PROTO__DATA_TYPE__INT8
#define UBYTES	ONNX__TENSOR_PROTO__DATA_TYPE__UINT8
#define INTS	ONNX__TENSOR_PROTO__DATA_TYPE__INT32

struct fixture {
	struct ob b;
	struct graph g;
	struct report r;
	struct import_options opt;
	int ret;
};

static const float ones[64] = { [0 ... 63] = 1 };

static void begin(struct fixture *f, int64_t opset)
{
	memset(f, 0, sizeof(*f));
	ob_init(&f->b, opset);
	ob_input(&f->b, "x", DIMS(1, 2, 4, 4));
}

static void parse(struct fixture *f)
{
	size_t size;
	void *data = ob_bytes(&f->b, &size);

	f->ret = onnx_parse(data, size, &f->opt, &f->g, &f->r);
	free(data);
}

static void end(struct fixture *f)
{
	graph_free(&f->g);
	report_free(&f->r);
	ob_free(&f->b);
}

static void good(struct fixture *f)
{
	parse(f);
	if (f->ret)
		report_print(&f->r.problems, stderr, "# ");
	assert_int_equal(f->ret, 0);
}

static void said(struct fixture *f, const char *text)
{
	bool found = false;

	for (size_t i = 0; i < f->r.problems.kept; i++)
		found = found || strstr(f->r.problems.line[i], text);
	if (!found) {
		report_print(&f->r.problems, stderr, "# ");
		fail_msg("nothing was said about %s", text);
	}
}

static void refused(struct fixture *f, const char *text)
{
	parse(f);
	assert_int_equal(f->ret, -EINVAL);
	said(f, text);
	assert_int_equal(f->g.node_count, 0);
	end(f);
}

/* A constant of another type; a byte for each element. */
static void bytes(struct ob *b, const char *name, const int64_t *dims, int type,
		  const void *data)
{
	float room[64] = { 0 };
	Onnx__TensorProto *t = ob_floats(b, name, dims, room);

	t->data_type = type;
	t->raw_data.len /= 4;
	memcpy(t->raw_data.data, data, t->raw_data.len);
}

static void scale(struct ob *b, const char *name, float value, int type,
		  int zero)
{
	char z[32];
	uint8_t byte = (uint8_t)zero;

	snprintf(z, sizeof(z), "%s_z", name);
	ob_float(b, name, value);
	bytes(b, z, DIMS(-1000), type, &byte);
}

static void pair(struct ob *b, const char *in, const char *s, const char *out)
{
	char z[32], q[32];

	snprintf(z, sizeof(z), "%s_z", s);
	snprintf(q, sizeof(q), "%s_q", out);
	ob_node(b, "QuantizeLinear", NAMES(in, s, z), q);
	ob_node(b, "DequantizeLinear", NAMES(q, s, z), out);
}

static const struct graph_node *last(const struct fixture *f)
{
	return &f->g.node[f->g.node_count - 1];
}

/* x -> Conv with weights of int8 per channel and a bias of int32 -> y */
static void qdq_conv(struct fixture *f, float bias_scale)
{
	static const int8_t w[6] = { -127, 3, 4, 5, 6, 7 };
	static const int32_t b[3] = { 100, -200, 300 };
	const float s[3] = { 0.5f, 0.25f, 0.125f };
	const float bs[3] = { bias_scale * 0.5f, bias_scale * 0.25f,
			      bias_scale * 0.125f };
	Onnx__TensorProto *t;

	begin(f, 13);
	scale(&f->b, "xs", 0.0625f, BYTES, 3);
	scale(&f->b, "ys", 0.75f, UBYTES, 128);
	bytes(&f->b, "w", DIMS(3, 2, 1, 1), BYTES, w);
	ob_floats(&f->b, "ws", DIMS(3), s);
	ob_floats(&f->b, "bs", DIMS(3), bs);
	t = ob_floats(&f->b, "b", DIMS(3), (const float *)b);
	t->data_type = INTS;
	pair(&f->b, "x", "xs", "xd");
	ob_attr_int(&f->b, ob_node(&f->b, "DequantizeLinear", NAMES("w", "ws"),
				   "wd"), "axis", 0);
	ob_attr_int(&f->b, ob_node(&f->b, "DequantizeLinear", NAMES("b", "bs"),
				   "bd"), "axis", 0);
	ob_node(&f->b, "Conv", NAMES("xd", "wd", "bd"), "c");
	pair(&f->b, "c", "ys", "y");
	ob_output(&f->b, "y");
}

static void test_qdq_layer(void **state)
{
	const struct graph_requant *r;
	const struct graph_grid *g;
	struct fixture f;

	(void)state;
	qdq_conv(&f, 0.0625f);
	good(&f);
	assert_int_equal(f.g.node_count, 3);
	g = f.g.node[1].weights.grid;
	assert_int_equal(g->code[0], -127);
	assert_true(g->scale[2] == 0.125f);
	assert_int_equal(g->bias[1], -200);
	assert_true(f.g.node[1].weights.bias[1] == -200 * 0.0625f * 0.25f);
	assert_true(last(&f)->quant.zero_after);
	assert_true(last(&f)->quant.zero_point == 128);
	r = last(&f)->requant;
	assert_int_equal(r->rule, QNN_ROUND_C);
	assert_int_equal(r->entries, 3);
	for (unsigned int c = 0; c < 3; c++) {
		float want = 0.0625f * g->scale[c] / 0.75f;

		assert_memory_equal(&r->multiplier[c], &want, sizeof(want));
	}
	end(&f);
	/* A bias in other steps is a bias of real numbers. */
	qdq_conv(&f, 0.05f);
	good(&f);
	assert_null(f.g.node[1].weights.grid->bias);
	assert_null(last(&f)->requant);
	end(&f);
}

/* An activation that can do something keeps the float arithmetic. */
static void test_activation_between(void **state)
{
	for (int zero = 0; zero < 2; zero++) {
		struct fixture f;

		(void)state;
		begin(&f, 13);
		scale(&f.b, "xs", 0.5f, BYTES, 0);
		scale(&f.b, "ys", 0.25f, UBYTES, zero ? 128 : 0);
		bytes(&f.b, "w", DIMS(1, 2, 1, 1), BYTES, "\1\2");
		ob_float(&f.b, "ws", 0.5f);
		pair(&f.b, "x", "xs", "xd");
		ob_node(&f.b, "DequantizeLinear", NAMES("w", "ws"), "wd");
		ob_node(&f.b, "Conv", NAMES("xd", "wd"), "c");
		ob_node(&f.b, "Relu", NAMES("c"), "r");
		pair(&f.b, "r", "ys", "y");
		ob_output(&f.b, "y");
		good(&f);
		assert_true(!last(&f)->requant == (zero == 1));
		end(&f);
	}
}

static void test_same_quantizer_twice(void **state)
{
	struct fixture f;
	Onnx__NodeProto *n;

	(void)state;
	begin(&f, 13);
	scale(&f.b, "s", 0.5f, UBYTES, 7);
	pair(&f.b, "x", "s", "a");
	n = ob_node(&f.b, "MaxPool", NAMES("a"), "p");
	ob_attr_ints(&f.b, n, "kernel_shape", DIMS(2, 2));
	pair(&f.b, "p", "s", "y");
	ob_output(&f.b, "y");
	good(&f);
	assert_int_equal(f.g.node_count, 2);
	end(&f);
}

/* Numbers of 4 and 2 bits, packed in both ways. */
static void test_packed_types(void **state)
{
	static const struct {
		int type, count;
		uint8_t raw[2];
		int8_t want[5];
	} cases[] = {
		{ 22, 3, { 0x7f, 0x08 }, { -1, 7, -8 } },
		{ 21, 3, { 0x7f, 0x08 }, { 15, 7, 8 } },
		{ 26, 5, { 0xe4, 0x02 }, { 0, 1, -2, -1, -2 } },
		{ 25, 5, { 0xe4, 0x02 }, { 0, 1, 2, 3, 2 } },
	};

	(void)state;
	for (unsigned int i = 0; i < 8; i++) {
		int n = cases[i / 2].count;
		int32_t typed[2] = { cases[i / 2].raw[0], cases[i / 2].raw[1] };
		Onnx__TensorProto *t;
		struct fixture f;

		begin(&f, 25);
		ob_input(&f.b, "unused", DIMS(1, 1));
		t = ob_floats(&f.b, "w", DIMS(n), ones);
		t->data_type = cases[i / 2].type;
		t->dims[0] = 1;
		t->n_dims = 4;
		t->dims = (int64_t []){ n, 2, 1, 1 };
		t->dims[0] = n;
		t->dims[1] = 1;
		t->raw_data.len = 2;
		memcpy(t->raw_data.data, cases[i / 2].raw, 2);
		if (i & 1) {
			t->has_raw_data = 0;
			t->n_int32_data = 2;
			t->int32_data = typed;
		}
		ob_float(&f.b, "ws", 1);
		f.b.in[0]->type->tensor_type->shape->dim[1]->dim_value = 1;
		ob_node(&f.b, "DequantizeLinear", NAMES("w", "ws"), "wd");
		ob_node(&f.b, "Conv", NAMES("x", "wd"), "y");
		ob_output(&f.b, "y");
		good(&f);
		for (int k = 0; k < n; k++)
			assert_int_equal(f.g.node[0].weights.grid->code[k],
					 cases[i / 2].want[k]);
		assert_int_equal(f.g.node[0].weights.grid->q.bits,
				 cases[i / 2].type > 24 ? 2 : 4);
		end(&f);
	}
}

/* QuantizeLinear, Clip, DequantizeLinear: the width comes from the Clip. */
static void test_qcdq(void **state)
{
	static const struct {
		int8_t lo, hi;
		unsigned int bits;	/* 0: a clamp remains */
		bool is_signed, narrow;
	} cases[] = {
		{ -8, 7, 4, true, false }, { -7, 7, 4, true, true },
		{ 0, 7, 3, false, false }, { -2, 1, 2, true, false },
		{ -5, 3, 0, false, false }, { -128, 127, 8, true, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;

		begin(&f, 13);
		scale(&f.b, "s", 0.5f, BYTES, 0);
		bytes(&f.b, "lo", DIMS(-1000), BYTES, &cases[i].lo);
		bytes(&f.b, "hi", DIMS(-1000), BYTES, &cases[i].hi);
		ob_node(&f.b, "QuantizeLinear", NAMES("x", "s", "s_z"), "q");
		ob_node(&f.b, "Clip", NAMES("q", "lo", "hi"), "c");
		ob_node(&f.b, "DequantizeLinear", NAMES("c", "s", "s_z"), "y");
		ob_output(&f.b, "y");
		good(&f);
		if (!cases[i].bits) {
			assert_int_equal(last(&f)->op, GRAPH_CLAMP);
			assert_true(last(&f)->lo == -2.5 && last(&f)->hi == 1.5);
		} else {
			assert_int_equal(last(&f)->quant.bits, cases[i].bits);
			assert_int_equal(last(&f)->quant.is_signed,
					 cases[i].is_signed);
			assert_int_equal(last(&f)->quant.narrow, cases[i].narrow);
		}
		end(&f);
	}
}

static void test_integer_input(void **state)
{
	struct fixture f;
	Onnx__NodeProto *n;

	(void)state;
	begin(&f, 13);
	f.b.in[0]->type->tensor_type->elem_type = UBYTES;
	scale(&f.b, "s", 0.5f, UBYTES, 7);
	ob_node(&f.b, "DequantizeLinear", NAMES("x", "s", "s_z"), "a");
	ob_node(&f.b, "Relu", NAMES("a"), "y");
	ob_output(&f.b, "y");
	good(&f);
	assert_true(f.g.input_is_codes);
	assert_true(f.g.node[0].quant.zero_point == 7);
	end(&f);

	/* Turned into floats as they are: steps of 1. */
	begin(&f, 13);
	f.b.in[0]->type->tensor_type->elem_type = BYTES;
	n = ob_node(&f.b, "Cast", NAMES("x"), "a");
	ob_attr_int(&f.b, n, "to", FLOATS);
	ob_node(&f.b, "Relu", NAMES("a"), "y");
	ob_output(&f.b, "y");
	good(&f);
	assert_true(f.g.input_is_codes && f.g.node[0].quant.scale == 1);
	assert_true(f.g.node[0].quant.is_signed);
	end(&f);

	begin(&f, 13);
	f.b.in[0]->type->tensor_type->elem_type = UBYTES;
	ob_node(&f.b, "Relu", NAMES("x"), "y");
	ob_output(&f.b, "y");
	refused(&f, "put DequantizeLinear in front of it");
	begin(&f, 13);
	f.b.in[0]->type->tensor_type->elem_type = INTS;
	ob_node(&f.b, "Relu", NAMES("x"), "y");
	ob_output(&f.b, "y");
	refused(&f, "data type 6 (int32) is not supported");
}

static void test_qlinear_conv(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 13);
	f.b.in[0]->type->tensor_type->elem_type = UBYTES;
	scale(&f.b, "xs", 0.5f, UBYTES, 7);
	scale(&f.b, "ws", 0.25f, UBYTES, 100);
	scale(&f.b, "ys", 0.75f, UBYTES, 9);
	bytes(&f.b, "w", DIMS(1, 2, 1, 1), UBYTES, "\1\377");
	ob_floats(&f.b, "b", DIMS(1), (const float *)&(int32_t){ 77 })
		->data_type = INTS;
	ob_node(&f.b, "QLinearConv", NAMES("x", "xs", "xs_z", "w", "ws", "ws_z",
					   "ys", "ys_z", "b"), "y");
	ob_output(&f.b, "y");
	good(&f);
	assert_int_equal(f.g.node_count, 3);
	assert_true(f.g.input_is_codes);
	assert_int_equal(f.g.node[1].weights.grid->code[1], 255);
	assert_true(f.g.node[1].weights.grid->q.zero_point == 100);
	assert_int_equal(f.g.node[1].weights.grid->bias[0], 77);
	assert_true(f.g.node[1].weights.data[0] == (1 - 100) * 0.25f);
	assert_int_equal(last(&f)->requant->rule, QNN_ROUND_C);
	end(&f);
}

static void test_bad_quantizers(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 13);
	ob_floats(&f.b, "s", DIMS(2), (const float []){ 1, 2 });
	bytes(&f.b, "z", DIMS(2), BYTES, "\0\0");
	ob_node(&f.b, "QuantizeLinear", NAMES("x", "s", "z"), "y");
	ob_output(&f.b, "y");
	refused(&f, "quantize activations per tensor");
	begin(&f, 13);
	ob_float(&f.b, "s", NAN);
	ob_node(&f.b, "QuantizeLinear", NAMES("x", "s"), "y");
	ob_output(&f.b, "y");
	refused(&f, "contain NaN");
	begin(&f, 13);
	f.b.in[0]->type->tensor_type->elem_type = UBYTES;
	ob_float(&f.b, "s", 1);
	bytes(&f.b, "w", DIMS(1, 2, 1, 1), BYTES, "\1\1");
	ob_node(&f.b, "QLinearConv", NAMES("x", "s", "w", "w", "s", "s", "s",
					   "w"), "y");
	ob_output(&f.b, "y");
	refused(&f, "node 'y' (QLinearConv)");
	begin(&f, 13);
	ob_floats(&f.b, "t", DIMS(3, 2), ones);
	ob_quant_node(&f.b, "MultiThreshold", NAMES("x", "t"), "y");
	ob_output(&f.b, "y");
	refused(&f, "one row, or one for each channel");
	begin(&f, 13);
	ob_floats(&f.b, "s", DIMS(1, 2, 1, 1), (const float []){ 1, 2 });
	ob_float(&f.b, "z", 0);
	ob_float(&f.b, "n", 4);
	ob_quant_node(&f.b, "IntQuant", NAMES("x", "s", "z", "n"), "y");
	ob_attr_int(&f.b, f.b.node[0], "signed", 1);
	ob_attr_int(&f.b, f.b.node[0], "narrow", 0);
	ob_output(&f.b, "y");
	refused(&f, "one scale is supported");
}

/* A file without numbers of their own: both versions of Trunc, MultiThreshold. */
static void test_trunc_and_thresholds(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 13);
	ob_quant(&f.b, "x", "q", 0.5f, 0, 6, 0, 0);
	ob_float(&f.b, "s", 0.5f);
	ob_float(&f.b, "z", 0);
	ob_float(&f.b, "from", 6);
	ob_float(&f.b, "to", 4);
	ob_quant_node(&f.b, "Trunc", NAMES("q", "s", "z", "from", "to"), "y");
	ob_output(&f.b, "y");
	good(&f);
	assert_int_equal(f.g.node_count, 3);
	assert_true(f.g.node[1].quant.scale == 2);
	assert_int_equal(f.g.node[1].quant.rounding, QUANT_FLOOR);
	assert_false(f.g.node[1].quant.is_signed);
	assert_true(f.g.node[2].affine.mul[0] == 0.25);
	end(&f);

	begin(&f, 13);
	ob_floats(&f.b, "t", DIMS(2, 2), (const float []){ 3, 1, 4, 5 });
	ob_attr_float(&f.b, ob_quant_node(&f.b, "MultiThreshold",
					  NAMES("x", "t"), "y"), "out_bias", -1);
	ob_output(&f.b, "y");
	good(&f);
	assert_int_equal(last(&f)->thresholds.rows, 2);
	assert_true(last(&f)->thresholds.t[0] == 1 &&
		    last(&f)->thresholds.base == -1);
	end(&f);
}

/* What the cut does not need is not looked at, be it ever so strange. */
static void test_cut(void **state)
{
	/* A node, a value, and neither. */
	static const char *const cuts[] = { "r", "relu", "relv" };
	static char name[] = "r";
	struct fixture f;

	(void)state;
	for (int i = 0; i < 3; i++) {
		begin(&f, 13);
		ob_input(&f.b, "x2", DIMS(1, 3));
		ob_node(&f.b, "Relu", NAMES("x"), "relu")->name = name;
		ob_node(&f.b, "LSTM", NAMES("relu", "x2"), "strange");
		ob_node(&f.b, "Softmax", NAMES("strange"), "y");
		ob_output(&f.b, "y");
		f.opt.cut = &cuts[i];
		f.opt.cuts = 1;
		if (i == 2) {
			refused(&f, "no node or value 'relv' to cut at; names like it are: 'relu'");
			continue;
		}
		good(&f);
		assert_int_equal(f.g.node_count, 1);
		assert_string_equal(f.g.value[f.g.output[0]].name, "relu");
		end(&f);
	}
}

struct folder {
	char path[64];
	int at;
};

static void make_file(const struct folder *d, const char *name,
		      const void *data, size_t size)
{
	int fd = openat(d->at, name, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), (ssize_t)size);
	close(fd);
}

static Onnx__StringStringEntryProto *entry(const char *key, const char *value)
{
	Onnx__StringStringEntryProto *e = malloc(sizeof(*e));

	onnx__string_string_entry_proto__init(e);
	e->key = (char *)key;
	e->value = (char *)value;
	return e;
}

/* Load a file whose weights are at @location; problems say @text. */
static void load_outside(const struct folder *d, const char *location,
			 const char *offset, const char *length,
			 const char *text)
{
	Onnx__StringStringEntryProto *list[3] = {
		entry("location", location), entry("offset", offset),
		entry("length", length),
	};
	Onnx__TensorProto *t;
	struct fixture f;
	char path[96];
	size_t size;
	void *data;

	begin(&f, 13);
	t = ob_floats(&f.b, "w", DIMS(1, 2, 1, 1), ones);
	t->has_raw_data = 0;
	t->has_data_location = 1;
	t->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
	t->external_data = list;
	t->n_external_data = 3;
	ob_node(&f.b, "Conv", NAMES("x", "w"), "y");
	ob_output(&f.b, "y");
	data = ob_bytes(&f.b, &size);
	make_file(d, "model.onnx", data, size);
	free(data);
	snprintf(path, sizeof(path), "%s/model.onnx", d->path);
	f.ret = onnx_load(path, NULL, &f.g, &f.r);
	if (text) {
		assert_int_equal(f.ret, -EINVAL);
		said(&f, text);
	} else {
		assert_int_equal(f.ret, 0);
		assert_true(f.g.node[0].weights.data[1] == 2.5f);
	}
	for (int i = 0; i < 3; i++)
		free(list[i]);
	end(&f);
}

static void test_data_outside(void **state)
{
	static const float numbers[] = { 9, 1.5f, 2.5f };
	static const char escape[] = "is not below the folder of the model";
	struct folder d = { .path = "/tmp/qnn-onnx-XXXXXX" };

	(void)state;
	assert_non_null(mkdtemp(d.path));
	d.at = open(d.path, O_RDONLY | O_DIRECTORY);
	make_file(&d, "data.bin", numbers, sizeof(numbers));
	assert_int_equal(mkdirat(d.at, "sub", 0700), 0);
	make_file(&d, "sub/data.bin", numbers, sizeof(numbers));
	assert_int_equal(symlinkat("/etc/passwd", d.at, "link"), 0);
	assert_int_equal(symlinkat("/etc", d.at, "etc"), 0);
	assert_int_equal(mkfifoat(d.at, "pipe", 0600), 0);

	load_outside(&d, "data.bin", "4", "8", NULL);
	load_outside(&d, "sub/data.bin", "4", "8", NULL);
	load_outside(&d, "sub/../data.bin", "4", "8", escape);
	load_outside(&d, "../data.bin", "4", "8", escape);
	load_outside(&d, "..", "4", "8", escape);
	load_outside(&d, "./data.bin", "4", "8", escape);
	load_outside(&d, "/etc/passwd", "0", "8", escape);
	load_outside(&d, "link", "0", "8", escape);
	load_outside(&d, "etc/passwd", "0", "8", "its file 'etc/passwd'");
	load_outside(&d, "sub", "0", "8", "not a regular file");
	load_outside(&d, "pipe", "0", "8", "not a regular file");
	load_outside(&d, "gone", "0", "8", "No such file");
	load_outside(&d, "", "0", "8", "name is missing");
	load_outside(&d, "data.bin", "8", "8", "beyond the end");
	load_outside(&d, "data.bin", "9223372036854775807", "8", "beyond the end");
	load_outside(&d, "data.bin", "99999999999999999999", "8", "not a number");
	load_outside(&d, "data.bin", "-4", "8", "not a number");
	load_outside(&d, "data.bin", "4", "4", "has 4 bytes");

	unlinkat(d.at, "data.bin", 0);
	unlinkat(d.at, "sub/data.bin", 0);
	unlinkat(d.at, "sub", AT_REMOVEDIR);
	unlinkat(d.at, "link", 0);
	unlinkat(d.at, "etc", 0);
	unlinkat(d.at, "pipe", 0);
	unlinkat(d.at, "model.onnx", 0);
	close(d.at);
	assert_int_equal(rmdir(d.path), 0);
}

/* Operators are listed once, in the order of their names. */
static void test_operator_list(void **state)
{
	size_t n = 0;

	(void)state;
	for (; onnx_operator(n); n++) {
		const struct onnx_operator_doc *d = onnx_operator(n);

		assert_true(*d->text && d->min_opset >= 1);
		assert_true(d->max_opset >= d->min_opset);
		assert_true(!n || strcmp(onnx_operator(n - 1)->type, d->type) <= 0);
	}
	assert_true(n > 90);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_qdq_layer),
		cmocka_unit_test(test_activation_between),
		cmocka_unit_test(test_same_quantizer_twice),
		cmocka_unit_test(test_packed_types),
		cmocka_unit_test(test_qcdq),
		cmocka_unit_test(test_integer_input),
		cmocka_unit_test(test_qlinear_conv),
		cmocka_unit_test(test_bad_quantizers),
		cmocka_unit_test(test_trunc_and_thresholds),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_data_outside),
		cmocka_unit_test(test_operator_list),
	};

	return cmocka_run_group_tests_name("onnx_quant", tests, NULL, NULL);
}
