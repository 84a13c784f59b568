/* SPDX-License-Identifier: MIT */
/*
 * A network with the weights and formats that it is going to have, run in
 * floating point: what the device computes, up to the rounding of multipliers.
 */
#ifndef TOOLS_STUDENT_H
#define TOOLS_STUDENT_H

#include "formats.h"
#include "weights.h"

struct float_net;

struct student {
	struct graph g;		/* with nodes of its own */
	const struct graph *from;
	const struct value_format *fmt;	/* per value; NULL: as they are */
	struct float_net *net;
	float *room;		/* for the largest value */
};

/*
 * @codes: per node, with NULL where weights stay as they are; may be NULL. @g
 * and @fmt must stay until student_close().
 */
void student_open(struct student *s, const struct graph *g,
		  const struct value_format *fmt,
		  struct weight_codes *const *codes);
void student_close(struct student *s);

/* A node has other weights now; NULL: the network's own. */
void student_weights(struct student *s, size_t node,
		     const struct weight_codes *wc);
/* Its bias, one number for each output channel; there always is one. */
float *student_bias(struct student *s, size_t node);

/* Numbers of @value become those that its codes stand for. */
void student_snap(const struct student *s, uint32_t value, float *x,
		  size_t count);

void student_step(struct student *s, size_t node);
/* One image: height, width, channels. */
void student_image(struct student *s, const float *image);
void student_run(struct student *s, const float *image);

#endif /* TOOLS_STUDENT_H */
