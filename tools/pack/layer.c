// SPDX-License-Identifier: MIT
#include "layer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "packing.h"
#include "qnn_device.h"
#include "tools/graph/mem.h"

static int from_grid(struct layer *l, const struct unit *x,
		     const struct graph_grid *grid, struct report *r)
{
	size_t count = layer_row(l) * l->out;

	if (grid->q.bits > 8) {
		report_problem(r, "node '%s' (%s): its weights have %u bits; at most 8 are supported",
			       x->name, x->op, grid->q.bits);
		return -1;
	}
	l->exact = true;
	l->zero_point = (int32_t)grid->q.zero_point;
	for (size_t k = 0; k < count; k++)
		l->code[k] = grid->code[k];
	for (uint32_t o = 0; o < l->out; o++)
		l->scale[o] = grid->scale[o];
	return 0;
}

static void open_identity(struct layer *l)
{
	l->exact = true;
	for (uint32_t o = 0; o < l->out; o++) {
		l->code[o] = 1;
		l->scale[o] = 1;
	}
}

int layer_open(struct layer *l, const struct unit *x,
	       const struct weight_codes *made, struct report *r)
{
	const struct graph_weights *w;

	*l = (struct layer){ .out = x->channels, .in = 1, .kh = 1, .kw = 1,
			     .made = made };
	w = x->node ? &x->node->weights : NULL;
	if (w) {
		l->in = w->in;
		l->kh = w->kh;
		l->kw = w->kw;
	}
	l->code = mem_array(layer_row(l) * l->out, sizeof(*l->code));
	l->scale = mem_array(l->out, sizeof(*l->scale));
	if (!w) {
		open_identity(l);
		return 0;
	}
	if (w->grid)
		return from_grid(l, x, w->grid, r);
	memcpy(l->code, made->code, layer_row(l) * l->out * sizeof(*l->code));
	memcpy(l->scale, made->scale, l->out * sizeof(*l->scale));
	return 0;
}

void layer_close(struct layer *l)
{
	free(l->code);
	free(l->scale);
}

void layer_negate(struct layer *l, uint32_t out)
{
	int32_t *code = l->code + out * layer_row(l);

	for (size_t k = 0; k < layer_row(l); k++)
		code[k] = 2 * l->zero_point - code[k];
}

void layer_halve(struct layer *l, uint32_t out)
{
	int32_t *code = l->code + out * layer_row(l);

	for (size_t k = 0; k < layer_row(l); k++)
		code[k] = l->zero_point + (code[k] - l->zero_point) / 2;
	l->scale[out] *= 2;
}

void layer_clear(struct layer *l, uint32_t out)
{
	int32_t *code = l->code + out * layer_row(l);

	for (size_t k = 0; k < layer_row(l); k++)
		code[k] = l->zero_point;
}

int32_t layer_reach(const struct layer *l)
{
	size_t count = layer_row(l) * l->out;
	int32_t reach = 0;

	for (size_t k = 0; k < count; k++) {
		int32_t m = abs(l->code[k] - l->zero_point);

		reach = m > reach ? m : reach;
	}
	return reach;
}

uint32_t layer_type(const struct layer *l)
{
	static const struct {
		uint32_t type;
		int32_t min, max;
	} types[] = {
		{ QNN_ELEM_S2, -2, 1 },		{ QNN_ELEM_U2, 0, 3 },
		{ QNN_ELEM_S4, -8, 7 },		{ QNN_ELEM_U4, 0, 15 },
		{ QNN_ELEM_S8, -128, 127 },	{ QNN_ELEM_U8, 0, 255 },
	};
	size_t count = layer_row(l) * l->out;
	int32_t min = l->zero_point, max = l->zero_point;
	bool bipolar = l->zero_point == 0;

	for (size_t k = 0; k < count; k++) {
		min = l->code[k] < min ? l->code[k] : min;
		max = l->code[k] > max ? l->code[k] : max;
		bipolar = bipolar && abs(l->code[k]) == 1;
	}
	if (bipolar)
		return QNN_ELEM_B1;
	for (unsigned int i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (min >= types[i].min && max <= types[i].max)
			return types[i].type;
	return QNN_ELEM_NONE;
}

static uint32_t stored(const struct packing *p, uint32_t out, int32_t v)
{
	if (p->book)
		return packing_index(p, out, v);
	return p->type == QNN_ELEM_B1 ? v > 0 : (uint32_t)v;
}

static void pack_row(const struct layer *l, uint32_t out, uint32_t bits,
		     const struct packing *p, uint8_t *row)
{
	const int32_t *code = l->code + out * layer_row(l);
	uint32_t plane = l->kh * l->kw;
	size_t bit = 0;

	for (uint32_t tap = 0; tap < plane; tap++)
		for (uint32_t c = 0; c < l->in; c++) {
			uint32_t v = stored(p, out,
					    code[(size_t)c * plane + tap]);

			for (uint32_t i = 0; i < bits; i++, bit++)
				row[bit / 8] |= (uint8_t)((v >> i & 1)
							  << bit % 8);
		}
}

static int32_t put_book(const struct layer *l, const struct packing *p,
			struct qnn_conv_desc *conv, struct consts *c)
{
	uint32_t books = (l->out + p->channels - 1) / p->channels;
	size_t count = (size_t)books * p->places;
	int8_t *data = mem_array(count, 1);
	int32_t reach = 0;

	for (size_t i = 0; i < count; i++) {
		data[i] = (int8_t)p->book[i];
		reach = abs(data[i]) > reach ? abs(data[i]) : reach;
	}
	conv->codebook_off = consts_add(c, data, count);
	conv->codebook_channels = books > 1 ? (u16)p->channels : 0;
	free(data);
	return reach;
}

int32_t layer_pack(const struct layer *l, uint32_t type,
		   struct qnn_conv_desc *conv, struct consts *c)
{
	struct packing p = packing_choose(l, type);
	uint32_t bits = qnn_elem_bits(p.type);
	size_t row = (layer_row(l) * bits + 7) / 8;
	uint8_t *data = mem_array(row * l->out, 1);
	int32_t reach = 0;

	for (uint32_t o = 0; o < l->out; o++)
		pack_row(l, o, bits, &p, data + o * row);
	conv->weight_type = (u8)p.type;
	conv->weight_zero_point = l->zero_point;
	conv->weight_off = consts_add(c, data, row * l->out);
	if (p.book)
		reach = put_book(l, &p, conv, c);
	free(data);
	packing_close(&p);
	return reach;
}
