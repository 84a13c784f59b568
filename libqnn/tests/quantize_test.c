// SPDX-License-Identifier: MIT
/* Real values to packed elements and back, through the internal functions. */
#include <math.h>
#include <stdio.h>

#include "fixture.h"
#include "libqnn/src/quantize.h"
#include "libqnn/src/tensor.h"

static const struct {
	enum qnn_type type;
	int bits, min, max;
} types[] = {
	{ QNN_TYPE_S8, 8, -128, 127 }, { QNN_TYPE_U8, 8, 0, 255 },
	{ QNN_TYPE_S4, 4, -8, 7 }, { QNN_TYPE_U4, 4, 0, 15 },
	{ QNN_TYPE_S2, 2, -2, 1 }, { QNN_TYPE_U2, 2, 0, 3 },
};

#define TYPES	(sizeof(types) / sizeof(types[0]))

/* A gapless row of @n elements. */
static struct qnn_tensor row(enum qnn_type type, uint32_t n, const float *scale, int32_t zero)
{
	size_t bytes = qnn_packed_pixel_bytes(type, n);

	return (struct qnn_tensor){
		.type = type, .height = 1, .width = 1, .channels = n,
		.row_stride = bytes, .pixel_stride = bytes, .bytes = bytes, .elements = n,
		.zero_point = zero, .scale_count = 1, .scale = scale,
	};
}

/* What the packed element is, read independently of the library. */
static int element(const uint8_t *p, int bits, int is_signed, unsigned int i)
{
	int e = p[i * bits / 8] >> i * bits % 8 & ((1 << bits) - 1);

	return is_signed && e >= 1 << (bits - 1) ? e - (1 << bits) : e;
}

static void test_all_values(void **state)
{
	static const float scales[] = { 1, 0.1f, 3.7e-5f, 1234.5f };
	float real[256 + 8], back[256 + 8];
	uint8_t packed[256 + 8];
	size_t t, s;
	int zero, i;

	(void)state;
	for (t = 0; t < TYPES; t++)
		for (s = 0; s < 4; s++)
			for (zero = types[t].min; zero <= types[t].max; zero += 1 + types[t].bits) {
				int n = types[t].max - types[t].min + 1;
				struct qnn_tensor d = row(types[t].type, n, &scales[s], zero);

				for (i = 0; i < n; i++)
					real[i] = (float)(types[t].min + i - zero) * scales[s];
				memset(packed, 0xff, sizeof(packed));
				assert_int_equal(qnn_quantize(&d, real, packed), n);
				for (i = 0; i < n; i++)
					assert_int_equal(element(packed, types[t].bits,
								 types[t].min < 0, i),
							 types[t].min + i);
				assert_int_equal(packed[d.bytes], 0xff);
				qnn_dequantize(&d, packed, back);
				assert_memory_equal(back, real, n * sizeof(float));
			}
}

static void test_ties_and_clamps(void **state)
{
	static const float in[] = {
		0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f, 0.49999997f, 0.50000006f,
		1e30f, -1e30f, INFINITY, -INFINITY, 126.5f, 127.5f, -128.5f, -129.5f,
		-0.0f, 1e-40f,
	};
	static const int8_t want[] = {
		0, 2, 2, 0, -2, -2, 0, 1, 127, -128, 127, -128, 126, 127, -128, -128, 0, 0,
	};
	enum { N = sizeof(in) / sizeof(in[0]) };
	const float scale = 1;
	struct qnn_tensor d = row(QNN_TYPE_S8, N, &scale, 0);
	int8_t packed[N];

	(void)state;
	assert_int_equal(qnn_quantize(&d, in, (uint8_t *)packed), N);
	assert_memory_equal(packed, want, N);
}

/* The zero point is added after rounding: 2.5 is 2, and 3 is what it becomes. */
static void test_tie_with_zero_point(void **state)
{
	const float scale = 1, in[] = { 2.5f, 3.5f, -0.5f };
	struct qnn_tensor d = row(QNN_TYPE_U8, 3, &scale, 1);
	uint8_t packed[3];

	(void)state;
	assert_int_equal(qnn_quantize(&d, in, packed), 3);
	assert_int_equal(packed[0], 3);
	assert_int_equal(packed[1], 5);
	assert_int_equal(packed[2], 1);
}

static void test_bipolar(void **state)
{
	const float in[] = { 0, -0.0f, 1e-30f, -1e-30f, INFINITY, -INFINITY, 5, -5, 1, -1 };
	const float scale = 0.5f;
	struct qnn_tensor d = row(QNN_TYPE_B1, 10, &scale, 0);
	uint8_t packed[2] = { 0xff, 0xff };
	float back[10];
	int i;

	(void)state;
	assert_int_equal(qnn_quantize(&d, in, packed), 10);
	assert_int_equal(packed[0], 0x57);
	assert_int_equal(packed[1], 0x01);	/* unused bits are zero */
	qnn_dequantize(&d, packed, back);
	for (i = 0; i < 10; i++)
		assert_float_equal(back[i], (in[i] >= 0 ? 0.5f : -0.5f), 0);
}

static void test_s32(void **state)
{
	const float in[] = { 0, -1, 2147483520.0f, 2147483648.0f, -2147483648.0f, 1e38f, -1e38f };
	const int32_t want[] = { 0, -1, 2147483520, INT32_MAX, INT32_MIN, INT32_MAX, INT32_MIN };
	const float scale = 1;
	struct qnn_tensor d = row(QNN_TYPE_S32, 7, &scale, 0);
	int32_t packed[7];
	float back[7];

	(void)state;
	assert_int_equal(qnn_quantize(&d, in, (uint8_t *)packed), 7);
	assert_memory_equal(packed, want, sizeof(want));
	qnn_dequantize(&d, (uint8_t *)packed, back);
	assert_float_equal(back[3], 2147483648.0f, 0);
	assert_float_equal(back[4], -2147483648.0f, 0);
}

static void test_nan(void **state)
{
	const float scale = 1, in[] = { 1, 2, NAN, 3 };
	uint8_t packed[16];
	size_t t;

	(void)state;
	for (t = QNN_TYPE_S8; t <= QNN_TYPE_S32; t++) {
		struct qnn_tensor d = row(t, 4, &scale, 0);

		assert_int_equal(qnn_quantize(&d, in, packed), 2);
	}
}

static void test_channel_scales_and_strides(void **state)
{
	enum { H = 2, W = 3, C = 5 };
	const float scales[C] = { 1, 2, 4, 8, 16 };
	struct qnn_tensor d = {
		.type = QNN_TYPE_S4, .height = H, .width = W, .channels = C,
		.pixel_stride = 4, .row_stride = 17, .scale_count = C, .scale = scales,
	};
	float in[H * W * C], back[H * W * C];
	uint8_t packed[2 * 17];
	int i, y, x;

	(void)state;
	for (i = 0; i < H * W * C; i++)
		in[i] = (i % 16 - 8) * scales[i % C];
	memset(packed, 0xaa, sizeof(packed));
	assert_int_equal(qnn_quantize(&d, in, packed), H * W * C);
	for (i = 0; i < H * W * C; i++)
		assert_int_equal(element(packed + i / (W * C) * 17 + i / C % W * 4, 4, 1, i % C),
				 i % 16 - 8);
	for (y = 0; y < H; y++)
		for (x = 0; x < W; x++) {
			assert_int_equal(packed[y * 17 + x * 4 + 2] & 0xf0, 0);
			assert_int_equal(packed[y * 17 + x * 4 + 3], 0xaa);
		}
	qnn_dequantize(&d, packed, back);
	assert_memory_equal(back, in, sizeof(in));
	/* Bits that no element uses are ignored. */
	packed[2] |= 0xf0;
	qnn_dequantize(&d, packed, back);
	assert_memory_equal(back, in, sizeof(in));
}

/* Each step is rounded to float32, with one operand or with the channel's. */
static void test_steps(void **state)
{
	enum { N = 6, C = 3 };
	const float scale = 0.1f, minus = 0.8183874f, deviation = 18.338533f, plus = -1.1605433f;
	const float factors[C] = { 0.7614369f, -3, 0 };
	const struct qnn_step steps[] = {
		{ QNN_STEP_SUB, 1, &minus }, { QNN_STEP_DIV, 1, &deviation },
		{ QNN_STEP_MUL, C, factors }, { QNN_STEP_ADD, 1, &plus },
	};
	const struct qnn_tensor d = {
		.type = QNN_TYPE_S8, .height = 1, .width = 2, .channels = C, .elements = N,
		.pixel_stride = C, .row_stride = N, .scale_count = 1, .scale = &scale,
		.step_count = 4, .step = steps,
	};
	const int8_t packed[N] = { 3, -127, 5, 77, 1, 0 };
	volatile float want;
	float back[N];
	int i;

	(void)state;
	qnn_dequantize(&d, (const uint8_t *)packed, back);
	for (i = 0; i < N; i++) {
		want = packed[i] * scale;
		want = want - minus;
		want = want / deviation;
		want = want * factors[i % C];
		want = want + plus;
		assert_true(back[i] == want);
	}
}

/* Two pixels; numbers whose exponentials alone would be infinite or 0. */
static void test_softmax(void **state)
{
	enum { N = 6, C = 3 };
	const float scale = 100;
	const struct qnn_step step = { QNN_STEP_SOFTMAX, 0, NULL };
	const struct qnn_tensor d = {
		.type = QNN_TYPE_S8, .height = 2, .width = 1, .channels = C, .elements = N,
		.pixel_stride = C, .row_stride = C, .scale_count = 1, .scale = &scale,
		.step_count = 1, .step = &step,
	};
	const struct qnn_tensor fine = {
		.type = QNN_TYPE_S8, .height = 1, .width = 1, .channels = C, .elements = C,
		.pixel_stride = C, .row_stride = C, .scale_count = 1, .scale = (const float []){ 1 },
		.step_count = 1, .step = &step,
	};
	const int8_t packed[N] = { 127, 127, -128, -127, 0, -128 }, small[C] = { 1, 2, 3 };
	float back[N];

	(void)state;
	qnn_dequantize(&d, (const uint8_t *)packed, back);
	assert_true(back[0] == 0.5f && back[1] == 0.5f && back[2] == 0);
	assert_true(back[3] == 0 && back[4] == 1 && back[5] == 0);
	qnn_dequantize(&fine, (const uint8_t *)small, back);
	assert_float_equal(back[0], 0.09003057, 1e-7);
	assert_float_equal(back[1], 0.24472847, 1e-7);
	assert_float_equal(back[2], 0.66524096, 1e-7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_values),
		cmocka_unit_test(test_ties_and_clamps),
		cmocka_unit_test(test_tie_with_zero_point),
		cmocka_unit_test(test_bipolar),
		cmocka_unit_test(test_s32),
		cmocka_unit_test(test_nan),
		cmocka_unit_test(test_channel_scales_and_strides),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_softmax),
	};

	return cmocka_run_group_tests_name("libqnn quantize", tests, NULL, NULL);
}
