/* SPDX-License-Identifier: MIT */
/*
 * Many images through a network, node by node: each node sees all images before
 * the next one runs. Only values that a later node reads are kept.
 */
#ifndef TOOLS_STREAM_H
#define TOOLS_STREAM_H

#include "student.h"
#include "tools/common/dataset.h"

struct stream {
	struct student *s;
	uint32_t images;
	float **value;		/* per value: [images][elements], or NULL */
	size_t *last;		/* per value: the last node that reads it */
};

/* @s must stay until stream_close(). The first @images of @ds are taken. */
void stream_open(struct stream *st, struct student *s, const struct dataset *ds,
		 uint32_t images);
void stream_close(struct stream *st);

/* Nodes must be run in their order. @snap: results become codes. */
void stream_step(struct stream *st, size_t node, bool snap);

#endif /* TOOLS_STREAM_H */
