// SPDX-License-Identifier: MIT
/*
 * The programs of a case: random valid commands and chains of them from the
 * tests of the device code, and some of the kselftests, one of which never ends.
 */
#include <errno.h>
#include <stdlib.h>

#include "fw_test.h"
#undef ARRAY_SIZE
#include "fz.h"
#include "selftests/accel/qt.h"

#define SLOW_COMMANDS	24
#define SLOW_SIDE	127u
#define SLOW_KERNEL	31u

struct fz_image fz_images[FZ_IMAGES];

/* Commands that read what others wrote: for a report with layers. */
static void *chain(struct rng *rng, size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	uint8_t in = qnn_prog_region(p, 0), mid = qnn_prog_region(p, 0);
	uint8_t out = qnn_prog_region(p, 0);
	uint32_t links = 1 + rng_next(rng) % 12;
	struct qnn_cmd *c;
	void *image;

	while (links--) {
		c = qnn_prog_cmd(p, QNN_OP_MAX_POOL);
		c->in[0] = qnn_prog_tensor(in, QNN_ELEM_S8, 8, 8, 5);
		qnn_prog_out(c, mid, QNN_ELEM_NONE, 0);
		c = qnn_prog_cmd(p, QNN_OP_ADD);
		c->in[0] = qnn_prog_tensor(in, QNN_ELEM_S8, 8, 8, 5);
		c->in[1] = qnn_prog_tensor(mid, QNN_ELEM_S8, 8, 8, 5);
		qnn_prog_out(c, out, QNN_ELEM_S8, 0);
		qnn_prog_requant(p, c, QNN_ROUND_B, 1u << 30, 1);
	}
	image = qnn_prog_finish(p, size);
	qnn_prog_free(p);
	return image;
}

/* Small in memory, and long: most deadlines pass before its end. */
static void *slow(size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	uint8_t in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	uint32_t weights = 0, i;
	struct qnn_cmd *c;
	void *image;

	for (i = 0; i < SLOW_COMMANDS; i++) {
		c = qnn_prog_cmd(p, QNN_OP_CONV);
		c->in[0] = qnn_prog_tensor(in, QNN_ELEM_U2, SLOW_SIDE, SLOW_SIDE, 4);
		c->conv.kernel_h = SLOW_KERNEL;
		c->conv.kernel_w = SLOW_KERNEL;
		c->conv.pad_top = c->conv.pad_bottom = SLOW_KERNEL / 2;
		c->conv.pad_left = c->conv.pad_right = SLOW_KERNEL / 2;
		c->conv.weight_type = QNN_ELEM_S2;
		qnn_prog_out(c, out, QNN_ELEM_S32, 4);
		if (!i)
			weights = qnn_prog_const(p, NULL, qnn_prog_weight_bytes(c), 64);
		c->conv.weight_off = weights;
	}
	image = qnn_prog_finish(p, size);
	qnn_prog_free(p);
	return image;
}

static void *make(struct rng *rng, uint32_t index, size_t *size)
{
	switch (index) {
	case 0:
		return qt_image_copy(size);
	case 1:
		return qt_image_add(size);
	case 2:
		return rng_next(rng) % 2 ? qt_image_work(size) : slow(size);
	case 3:
		return chain(rng, size);
	default:
		return fw_random_program(rng, QNN_OP_CONV + rng_next(rng) % FW_OPCODES, size);
	}
}

int images_make(uint64_t seed)
{
	struct rng rng = { seed };
	uint32_t i;

	for (i = 0; i < FZ_IMAGES; i++) {
		free(fz_images[i].bytes);
		fz_images[i].bytes = make(&rng, i, &fz_images[i].size);
		if (!fz_images[i].bytes)
			return -ENOMEM;
	}
	return 0;
}

void image_damage(struct dice *dice, void *image, size_t size)
{
	struct rng rng = { roll(dice) };

	fw_mutate(&rng, image, size);
}
