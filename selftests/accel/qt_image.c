// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>

#include "qnn_prog.h"
#include "qt.h"

#define COPY_CHANNELS	64u
#define SLOW_SIDE	255u
#define SLOW_CHANNELS	4u
#define SLOW_COMMANDS	256
#define WORK_SIDE	64u
#define WORK_KERNEL	11u

static void *finish(struct qnn_prog *p, size_t *size)
{
	void *image = qnn_prog_finish(p, size);

	qnn_prog_free(p);
	return image;
}

void *qt_image_copy(size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_MAX_POOL);

	c->in[0] = qnn_prog_tensor(in, QNN_ELEM_S8, 1, QT_COPY_BYTES / COPY_CHANNELS,
				   COPY_CHANNELS);
	qnn_prog_out(c, out, QNN_ELEM_NONE, 0);
	return finish(p, size);
}

void *qt_image_add(size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 a = qnn_prog_region(p, 0), b = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_ADD);

	c->in[0] = qnn_prog_tensor(a, QNN_ELEM_S8, 1, QT_COPY_BYTES / COPY_CHANNELS,
				   COPY_CHANNELS);
	c->in[1] = c->in[0];
	c->in[1].region = b;
	qnn_prog_out(c, out, QNN_ELEM_S8, 0);
	/* Multiplier of one half, shifted left by one: the sum itself. */
	qnn_prog_requant(p, c, QNN_ROUND_B, 1u << 30, 1);
	return finish(p, size);
}

void *qt_image_slow(size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	u32 weights = 0;
	int i;

	for (i = 0; i < SLOW_COMMANDS; i++) {
		struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV);

		c->in[0] = qnn_prog_tensor(in, QNN_ELEM_U2, SLOW_SIDE, SLOW_SIDE,
					   SLOW_CHANNELS);
		c->conv.kernel_h = SLOW_SIDE;
		c->conv.kernel_w = SLOW_SIDE;
		c->conv.pad_top = c->conv.pad_bottom = SLOW_SIDE / 2;
		c->conv.pad_left = c->conv.pad_right = SLOW_SIDE / 2;
		c->conv.weight_type = QNN_ELEM_S2;
		qnn_prog_out(c, out, QNN_ELEM_S32, SLOW_CHANNELS);
		if (!i)
			weights = qnn_prog_const(p, NULL, qnn_prog_weight_bytes(c), 64);
		c->conv.weight_off = weights;
	}
	return finish(p, size);
}

void *qt_image_work(size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_MAX_POOL);

	c->in[0] = qnn_prog_tensor(in, QNN_ELEM_S8, WORK_SIDE, WORK_SIDE, 1);
	c->pool.kernel_h = WORK_KERNEL;
	c->pool.kernel_w = WORK_KERNEL;
	c->pool.pad_top = c->pool.pad_bottom = WORK_KERNEL / 2;
	c->pool.pad_left = c->pool.pad_right = WORK_KERNEL / 2;
	qnn_prog_out(c, out, QNN_ELEM_NONE, 0);
	return finish(p, size);
}

int qt_program_from(int fd, void *(*make)(size_t *size), uint32_t *handle)
{
	size_t size;
	void *image = make(&size);
	int ret;

	if (!image)
		return -ENOMEM;
	ret = qt_program_new(fd, image, size, handle);
	free(image);
	return ret;
}
