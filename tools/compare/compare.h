/* SPDX-License-Identifier: MIT */
/* A source network and a device side by side, layer by layer. */
#ifndef COMPARE_H
#define COMPARE_H

#include "dump.h"
#include "known.h"
#include "stats.h"
#include "tools/float/float.h"
#include "tools/run/source.h"

/*
 * A layer goes wrong where its own error is this much more than its widths
 * make it, in dB (two bits), or more than there is signal.
 */
#define COMPARE_MARGIN	12.0
/* Errors below this are those of the arithmetic of both sides, in dB. */
#define COMPARE_FINEST	40.0

struct layer_result {
	struct stats whole;	/* device, beside the network from its input on */
	struct stats own;	/* beside this layer alone, given its inputs */
	bool has_own;
	double expected;	/* SQNR that the layer's widths give */
	bool wrong;
};

struct comparison {
	struct dump *d;
	struct known *k;
	struct graph *g;	/* simplified, as it was packed */
	struct graph *source;	/* as it is in the file */
	struct layer_result *layer;
	uint32_t first_wrong;	/* layer, or GRAPH_NONE */
	uint32_t images;
	uint32_t agree;		/* images with the same largest output */
	uint32_t labelled;
	uint32_t source_right;
	uint32_t device_right;
};

/* d, k, g and source are given. Reports failures. */
enum run_exit compare_run(struct comparison *c, struct source *src);
void compare_free(struct comparison *c);

/* print.c */
enum run_exit compare_text(const struct comparison *c);
enum run_exit compare_json(const struct comparison *c,
			   const struct run_options *opt);

#endif /* COMPARE_H */
