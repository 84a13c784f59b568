/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* Pixels of a band of rows, in the order in which tiles take them. */
#ifndef QNN_SPOTS_H
#define QNN_SPOTS_H

#include "kernel.h"
#include "view.h"

struct qnn_spots {
	const struct qnn_tensor_desc *out;
	/*
	 * Of a row. There may be more than the output has, where that puts all pixels of
	 * the band a step apart: what comes of those is not kept.
	 */
	u32 width;
	u32 total;		/* of the band; the last one is kept */
	u8 flat;		/* all are a step apart */
	u8 by_row;		/* sixteens are taken within a row */
	u64 in_step, in_turn;	/* from pixel to pixel, and beyond the end of a row */
	u64 out_turn;
	/* the next one */
	u32 x, y;
	const u8 *in;
	u8 *to;
};

/*
 * @sixteens: tiles of two times up to sixteen pixels, which a kernel reads from where they
 * are if they are a step apart. @all_kept: no others than the output's.
 */
void qnn_spots_open(struct qnn_spots *s, const struct qnn_cmd *cmd, const struct qnn_view *view,
		    u8 *to, u32 rows, int sixteens, int all_kept);

/* Pixels from the next one on that lie side by side in their row, @most at most. */
static inline u32 qnn_spots_row(const struct qnn_spots *s, u32 most)
{
	return min_u32(s->width - s->x, most);
}

/* Past @pixels pixels of a row. */
static inline void qnn_spots_move(struct qnn_spots *s, u32 pixels)
{
	s->x += pixels;
	s->in += pixels * s->in_step;
	s->to += (u64)pixels * s->out->pixel_stride;
	if (s->x < s->width)
		return;
	s->y++;
	s->x = 0;
	s->in += s->in_turn;
	s->to += s->out_turn;
}

/*
 * Where the next @pixels pixels of the row go. One that is not kept goes where the first
 * pixel of the next row will be, which is stored after it.
 */
static inline void qnn_spots_to(const struct qnn_spots *s, u32 pixels, u8 **to)
{
	const u32 kept = s->x < s->out->width ? min_u32(s->out->width - s->x, pixels) : 0;
	const u64 step = s->out->pixel_stride;
	u8 *next = s->to;
	u32 i;

	for (i = 0; i < kept; i++, next += step)
		to[i] = next;
	next = s->to + (s->width - s->x) * step + s->out_turn;
	for (; i < pixels; i++)
		to[i] = next;
}

/* Pixels of the next tile: of its two halves. */
struct qnn_halves {
	u32 first, second;
};

struct qnn_halves qnn_spots_halves(const struct qnn_spots *s, u32 left);

#endif /* QNN_SPOTS_H */
