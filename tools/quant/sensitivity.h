/* SPDX-License-Identifier: MIT */
/* How much each layer alone costs when it gets narrower than 8 bits. */
#ifndef TOOLS_SENSITIVITY_H
#define TOOLS_SENSITIVITY_H

#include "choice.h"
#include "formats.h"

#define SENSITIVITY_WIDTHS	6u

struct sensitivity_width {
	unsigned int bits;
	double noise;		/* of the network's result, over its signal */
	double agree;		/* share of images with the same class as before */
	/* Of the whole network; whoever packs it fills them in. */
	uint64_t bytes, cycles;
};

/* The weights of a layer, or what a unit computes. */
struct sensitivity_item {
	char *name;
	size_t unit;
	bool weights;
	struct weight_choice choice;	/* for weights; bits are those below */
	struct sensitivity_width width[SENSITIVITY_WIDTHS];	/* from 8 on */
	unsigned int widths;
};

struct sensitivity {
	struct sensitivity_item *item;
	size_t items;
	size_t cap;
	uint32_t images;	/* that were looked at */
};

struct sensitivity_task {
	const struct graph *g;
	const struct units *u;
	const struct format_options *format;
	const struct calib *calib;
	const struct choice_options *choice;
	const struct dataset *ds;
	void (*progress)(void *data, size_t done, size_t total);
	void *data;
};

/* Returns 0, or -1 with problems. */
int sensitivity_run(struct sensitivity *s, const struct sensitivity_task *t,
		    struct report *r);
void sensitivity_free(struct sensitivity *s);

/* The share of labelled images whose class is right, with these choices. */
int sensitivity_accuracy(const struct sensitivity_task *t,
			 const struct choice_options *opt, double *accuracy,
			 struct report *r);

#endif /* TOOLS_SENSITIVITY_H */
