/* SPDX-License-Identifier: MIT */
/* The weights of a unit as integers. */
#ifndef TOOLS_LAYER_H
#define TOOLS_LAYER_H

#include "consts.h"
#include "qnn_program.h"
#include "tools/graph/units.h"
#include "tools/quant/weights.h"

struct layer {
	uint32_t out;
	uint32_t in;		/* per group */
	uint32_t kh, kw;
	int32_t *code;		/* [out][in][kh][kw] */
	double *scale;		/* [out]: real weight of a step */
	int32_t zero_point;
	bool exact;		/* the network's own grid */
	const struct weight_codes *made;	/* else: what it is made of */
};

/* @made: of weights that the network does not quantize itself; else NULL. */
int layer_open(struct layer *l, const struct unit *x,
	       const struct weight_codes *made, struct report *r);
void layer_close(struct layer *l);

static inline size_t layer_row(const struct layer *l)
{
	return (size_t)l->in * l->kh * l->kw;
}

/* The same weights with the other sign; their scale stays. */
void layer_negate(struct layer *l, uint32_t out);
/* The same weights in steps of twice the size, rounded to those. */
void layer_halve(struct layer *l, uint32_t out);
/* All weights of an output channel become real 0. */
void layer_clear(struct layer *l, uint32_t out);
/* Largest magnitude of a weight in the array: a code less the zero point. */
int32_t layer_reach(const struct layer *l);

/* The narrowest element type that holds all codes; QNN_ELEM_NONE: none does */
uint32_t layer_type(const struct layer *l);
/*
 * Pack rows in the device's order, and say in @conv where and how. @type is
 * that of layer_type(). Where there is a code book that has all of the codes,
 * and its indices take less room, it is used. Returns the largest magnitude in
 * the code books; 0: there are none.
 */
int32_t layer_pack(const struct layer *l, uint32_t type,
		   struct qnn_conv_desc *conv, struct consts *c);

#endif /* TOOLS_LAYER_H */
