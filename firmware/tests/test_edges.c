// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Operands that end where the image or the region ends: not a byte more is read. */
#include "fw_test.h"

#define DEPTH	512	/* a multiple of 64 bytes at any number of bits */

static const u8 weight_types[] = {
	QNN_ELEM_S8, QNN_ELEM_U8, QNN_ELEM_S4, QNN_ELEM_U4, QNN_ELEM_S2, QNN_ELEM_U2,
	QNN_ELEM_B1, QNN_WEIGHT_CB1, QNN_WEIGHT_CB2, QNN_WEIGHT_CB3, QNN_WEIGHT_CB4,
	QNN_WEIGHT_CB5,
};

static struct qnn_prog *regions(u32 count)
{
	struct qnn_prog *p = qnn_prog_new();

	while (count--)
		qnn_prog_region(p, 0);
	return p;
}

static void compare(struct qnn_prog *p, const char *what)
{
	struct rng rng = { 23 };

	fw_compare_built(p, &rng, what);
}

/* @groups 1: the sum of a whole pixel; DEPTH: each channel by itself. */
static void run_weights(u32 type, u32 groups, u32 opcode)
{
	struct rng rng = { type * 1000 + groups + opcode };
	struct qnn_prog *p = qnn_prog_new();
	u8 weights[DEPTH * 2];
	s8 book[32];
	char what[64];
	struct qnn_cmd *c;
	void *image;
	size_t size;

	rng_fill(&rng, weights, sizeof(weights));
	rng_fill(&rng, book, sizeof(book));
	qnn_prog_region(p, 0);
	qnn_prog_region(p, 0);
	c = qnn_prog_cmd(p, opcode);
	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_U4, 1, 1, DEPTH);
	c->conv.groups = (u16)groups;
	c->conv.weight_type = (u8)type;
	qnn_prog_out(c, 1, QNN_ELEM_S32, groups);
	if (type >= QNN_WEIGHT_CB1)
		c->conv.codebook_off = qnn_prog_const(p, book, 1u << qnn_elem_bits(type), 1);
	c->conv.weight_off = qnn_prog_const(p, weights, qnn_prog_weight_bytes(c), 64);
	image = qnn_prog_finish(p, &size);
	assert_int_equal(c->conv.weight_off + qnn_prog_weight_bytes(c),
			 ((struct qnn_program_header *)image)->const_size);
	snprintf(what, sizeof(what), "%s weights, opcode %u, %u groups", qnn_elem_name(type),
		 opcode, groups);
	fw_compare(image, size, &rng, what);
	free(image);
	qnn_prog_free(p);
}

static void test_weights(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(weight_types); i++) {
		run_weights(weight_types[i], 1, QNN_OP_FC);
		run_weights(weight_types[i], 1, QNN_OP_CONV_TRANSPOSE);
		run_weights(weight_types[i], DEPTH, QNN_OP_CONV);
	}
}

/* A code book whose last entry is the last constant. */
static void test_books(void **state)
{
	struct rng rng = { 29 };
	u8 consts[64];
	u32 type;

	(void)state;
	rng_fill(&rng, consts, sizeof(consts));
	for (type = QNN_WEIGHT_CB1; type <= QNN_WEIGHT_CB5; type++) {
		struct qnn_prog *p = regions(2);
		struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_FC);

		c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 1, 1, 8);
		c->conv.weight_type = (u8)type;
		c->conv.weight_off = qnn_prog_const(p, consts, sizeof(consts), 64);
		c->conv.codebook_off = (u32)sizeof(consts) - (1u << qnn_elem_bits(type));
		qnn_prog_out(c, 1, QNN_ELEM_S32, 1);
		compare(p, "code book");
	}
}

/* A row of two pixels, by itself in its region. */
static void run_pixels(u32 opcode, u32 type, u32 channels)
{
	int keeps = opcode == QNN_OP_MAX_POOL || opcode == QNN_OP_COPY;
	struct rng rng = { opcode << 20 | type << 16 | channels };
	struct qnn_prog *p = qnn_prog_new();
	struct qnn_cmd *c;
	char what[64];
	void *image;
	size_t size;

	qnn_prog_region(p, 0);
	qnn_prog_region(p, 0);
	c = qnn_prog_cmd(p, opcode);
	c->in[0] = qnn_prog_tensor(0, type, 1, 2, channels);
	if (opcode == QNN_OP_ADD || opcode == QNN_OP_MUL)
		c->in[1] = c->in[0];
	qnn_prog_out(c, 1, keeps ? QNN_ELEM_NONE : QNN_ELEM_S32, opcode == QNN_OP_CONV);
	if (opcode == QNN_OP_CONV)
		c->conv.weight_off = qnn_prog_const(p, NULL, channels, 1);
	image = qnn_prog_finish(p, &size);
	snprintf(what, sizeof(what), "opcode %u, %s, %u channels", opcode, qnn_elem_name(type),
		 channels);
	fw_compare(image, size, &rng, what);
	free(image);
	qnn_prog_free(p);
}

static void test_pixels(void **state)
{
	static const u32 opcodes[] = {
		QNN_OP_CONV, QNN_OP_MAX_POOL, QNN_OP_ADD, QNN_OP_MUL, QNN_OP_COPY, QNN_OP_ARGMAX,
	};
	u32 type, channels, i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(opcodes); i++) {
		for (type = QNN_ELEM_S8; type <= QNN_ELEM_B1; type++) {
			for (channels = 1; channels < 300; channels += channels < 40 ? 1 : 43)
				run_pixels(opcodes[i], type, channels);
		}
	}
}

/* A second operand that stands for more than one element, by itself in its region. */
static void test_broadcast(void **state)
{
	static const u16 shapes[][3] = { { 1, 1, 1 }, { 1, 1, 130 }, { 2, 1, 1 }, { 1, 3, 130 } };
	u32 opcode, type;
	size_t i;

	(void)state;
	for (opcode = QNN_OP_ADD; opcode <= QNN_OP_MUL; opcode++) {
		for (type = QNN_ELEM_S8; type <= QNN_ELEM_S32; type++) {
			for (i = 0; i < ARRAY_SIZE(shapes); i++) {
				struct qnn_prog *p = regions(3);
				struct qnn_cmd *c = qnn_prog_cmd(p, opcode);

				c->in[0] = qnn_prog_tensor(0, type, 2, 3, 130);
				c->in[1] = qnn_prog_tensor(1, type, shapes[i][0], shapes[i][1],
							   shapes[i][2]);
				qnn_prog_out(c, 2, QNN_ELEM_S32, 0);
				compare(p, "broadcast");
			}
		}
	}
}

/* As many channels as there can be: more by far than are moved at once. */
static void test_copy_many(void **state)
{
	static const u8 types[] = { QNN_ELEM_S8, QNN_ELEM_B1, QNN_ELEM_S32 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct qnn_prog *p = regions(2);
		struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_COPY);

		c->in[0] = qnn_prog_tensor(0, types[i], 1, 1, QNN_MAX_DIM);
		qnn_prog_out(c, 1, QNN_ELEM_NONE, 0);
		compare(p, "copy of many channels");
	}
}

/* Channels that do not lie side by side in the input: repeated, left out, backwards. */
static void test_copy_channels(void **state)
{
	static const struct qnn_copy_axis axes[] = {
		{ 0, 1, 2, 2 }, { 1, 1, 3, 2 }, { 0, 2, 1, 2 }, { 0, 0, 1, 2 }, { 39, -1, 1, 2 },
		{ 0, 2, 2, 2 }, { 0, -1, 2, 2 }, { 3, 3, 2, 2 },
	};
	u32 type;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(axes); i++) {
		for (type = QNN_ELEM_S8; type <= QNN_ELEM_S32; type++) {
			struct qnn_prog *p = regions(2);
			struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_COPY);

			c->in[0] = qnn_prog_tensor(0, type, 1, 2, 40);
			c->out = qnn_prog_tensor(1, type, 1, 2, 80);
			c->copy.axis[2] = axes[i];
			compare(p, "copy of channels");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_books),
		cmocka_unit_test(test_pixels),
		cmocka_unit_test(test_broadcast),
		cmocka_unit_test(test_copy_many),
		cmocka_unit_test(test_copy_channels),
	};

	return cmocka_run_group_tests_name("fw_edges", tests, NULL, NULL);
}
