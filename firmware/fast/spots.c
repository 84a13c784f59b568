// SPDX-License-Identifier: (GPL-2.0 OR MIT)
#include "spots.h"

#define HALF		(QNN_MAC_ROWS / 2)
#define ROW_SHARE	4u	/* a fifth of what is summed may be for nothing ... */
#define COPY_SHARE	1u	/* ... a half, where pixels would have to be copied else */

/* The step of all pixels is that of a row: how many make one, or 0. */
static u32 view_width(const struct qnn_view *view)
{
	u64 width = view->row_stride / view->pixel_stride;

	return view->row_stride % view->pixel_stride || width > QNN_MAX_DIM ? 0 : (u32)width;
}

/* May so many be summed for @wanted ones? */
static int pays(u32 summed, u32 wanted, u32 share)
{
	return summed * share <= wanted * (share + 1);
}

/* Sixteens of a row are as large as each other, but the last. */
static u32 row_half(u32 width)
{
	u32 halves = (width + HALF - 1) / HALF;

	return (width + halves - 1) / halves;
}

/* Pixels that a row takes the time of, in tiles of its own: fewer than eight take as long. */
static u32 row_time(u32 width)
{
	u32 half = row_half(width), last = width % half;

	return width / half * (half > 8 ? half : 8) + (!last || last > 8 ? last : 8);
}

static void choose(struct qnn_spots *s, const struct qnn_view *view, int all_kept)
{
	u32 wide = view_width(view), width = s->out->width, time = row_time(width);

	if (wide == width) {
		s->flat = 1;
	} else if (wide > width && !all_kept && pays(wide, width, COPY_SHARE) &&
		   (wide <= time || !pays(time, width, ROW_SHARE))) {
		s->flat = 1;
		s->width = wide;
	} else {
		s->by_row = (u8)pays(time, width, ROW_SHARE);
	}
}

void qnn_spots_open(struct qnn_spots *s, const struct qnn_cmd *cmd, const struct qnn_view *view,
		    u8 *to, u32 rows, int sixteens, int all_kept)
{
	const struct qnn_tensor_desc *out = &cmd->out;
	const struct qnn_spots begin = {
		.out = out, .width = out->width, .in_step = view->pixel_stride,
		.in = view->base, .to = to,
	};

	*s = begin;
	if (sixteens)
		choose(s, view, all_kept);
	s->total = rows * s->width - (s->width - out->width);
	s->in_turn = view->row_stride - s->width * s->in_step;
	s->out_turn = out->row_stride - (u64)s->width * out->pixel_stride;
}

/* Pixels of tiles as large as each other, cut in halves. */
static struct qnn_halves even_halves(u32 left)
{
	u32 tiles = (left + QNN_MAC_ROWS - 1) / QNN_MAC_ROWS;
	u32 pixels = (left + tiles - 1) / tiles;
	struct qnn_halves halves = { pixels, 0 };

	if (pixels > HALF) {
		halves.first = (pixels + 1) / 2;
		halves.second = pixels - halves.first;
	}
	return halves;
}

struct qnn_halves qnn_spots_halves(const struct qnn_spots *s, u32 left)
{
	struct qnn_halves halves;
	u32 half, x;

	if (!s->by_row)
		return even_halves(left);
	half = row_half(s->width);
	halves.first = min_u32(min_u32(half, s->width - s->x), left);
	x = s->x + halves.first;
	x = x < s->width ? x : 0;
	halves.second = min_u32(min_u32(half, s->width - x), left - halves.first);
	return halves;
}
