// SPDX-License-Identifier: MIT
/*
 * Averages that leave out the padding, of quantized values. Windows at the edges
 * divide by fewer taps, and the device has one factor for all of a pool: so the
 * result is put together of pools without padding.
 */
#include "priv.h"
#include "window.h"

#define MAX_PIECES	GRAPH_MAX_INPUTS

/* Windows along an axis that have the same taps inside. */
struct piece {
	uint32_t start;		/* first element of the input */
	uint32_t length;	/* elements that the windows cover */
	uint32_t taps;
};

/* One direction of a window. */
struct direction {
	uint32_t in, kernel, stride, dilation, before, after;
};

/* A window that there can be; for others, the pool as a whole is refused. */
static bool possible(const struct direction *d)
{
	uint32_t reach = (d->kernel - 1) * d->dilation;

	return d->kernel && d->kernel <= GRAPH_MAX_DIM && d->stride &&
	       d->dilation && d->dilation <= GRAPH_MAX_WINDOW &&
	       d->before <= reach && d->after <= reach &&
	       (uint64_t)d->in + d->before + d->after > reach;
}

/* The taps of window @i that lie inside; dilated, there may be none. */
static struct piece window_at(const struct direction *d, uint32_t i)
{
	int64_t start = (int64_t)i * d->stride - d->before;
	uint32_t first = 0, end = d->kernel;

	while (first < end && start + (int64_t)first * d->dilation < 0)
		first++;
	while (first < end && start + (int64_t)(end - 1) * d->dilation >= d->in)
		end--;
	return (struct piece){
		.start = (uint32_t)(start + (int64_t)first * d->dilation),
		.taps = end - first,
		.length = (end - first - 1) * d->dilation + 1,
	};
}

/* Returns how many pieces there are; 0: too many, or one has no taps. */
static uint32_t cut(const struct direction *d, struct piece *piece)
{
	uint32_t span = (d->kernel - 1) * d->dilation + 1, count = 0;
	uint32_t windows = (d->in + d->before + d->after - span) / d->stride + 1;
	bool whole = false;

	for (uint32_t i = 0; i < windows; i++) {
		struct piece p = window_at(d, i);

		if (whole && p.taps == d->kernel) {
			piece[count - 1].length += d->stride;
			continue;
		}
		if (count == MAX_PIECES || !p.taps)
			return 0;
		whole = p.taps == d->kernel;
		piece[count++] = p;
	}
	return count;
}

static bool add_slice(struct op *op, const struct piece *row,
		      const struct piece *column, struct tensor *t)
{
	const struct graph_value *v = &op->imp->g->value[t->value];
	struct graph_node n = {
		.op = GRAPH_COPY, .in = { t->value },
		.copy = { .c = v->c, .h = row->length, .w = column->length },
	};

	if (row->length == v->h && column->length == v->w)
		return true;
	for (uint32_t k = 0; k < 3; k++)
		n.copy.axis[k] = (struct graph_axis){
			.step = 1, .divisor = 1, .from = k,
		};
	n.copy.axis[0].start = (int32_t)row->start;
	n.copy.axis[1].start = (int32_t)column->start;
	if (!op_add_node(op, &n, t))
		return false;
	note_same(op->imp, n.in[0], t->value);
	return true;
}

static bool add_pool(struct op *op, const struct graph_node *pool,
		     const struct piece *row, const struct piece *column,
		     struct tensor *t)
{
	struct graph_node n = {
		.op = GRAPH_AVG_POOL, .window = pool->window,
	};

	if (!add_slice(op, row, column, t))
		return false;
	n.in[0] = t->value;
	n.window.pad_top = n.window.pad_bottom = 0;
	n.window.pad_left = n.window.pad_right = 0;
	n.window.kh = row->taps;
	n.window.kw = column->taps;
	return op_add_node(op, &n, t);
}

static bool join(struct op *op, const struct graph_node *parts, struct tensor *t)
{
	struct graph_node n = *parts;

	if (n.parts > 1)
		return op_add_node(op, &n, t);
	t->value = n.in[0];
	return true;
}

bool average_pieces(struct op *op, const struct graph_node *pool,
		    struct tensor *t, bool *done)
{
	const struct graph_value *v = &op->imp->g->value[t->value];
	const struct graph_window *w = &pool->window;
	struct direction h = { v->h, w->kh, w->stride_h, w->dilation_h,
			       w->pad_top, w->pad_bottom };
	struct direction s = { v->w, w->kw, w->stride_w, w->dilation_w,
			       w->pad_left, w->pad_right };
	struct piece row[MAX_PIECES], column[MAX_PIECES];
	struct graph_node all = { .op = GRAPH_CONCAT, .axis = 0 };
	uint32_t rows, columns;

	*done = false;
	if (!possible(&h) || !possible(&s))
		return true;
	if (!op_spend(op, (uint64_t)v->h + v->w))
		return false;
	rows = all.parts = cut(&h, row);
	columns = cut(&s, column);
	*done = rows && columns;
	for (uint32_t i = 0; *done && i < rows; i++) {
		struct graph_node line = {
			.op = GRAPH_CONCAT, .parts = columns, .axis = 1,
		};
		struct tensor one;

		for (uint32_t j = 0; j < columns; j++) {
			one = *t;
			if (!add_pool(op, pool, &row[i], &column[j], &one))
				return false;
			line.in[j] = one.value;
		}
		if (!join(op, &line, &one))
			return false;
		all.in[i] = one.value;
	}
	return !*done || join(op, &all, t);
}
